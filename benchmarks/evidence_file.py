"""A file of invented evidence: the triples that are said of each thing in it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache

import pyoxigraph as ox

from osteokg.kg.names import ID, PREFIXES, okg

__all__ = ["File"]

_OTHERS = {
    "label": "rdfs:label",
    "title": "dcterms:title",
    "creator": "dcterms:creator",
    "issued": "dcterms:issued",
}
_NOBODY = "Invented: there is no such article."


@dataclass
class File:
    """Hold the triples of one file; each thing in it is named after the file."""

    slug: str
    triples: list[ox.Triple] = field(default_factory=list)

    def add(self, kind: str, name: str, class_: str, **said: object) -> ox.NamedNode:
        """Describe a thing and return it.

        Of what is said, text names a term where the property takes one and is text where it takes
        that; None says nothing, and a list says several.
        """
        thing = ox.NamedNode(f"{ID}{kind}/{self.slug}{name and '-' + name}")
        self.triples.append(ox.Triple(thing, _named("rdf:type"), ox.NamedNode(okg(class_))))
        for property_, values in said.items():
            predicate = _named(_OTHERS.get(property_, f"okg:{property_}"))
            for value in values if isinstance(values, list) else [values]:
                if value is not None:
                    self.triples.append(ox.Triple(thing, predicate, _term(property_, value)))
        return thing

    def publication(
        self, class_: str, *, title: str, label: str, creator: str, year: int
    ) -> ox.NamedNode:
        """Describe the publication that the file is about."""
        draw = random.Random(f"{self.slug} publication")  # noqa: S311 - nothing secret
        status = draw.choices(("NotChecked", "Current", "Retracted"), (6, 3, 1))[0]
        seen = status != "NotChecked"
        return self.add(
            "publication",
            "",
            class_,
            title=title,
            label=label,
            issued=str(year),
            creator=creator,
            publicationStatus=status,
            statusNotice=_NOBODY,
            statusSource="https://example.org/invented" if seen else None,
            statusSeen="2026-01-31" if seen else None,
        )


_TEXT = frozenset(
    {
        *("title", "creator", "statusNotice", "section", "sentence", "digest", "normalisation"),
        *("doseText", "doseUnit", "schedule", "magnitudeText", "wording", "valueText"),
    }
)
_ENGLISH = frozenset({"label", "paraphrase"})
_TYPED = {
    "doseValue": "xsd:decimal",
    "magnitude": "xsd:decimal",
    "statusSource": "xsd:anyURI",
    "statusSeen": "xsd:date",
    "issued": "xsd:gYear",
}


def _term(property_: str, value: object) -> ox.NamedNode | ox.Literal:
    if isinstance(value, ox.NamedNode):
        return value
    if property_ in _ENGLISH:
        return ox.Literal(str(value), language="en")
    if property_ in _TYPED:
        return ox.Literal(str(value), datatype=_named(_TYPED[property_]))
    if property_ in _TEXT:
        return ox.Literal(str(value))
    return ox.Literal(value) if isinstance(value, (bool, int)) else _named(f"okg:{value}")


@cache
def _named(curie: str) -> ox.NamedNode:
    prefix, _, local = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)
