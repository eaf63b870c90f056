"""The ontology as a document: one source, ontology/osteokg.ttl, in every format it is given in.

Turtle is the source itself. The other RDF formats are made from its triples, blank nodes named by
RDFC-1.0 so that the same ontology gives the same bytes. OWL functional syntax lies beside it as a
file, for no library that writes it is fit to be needed at run time; docs/make_functional_syntax.py
makes it and a test holds it to the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox

from osteokg.kg.files import packaged
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes

__all__ = ["ONTOLOGY_FORMATS", "OntologyFormat", "ontology_bytes"]


@dataclass(frozen=True)
class OntologyFormat:
    """Name a format of the ontology: its suffix, the words for it, the media types that ask for it.

    The first media type is the one that is sent.
    """

    name: str
    words: str
    media_types: tuple[str, ...]

    @property
    def content_type(self) -> str:
        """Return the Content-Type to send, with charset where text is sent."""
        first = self.media_types[0]
        return f"{first}; charset=utf-8" if first.startswith("text/") else first


_WORDS = {"ttl": "Turtle", "nt": "N-Triples", "rdf": "RDF/XML", "jsonld": "JSON-LD"}

ONTOLOGY_FORMATS: tuple[OntologyFormat, ...] = (
    *(OntologyFormat(one.name, _WORDS[one.name], one.media_types) for one in GRAPH_FORMATS),
    # https://www.w3.org/TR/owl2-syntax/#Appendix:_Internet_Media_Type.2C_File_Extension.2C_and_Macintosh_File_Type
    OntologyFormat("ofn", "OWL functional syntax", ("text/owl-functional",)),
)
"""The formats of the ontology; the first is given to ``*/*``."""


@cache
def ontology_bytes(name: str) -> bytes:
    """Return the ontology in a format by its name: ``ttl``, ``nt``, ``rdf``, ``jsonld``, ``ofn``.

    The same ontology gives the same bytes.
    """
    if name in ("ttl", "ofn"):
        return packaged("ontology", f"osteokg.{name}").read_bytes()
    chosen = format_named(name, GRAPH_FORMATS)
    assert chosen is not None
    source = packaged("ontology", "osteokg.ttl").read_bytes()
    quads = (ox.Quad(*quad.triple) for quad in ox.parse(source, ox.RdfFormat.TURTLE))
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return graph_bytes((quad.triple for quad in dataset), chosen)
