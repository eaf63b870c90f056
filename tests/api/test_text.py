"""Tables and descriptions for a terminal."""

import json

import pyoxigraph as ox

from osteokg.api.text import describe_entity, rows_as_table
from osteokg.kg.entity import Entity
from osteokg.kg.names import expand


def body(names, *rows):
    return json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()


def test_a_table_is_aligned_and_names_things_by_curie():
    femur = {"type": "uri", "value": expand("okg:Femur")}
    text = {"type": "literal", "value": "two\n  lines"}
    table = rows_as_table(body(["site", "x"], {"site": femur, "x": text}, {"x": text}))
    assert table == (
        "site       x\n─────────  ─────────\nokg:Femur  two lines\n           two lines\n(2 rows)\n"
    )


def test_tables_without_rows_or_columns():
    assert rows_as_table(body(["a"])) == "a\n─\n(0 rows)\n"
    assert rows_as_table(body([], {})) == "\n\n\n(1 rows)\n"


def test_yes_and_no():
    assert rows_as_table(b'{"head": {}, "boolean": true}') == "true\n"
    assert rows_as_table(b'{"head": {}, "boolean": false}') == "false\n"


def test_a_description_is_a_line_for_each_value():
    femur, label = expand("okg:Femur"), expand("rdfs:label")
    triples = [
        ox.Triple(ox.NamedNode(femur), ox.NamedNode(label), ox.Literal("femur", language="en")),
        ox.Triple(
            ox.NamedNode(femur), ox.NamedNode(expand("okg:partOf")), ox.NamedNode(expand("okg:x"))
        ),
        ox.Triple(ox.NamedNode(expand("okg:y")), ox.NamedNode(label), ox.Literal("not of it")),
    ]
    assert describe_entity(Entity(femur, triples)) == (
        "femur\nokg:Femur\n\n  label: femur\n  partOf: okg:x\n"
    )
