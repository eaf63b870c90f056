"""Property shapes with targets of their own find what the shapes find as they stand."""

from collections import Counter
from pathlib import Path

import pyshacl
from rdflib import RDF, SH, Graph, URIRef

from osteokg.kg.targets import aimed
from osteokg.kg.validation import load_shapes

CASES = Path(__file__).resolve().parents[1] / "cases" / "shapes"
SHAPE = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix : <urn:shape:> .
:Thing a sh:NodeShape ; sh:targetClass :Class ; sh:property :Thing-name .
:Thing-name a sh:PropertyShape ; sh:path :name ; sh:minCount 1 .
"""
PARTS = (SH.focusNode, SH.resultPath, SH.value, SH.sourceShape, SH.sourceConstraintComponent)


def found(data: Graph, shapes: Graph) -> Counter[tuple[str, ...]]:
    """Return each result as its parts."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none")
    assert isinstance(report, Graph)
    return Counter(
        tuple(str(report.value(result, part)) for part in PARTS)
        for result in report.subjects(RDF.type, SH.ValidationResult)
    )


def parsed(text: str) -> Graph:
    return Graph().parse(data=text, format="turtle")


def test_the_packaged_shapes_find_the_same_in_everything_that_is_wrong() -> None:
    data = Graph()
    for path in (CASES / "terms.ttl", *sorted(CASES.glob("*/*/*.ttl"))):
        data.parse(path)
    shapes = load_shapes()
    as_they_stand = found(data, shapes)
    assert len(as_they_stand) > 200
    # What two shapes of one node share is told once and not twice.
    assert set(found(data, aimed(shapes))) == set(as_they_stand)


def test_a_closed_shape_stays_closed_and_allows_what_it_did() -> None:
    closed = parsed(SHAPE + ":Thing sh:closed true ; sh:ignoredProperties ( :other ) .")
    data = parsed("@prefix : <urn:shape:> . :one a :Class ; :name 1 ; :other 2 ; :wrong 3 .")
    assert found(data, aimed(closed)) == found(data, closed)
    assert {result[1] for result in found(data, closed)} == {"urn:shape:wrong", str(RDF.type)}


def test_a_shape_that_another_refers_to_keeps_its_parts() -> None:
    shapes = parsed(SHAPE + ":Whole a sh:NodeShape ; sh:targetNode :whole ; sh:node :Thing .")
    assert (URIRef("urn:shape:Thing"), SH.property, None) in aimed(shapes)
    data = parsed("@prefix : <urn:shape:> . :whole :name 1 . :one a :Class .")
    assert found(data, aimed(shapes)) == found(data, shapes)
    assert {result[0] for result in found(data, shapes)} == {"urn:shape:one"}
