"""The schema card: all that is needed to write a query, on one page, made from the files.

Classes and properties are those of the shapes, numbers those of the version that is asked, values
those of the ontology, examples the named questions, each of which has a tested answer.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import pyoxigraph as ox

from osteokg.kg.catalogue import NamedQuery, named_queries, view
from osteokg.kg.files import shape_files
from osteokg.kg.names import BASE, PREFIXES, VOCAB, contract
from osteokg.kg.results import Query
from osteokg.kg.store import Store
from osteokg.kg.terms import Ontology, ontology_of

__all__ = ["schema_card"]

_KINDS = tuple(VOCAB + name for name in ("Statement", "Term", "ControlledValue"))
"""Classes whose kinds have much in common."""

_CONSTRAINTS = f"""
PREFIX sh: <{PREFIXES["sh"]}>
SELECT ?class ?path (MAX(?low) AS ?least) (MIN(?high) AS ?most) (SAMPLE(?kind) AS ?leads)
WHERE {{
  ?shape sh:targetClass ?class ; sh:property ?constraint .
  ?constraint sh:path ?path . FILTER(isIRI(?path))
  OPTIONAL {{ ?constraint sh:minCount ?given }} BIND(COALESCE(?given, 0) AS ?low)
  OPTIONAL {{ ?constraint sh:maxCount ?limit }} BIND(COALESCE(?limit, 1000) AS ?high)
  OPTIONAL {{ ?constraint sh:class|sh:datatype ?kind }}
}}
GROUP BY ?class ?path ORDER BY ?class ?path
"""

_EXAMPLE = VOCAB + "exampleQuery"
_EXAMPLES = 2
"""So many questions stand on the card with their text, the shortest; the others by name."""


_Property: TypeAlias = tuple[str, str, str]
_Shapes: TypeAlias = Mapping[str, Sequence[_Property]]


async def schema_card(store: Store, ontology: Ontology | None = None) -> str:
    """Return the card of the version that a store answers from, as Markdown."""
    ontology = ontology or await ontology_of(store)
    shapes = await asyncio.to_thread(_shapes)
    answer = await store.query(Query(view("class-properties")))
    used: dict[str, set[str]] = defaultdict(set)
    for row in json.loads(answer.body)["results"]["bindings"]:
        used[row["class"]["value"]].add(row["property"]["value"])
    return "\n".join(_card(store.version, ontology, shapes, used))


def _card(
    version: str, ontology: Ontology, shapes: _Shapes, used: Mapping[str, set[str]]
) -> Iterator[str]:
    yield f"# OsteoKG, version {version[:12]}"
    yield ""
    yield f"Dataset <{BASE}>. The default graph is the union of all named graphs."
    yield ""
    declared = ("okg", "rdfs", "skos", "prov", "dcterms")
    yield from (f"PREFIX {prefix}: <{PREFIXES[prefix]}>" for prefix in declared)
    yield ""
    yield "## Classes and their properties"
    yield ""
    yield "Name, number of things; property, how often (1, ?, +, *), what it leads to."
    yield ""
    yield from _classes(ontology, shapes)
    yield ""
    yield "By rule they also have:"
    yield ""
    for class_, properties in shapes.items():
        more = used.get(class_, set()) - {path for path, _, _ in properties} - {_EXAMPLE}
        if more:
            yield f"- {contract(class_)}: {', '.join(contract(one) for one in sorted(more))}"
    yield ""
    yield "## What the rules say"
    yield ""
    yield from _computed(ontology)
    yield ""
    yield "## Terms and fixed values"
    yield ""
    yield "Terms are found by name with search_terms. A term is taken with everything below it by"
    yield "`?finding okg:intervention/okg:coveredBy okg:VitaminK2` (also outcome, model, site,"
    yield "compartment); identifiers of ChEBI, UBERON, MeSH, GO … work in its place."
    yield ""
    yield from _values(ontology)
    yield ""
    yield "## Questions with tested answers (run_question)"
    yield ""
    queries = named_queries()
    yield from (f"- {query.name}: {query.title}" for query in queries)
    for query in sorted(queries, key=lambda one: (len(one.text), one.name))[:_EXAMPLES]:
        yield from ("", f"### {query.name}", "", "```sparql", _body(query), "```")


def _shapes() -> _Shapes:
    """Return the properties of each class of a shape: name, how often, what it leads to."""
    graph = ox.Store()
    for path in shape_files():
        graph.load(path=str(path), format=ox.RdfFormat.TURTLE)
    rows = graph.query(_CONSTRAINTS)
    assert isinstance(rows, ox.QuerySolutions)
    found: dict[str, list[_Property]] = defaultdict(list)
    for row in rows:
        low, high = (int(row[name].value) for name in ("least", "most"))
        often = ("1" if low else "?") if high == 1 else ("+" if low else "*")
        leads = row["leads"].value if row["leads"] else ""
        found[row["class"].value].append((row["path"].value, often, leads))
    return found


def _classes(ontology: Ontology, shapes: _Shapes) -> Iterator[str]:
    """Tell the classes that have things, kind by kind; what all of a kind have, once."""
    kinds: dict[str, dict[str, Sequence[_Property]]] = defaultdict(dict)
    for class_, properties in shapes.items():
        term = ontology.terms.get(class_)
        if term is not None and term.uses:
            above = [kind for kind in _KINDS if kind in _above(ontology, class_)]
            kinds[above[0] if above else ""][class_] = properties
    for kind, members in kinds.items():
        common = set.intersection(*map(set, members.values())) if kind else set()
        names = ", ".join(f"{contract(one)} ({ontology.terms[one].uses})" for one in members)
        if common:
            yield f"- {contract(kind)}, that is {names}: {_told(common)}"
        for class_, properties in members.items():
            own = set(properties) - common
            if own and common:
                yield f"- {contract(class_)} also: {_told(own)}"
            elif own:
                yield f"- {contract(class_)} ({ontology.terms[class_].uses}): {_told(own)}"


def _above(ontology: Ontology, class_: str) -> set[str]:
    return {one.iri for way in ontology.paths(ontology.terms[class_]) for one in way}


def _told(properties: Iterable[_Property]) -> str:
    return "; ".join(
        f"{contract(path)} {often}" + (f" {contract(leads)}" if leads else "")
        for path, often, leads in sorted(properties)
    )


def _computed(ontology: Ontology) -> Iterator[str]:
    for term in ontology.ordered(ontology.terms):
        is_property = any("Property" in kind for kind in term.values("rdf:type"))
        if is_property and term.uses and "true" in term.facts.get(VOCAB + "computed", ()):
            yield f"- okg:{term.name}: {term.first('skos:definition') or term.label}"


def _values(ontology: Ontology) -> Iterator[str]:
    for section in ontology.sections():
        if section.group == "values":
            names = ", ".join(f"okg:{node.term.name}" for node in section.nodes)
            yield f"- {section.title}: {names}"


def _body(query: NamedQuery) -> str:
    lines = (line for line in query.text.splitlines() if not line.startswith("#"))
    return "\n".join(lines).strip()
