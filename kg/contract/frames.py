"""Frames: the shape of each model as a JSON-LD frame, for whoever begins with the triples.

A frame laid over the RDF of a page (``/findings.ttl``), numbers and truth values read as JSON's
own (``useNativeTypes``), gives the items of the page's JSON. ``osteokg fmt`` makes them from the
models and writes them into ``ontology/frames``; the service never frames.
JSON-LD 1.1 Framing, https://www.w3.org/TR/json-ld11-framing/.
"""

from __future__ import annotations

import json
from typing import Any

from osteokg.kg.contract.models import ITEMS, Cell, Term
from osteokg.kg.contract.parts import Link, Publication, Resource, Study
from osteokg.kg.contract.reading import fields_of
from osteokg.kg.names import CONTRACT

__all__ = ["FRAMED", "TERM_CLASSES", "frame_text"]

TERM_CLASSES = (
    "AnimalModelTerm", "CompartmentTerm", "DiseaseTerm", "EvidenceTypeTerm", "InterventionTerm",
    "MaterialTerm", "MethodTerm", "NotApplicableTerm", "OutcomeTerm", "SiteTerm",
)  # fmt: skip
"""The kinds of term."""

FRAMED: dict[str, tuple[type[Resource], tuple[str, ...]]] = {
    **{name: (model, (name,)) for name, model in ITEMS.items()},
    "Study": (Study, ("Study", "JointStudy", "BackgroundStudy")),
    "Publication": (Publication, ("PrimaryArticle", "ReviewArticle")),
    "Term": (Term, TERM_CLASSES),
    "EvidenceCell": (Cell, ("EvidenceCell",)),
}
"""The frames by name: the model, and the classes of what is framed."""

_ANYTHING: dict[str, Any] = {"@id": {}, "@explicit": True, "@embed": "@always"}


def frame_text(name: str) -> str:
    """Return the text of ``ontology/frames/<name>.jsonld``."""
    model, classes = FRAMED[name]
    frame = {
        "@context": f"../context/{CONTRACT}.jsonld",
        "@type": [f"okg:{one}" for one in classes],
        "@explicit": True,
        "@embed": "@always",
        **_properties(model),
    }
    return json.dumps(frame, indent=1, ensure_ascii=False) + "\n"


def _properties(model: type[Resource] | type[Link]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in fields_of(model):
        if field.key == "type":
            continue  # a frame always gives the classes
        inner: dict[str, Any] = {}
        if field.model is not None:
            inner = {**_ANYTHING, **_properties(field.model)}
        elif field.names_a_thing:
            inner = {"@id": {}, "@explicit": True, "@embed": "@never"}
        if field.optional:
            inner["@omitDefault"] = True
        properties[field.key] = inner
    return properties
