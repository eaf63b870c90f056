"""Write the produced parts of docs/model.md: the worked example, its drawing, the rules' graphs.

``python docs/make_model.py`` writes the parts between markers such as ``<!-- example -->`` and
their ends; ``--check`` changes nothing and exits 1 if one is stale. The example is a finding of
the packaged evidence and the one that it counteracts, as their file and the rules tell them.
"""

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from markers import main

from osteokg.kg.files import find_sources, rule_files
from osteokg.kg.headers import header_of
from osteokg.kg.names import ID, VOCAB, graph_iri, kind_of
from osteokg.kg.rules import kind_of_rule
from osteokg.kg.turtle import canonical
from osteokg.kg.version import Version, build

PAGE = Path(__file__).parent / "model.md"
FINDING = f"{ID}finding/mawatari-2000-k2-bone-mass-proximal-tibial-metaphysis"
COUNTERACTS = ox.NamedNode(f"{VOCAB}counteracts")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

PARTS = {
    *("comparison", "targetArm", "referenceArm", "exposure", "partOfExperiment", "experimentOf"),
    "anchor",
}
"""The properties that lead from a finding to what it is made of."""

IN_BOX = {
    *("outcome", "site", "compartment", "direction", "degree", "agent", "role", "method"),
    *("section", "sentence", "species"),
}
"""The properties whose values stand in the box of a thing."""

LEFT_OUT = {"pieceDigests", "curatorNote"}
"""What the example does without: digests of pieces of the sentence, remarks of the curator."""

BY_RULE = (
    *("contrast", "model", "intervention", "comparator", "study", "attributedTo"),
    *("counteracts", "benefit", "contradicts", "disagreesWith", "agreesWith"),
)
"""What the example shows of the computed graphs."""

DRAWN = (
    *("comparison", "targetArm", "referenceArm", "exposure", "partOfExperiment", "experimentOf"),
    *("agent", "role", "outcome", "site", "compartment", "direction", "degree", "anchor", "source"),
    *("publication", "counteracts", "explanans", "explanandum", "proposition"),
)
"""The properties of the overview, as the ontology says whom they join."""


@cache
def version() -> Version:
    """Return the version of the packaged evidence."""
    return build(find_sources())


def quads(subject: str | None = None, graph: str | None = None) -> list[ox.Quad]:
    """Return what stands in named graphs about a thing."""
    about = subject and ox.NamedNode(subject)
    named = graph and ox.NamedNode(graph)
    found = version().store.quads_for_pattern(about, None, None, named)
    return [quad for quad in found if isinstance(quad.graph_name, ox.NamedNode)]


def nodes() -> list[str]:
    """Return the two findings of the example and all that they are made of, each once."""
    found = [
        FINDING,
        *sorted(quad.object.value for quad in quads(FINDING) if quad.predicate == COUNTERACTS),
    ]
    for one in found:
        for quad in quads(one):
            name = quad.predicate.value.removeprefix(VOCAB)
            if name in PARTS and quad.object.value not in found:
                found.append(quad.object.value)
    return found


def is_computed(quad: ox.Quad) -> bool:
    """Return whether a rule wrote a statement."""
    return quad.graph_name.value.startswith(graph_iri("computed"))


def example() -> str:
    """Return the curated statements of the example, as its file has them."""
    curated = [
        quad.triple
        for iri in nodes()
        for quad in quads(iri)
        if not is_computed(quad) and quad.predicate.value.removeprefix(VOCAB) not in LEFT_OUT
    ]
    return f"```turtle\n{canonical(curated)}```\n"


def computed() -> str:
    """Return what the rules say of the finding."""
    said = [
        quad.triple
        for quad in quads(FINDING)
        if is_computed(quad) and quad.predicate.value.removeprefix(VOCAB) in BY_RULE
    ]
    return f"```turtle\n{canonical(said)}```\n"


def called(term: ox.NamedNode | ox.Literal) -> str:
    """Return the text of a value or the label of a thing, nothing where it has none."""
    if isinstance(term, ox.Literal):
        return term.value
    labels = [quad.object.value for quad in quads(term.value) if quad.predicate.value == LABEL]
    return labels[0].replace('"', "'") if labels else ""


def box(iri: str) -> str:
    """Return the words in the box of a thing: its kind, its label, its own values."""
    facts = [
        f"{name}: {called(quad.object)}"
        for quad in quads(iri)
        if (name := quad.predicate.value.removeprefix(VOCAB)) in IN_BOX and not is_computed(quad)
    ]
    return "<br>".join(
        filter(None, [f"<b>{kind_of(iri)}</b>", called(ox.NamedNode(iri)), *sorted(facts)])
    )


def drawing() -> str:
    """Return the example as a Mermaid flowchart; what a rule adds is a dotted arrow."""
    names = {iri: f"n{number}" for number, iri in enumerate(nodes())}
    lines = []
    for iri, name in names.items():
        lines.append(f'  {name}["{box(iri)}"]')
        for quad in sorted(quads(iri), key=str):
            word, other = quad.predicate.value.removeprefix(VOCAB), names.get(quad.object.value)
            if other and (word in PARTS or quad.predicate == COUNTERACTS):
                arrow = "-.->" if is_computed(quad) else "-->"
                lines.append(f"  {name} {arrow}|{word}| {other}")
    return mermaid("flowchart TB", lines)


def overview() -> str:
    """Return the classes of the model and what joins them: the properties' domains and ranges."""
    ontology = ox.Store()
    ontology.extend(ox.Quad(*quad.triple) for quad in quads(graph=graph_iri("ontology")))
    kinds = [
        [end.value.removeprefix(VOCAB) for end in (quad.subject, quad.object)]
        for quad in sorted(ontology.quads_for_pattern(None, SUBCLASS, None), key=str)
    ]
    lines = [f"  {one} -.-|is a| {kind}" for one, kind in kinds if {one, kind} <= SHOWN]
    for name in DRAWN:
        rows = ontology.query(JOINED % (VOCAB + name))
        assert isinstance(rows, ox.QuerySolutions)
        pairs = [[row[end].value.removeprefix(VOCAB) for end in ("from", "to")] for row in rows]
        if not pairs:
            raise SystemExit(f"okg:{name} has no domain and range to draw")
        lines += [f"  {one} -->|{name}| {other}" for one, other in pairs if one in SHOWN]
    return mermaid("flowchart LR", lines)


JOINED = """
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT ?from ?to {
  <%s> rdfs:domain ?domain ; rdfs:range ?range .
  OPTIONAL { ?domain owl:unionOf/rdf:rest*/rdf:first ?of }
  OPTIONAL { ?range owl:unionOf/rdf:rest*/rdf:first ?in }
  BIND(COALESCE(?of, ?domain) AS ?from) BIND(COALESCE(?in, ?range) AS ?to)
} ORDER BY ?from ?to
"""

SHOWN = {
    *("Finding", "Comparison", "Arm", "Exposure", "Experiment", "EvidenceAnchor", "Study"),
    *("Statement", "Explanation", "Conclusion"),
}
"""The classes of the overview; a property is drawn from these only."""


def mermaid(kind: str, lines: Iterable[str]) -> str:
    """Return a Mermaid block."""
    return "```mermaid\n" + "\n".join([kind, *lines]) + "\n```\n"


def graphs() -> str:
    """Return the computed graphs and what the rules that write them say they are."""
    titles: dict[str, list[str]] = {}
    for path in rule_files():
        title = header_of(path.read_text(encoding="utf-8"))["title"]
        titles.setdefault(kind_of_rule(path), []).append(title)
    rows = "".join(f"| `computed/{kind}` | {' · '.join(said)} |\n" for kind, said in titles.items())
    return "| graph | what the rules write |\n|---|---|\n" + rows


if __name__ == "__main__":
    sys.exit(
        main(
            PAGE,
            lambda: {
                "overview": overview(),
                "drawing": drawing(),
                "example": example(),
                "computed": computed(),
                "graphs": graphs(),
            },
            "python docs/make_model.py",
        )
    )
