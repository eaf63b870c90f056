"""The index of nanopublications: all of them, in chains of a thousand, under names to cite."""

import pyoxigraph as ox
import pytest

from osteokg.kg.nanopub import NPX, Nanopub, assembled, faults_of
from osteokg.kg.nanopub_index import indexes_of

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LICENSE = ox.NamedNode("http://purl.org/dc/terms/license")


def element(number: int, license_: str = "http://example.org/free") -> Nanopub:
    """Return a nanopublication that says a number, and under which licence."""
    name = f"http://example.org/{number}"
    me, it = ox.NamedNode(f"{name}#"), ox.NamedNode(name)
    said = [ox.Triple(it, ox.NamedNode("http://example.org/is"), ox.Literal(number))]
    return assembled(
        name,
        {
            "assertion": said,
            "provenance": [ox.Triple(ox.NamedNode(f"{name}#assertion"), LICENSE, it)],
            "pubinfo": [ox.Triple(me, LICENSE, ox.NamedNode(license_))],
        },
    )


def said(one: Nanopub, part: str, name: str) -> list[str]:
    return [
        quad.object.value
        for quad in one.quads
        if quad.graph_name.value == f"{one.iri}#{part}" and quad.predicate.value == name
    ]


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, [1]), (1000, [1000]), (2001, [1000, 1000, 1])]
)
def test_up_to_a_thousand_are_named_and_the_last_stands_for_all(number, sizes):
    made = [
        Nanopub(f"https://w3id.org/osteokg/np/RA{one:043}", "", ()) for one in range(1, number + 1)
    ]
    indexes = indexes_of(made)
    elements = [said(one, "assertion", NPX + "includesElement") for one in indexes]
    assert [len(names) for names in elements] == sizes
    assert sorted(name for names in elements for name in names) == [one.iri for one in made]
    before = [said(one, "assertion", NPX + "appendsIndex") for one in indexes]
    assert before == [[], *([one.iri] for one in indexes[:-1])][: len(indexes)]
    for one in indexes:
        types = said(one, "pubinfo", TYPE)
        assert (NPX + "NanopubIndex" in types, NPX + "IncompleteIndex" in types) == (
            True, one is not indexes[-1]
        )  # fmt: skip
        assert said(one, "provenance", TYPE) == [NPX + "IndexAssertion"]
        assert faults_of(one) == []


def test_it_says_of_itself_what_all_say_and_is_named_by_what_it_names():
    same, other = [element(1), element(2)], [element(1), element(3, "http://example.org/paid")]
    assert said(indexes_of(same)[0], "pubinfo", LICENSE.value) == ["http://example.org/free"]
    assert said(indexes_of(other)[0], "pubinfo", LICENSE.value) == []
    assert indexes_of(same)[0].iri == indexes_of(same)[0].iri != indexes_of(other)[0].iri


def test_one_that_is_finished_is_what_the_next_appends():
    made = [Nanopub(f"https://w3id.org/osteokg/np/RA{one:043}", "", ()) for one in range(1, 1501)]
    first, last = indexes_of(made, lambda one: Nanopub(one.iri + "signed", "", one.quads))
    appended = [q.object.value for q in last.quads if q.predicate.value == NPX + "appendsIndex"]
    assert appended == [first.iri]
