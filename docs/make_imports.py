"""Cut the slices of outside vocabularies to which our terms are mapped.

``python docs/make_imports.py`` writes ``ontology/imports/*.ttl`` from the verified term tables
in the folder beside the project (or where ``OSTEOKG_SHARED`` points), and from ``further.tsv``,
which has what was verified since, in the same columns; ``--check`` changes nothing and exits 1 if
a slice is stale. The objects of the mapping table decide what is cut: each of them, and all that
lies above it.
"""

import csv
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.files import mappings_file, packaged
from osteokg.kg.mappings import NO_TERM, MappingTable, read_mappings
from osteokg.kg.names import PREFIXES, contract, expand, graph_iri
from osteokg.kg.turtle import canonical

ROOM = packaged("ontology", "imports")
SHARED = Path(os.environ.get("OSTEOKG_SHARED", Path(__file__).parents[2] / "shared"))
TERMS = SHARED / "terms"

PROPERTIES = {
    "is_a": "rdfs:subClassOf",
    "part_of": "BFO:0000050",
    "has_role": "RO:0000087",
    "broader": "skos:broader",
    "broader, steps between left out": "skos:broaderTransitive",
}
"""What an edge becomes, by the name of its relation."""

HOW = {
    "class": (
        "The classes to which terms of OsteoKG are mapped, and what lies above them by is_a, "
        "part_of and has_role, as far as the release was read. Only identifiers, labels and "
        "these edges are taken over; edges of another relation, or of one that the file leaves "
        "open, are not. An edge of part_of (BFO:0000050) or has_role (RO:0000087) "
        "between two classes says that each of the one has some of the other."
    ),
    "concept": (
        "The headings to which terms of OsteoKG are mapped, and which of them is broader than "
        "which by their tree numbers: skos:broader where one lies directly below the other, "
        "skos:broaderTransitive where headings between them are left out. Only identifiers, "
        "labels and these edges are taken over."
    ),
}


@dataclass
class Known:
    """Hold what the verified tables say: labels, releases, where it was read, edges."""

    labels: dict[str, str] = field(default_factory=dict)
    releases: dict[str, str] = field(default_factory=dict)
    readings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dates: dict[str, str] = field(default_factory=dict)
    edges: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    trees: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, term: str, label: str, release: str, seen_in: str) -> None:
        """Note a term; the first table to name it wins."""
        short = release.partition(" ; ")[0].partition(" (")[0]
        self.labels.setdefault(term, label)
        self.releases.setdefault(term, short)
        self.readings[term].add(f"{seen_in} ({release})")
        if date := re.search(r"\d{4}-\d{2}-\d{2}", release):
            self.dates.setdefault(short, date[0])


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table without quotation marks."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def known_terms() -> Known:
    """Return what the verified tables say."""
    known = Known()
    terms = [*rows_of(TERMS / "terms.tsv"), *rows_of(ROOM / "further.tsv")]
    for row in terms:
        seen = (row["source_version_or_commit"], row["seen_in"])
        known.add(row["curie"], row["label"], *seen)
        known.trees[row["curie"]].update(re.findall(r"[A-Z]\d\d(?:\.\d+)+", row["parents"]))
    for row in rows_of(TERMS / "hierarchy.tsv"):
        seen = (row["source_version"], row["source"])
        known.add(row["child_curie"], row["child_label"], *seen)
        known.add(row["parent_curie"], row["parent_label"], *seen)
        known.edges[row["child_curie"]].add((row["relation"], row["parent_curie"]))
    parent = re.compile(r"(is_a|part_of) ([A-Za-z]+:\w+) \((.*?)\)(?=;|$| \[)")
    for row in terms:
        for relation, above, label in parent.findall(row["parents"]):
            known.add(above, label, row["source_version_or_commit"], row["seen_in"])
            known.edges[row["curie"]].add((relation, above))
    return known


def add_headings(known: Known, headings: Iterable[str]) -> None:
    """Add the edges between MeSH headings that their tree numbers show."""
    places = {number: heading for heading in headings for number in known.trees[heading]}
    for number, heading in places.items():
        steps = number.split(".")
        for length in range(len(steps) - 1, 0, -1):
            above = places.get(".".join(steps[:length]))
            if above and above != heading:
                adjacent = length == len(steps) - 1
                relation = "broader" if adjacent else "broader, steps between left out"
                known.edges[heading].add((relation, above))
                break


def cut(known: Known, roots: Iterable[str]) -> set[str]:
    """Return the terms to take over: the roots and all that lies above them."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        term = waiting.pop()
        if term not in found:
            found.add(term)
            waiting += [above for relation, above in known.edges[term] if relation in PROPERTIES]
    return found


def node(name: str) -> ox.NamedNode:
    """Return the IRI of a CURIE or IRI."""
    return ox.NamedNode(expand(name))


def text(words: str) -> ox.Literal:
    """Return English text."""
    return ox.Literal(words, language="en")


def statements_of(known: Known, own: set[str], terms: set[str], kind: str) -> Iterator[ox.Triple]:
    """Yield what a slice says of its own terms."""
    type_ = node("owl:Class" if kind == "class" else "skos:Concept")
    for term in own:
        yield ox.Triple(node(term), node("rdf:type"), type_)
        yield ox.Triple(node(term), node("rdfs:label"), text(known.labels[term]))
        for relation, above in known.edges[term]:
            if above in terms and relation in PROPERTIES:
                yield ox.Triple(node(term), node(PROPERTIES[relation]), node(above))


def declarations_in(known: Known, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Yield what OWL 2 DL wants declared of the names that a slice is written with."""
    for triple in triples:
        name = contract(triple.predicate.value)
        if name in known.labels:
            yield ox.Triple(triple.predicate, node("rdf:type"), node("owl:ObjectProperty"))
            yield ox.Triple(triple.predicate, node("rdfs:label"), text(known.labels[name]))
        elif name in PROPERTIES.values() and name.startswith("skos:"):
            yield ox.Triple(triple.predicate, node("rdf:type"), node("owl:ObjectProperty"))
        elif name.partition(":")[0] not in {"owl", "rdf", "rdfs"}:
            yield ox.Triple(triple.predicate, node("rdf:type"), node("owl:AnnotationProperty"))
        if triple.object == node("skos:Concept"):
            yield ox.Triple(triple.object, node("rdf:type"), node("owl:Class"))


def head_of(
    source: dict[str, str], known: Known, terms: set[str], notes: list[str]
) -> Iterator[ox.Triple]:
    """Yield what a slice says of itself: where it is from, when, under what licence, how cut."""
    itself = ox.NamedNode(graph_iri("import", source["name"]))
    releases = {known.releases[term] for term in terms}
    date = ox.NamedNode(PREFIXES["xsd"] + "date")
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", node("owl:Ontology")),
        ("dcterms:title", text(f"Slice of {source['title']}")),
        ("dcterms:source", ox.NamedNode(source["source"])),
        ("dcterms:license", ox.NamedNode(source["license"])),
        ("rdfs:comment", text(HOW[source["kind"]])),
        *(("owl:versionInfo", ox.Literal(release)) for release in releases),
        *(
            ("dcterms:issued", ox.Literal(known.dates[one], datatype=date))
            for one in releases
            if one in known.dates
        ),
        *(
            ("dcterms:provenance", text(f"Read in {read}"))
            for term in terms
            for read in known.readings[term]
        ),
        *(("skos:editorialNote", text(note)) for note in notes),
    ]
    yield from (ox.Triple(itself, node(name), value) for name, value in said)


def slices(table: MappingTable) -> dict[Path, str]:
    """Return the text of every slice by its file. Ends the program where a term is unknown."""
    known = known_terms()
    objects = {row["object_id"] for row in table.rows} - {NO_TERM}
    if strange := sorted(objects - known.labels.keys()):
        raise SystemExit(
            f"Neither in {TERMS} nor in further.tsv, so not verified: {', '.join(strange)}"
        )
    add_headings(known, sorted(term for term in objects if term.startswith("MESH:")))
    left_out = list(rows_of(ROOM / "left-out.tsv"))
    for row in left_out:
        child, edge = row["child"], (row["relation"], row["parent"])
        if edge not in known.edges[child]:
            raise SystemExit(f"left-out.tsv: {child} {' '.join(edge)} is no edge; take it out.")
        known.edges[child].remove(edge)
    withdrawn = list(rows_of(ROOM / "withdrawn.tsv"))
    terms = cut(known, objects)
    found, rest = {}, set(terms)
    for source in rows_of(ROOM / "sources.tsv"):
        mine = source["prefix"] + ":"
        own = {term for term in terms if term.startswith(mine)}
        notes = [source["note"]] if source["note"] else []
        notes += [
            f"Left out: {row['child']} {known.labels[row['child']]}, {row['relation']} "
            f"{row['parent']} {known.labels[row['parent']]}: {row['reason']}."
            for row in left_out
            if row["child"].startswith(mine)
        ]
        triples = [
            *head_of(source, known, own, notes),
            *statements_of(known, own, terms, source["kind"]),
            *withdrawn_of([row for row in withdrawn if row["term"].startswith(mine)]),
        ]
        if own:
            whole = [*triples, *declarations_in(known, triples)]
            found[ROOM / f"{source['name']}.ttl"] = canonical(whole)
        rest -= own
    if rest:
        raise SystemExit(f"sources.tsv has no row for the prefix of {', '.join(sorted(rest))}")
    return found


def withdrawn_of(rows: Iterable[dict[str, str]]) -> Iterator[ox.Triple]:
    """Yield what a slice says of identifiers that their vocabulary has given up."""
    for row in rows:
        yield ox.Triple(node(row["term"]), node("owl:deprecated"), ox.Literal(True))
        if row["replaced_by"]:
            after = node(row["replaced_by"])
            yield ox.Triple(node(row["term"]), node("IAO:0100001"), after)


def main() -> int:
    """Write the slices; with ``--check`` say only which is stale."""
    table = read_mappings(mappings_file())
    if not isinstance(table, MappingTable):
        raise SystemExit("".join(problem.line_of_text() + "\n" for problem in table))
    right = slices(table)
    stale = [
        path
        for path in sorted({*right, *ROOM.glob("*.ttl")})
        if not path.exists() or path.read_text(encoding="utf-8") != right.get(path)
    ]
    for path in stale:
        if "--check" in sys.argv:
            sys.stderr.write(f"{path.name} is stale: run 'python docs/make_imports.py'\n")
        elif path in right:
            path.write_text(right[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
