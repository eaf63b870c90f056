"""The W3C SPARQL 1.1 suites: the cases in their manifests."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Identifier

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")

SUITES = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
OUT_OF_SCOPE = {"entailment": "needs RDFS, OWL, RIF or D entailment; ours is simple entailment"}


@dataclass(frozen=True)
class Case:
    """One case: its name, its kind, the text it asks, the dataset before and what is expected.

    Graphs are files by their IRI, None for the default graph; ``result`` is the file of the
    expected answer, ``after`` the dataset after an update.
    """

    name: str
    kind: str
    text: Path
    before: tuple[tuple[str | None, Path], ...] = ()
    result: Path | None = None
    after: tuple[tuple[str | None, Path], ...] = ()


def suites_folder() -> Path:
    project = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("OSTEOKG_SHARED", project.parent / "shared"))
    return shared.resolve() / "w3c" / "sparql11"


def iri_of(path: Path) -> str:
    """Return the IRI that a file of the suites has where they are published."""
    return f"{SUITES}{path.parent.name}/{path.name}"


def read_cases(folder: Path) -> list[Case]:
    """Return the cases of every manifest but those out of scope."""
    found = []
    for manifest in sorted(folder.glob("*/manifest.ttl")):
        if manifest.parent.name not in OUT_OF_SCOPE:
            found.extend(_cases_in(manifest))
    return found


def _cases_in(manifest: Path) -> Iterator[Case]:
    facts = Graph().parse(manifest, format="turtle", publicID=iri_of(manifest))
    entries = next(facts.objects(None, MF.entries))

    def file(node: Identifier | None) -> Path | None:
        return manifest.parent / str(node).rpartition("/")[2] if isinstance(node, URIRef) else None

    def graphs(node: Identifier | None) -> Iterator[tuple[str | None, Path]]:
        for predicate in (QT.data, UT.data):
            for data in facts.objects(node, predicate):
                yield None, file(data)
        for graph in facts.objects(node, QT.graphData):
            yield iri_of(file(graph)), file(graph)
        for graph in facts.objects(node, UT.graphData):
            yield str(facts.value(graph, RDFS.label)), file(facts.value(graph, UT.graph))

    for entry in Collection(facts, entries):
        action = facts.value(entry, MF.action)
        text = facts.value(action, QT.query) or facts.value(action, UT.request) or action
        result = facts.value(entry, MF.result)
        yield Case(
            f"{manifest.parent.name}/{str(entry).rpartition('#')[2]}",
            str(facts.value(entry, RDF.type)).rpartition("#")[2],
            file(text),
            tuple(sorted(graphs(action), key=str)),
            file(result),
            tuple(sorted(graphs(result), key=str)),
        )
