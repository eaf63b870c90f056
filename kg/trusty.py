"""Trusty URIs: names that contain a hash of what they name, so that anybody can verify it.

Module RA, RDF graphs, https://trustyuri.net (specification version 1,
https://github.com/trustyuri/trustyuri-spec).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import TypeAlias

import pyoxigraph as ox

__all__ = ["UNKNOWN", "artifact_code", "normal_form", "recoded"]

UNKNOWN = "RA" + "0" * 43
"""The code that stands in the names while the hash is not known."""

_Value: TypeAlias = tuple[int, str, str, str]


def normal_form(quads: Iterable[ox.Quad], code: str = UNKNOWN) -> str:
    """Return the text that is hashed and signed: four lines for each quad, in the order of the RA.

    ``code`` in a name becomes a space. The quads stand in named graphs and have no blank nodes.
    """
    keys = {
        (
            _name(quad.graph_name, code),
            _name(quad.subject, code),
            _name(quad.predicate, code),
            _value(quad.object, code),
        )
        for quad in quads
    }
    return "".join(
        f"{graph}\n{subject}\n{predicate}\n{_line(value)}\n"
        for graph, subject, predicate, value in sorted(keys)
    )


def artifact_code(quads: Iterable[ox.Quad], code: str = UNKNOWN) -> str:
    """Return the code that belongs into the names of these quads, where ``code`` stands in them."""
    digest = hashlib.sha256(normal_form(quads, code).encode()).digest()
    return "RA" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def recoded(quads: Iterable[ox.Quad], old: str, new: str) -> list[ox.Quad]:
    """Return the quads with another code in the names that have the old one."""

    def named(term: object) -> ox.NamedNode:
        assert isinstance(term, ox.NamedNode), "no blank nodes in what has a trusty URI"
        return ox.NamedNode(term.value.replace(old, new)) if old in term.value else term

    return [
        ox.Quad(
            named(quad.subject),
            named(quad.predicate),
            named(quad.object) if isinstance(quad.object, ox.NamedNode) else quad.object,
            named(quad.graph_name),
        )
        for quad in quads
    ]


def _name(term: object, code: str) -> str:
    assert isinstance(term, ox.NamedNode), "no blank nodes in what has a trusty URI"
    return term.value.replace(code, " ")


def _value(term: object, code: str) -> _Value:
    """Return what an object is ordered by: names first, literals by text, datatype, language."""
    if not isinstance(term, ox.Literal):
        return (0, _name(term, code), "", "")
    if term.language:  # a literal with a language comes before one with a datatype
        return (1, term.value, "", term.language.lower())
    return (1, term.value, term.datatype.value, "")


def _line(value: _Value) -> str:
    literal, text, datatype, language = value
    if not literal:
        return text
    kind = f"^{datatype}" if datatype else f"@{language}"
    return kind + " " + text.replace("\\", "\\\\").replace("\n", "\\n")
