"""Every constraint and every rule bites where it should, and only there.

The cases lie in tests/cases/shapes; their README says how they are written. Each is validated with
all shapes and all rules, so that a case also shows what its neighbours let through.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from osteokg.kg.headers import header_of
from osteokg.kg.names import SHAPE, VOCAB, contract, expand

PROJECT = Path(__file__).resolve().parents[2]
SHAPES = PROJECT / "shapes"
CASES = PROJECT / "tests" / "cases" / "shapes"
STUB = CASES / "terms.ttl"
CASE_FILES = sorted(CASES.glob("*/*/*.ttl"))
RULES = {path.stem: path.read_text(encoding="utf-8") for path in SHAPES.glob("rules/*.rq")}
OKG = Namespace(VOCAB)

# Curated on other classes, computed on these.
COMPUTED_HERE = {(OKG.Finding, OKG[name]) for name in ("study", "model", "intervention")}
COMPUTED_HERE |= {(OKG.Arm, OKG.model)}

# Parameters of a shape that constrain nothing by themselves.
PLAIN = {"path", "name", "message", "severity", "property", "ignoredProperties"}
PLAIN |= {"targetClass", "targetSubjectsOf"}
# What a message or a rule asks a curator to do.
ADVICE = r"""\b(add|compare|compute|copy|correct|define|give|keep|let|make|move|name|raise|read|
remove|rename|say|shorten|swap|tag|take|tie|use|write)\b"""

Triple = tuple[Node, Node, Node]


class Expected(NamedTuple):
    """One line of a report: the shape or rule, the kind of constraint, the focus."""

    name: str
    component: str
    focus: str


class Result(NamedTuple):
    """One line of a report as found."""

    expected: Expected
    severity: str
    message: str


@dataclass(frozen=True)
class Case:
    """A graph as people write it, what the rules would compute, and what is to be found."""

    written: frozenset[Triple]
    computed: frozenset[Triple]
    expected: Counter[Expected]


@cache
def case(path: Path) -> Case:
    headers, written = parsed(path)
    included = [case((path.parent / name).resolve()) for name in headers["include"]]
    before = frozenset[Triple]().union(*(one.written for one in included))
    computed = frozenset[Triple]().union(*(one.computed for one in included))
    for header in headers["remove"]:
        pattern = pattern_of(header)
        gone = {triple for triple in before | computed if fits(triple, pattern)}
        assert gone, f"{path}: nothing to remove for {header}"
        before, computed = before - gone, computed - gone
    own = frozenset(full(header) for header in headers["computed"])
    expected = Counter(
        Expected(words[0], words[1] if len(words) == 3 else "", words[-1])
        for words in map(str.split, headers["expect"])
    )
    return Case(before | written, computed | own, expected)


def parsed(path: Path) -> tuple[dict[str, list[str]], frozenset[Triple]]:
    text = path.read_text(encoding="utf-8")
    headers: dict[str, list[str]] = {"include": [], "remove": [], "computed": [], "expect": []}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if found := re.fullmatch(r"# ([a-z]+): (.+)", line):
            headers[found[1]].append(found[2])
    return headers, frozenset(Graph().parse(data=text, format="turtle"))


def pattern_of(header: str) -> tuple[str | None, ...]:
    parts = tuple(None if word == "*" else expand(word) for word in header.split())
    assert len(parts) == 3, header
    return parts


def full(header: str) -> Triple:
    subject, predicate, value = (URIRef(expand(word)) for word in header.split())
    return subject, predicate, value


def fits(triple: Triple, pattern: tuple[str | None, ...]) -> bool:
    return all(
        part is None or str(term) == part for term, part in zip(triple, pattern, strict=True)
    )


@pytest.fixture(scope="module")
def shapes() -> Graph:
    graph = Graph()
    for path in SHAPES.glob("*.ttl"):
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(PROJECT / "ontology" / "osteokg.ttl")


def results_of(one: Case, shapes: Graph) -> list[Result]:
    return [*shape_results(one, shapes), *rule_results(one)]


def shape_results(one: Case, shapes: Graph) -> list[Result]:
    """Validate a case, without the shapes of terms where it leaves the stub's terms alone."""
    touched = {subject for subject, _, _ in one.written ^ case(STUB).written}
    terms = {s for s, p, value in one.written if p == RDF.type and value in kinds_of_term()}
    _, report, _ = pyshacl.validate(
        graph_of(one.written),
        shacl_graph=without_terms(shapes) if touched.isdisjoint(terms) else shapes,
        inference="none",
        inplace=True,
    )
    assert isinstance(report, Graph)
    return [
        Result(
            Expected(
                local(report.value(result, SH.sourceShape)),
                local(report.value(result, SH.sourceConstraintComponent)),
                curie(report.value(result, SH.focusNode)),
            ),
            local(report.value(result, SH.resultSeverity)),
            str(report.value(result, SH.resultMessage)),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    ]


@cache
def kinds_of_term() -> set[Node]:
    """Return the classes that the stub has instances of."""
    return {value for _, predicate, value in case(STUB).written if predicate == RDF.type}


@cache
def without_terms(shapes: Graph) -> Graph:
    kinds = {*kinds_of_term(), OKG.Term}
    return shapes - graph_of(
        t for t in shapes.triples((None, SH.targetClass, None)) if t[2] in kinds
    )


def rule_results(one: Case) -> list[Result]:
    """Run the rules as validation does: over the union, where computed graphs are named ones."""
    store = ox.Store()
    for triples, graph in (
        (one.written, ox.DefaultGraph()),
        (one.computed, ox.NamedNode("urn:computed")),
    ):
        store.load("".join(map(line_of, triples)), ox.RdfFormat.N_TRIPLES, to_graph=graph)
    found = []
    for name, text in RULES.items():
        rows = store.query(text, use_default_graph_as_union=True)
        assert isinstance(rows, ox.QuerySolutions)
        for row in rows:
            focus, message = row["focus"], row["message"]
            assert isinstance(focus, ox.NamedNode | ox.BlankNode), f"{name} must bind ?focus"
            assert isinstance(message, ox.Literal), f"{name} must bind ?message"
            for optional in (row["path"], row["value"]):
                assert optional is None or isinstance(optional, ox.NamedNode | ox.Literal)
            severity = header_of(text)["severity"]
            who = contract(focus.value) if isinstance(focus, ox.NamedNode) else "_"
            found.append(Result(Expected(name, "", who), severity, message.value))
    return found


@cache
def line_of(triple: Triple) -> str:
    return graph_of([triple]).serialize(format="nt")


def graph_of(triples: Iterable[Triple]) -> Graph:
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    return graph


def local(node: Node | None) -> str:
    return re.split("[/#]", str(node))[-1]


def curie(node: Node | None) -> str:
    return "_" if isinstance(node, BNode) else contract(str(node))


def named_shapes(shapes: Graph) -> list[URIRef]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    found = {shape for kind in kinds for shape in shapes.subjects(RDF.type, kind)}
    return sorted(shape for shape in found if isinstance(shape, URIRef))


def constraints(shapes: Graph, shape: Node) -> set[str]:
    """Return the constraint components that a shape itself uses (SHACL, section 4)."""
    parameters = {local(p) for p in shapes.predicates(shape) if str(p).startswith(str(SH))} - PLAIN
    return {f"{name[0].upper()}{name[1:]}ConstraintComponent" for name in parameters}


def advises(message: str) -> bool:
    return re.search(ADVICE, message, re.VERBOSE | re.IGNORECASE) is not None


def expected_lines() -> set[Expected]:
    return {line for path in CASE_FILES for line in case(path).expected}


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: str(path.relative_to(CASES))[:-4])
def test_a_case_yields_what_it_names(path: Path, shapes: Graph) -> None:
    """Exactly what is named, and no other violation; in a passing case no warning either."""
    one = case(path)
    assert bool(one.expected) is (path.parent.name == "fail"), (
        "fail cases expect, pass cases do not"
    )
    results = results_of(one, shapes)
    mute = {result.message for result in results if not advises(result.message)}
    assert not mute, "a message says what to do"
    named = {line.name for line in one.expected}
    found = Counter(
        result.expected
        for result in results
        if path.parent.name == "pass"
        or result.severity == "Violation"
        or result.expected.name in named
    )
    assert sorted(found.elements()) == sorted(one.expected.elements())


def test_a_folder_is_named_after_a_shape_file_or_a_rule() -> None:
    subjects = {path.stem for path in SHAPES.glob("*.ttl")} | RULES.keys()
    folders = {path.name: {side.name for side in path.iterdir()} for path in CASES.glob("*/")}
    assert folders == {subject: {"pass", "fail"} for subject in subjects}
    strays = [
        path
        for path in CASE_FILES
        if path.parent.name == "fail"
        and path.parts[-3] not in {line.name.partition("-")[0] for line in case(path).expected}
        and path.parts[-3] not in {line.name for line in case(path).expected}
    ]
    assert strays == []


def test_every_constraint_has_a_failing_case(shapes: Graph) -> None:
    demanded = {
        (local(shape), component)
        for shape in named_shapes(shapes)
        for component in constraints(shapes, shape)
    } | {(name, "") for name in RULES}
    shown = {(line.name, line.component) for line in expected_lines()}
    assert demanded - shown == set()
    assert shown - demanded == set()


def test_every_shape_has_a_passing_case(shapes: Graph) -> None:
    """Something the shape is about, with a value for it, in a pass case of the shape's file."""

    @cache
    def passing(folder: str) -> Graph:
        return graph_of(
            t for path in CASES.glob(f"{folder}/pass/*.ttl") for t in case(path).written
        )

    untried = []
    for shape in named_shapes(shapes):
        data = passing(local(shape).partition("-")[0])
        focuses = focuses_of(shape, shapes, data)
        path = shapes.value(shape, SH.path)
        if path is not None and shapes.value(shape, SH.maxCount) != Literal(0):
            focuses = {focus for focus in focuses if (focus, path, None) in data}
        if not focuses:
            untried.append(local(shape))
    assert untried == []


def focuses_of(shape: Node, shapes: Graph, data: Graph) -> set[Node]:
    """Return what a shape targets, or the shapes that have it as a property shape."""
    bearers = [shape, *shapes.subjects(SH.property, shape)]
    targets = {target for b in bearers for target in shapes.objects(b, SH.targetClass)}
    classes = {c for t in targets for c in data.transitive_subjects(RDFS.subClassOf, t)}
    used = shapes.value(shape, SH.targetSubjectsOf)
    focuses = {focus for c in classes for focus in data.subjects(RDF.type, c)}
    return focuses if used is None else focuses | set(data.subjects(used))


def test_every_shape_says_what_to_do(shapes: Graph) -> None:
    silent = []
    for shape in named_shapes(shapes):
        messages = list(shapes.objects(shape, SH.message))
        if constraints(shapes, shape) and not (len(messages) == 1 and advises(str(messages[0]))):
            silent.append(local(shape))
        assert shapes.value(shape, SH.name), f"{shape} has no sh:name"
        assert str(shape).startswith(SHAPE)
    assert silent == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_says_what_it_holds(name: str) -> None:
    header = header_of(RULES[name])
    assert header.keys() - {"meets", "rests-on"} == {"title", "description", "severity"}
    assert header.get("rests-on", "absence") in ("absence", "value")
    assert all(header.values())
    assert header["severity"] in {"Violation", "Warning"}


def test_the_shapes_are_shacl_core(shapes: Graph) -> None:
    """Core alone: SPARQL constraints take seconds, and not every processor has them."""
    assert not {SH.sparql, SH.js, SH.rule, SH.target} & set(shapes.predicates())


def test_ontology_and_stub_conform(shapes: Graph, ontology: Graph) -> None:
    for data in (ontology, graph_of(case(STUB).written)):
        conforms, _, text = pyshacl.validate(
            data, shacl_graph=shapes, inference="none", inplace=True
        )
        assert conforms, text


def test_shapes_and_rules_name_what_the_ontology_declares(shapes: Graph, ontology: Graph) -> None:
    declared = {str(subject) for subject in ontology.subjects()}
    written = {str(term) for triple in shapes for term in triple if str(term).startswith(VOCAB)}
    for text in RULES.values():
        written |= {expand(name) for name in re.findall(r"\bokg:[A-Za-z]\w*", text)}
    stub = {str(term) for triple in case(STUB).written for term in triple}
    written |= {term for term in stub if term.startswith(VOCAB)}
    assert {contract(name) for name in written - declared} == set()


def test_every_curated_property_has_a_shape(shapes: Graph, ontology: Graph) -> None:
    """For each class that may have it, says the ontology: a closed shape refuses the rest."""
    listed = {
        (target, shapes.value(prop, SH.path))
        for shape, prop in shapes.subject_objects(SH.property)
        for target in shapes.objects(shape, SH.targetClass)
    }
    true = Literal("true", datatype=XSD.boolean)
    curated = {
        prop
        for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
        for prop in ontology.subjects(RDF.type, kind)
        if str(prop).startswith(VOCAB)
        and (prop, OKG.computed, true) not in ontology
        and not domains(ontology, prop) & roots(ontology)
    }
    assert {contract(str(prop)) for prop in curated - {path for _, path in listed}} == set()
    allowed = {(c, prop) for prop in curated for c in domains(ontology, prop)} - COMPUTED_HERE
    computed = set(ontology.subjects(OKG.computed, true))  # rules make these
    abstract = {(c, prop) for c, prop in allowed if c in {OKG.Statement, OKG.Term, *computed}}
    assert {(contract(str(c)), contract(str(p))) for c, p in allowed - abstract - listed} == set()


def domains(ontology: Graph, prop: Node) -> set[Node]:
    """Return the classes of a property's domain, a union taken apart."""
    found: set[Node] = set()
    for domain in ontology.objects(prop, RDFS.domain):
        union = ontology.value(domain, OWL.unionOf)
        found |= {domain} if union is None else set(Collection(ontology, union))
    return found


def roots(ontology: Graph) -> set[Node]:
    """Return the classes above the terms: only class axioms speak of their members, no evidence."""
    kinds = set(ontology.subjects(RDFS.subClassOf, OKG.Term))
    terms = {term for kind in kinds for term in ontology.subjects(RDF.type, kind)}
    above = {root for term in terms for root in ontology.objects(term, RDFS.subClassOf)}
    return above - terms


def test_every_class_and_kind_of_term_has_a_shape(shapes: Graph, ontology: Graph) -> None:
    targets = set(shapes.objects(None, SH.targetClass))
    kinds = set(ontology.subjects(RDFS.subClassOf, OKG.Term))
    ranges = {
        c
        for p in ontology.subjects(RDF.type, OWL.ObjectProperty)
        for c in (*ontology.objects(p, RDFS.range), *ontology.objects(p, RDFS.domain))
        if isinstance(c, URIRef) and c.startswith(VOCAB)
    } - roots(ontology)
    broad = {c for t in targets for c in ontology.transitive_subjects(RDFS.subClassOf, t)}
    computed = set(ontology.subjects(OKG.computed, Literal(True)))  # rules make these
    assert {contract(str(c)) for c in (kinds | ranges) - broad - computed} == set()
