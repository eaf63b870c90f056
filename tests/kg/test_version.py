"""A version: the same knowledge has one hash, one set of bytes, and is validated once."""

import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg import version as module
from osteokg.kg.dataset import Dataset
from osteokg.kg.errors import DataError
from osteokg.kg.files import find_sources
from osteokg.kg.names import graph_iri
from osteokg.kg.version import build, cache_folder, canonical_quads, content_hash, named_quads

EX = "https://example.org/"
G = ox.NamedNode(graph_iri("study", "a"))
NODES = st.sampled_from([ox.NamedNode(EX + "a"), ox.NamedNode(EX + "b")]) | st.sampled_from(
    "uvw"
).map(ox.BlankNode)
QUADS = st.builds(
    ox.Quad, NODES, st.just(ox.NamedNode(EX + "p")), NODES | st.just(ox.Literal("l")), st.just(G)
)


@pytest.fixture
def copied(good, tmp_path):
    """Return a copy of the good evidence that may be changed."""
    for path in good.glob("*.ttl"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def found():
    """What validation finds in the tests of stamps."""
    return []


@pytest.fixture
def validations(monkeypatch, found):
    """Note when the data are validated, and spare the work: here the stamps are tested."""
    calls = []

    def noted(*arguments):
        calls.append(arguments)
        return list(found)

    monkeypatch.setattr(module, "validate", noted)
    monkeypatch.setattr(module, "prepare", lambda sources, *_: Dataset(sources))
    return calls


def made(folder: Path, **more) -> module.Version:
    return build(find_sources([str(folder)]), **more)


# The hash


def store_of(quads) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


@given(st.lists(QUADS, max_size=8), st.permutations("uvw"))
def test_the_hash_depends_neither_on_order_nor_on_labels(quads, labels):
    new = dict(zip("uvw", labels, strict=True))

    def renamed(term):
        return ox.BlankNode(new[term.value]) if isinstance(term, ox.BlankNode) else term

    other = [ox.Quad(renamed(q.subject), q.predicate, renamed(q.object), G) for q in quads]
    assert content_hash(store_of(quads)) == content_hash(store_of(reversed(other)))


@given(st.lists(QUADS, min_size=1, max_size=6, unique_by=str))
def test_the_hash_depends_on_every_named_quad(quads):
    quads = [q for q in quads if not isinstance(q.subject, ox.BlankNode)]
    quads = [q for q in quads if not isinstance(q.object, ox.BlankNode)]
    hashes = {content_hash(store_of(quads[:end])) for end in range(len(quads) + 1)}
    assert len(hashes) == len(quads) + 1


def test_the_hash_leaves_out_what_repeats_or_states_it():
    quad = ox.Quad(ox.NamedNode(EX + "a"), ox.NamedNode(EX + "p"), ox.Literal("l"), G)
    repeated = ox.Quad(*quad.triple, ox.DefaultGraph())
    stating = ox.Quad(*quad.triple, ox.NamedNode(graph_iri("metadata")))
    assert content_hash(store_of([quad, repeated, stating])) == content_hash(store_of([quad]))
    assert named_quads(store_of([quad, repeated])) == [quad]
    elsewhere = ox.Quad(*quad.triple, ox.NamedNode(graph_iri("study", "b")))
    assert content_hash(store_of([elsewhere])) != content_hash(store_of([quad]))


def test_canonical_quads_are_sorted_n_quads(version):
    lines = canonical_quads(named_quads(version.store)).splitlines(keepends=True)
    assert lines == sorted(lines)
    assert set(ox.parse(b"".join(lines), ox.RdfFormat.N_QUADS))


def test_files_may_come_in_any_order_and_form(version, copied, cache, monkeypatch):
    """The hash is of what is said, not of how it is written."""
    monkeypatch.setattr(module, "validate", lambda *_: [])
    for path in copied.glob("*.ttl"):
        triples = [q.triple for q in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)]
        path.write_bytes(ox.serialize(reversed(triples), format=ox.RdfFormat.TURTLE))
    assert made(copied).id == version.id
    path = copied / "larch-2010.ttl"
    path.write_bytes(path.read_bytes().replace(b"Larch 2010", b"Larch 2011"))
    assert made(copied).id != version.id


# The dataset


def test_the_default_graph_is_the_union_of_the_named_graphs(version):
    default = [q.triple for q in version.store if isinstance(q.graph_name, ox.DefaultGraph)]
    named = named_quads(version.store)
    assert len(default) == len(set(default))
    assert set(default) == {quad.triple for quad in named}
    graphs = {quad.graph_name.value.removeprefix(graph_iri("")) for quad in named}
    assert {"ontology", "metadata", "study/quill-2001", "computed/contrast"} <= graphs


def test_the_version_states_its_own_hash(version):
    rows = version.store.query(
        "SELECT ?id { GRAPH <https://w3id.org/osteokg/graph/metadata> "
        "{ <https://w3id.org/osteokg/> <http://purl.org/dc/terms/identifier> ?id } }"
    )
    assert [row["id"].value for row in rows] == [version.id]


def test_a_rule_that_depends_on_what_is_said_has_run(version):
    finding = "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur"
    okg = "https://w3id.org/osteokg/vocab/"
    about = {
        (quad.predicate.value.removeprefix(okg), quad.object.value.removeprefix(okg))
        for quad in version.store.quads_for_pattern(ox.NamedNode(finding), None, None, None)
        if isinstance(quad.object, ox.NamedNode)
    }
    assert {
        ("contrast", "TreatmentEffect"),
        ("model", "OvariectomizedRat"),
        ("intervention", "VitaminK2"),
        ("comparator", "UntreatedModel"),
        ("benefit", "BenefitShown"),
    } <= about


# Stamps


def test_what_was_validated_once_is_not_validated_again(copied, cache, validations):
    assert made(copied).id == made(copied).id
    assert len(validations) == 1


def test_a_stamp_gives_back_the_same_version_without_computing_it(copied, cache, monkeypatch):
    first = made(copied)
    monkeypatch.setattr("osteokg.kg.version.apply_rules", None)  # would fail if it were called
    second = made(copied)
    assert second.id == first.id
    assert canonical_quads(second.store) == canonical_quads(first.store)


def test_only_the_latest_stamps_are_kept(copied, cache, validations, monkeypatch):
    monkeypatch.setattr("osteokg.kg.version._STAMPS", 2)
    path = copied / "reed-1999.ttl"
    for _ in range(4):
        path.write_bytes(path.read_bytes() + b"\n")
        made(copied)
    assert len(list((cache / "osteokg" / "validated").iterdir())) == 2


def test_one_changed_byte_is_validated(copied, cache, validations):
    made(copied)
    path = copied / "reed-1999.ttl"
    path.write_bytes(path.read_bytes() + b"\n")
    made(copied)
    assert len(validations) == 2


def test_a_renamed_file_is_validated(copied, cache, validations):
    made(copied)
    (copied / "reed-1999.ttl").rename(copied / "reed.ttl")
    made(copied)
    assert len(validations) == 2


@pytest.mark.parametrize("part", ["shape_files", "rule_files", "violation_query_files"])
def test_other_shapes_and_rules_are_another_verdict(copied, cache, validations, monkeypatch, part):
    made(copied)
    files = getattr(module, part)()
    monkeypatch.setattr(module, part, lambda: files[1:])
    made(copied)
    assert len(validations) == 2


def test_another_library_is_another_verdict(copied, cache, validations, monkeypatch):
    made(copied)
    monkeypatch.setattr(module, "version_of", lambda name: "0")
    made(copied)
    assert len(validations) == 2


def test_what_does_not_conform_leaves_no_stamp(copied, cache, validations, found):
    found.append(module.Problem("wrong", "odd", file=copied / "reed-1999.ttl", line=3))
    for _ in range(2):
        with pytest.raises(DataError, match="wrong"):
            made(copied)
    assert len(validations) == 2
    assert not list(cache.rglob("*.*"))


def test_warnings_are_kept_with_the_stamp_and_name_the_file_where_it_lies_now(
    copied, cache, validations, found, monkeypatch
):
    warning = module.Problem("hm", "odd", "warning", file=copied / "reed-1999.ttl", line=3)
    found.append(warning)
    assert made(copied).warnings == (warning,)
    assert made(copied).warnings == (warning,)
    moved = copied.with_name("moved")
    copied.rename(moved)
    monkeypatch.setenv("XDG_CACHE_HOME", str(moved / "cache"))
    (again,) = made(moved).warnings
    assert again.file == moved / "reed-1999.ttl"
    assert len(validations) == 1


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b'[{"message": 1}]'])
def test_a_stamp_that_is_none_is_no_verdict(copied, cache, validations, content):
    made(copied)
    (stamp,) = (cache / "osteokg" / "validated").iterdir()
    stamp.write_bytes(content)
    made(copied)
    assert len(validations) == 2


def test_a_cache_that_cannot_be_written_is_no_failure(copied, validations, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    made(copied)
    made(copied)
    assert len(validations) == 2


def test_where_nobody_is_at_home_everything_is_validated(copied, validations, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert cache_folder() is None
    made(copied)
    made(copied)
    assert len(validations) == 2


def test_the_cache_lies_where_the_system_wants_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "osteokg"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "osteokg"


# The same files give the same bytes


def test_two_processes_write_the_same_bytes(good, tmp_path):
    written = []
    for seed in ("0", "12345"):
        folder = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "osteokg.api.cli", "export", folder, "--evidence", good],
            env={**os.environ, "PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(tmp_path / "cache")},
            check=True,
            capture_output=True,
        )
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    first, second = written
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
