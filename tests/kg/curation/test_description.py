"""The description of the tables has a column for whatever the shapes allow, and no other."""

import json

import pytest
from rdflib import SH, Graph, URIRef

from osteokg.kg.curation.cells import column_letters
from osteokg.kg.curation.description import Table, tables
from osteokg.kg.files import packaged
from osteokg.kg.names import PREFIXES, SHAPE, VOCAB
from osteokg.kg.validation import load_shapes

TYPE = PREFIXES["rdf"] + "type"
THINGS = [table for table in tables().values() if table.kind]
SHAPES = {"study": "Study", "publication": "Publication"}


@pytest.fixture(scope="module")
def shapes() -> Graph:
    """Return the shapes."""
    return load_shapes()


@pytest.mark.parametrize("table", THINGS, ids=lambda table: table.name)
def test_a_sheet_has_the_columns_of_its_shape(table: Table, shapes: Graph) -> None:
    name = SHAPES.get(table.kind) or (table.type or "").removeprefix(VOCAB)
    allowed = {
        str(shapes.value(part, SH.path))
        for part in shapes.objects(URIRef(SHAPE + name), SH.property)
        if isinstance(shapes.value(part, SH.path), URIRef)
    }

    columns = {column.property for column in table.columns if column.property} - {TYPE}

    assert allowed
    assert columns == allowed


@pytest.mark.parametrize("table", THINGS, ids=lambda table: table.name)
def test_a_column_that_is_one_in_the_shape_takes_one_value(table: Table, shapes: Graph) -> None:
    name = SHAPES.get(table.kind) or (table.type or "").removeprefix(VOCAB)
    single = {
        str(shapes.value(part, SH.path))
        for part in shapes.objects(URIRef(SHAPE + name), SH.property)
        if shapes.value(part, SH.maxCount) is not None
    }
    for column in table.columns:
        if column.property not in (None, TYPE):
            assert (column.property in single) == (column.separator is None), column.name


def test_no_two_columns_of_a_sheet_are_called_the_same() -> None:
    for table in tables().values():
        for column in table.columns:
            for title in (column.name, *column.titles):
                assert table.titled(title) is column, f"{table.name}: {title}"


def test_the_description_is_csvw() -> None:
    told = json.loads(packaged("kg", "curation", "tables.csvw.json").read_text("utf-8"))

    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    files = {table["url"] for table in told["tables"]}
    for table in told["tables"]:
        schema = table["tableSchema"]
        names = [column["name"] for column in schema["columns"]]
        assert len(set(names)) == len(names)
        # Virtual columns come last (section 5.6).
        virtual = [column.get("virtual", False) for column in schema["columns"]]
        assert virtual == sorted(virtual)
        for key in schema.get("foreignKeys", ()):
            assert key["reference"]["resource"] in files
            assert set(key["columnReference"]) <= set(names)


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (703, "AAA")])
def test_columns_are_named_as_a_spreadsheet_names_them(number: int, letters: str) -> None:
    assert column_letters(number) == letters
