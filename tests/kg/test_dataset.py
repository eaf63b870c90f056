"""The dataset while it is made: places of triples, queries in files, the metadata."""

import pyoxigraph as ox
import pytest

from osteokg.kg.dataset import load
from osteokg.kg.errors import DataError
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.metadata import count, describe_version
from osteokg.kg.names import expand, graph_iri


@pytest.fixture(scope="module")
def dataset(good):
    return load(find_sources([str(good)]))


def test_each_file_is_a_graph(dataset, good):
    for path in good.glob("*.ttl"):
        graph = ox.NamedNode(graph_iri("study", path.stem))
        held = {quad.triple for quad in dataset.store.quads_for_pattern(None, None, None, graph)}
        triples = {quad.triple for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)}
        assert len(held) == len(triples) > 0


def test_syntax_problems_of_all_files_are_told_together(tmp_path):
    for name in ("a", "b", "c"):
        text = "<x:s> <x:p> 1 ." if name == "b" else "\n<"
        (tmp_path / f"{name}.ttl").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as wrong:
        load(find_sources([str(tmp_path)]))
    assert [(p.file.name, p.line) for p in wrong.value.problems] == [("a.ttl", 2), ("c.ttl", 2)]


def test_a_problem_is_placed_where_it_is_said(dataset, tmp_path):
    finding = expand("finding:quill-2001-k2-bone-strength-tibia")
    path, line = dataset.place(finding, expand("okg:site"), expand("okg:Tibia"))
    assert path.name == "quill-2001.ttl"
    assert path.read_text(encoding="utf-8").splitlines()[line - 1] == "    okg:site okg:Tibia ."
    assert dataset.place(expand("finding:nowhere")) == (None, None)
    assert dataset.place("_:nowhere") == (None, None)


def test_a_triple_is_placed_in_its_own_file_however_little_that_says(tmp_path):
    head = "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
    (tmp_path / "much.ttl").write_text(
        head + "okg:x okg:p okg:a ;\n okg:q okg:b ;\n okg:q okg:c .", encoding="utf-8"
    )
    (tmp_path / "little.ttl").write_text(head + "\n\nokg:x okg:q okg:d .", encoding="utf-8")
    dataset = load(find_sources([str(tmp_path)]))

    def placed(*names):
        path, line = dataset.place(*map(expand, names))
        return (path.name, line)

    assert placed("okg:x", "okg:q", "okg:d") == ("little.ttl", 4)
    assert placed("okg:x", "okg:q", "okg:c") == ("much.ttl", 4)
    assert placed("okg:x", "okg:q", "okg:zzz") == ("much.ttl", 3)
    assert placed("okg:x") == ("much.ttl", 2)


def test_what_is_only_named_is_placed_where_it_is_named(tmp_path):
    """In a list or a restriction too, whose nodes have no name."""
    path = tmp_path / "named.ttl"
    path.write_text(
        "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
        "okg:a okg:p okg:b .\n"
        "okg:a okg:q [ okg:r\n"
        "    okg:c ] .\n"
    )
    dataset = load(Sources((), (path,)))
    places = [dataset.place(expand(name)) for name in ("okg:b", "okg:c", "okg:nowhere")]
    assert places == [(path, 2), (path, 4), (None, None)]


def test_a_query_in_a_file_sees_all_graphs(dataset, tmp_path):
    path = tmp_path / "q.rq"
    path.write_text(
        "SELECT ?s { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }", encoding="utf-8"
    )
    assert [row["s"].value for row in dataset.ask(path, ox.QuerySolutions)] == [
        expand("study:joint-7-12")
    ]
    with pytest.raises(DataError, match=r"q\.rq:1: violation \[query\] .*a rule is a CONSTRUCT"):
        dataset.ask(path, ox.QueryTriples)
    path.write_text("\nSELECT {", encoding="utf-8")
    with pytest.raises(DataError, match=r"q\.rq:2: violation \[query\] the query does not parse"):
        dataset.ask(path, ox.QuerySolutions)


# Metadata


def test_counts_are_of_what_is_there(version):
    counts = count(version.store)
    assert counts.triples == len({quad.triple for quad in version.store})
    told = {"findings": 12, "studies": 3, "conclusions": 2, "clinical findings": 1}
    assert {name: counts.kinds[name] for name in told} == told
    assert count(ox.Store()).triples == 0


def test_the_description_reads_no_clock(version):
    once = describe_version(version.store, "abc")
    assert describe_version(version.store, "abc") == once
    assert ox.Literal("abc") in {triple.object for triple in once}
