"""The mapping table: read row by row, told by line where it is wrong, written in one form."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.files import mappings_file
from osteokg.kg.mappings import (
    COLUMNS,
    MappingRow,
    MappingTable,
    mapping_triples,
    read_mappings,
)
from osteokg.kg.names import okg

SKOS = "http://www.w3.org/2004/02/skos/core#"
FEMUR = {
    "subject_id": "okg:Femur",
    "subject_label": "femur",
    "predicate_id": "skos:exactMatch",
    "object_id": "UBERON:0000981",
    "object_label": "femur",
    "mapping_justification": "semapv:ManualMappingCuration",
    "author_label": "somebody",
    "object_source": "bioregistry:uberon",
    "object_source_version": "v2026-04-01",
    "mapping_date": "2026-11-25",
    "confidence": "0.9",
    "comment": "",
}
HEAD = ("curie_map:", "  okg: https://w3id.org/osteokg/vocab/", "license: https://x.example/")


def text_of(*rows: dict[str, str], head: tuple[str, ...] = HEAD) -> str:
    lines = [f"#{line}" for line in head] + ["\t".join(COLUMNS)]
    return "\n".join([*lines, *("\t".join(row.values()) for row in rows)]) + "\n"


def table(tmp_path: Path, text: str) -> MappingTable:
    path = tmp_path / "m.sssom.tsv"
    path.write_text(text, encoding="utf-8", newline="")
    read = read_mappings(path)
    assert isinstance(read, MappingTable), read
    return read


def wrong(tmp_path: Path, text: str) -> list[tuple[int | None, str]]:
    path = tmp_path / "m.sssom.tsv"
    path.write_text(text, encoding="utf-8", newline="")
    problems = read_mappings(path)
    assert isinstance(problems, list)
    assert {problem.file for problem in problems} == {path}
    return [(problem.line, problem.message) for problem in problems]


def test_a_row_is_read_with_its_line(tmp_path):
    (row,) = table(tmp_path, text_of(FEMUR)).rows
    assert (row.line, dict(row.cells)) == (5, FEMUR)
    assert row.named() == "okg:Femur skos:exactMatch UBERON:0000981"


def test_a_row_becomes_a_statement_of_the_two_terms(tmp_path):
    ((triple, line),) = mapping_triples(table(tmp_path, text_of(FEMUR)))
    assert triple == ox.Triple(
        ox.NamedNode(okg("Femur")),
        ox.NamedNode(SKOS + "exactMatch"),
        ox.NamedNode("http://purl.obolibrary.org/obo/UBERON_0000981"),
    )
    assert line == 5


def test_a_vocabulary_without_an_equal_states_nothing_of_a_term(tmp_path):
    none = {**FEMUR, "object_id": "sssom:NoTermFound", "object_label": ""}
    assert mapping_triples(table(tmp_path, text_of(none))) == []


def test_a_line_break_in_quotes_moves_the_lines_after_it(tmp_path):
    broken = {**FEMUR, "comment": '"two\nlines ""quoted"""'}
    first, second = table(tmp_path, text_of(broken, {**FEMUR, "object_id": "MESH:D005269"})).rows
    assert first["comment"] == 'two\nlines "quoted"'
    assert (first.line, second.line) == (5, 7)


def test_a_slot_of_the_set_is_read(tmp_path):
    read = table(tmp_path, text_of(FEMUR, head=(*HEAD, 'comment: "in: quotes"')))
    assert read.stated("license") == "https://x.example/"
    assert read.stated("comment") == "in: quotes"
    assert read.stated("mapping_set_id") is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"object_id": "0000981"}, "object_id is '0000981', which is no CURIE"),
        ({"object_id": ""}, "object_id is '', which is no CURIE"),
        ({"object_id": "UBERON:"}, "object_id is 'UBERON:', which is no CURIE"),
        ({"object_id": "FMA:9611"}, "the prefix FMA of object_id is not in ontology/prefixes"),
        ({"subject_id": "ogk:Femur"}, "the prefix ogk of subject_id is not in ontology/prefixes"),
        ({"predicate_id": "skos:broader"}, "the predicate is none of skos:exactMatch, "),
        ({"confidence": "1.5"}, "confidence is '1.5'; write a number from 0 to 1"),
        ({"confidence": "high"}, "confidence is 'high'; write a number from 0 to 1"),
        ({"confidence": ""}, "confidence is ''; write a number from 0 to 1"),
    ],
)
def test_a_wrong_row_is_told_with_its_line_and_its_pair(tmp_path, changed, told):
    row = {**FEMUR, **changed}
    ((line, message),) = wrong(tmp_path, text_of(FEMUR, row))
    assert line == 6
    assert message.startswith(f"{row['subject_id']} {row['predicate_id']} {row['object_id']}: ")
    assert told in message


def test_every_wrong_row_is_told_at_once(tmp_path):
    rows = [{**FEMUR, "confidence": "9"}, FEMUR, {**FEMUR, "object_id": "?"}]
    assert [line for line, _ in wrong(tmp_path, text_of(*rows))] == [5, 7]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("#a: b\nsubject_id\tobject_id\n", 2, "the columns mapping_justification, object_label"),
        (text_of(FEMUR).replace("comment", "remark"), 4, "no column is called remark"),
        (text_of(FEMUR).rstrip("\n") + "\tmore\n", 5, "the row has 13 cells, 12 columns are named"),
        (text_of({**FEMUR, "comment": '"open'}), 5, "mend the quotes"),
    ],
)
def test_what_is_no_table_is_told_where_it_stops_being_one(tmp_path, text, line, told):
    ((found, message),) = wrong(tmp_path, text)
    assert (found, told in message) == (line, True), message


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    (tmp_path / "latin.tsv").write_bytes(b"#x: \xe9\n")
    for name in ("latin.tsv", "gone.tsv"):
        (problem,) = read_mappings(tmp_path / name)
        assert problem.message.startswith("cannot be read: ")


def test_the_canonical_form_declares_what_is_used_and_sorts(tmp_path):
    mesh = {**FEMUR, "object_id": "MESH:D005269", "object_source": "bioregistry:mesh"}
    head = ("curie_map:", "  FMA: http://x.example/", "license: https://x.example/")
    assert table(tmp_path, text_of(FEMUR, mesh, head=head)).canonical() == text_of(
        mesh,
        FEMUR,
        head=(
            "curie_map:",
            "  MESH: http://id.nlm.nih.gov/mesh/",
            "  UBERON: http://purl.obolibrary.org/obo/UBERON_",
            "  bioregistry: https://bioregistry.io/registry/",
            "  okg: https://w3id.org/osteokg/vocab/",
            "license: https://x.example/",
        ),
    )


CELLS = st.text(st.sampled_from('ab"\t\n é'), max_size=6)
ROWS = st.builds(
    lambda subject, value, comment: MappingRow(
        0, {**FEMUR, "subject_id": f"okg:{subject}", "object_id": f"GO:{value}", "comment": comment}
    ),
    st.sampled_from("ABC"),
    st.integers(1, 9),
    CELLS,
)


@given(rows=st.lists(ROWS, max_size=5), turned=st.randoms())
def test_the_canonical_form_is_one(tmp_path_factory, rows, turned):
    """Whatever the order, the same rows give the same bytes, which read as the same rows."""
    path = tmp_path_factory.mktemp("table") / "m.sssom.tsv"
    text = MappingTable(path, HEAD, tuple(rows)).canonical()
    turned.shuffle(rows)
    assert MappingTable(path, HEAD, tuple(rows)).canonical() == text
    path.write_text(text, encoding="utf-8", newline="")
    read = read_mappings(path)
    assert isinstance(read, MappingTable)
    assert read.canonical() == text
    cells = [tuple(row.cells.values()) for row in read.rows]
    assert sorted(cells) == sorted(tuple(row.cells.values()) for row in rows)


def test_the_packaged_table_is_in_canonical_form():
    read = read_mappings(mappings_file())
    assert isinstance(read, MappingTable)
    text = mappings_file().read_bytes().decode()
    assert read.canonical() == text, "run 'osteokg fmt' to put the table in canonical form"
