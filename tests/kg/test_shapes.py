"""Shapes as documents: those for what is served say the same as those for curators, but open."""

import pyoxigraph as ox

from osteokg.kg.names import PREFIXES, SHAPE
from osteokg.kg.shapes import served_shape_triples, shape_triples

SH, RDF = PREFIXES["sh"], PREFIXES["rdf"]


def predicates(triples):
    return {triple.predicate.value for triple in triples}


def test_no_shape_is_closed_and_no_list_of_a_closed_one_is_left():
    closed, open_ = shape_triples(), served_shape_triples()
    assert {SH + "closed", SH + "ignoredProperties"} <= predicates(closed)
    assert not {SH + "closed", SH + "ignoredProperties"} & predicates(open_)
    objects = {str(triple.object) for triple in open_}
    roots = {triple.subject for triple in open_ if isinstance(triple.subject, ox.BlankNode)
             and str(triple.subject) not in objects}  # fmt: skip
    assert roots == set()


def test_every_other_constraint_stays():
    def said(triples, name):
        subject = ox.NamedNode(SHAPE + name)
        return {str(triple) for triple in triples if triple.subject == subject
                and not isinstance(triple.object, ox.BlankNode)}  # fmt: skip

    for name in ("Finding-direction", "Finding-outcome", "Finding-iri", "Statement-anchor"):
        assert said(served_shape_triples(), name) == said(shape_triples(), name) != set()
    gone = said(shape_triples(), "Finding") - said(served_shape_triples(), "Finding")
    assert {line.split()[1].rpartition("#")[2] for line in gone} == {"closed>", "message>"}
