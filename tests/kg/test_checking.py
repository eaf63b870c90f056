"""Checking by what changed: it finds what looking at everything finds, and looks at little."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from osteokg.kg import checking
from osteokg.kg.checking import check_everything, check_files, known_good_of
from osteokg.kg.errors import DataError
from osteokg.kg.files import find_sources
from osteokg.kg.known_good import KnownGood, content_of
from osteokg.kg.problems import Problem, errors_of
from osteokg.kg.turtle import canonical, read

FAMILY = {
    "larch": "alder",
    "nib": "pen",
    "quill": "ink",
    "reed": "rush",
    "joint-7-12": "joint-8-13",
}


def of_other_names(text: str) -> str:
    """Return evidence as another review with other studies would have it."""
    for name, other in FAMILY.items():
        text = text.replace(name, other).replace(name.capitalize(), other.capitalize())
    return text


@pytest.fixture(scope="module")
def folder(good, tmp_path_factory) -> Path:
    """Return evidence of two reviews that have nothing to do with each other."""
    target = tmp_path_factory.mktemp("evidence")
    for path in good.glob("*.ttl"):
        shutil.copy(path, target)
        other = of_other_names(path.stem) + path.suffix
        (target / other).write_text(of_other_names(path.read_text(encoding="utf-8")), "utf-8")
    status = "okg:publicationStatus okg:Retracted ;"
    edit(target / "quill-2001.ttl", (status, f'okg:pmid "1234567" ; {status}'))
    return target


@pytest.fixture(scope="module")
def known(folder, tmp_path_factory) -> KnownGood:
    """Return the state of that evidence, in which all is well."""
    state = KnownGood(tmp_path_factory.mktemp("state") / "state.sqlite")
    assert errors_of(check_everything(sources_of(folder), state).problems) == []
    assert state.exists()
    return state


def sources_of(folder: Path):
    return find_sources([str(folder)])


@pytest.fixture
def work(folder, known, tmp_path) -> tuple[Path, KnownGood]:
    """Return copies of both that a test may change."""
    return copied(folder, known, tmp_path)


def copied(folder: Path, known: KnownGood, target: Path) -> tuple[Path, KnownGood]:
    evidence = target / "evidence"
    shutil.rmtree(evidence, ignore_errors=True)
    shutil.copytree(folder, evidence)
    paths = sources_of(evidence).evidence
    state = KnownGood(target / "state.sqlite")
    state.path.unlink(missing_ok=True)
    was = {path.name: path for path in known.files()}
    contents = {
        path: (known.files()[was[path.name]], known.content(was[path.name])) for path in paths
    }
    warnings = [replace(one, file=evidence / one.file.name) for one in known.warnings()]
    state.keep(contents, warnings)
    return evidence, state


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def both(evidence: Path, state: KnownGood):
    """Return what is found by what changed and by looking at everything."""
    return check_files(sources_of(evidence), state), check_everything(sources_of(evidence), None)


def told(checked) -> list[Problem]:
    """Return the problems; a node without a name is called another way at every reading."""

    def named(text: str | None) -> str | None:
        return "_:" if text and text.startswith("_:") else text

    return [replace(p, focus=named(p.focus), value=named(p.value)) for p in checked.problems]


EDITS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.sampled_from(["gone", "object", "subject", "copy", "moved"]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
@example([(40, 900, "moved")])
def test_what_is_found_by_a_change_is_what_is_found_in_everything(folder, known, tmp_path, edits):
    """The law: triples taken out, put elsewhere, given another object, in whatever file."""
    evidence, state = copied(folder, known, tmp_path)
    triples = {path: list(read(path)) for path in sources_of(evidence).evidence}
    curated = [(path, triple) for path, said in triples.items() for triple in said]
    for at, other, way in edits:
        path, triple = curated[at % len(curated)]
        elsewhere, from_ = curated[other % len(curated)]
        if way != "copy":
            triples[path] = [one for one in triples[path] if one != triple]
        if way == "object":
            triples[path].append(ox.Triple(triple.subject, triple.predicate, from_.object))
        elif way == "subject":
            triples[path].append(ox.Triple(from_.subject, triple.predicate, triple.object))
        elif way != "gone":
            triples[elsewhere].append(triple)
    for path, said in triples.items():
        path.write_text(canonical(said), encoding="utf-8")
    fast, whole = both(evidence, state)
    assert told(fast) == told(whole)


def test_of_two_reviews_only_the_one_that_changed_is_looked_at(work):
    evidence, state = work
    edit(evidence / "quill-2001.ttl", ("okg:BoneMass ", "okg:BoneMas "))
    fast, whole = both(evidence, state)
    assert {path.stem for path in fast.looked_at} <= {
        *FAMILY,
        "larch-2010",
        "nib-2002",
        "quill-2001",
        "reed-1999",
        "alder-2010",
    }
    assert "ink-2001" not in {path.stem for path in fast.looked_at}
    assert told(fast) == told(whole)
    assert {problem.constraint for problem in errors_of(fast.problems)} == {"unknown-term"}


def test_broken_evidence_is_found_beside_what_was_good(work, good):
    evidence, state = work
    for path in (good.parent / "broken").glob("*.ttl"):
        if not isinstance(read(path), list):
            continue
        shutil.copy(path, evidence)
    fast, whole = both(evidence, state)
    assert told(fast) == told(whole)
    assert len({problem.constraint for problem in fast.problems}) > 10


def test_a_value_meets_its_equal_in_a_file_that_has_nothing_else_to_do_with_it(work):
    evidence, state = work
    status = "okg:publicationStatus okg:Retracted ;"
    edit(evidence / "ink-2001.ttl", (status, f'okg:pmid "1234567" ; {status}'))
    fast, whole = both(evidence, state)
    assert [p.constraint for p in errors_of(fast.problems)] == ["publication-twice"]
    assert told(fast) == told(whole)


def test_what_nothing_uses_any_more_is_told_in_a_file_that_did_not_change(work):
    evidence, state = work
    (evidence / "joint-7-12.ttl").unlink()
    assert "orphan" not in {p.constraint for p in both(evidence, state)[0].problems}
    edit(evidence / "quill-2001.ttl", ("anchor:larch-2010-s003", "anchor:larch-2010-s002"))
    fast, whole = both(evidence, state)
    orphans = [p for p in fast.problems if p.constraint == "orphan"]
    assert [(p.file.name, p.severity) for p in orphans] == [("larch-2010.ttl", "warning")]
    assert told(fast) == told(whole)


def test_a_term_or_a_background_study_touches_everything(work):
    evidence, state = work
    with (evidence / "quill-2001.ttl").open("a", encoding="utf-8") as file:
        file.write('\nokg:Femur okg:curatorNote "a remark" .\n')
    fast, whole = both(evidence, state)
    assert len(fast.looked_at) == len(sources_of(evidence).evidence)
    assert told(fast) == told(whole)


def test_what_is_said_twice_and_how_lines_end_is_told_until_it_is_mended(work):
    evidence, state = work
    path = evidence / "quill-2001.ttl"
    right = path.read_bytes()
    block = right[right.index(b"arm:quill-2001-ovx a") :].partition(b"\n\n")[0]
    first = right.count(b"\n", 0, right.index(block)) + 1
    again = right.count(b"\n") + 2
    path.write_bytes(right + b"\n" + block + b"\n")

    for checked in both(evidence, state):
        (problem,) = errors_of(checked.problems)
        assert problem.constraint == "described-twice"
        assert (problem.file, problem.line) == (path, again)
        assert problem.message.startswith(
            f"arm:quill-2001-ovx is described in line {first} already"
        )

    path.write_bytes(right.replace(b"\n", b"\r\n"))
    for checked in both(evidence, state):
        (problem,) = [one for one in checked.problems if one.constraint == "line-ends"]
        assert (problem.file, problem.line, problem.severity) == (path, 1, "warning")
    path.write_bytes(right)
    for checked in both(evidence, state):
        assert not [one for one in checked.problems if one.constraint == "line-ends"]
        assert errors_of(checked.problems) == []


def test_a_change_that_is_well_is_the_state_from_then_on(work, monkeypatch):
    evidence, state = work
    edit(evidence / "quill-2001.ttl", ('okg:wording "', 'okg:wording "much '))
    assert check_files(sources_of(evidence), state).looked_at
    assert check_files(sources_of(evidence), state).looked_at == frozenset()
    monkeypatch.setattr(checking, "check_everything", lambda *_: pytest.fail("everything"))
    edit(evidence / "quill-2001.ttl", ("okg:Increased ", "okg:Increase "))
    for _ in range(2):  # what is wrong is told until it is mended
        assert errors_of(check_files(sources_of(evidence), state).problems)
    edit(evidence / "quill-2001.ttl", ("okg:Increase ", "okg:Increased "))
    assert errors_of(check_files(sources_of(evidence), state).problems) == []


def test_a_file_that_does_not_parse_is_told_alone(work):
    evidence, state = work
    edit(evidence / "quill-2001.ttl", (" ;\n", " \n"))
    with pytest.raises(DataError, match=r"quill-2001\.ttl:\d+: violation \[syntax\]"):
        check_files(sources_of(evidence), state)


def test_where_something_is_wrong_at_first_the_rest_is_the_good_state(work, tmp_path):
    evidence, _ = work
    state = KnownGood(tmp_path / "other.sqlite")
    edit(evidence / "rush-1999.ttl", ("okg:Increased ", "okg:Increase "))
    assert errors_of(check_files(sources_of(evidence), state).problems)
    assert evidence / "rush-1999.ttl" not in state.files()
    assert len(state.files()) == len(sources_of(evidence).evidence) - 1
    edit(evidence / "rush-1999.ttl", ("okg:Increase ", "okg:Increased "))
    fast, whole = both(evidence, state)
    assert errors_of(fast.problems) == []
    assert told(fast) == told(whole)
    assert len(fast.looked_at) < len(sources_of(evidence).evidence)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(2000)])
def test_a_damaged_state_is_made_anew(work, content):
    evidence, state = work
    state.path.write_bytes(content)
    found = check_files(sources_of(evidence), state)
    assert len(found.looked_at) == len(sources_of(evidence).evidence)
    assert state.exists()


def test_other_folders_and_another_ontology_have_another_state(good, tmp_path):
    sources = sources_of(good)
    one = known_good_of(sources, [str(good)])
    other = tmp_path / "more.ttl"
    other.write_text("")
    assert one is not None
    assert one.path == known_good_of(sources, [str(good)]).path
    assert one.path != known_good_of(sources, ["packaged"]).path
    more = replace(sources, ontology=(*sources.ontology, other))
    assert one.path != known_good_of(more, [str(good)]).path


def test_the_state_gives_back_what_a_file_says(good, tmp_path):
    state = KnownGood(tmp_path / "state.sqlite")
    check_everything(sources_of(good), state)
    for path in sources_of(good).evidence:
        assert state.content(path) == content_of(read(path))
