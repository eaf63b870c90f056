"""Lay our JSON-LD frames over triples with PyLD, without a network."""

import json
from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox
from pydantic import BaseModel
from pyld import jsonld

from osteokg.kg.contract.items import as_json
from osteokg.kg.files import context_file, frame_file
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes

__all__ = ["framed", "plain", "unordered"]

PLACE = "https://example.org"
ALONE = ("finding", "kind")
"""What is for who reads plain JSON: no part of the RDF."""


def _load(url: str, _options: object) -> dict[str, Any]:
    """Give the context for its relative address in a frame; nothing else is loaded."""
    assert url == f"{PLACE}/context/1.jsonld"
    document = json.loads(context_file().read_text(encoding="utf-8"))
    return {
        "contextUrl": None,
        "documentUrl": url,
        "document": document,
        "contentType": "application/ld+json",
    }


def framed(triples: Iterable[ox.Triple], name: str) -> dict[str, Any]:
    """Return what a frame makes of triples, by id, arrays in one order."""
    lines_of = format_named("nt", GRAPH_FORMATS)
    assert lines_of is not None
    lines = graph_bytes(triples, lines_of).decode()
    expanded = jsonld.from_rdf(lines, {"format": "application/n-quads", "useNativeTypes": True})
    options = {
        "documentLoader": _load,
        "base": f"{PLACE}/frames/{name}.jsonld",
        "omitGraph": False,
    }
    frame = json.loads(frame_file(name).read_text(encoding="utf-8"))
    told = jsonld.frame(expanded, frame, options)
    return {item["id"]: unordered(item) for item in told.get("items", ())}


def unordered(value: Any) -> Any:
    """Return JSON with its arrays in one order: to JSON-LD they are sets."""
    if isinstance(value, dict):
        return {key: unordered(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted((unordered(one) for one in value), key=_text)
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def plain(item: BaseModel) -> Any:
    """Return a model's JSON, as far as it is RDF, arrays in one order."""
    told = json.loads(as_json(item))
    return unordered({key: value for key, value in told.items() if key not in ALONE})
