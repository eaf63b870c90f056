"""The Biolink projection: the evidence as a KGX graph, made by the rules of kg/projections/biolink.

A projection, not a computed graph: it says less than the evidence, in another model's words, and
nothing here rests on it. Biolink model: https://biolink.github.io/biolink-model/; KGX TSV:
https://github.com/biolink/kgx/blob/master/specification/kgx-format.md.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from osteokg.kg.files import projection_files
from osteokg.kg.names import BASE, ID, PREFIXES, contract

__all__ = ["EDGE_COLUMNS", "NODE_COLUMNS", "PRIMARY_SOURCE", "kgx_files", "project"]

BIOLINK = "https://w3id.org/biolink/vocab/"
OURS = BASE + "biolink/"
PRIMARY_SOURCE = "infores:osteokg"
_TYPE = PREFIXES["rdf"] + "type"
_NAMESPACES = {
    "biolink": BIOLINK,
    "PMID": "http://www.ncbi.nlm.nih.gov/pubmed/",
    "doi": "https://doi.org/",
    "osteokg": ID,
}
"""Prefixes of the KGX files beside those of every file of ours; osteokg as in our JSON-LD."""

NODE_COLUMNS = ("id", "category", "name", "xref", "has_drug", "provided_by")
EDGE_COLUMNS = (
    "id",
    "subject",
    "predicate",
    "object",
    "category",
    "qualified_predicate",
    "object_direction_qualifier",
    "anatomical_context_qualifier",
    "species_context_qualifier",
    "knowledge_level",
    "agent_type",
    "primary_knowledge_source",
    "publications",
    "has_evidence",
    "has_evidence_of_type",
    "evidence_count",
)
"""Slots of the model; the columns of our own after them begin with ``osteokg_``."""

_MULTIVALUED = {
    *("category", "xref", "has_drug", "provided_by", "anatomical_context_qualifier"),
    *("publications", "has_evidence", "has_evidence_of_type"),
}
_OWN_COLUMNS = tuple(
    f"osteokg_{name}"
    for name in (
        "supporting_studies",
        "null_studies",
        "opposing_studies",
        "mixed_studies",
        "supporting_studies_without_retracted",
        "null_studies_without_retracted",
        "opposing_studies_without_retracted",
        "mixed_studies_without_retracted",
        "supported",
        "supported_without_retracted",
        "retracted_publications",
        "models",
    )
)

Row = Mapping[str, Sequence[str]]


def project(store: ox.Store) -> list[ox.Triple]:
    """Return what the rules make of the union of a version's graphs, in Biolink's words.

    The rules run in the order of their names, each on what the ones before it wrote.
    """
    scratch = ox.Store()
    scratch.bulk_extend(quad for quad in store if isinstance(quad.graph_name, ox.DefaultGraph))
    made: dict[ox.Triple, None] = {}
    for path in projection_files("biolink"):
        result = scratch.query(path.read_text(encoding="utf-8"))
        assert isinstance(result, ox.QueryTriples)
        triples = list(result)
        scratch.extend(ox.Quad(*triple) for triple in triples)
        made.update(dict.fromkeys(triples))
    return list(made)


def kgx_files(store: ox.Store) -> dict[str, bytes]:
    """Return the projection as KGX TSV, ``osteokg_nodes.tsv`` and ``osteokg_edges.tsv``.

    Rows are ordered by identifier, values of a cell joined by ``|`` in order: the same evidence
    gives the same bytes.
    """
    facts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for triple in project(store):
        assert isinstance(triple.subject, ox.NamedNode)
        facts[triple.subject.value][triple.predicate.value].add(_text(triple.object))
    edges = [_edge(iri, said) for iri, said in facts.items() if BIOLINK + "predicate" in said]
    named = {end for edge in edges for end in (*edge["subject"], *edge["object"])}
    for edge in edges:
        named.update(edge["species_context_qualifier"], edge["anatomical_context_qualifier"])
    nodes = {
        _curie(iri): _node(iri, said) for iri, said in facts.items() if BIOLINK + "category" in said
    }
    drugs = {drug for name in named for drug in nodes[name]["has_drug"]}
    wanted = [nodes[name] for name in named | drugs]
    return {
        "osteokg_nodes.tsv": _tsv(NODE_COLUMNS, wanted),
        "osteokg_edges.tsv": _tsv((*EDGE_COLUMNS, *_OWN_COLUMNS), edges),
    }


def _text(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    assert isinstance(term, (ox.NamedNode, ox.Literal))
    return _curie(term.value) if isinstance(term, ox.NamedNode) else term.value


def _curie(iri: str) -> str:
    for prefix, namespace in _NAMESPACES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return contract(iri).strip("<>")


def _node(iri: str, said: Mapping[str, set[str]]) -> Row:
    slots = _slots(NODE_COLUMNS, said)
    # Two terms of ours may have one term outside; the first name by alphabet stands for both.
    return {
        **slots,
        "id": [_curie(iri)],
        "name": slots["name"][:1],
        "provided_by": [PRIMARY_SOURCE],
    }


def _edge(iri: str, said: Mapping[str, set[str]]) -> Row:
    return {
        **_slots(EDGE_COLUMNS, said),
        **{
            name: sorted(said.get(OURS + name.removeprefix("osteokg_"), ()))
            for name in _OWN_COLUMNS
        },
        "id": [_curie(iri)],
        "category": sorted(said[_TYPE]),
        "primary_knowledge_source": [PRIMARY_SOURCE],
    }


def _slots(columns: Iterable[str], said: Mapping[str, set[str]]) -> dict[str, Sequence[str]]:
    return {name: sorted(said.get(BIOLINK + name, ())) for name in columns}


def _tsv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None
    )
    writer.writerow(columns)
    for row in sorted(rows, key=lambda one: one["id"][0]):
        for name in columns:
            several = name in _MULTIVALUED or name.startswith("osteokg_")
            assert several or len(row[name]) <= 1, f"{row['id'][0]} has several {name}: {row[name]}"
        writer.writerow("|".join(row[name]) for name in columns)
    return text.getvalue().encode()
