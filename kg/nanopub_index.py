"""The index of nanopublications: one that names all of a collection, so that it can be cited.

An index has up to 1000 elements; more of them are a chain, in which each index appends the one
before and the last stands for all (Kuhn et al., https://doi.org/10.7717/peerj-cs.78; the names are
those of https://github.com/Nanopublication/nanopub-java, ``org.nanopub.extra.index``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyoxigraph as ox

from osteokg.kg.names import BASE, PREFIXES
from osteokg.kg.nanopub import NPX, Nanopub, assembled

__all__ = ["indexes_of"]

_MOST = 1000
_ABOUT = BASE + "np"
_ME, _ASSERTION = ox.NamedNode(f"{_ABOUT}#"), ox.NamedNode(f"{_ABOUT}#assertion")
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_SHARED = frozenset(
    [PREFIXES["dcterms"] + name for name in ("conformsTo", "creator", "isPartOf", "license")]
    + ["http://purl.org/pav/version"]
)
"""What an index says of itself as its elements do, where all of them say the same."""
_TITLE = ox.Literal("The statements of OsteoKG", language="en")


def indexes_of(
    made: Sequence[Nanopub], finish: Callable[[Nanopub], Nanopub] = lambda one: one
) -> list[Nanopub]:
    """Return the indexes of nanopublications, the last of which stands for all; none of none.

    ``finish`` is what is done with each, to sign it for one: the next one appends what comes of it.
    """
    found: list[Nanopub] = []
    batches = list(_batches(made))
    for number, batch in enumerate(batches, start=1):
        before = found[-1].iri if found else None
        found.append(finish(_index(batch, before, complete=number == len(batches))))
    return found


def _batches(made: Sequence[Nanopub]) -> Iterator[Sequence[Nanopub]]:
    for begin in range(0, len(made), _MOST):
        yield made[begin : begin + _MOST]


def _index(elements: Sequence[Nanopub], before: str | None, *, complete: bool) -> Nanopub:
    assertion = [_said("includesElement", one.iri) for one in elements]
    if before is not None:
        assertion.append(_said("appendsIndex", before))
    provenance = [
        ox.Triple(_ASSERTION, _TYPE, ox.NamedNode(NPX + "IndexAssertion")),
        ox.Triple(
            _ASSERTION, ox.NamedNode(PREFIXES["prov"] + "wasDerivedFrom"), ox.NamedNode(BASE)
        ),
    ]
    info = [
        ox.Triple(_ME, _TYPE, ox.NamedNode(NPX + "NanopubIndex")),
        ox.Triple(_ME, ox.NamedNode(PREFIXES["rdfs"] + "label"), _TITLE),
        ox.Triple(_ME, ox.NamedNode("http://purl.org/dc/elements/1.1/title"), _TITLE),
        *(ox.Triple(_ME, predicate, value) for predicate, value in _shared(elements)),
    ]
    if not complete:
        info.append(ox.Triple(_ME, _TYPE, ox.NamedNode(NPX + "IncompleteIndex")))
    parts = {"assertion": assertion, "provenance": provenance, "pubinfo": info}
    return assembled(_ABOUT, parts)


def _said(name: str, iri: str) -> ox.Triple:
    return ox.Triple(_ME, ox.NamedNode(NPX + name), ox.NamedNode(iri))


def _shared(
    elements: Sequence[Nanopub],
) -> list[tuple[ox.NamedNode, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]]:
    each = [
        {
            (quad.predicate, quad.object)
            for quad in one.quads
            if quad.subject == ox.NamedNode(one.iri) and quad.predicate.value in _SHARED
        }
        for one in elements
    ]
    return sorted(set.intersection(*each), key=str)
