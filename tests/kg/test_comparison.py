"""Comparisons: what a reviewer is told of two states of the invented evidence."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from osteokg.kg.comparison import Change, Comparison, Conflict, StudyChange, compare
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.sides import side_named
from osteokg.kg.version import build, canonical_quads, named_quads

K2 = "finding:quill-2001-k2-bone-mass-femur"
NIB = "finding:nib-2002-k2-bone-mass-femur"
FLIPPED = ("    okg:direction okg:Increased ;", "    okg:direction okg:Decreased ;")


@pytest.fixture(scope="module")
def edited(good, tmp_path_factory):
    """Return a function that copies the good evidence and changes words in its files."""

    def make(**edits: list[tuple[str, str]]) -> Path:
        folder = Path(shutil.copytree(good, tmp_path_factory.mktemp("edited") / "evidence"))
        for name, pairs in edits.items():
            path = folder / (name.replace("_", "-") + ".ttl")
            text = path.read_text(encoding="utf-8")
            for old, new in pairs:
                assert old in text, old
                text = text.replace(old, new, 1)
            path.write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="module")
def before(good):
    return side_named(str(good), "", None)


@pytest.fixture(scope="module")
def compared(before):
    """Return a function that compares the good evidence with a folder."""
    return lambda folder: compare(before, side_named(str(folder), "", None))


@pytest.fixture(scope="module")
def flipped(edited, compared) -> Comparison:
    """Return what is told where vitamin K2 made things worse all of a sudden."""
    return compared(edited(quill_2001=[FLIPPED]))


@pytest.fixture(scope="module")
def gone(edited, compared) -> Comparison:
    """Return what is told where a study is taken out."""
    folder = edited()
    (folder / "nib-2002.ttl").unlink()
    (folder / "joint-7-12.ttl").unlink()
    return compared(folder)


def fields_of(changes, thing: str) -> dict[str, tuple[str, str]]:
    (change,) = (one for one in changes if one.thing == thing)
    return dict(change.fields)


def test_the_same_differs_in_nothing(before, good):
    comparison = compare(before, side_named(str(good), "", None))
    assert comparison.same
    assert (comparison.before, comparison.after) == (str(good), str(good))


def test_a_flipped_direction_is_told_field_by_field_and_apart(flipped):
    assert not flipped.same
    assert [change.thing for change in flipped.flips] == [K2]
    told = fields_of(flipped.changed, K2)
    assert told["direction"] == ("increased", "decreased")
    assert "benefit" in told, "what follows by rule is told too"
    assert not flipped.added
    assert not flipped.removed


def test_a_null_is_no_flip():
    assert not Change("x", "", {"direction": ("increased", "no-difference")}).flipped
    assert not Change("x", "", {"degree": ("increased", "decreased")}).flipped
    assert Change("x", "", {"direction": ("decreased", "increased")}).flipped


def test_verdicts_that_rest_on_it_are_told_with_their_numbers(flipped):
    verdicts = {change.thing: dict(change.fields) for change in flipped.verdicts}
    assert verdicts
    fields = {name for told in verdicts.values() for name in told}
    assert fields <= {
        "verdict",
        "verdict without retracted studies",
        "findings for it",
        "findings against it",
        "findings that leave it open",
    }
    assert "findings for it" in fields


def test_what_comes_and_goes_is_told_in_words(gone, before, edited):
    assert NIB in gone.removed
    assert "nib-2002" in gone.removed[NIB]
    assert "bone mass" in gone.removed[NIB]
    assert StudyChange("removed", "study:nib-2002", "Nib 2002") in gone.studies
    (arms,) = (one for one in gone.things if (one.change, one.what) == ("removed", "arm"))
    assert "arm:nib-2002-ovx" in arms.things
    (vanished,) = (one for one in gone.conflicts if {one.one, one.other} == {K2, NIB})
    assert isinstance(vanished, Conflict)
    assert (vanished.change, vanished.kind) == ("vanishes", "disagreement")
    assert "femur" in vanished.one_words


def test_the_other_way_round_the_same_appears(gone, good, edited):
    folder = edited()
    (folder / "nib-2002.ttl").unlink()
    (folder / "joint-7-12.ttl").unlink()
    back = compare(side_named(str(folder), "", None), side_named(str(good), "", None))
    assert back.added == gone.removed
    assert [one.change for one in back.conflicts] == ["appears"] * len(gone.conflicts)
    assert [one.fields for one in back.verdicts] == [
        {name: (now, was) for name, (was, now) in one.fields.items()} for one in gone.verdicts
    ]


def test_a_status_is_told_with_its_reason_and_with_the_findings_it_touches(edited, compared):
    path = ("okg:publicationStatus okg:Retracted", "okg:publicationStatus okg:Corrected")
    comparison = compared(edited(quill_2001=[path]))
    (told,) = comparison.studies
    assert (told.change, told.before, told.after) == ("status", "retracted", "corrected")
    assert told.why
    assert fields_of(comparison.changed, K2) == {"publication status": ("retracted", "corrected")}


def test_what_no_column_tells_is_told_all_the_same(edited, compared):
    label = ("arm:nib-2002-ovx-k2 a okg:Arm ;", 'arm:nib-2002-ovx-k2 a okg:Arm ;\n okg:age "old" ;')
    note = ("okg:inferredFrom finding", 'okg:curatorNote "read twice" ;\n okg:inferredFrom finding')
    comparison = compared(edited(nib_2002=[label, note]))
    assert fields_of(comparison.details, "arm:nib-2002-ovx-k2") == {"age": ("", "old")}
    assert fields_of(comparison.details, NIB) == {"curator note": ("", "read twice")}
    assert not comparison.changed


# Where the two sides come from


def repository(folder: Path) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True, capture_output=True)


def test_a_revision_is_compared_with_what_lies_there_now(edited, compared, monkeypatch):
    folder = edited()
    repository(folder.parent)
    path = folder / "quill-2001.ttl"
    path.write_text(path.read_text("utf-8").replace(*FLIPPED, 1), "utf-8")
    was = side_named("git:main", str(folder), None)
    comparison = compare(was, side_named(str(folder), "git:main", None))
    assert [change.thing for change in comparison.flips] == [K2]
    assert comparison.before == "git:main"
    monkeypatch.chdir(folder.parent)
    named = side_named("git:HEAD:evidence", "packaged", None)
    assert compare(was, named).same
    one = side_named("git:HEAD:evidence/nib-2002.ttl", "packaged", None)
    assert {graph.rpartition("/")[2] for graph in one.curated} == {"nib-2002"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("git:nosuch", "git says: "),
        ("git:", "write git:REVISION"),
        ("git:--output=x", "write git:REVISION"),
        ("git:main:/", "lies in no git repository"),
        ("git:main:nosuch", "git says: "),
        ("nosuch", "neither 'packaged', a file, a folder"),
        ("0123456", "neither 'packaged', a file, a folder"),
    ],
)
def test_a_name_that_means_nothing_is_refused(edited, name, words):
    folder = edited()
    repository(folder.parent)
    with pytest.raises(RequestError, match=words):
        side_named(name, str(folder), None)


def test_versions_whole_are_compared(good, edited, compared, tmp_path):
    wordy = ('    okg:wording "', '    okg:wording "much ')
    version = build(find_sources([str(edited(quill_2001=[wordy]))]), use_stamp=False)
    quads = canonical_quads(named_quads(version.store))
    dump = tmp_path / "osteokg.nq"
    dump.write_bytes(quads)
    (change,) = compared(dump).changed
    assert change.fields.keys() == {"wording"}
    kept = tmp_path / "data" / "versions" / f"{version.id}.nq.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(gzip.compress(quads))
    named = side_named(version.id[:9], "", tmp_path / "data")
    assert named.name == f"version {version.id[:9]}"
    assert compare(side_named(str(dump), "", None), named).same
    shutil.copy(kept, kept.with_name(f"{version.id[:63]}x.nq.gz"))
    with pytest.raises(RequestError, match="more than one version begins"):
        side_named(version.id[:9], "", tmp_path / "data")
    with pytest.raises(RequestError, match="no kept version begins"):
        side_named("fffffffff", "", tmp_path / "data")
    dump.write_bytes(b"no quads")
    with pytest.raises(RequestError, match="no version can be read"):
        side_named(str(dump), "", None)
