"""How an answer is judged against the one expected: rows, graphs, up to blank nodes."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.query import Result
from rdflib.term import Identifier

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")

Term = tuple[str, ...]
Row = dict[str, Term]


def term_of(node: Identifier) -> Term:
    """Return a term as its kind and parts."""
    if isinstance(node, URIRef):
        return ("iri", str(node))
    if isinstance(node, BNode):
        return ("blank", str(node))
    assert isinstance(node, Literal)
    string = "http://www.w3.org/2001/XMLSchema#string"
    datatype = string if node.datatype is None else str(node.datatype)
    return ("literal", str(node), "" if node.language else datatype, (node.language or "").lower())


_NUMBERS = {f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("integer", "decimal")}
_FLOATS = {f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("double", "float")}


def value_of(term: Term) -> Term:
    """Return a term with its number in one form: 1.50 and 1.5 are the same decimal."""
    if term[0] != "literal":
        return term
    try:
        if len(term) == 2:  # of CSV, which does not tell types
            return (term[0], str(Decimal(term[1]).normalize()))
        if term[2] in _NUMBERS:
            return (term[0], str(Decimal(term[1]).normalize()), *term[2:])
        if term[2] in _FLOATS:
            return (term[0], repr(float(term[1])), *term[2:])
    except (InvalidOperation, ValueError):
        pass
    return term


def canonical(statements: Iterable[tuple[Term, Term, Term]]) -> list[str]:
    """Return statements with blank nodes named by RDFC-1.0, sorted: equal for equal graphs."""

    def node(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if term[0] == "iri":
            return ox.NamedNode(term[1])
        if term[0] == "blank":
            return ox.BlankNode(term[1])
        return ox.Literal("\u0000".join(term))  # compared as text, with its type

    dataset = ox.Dataset(
        ox.Quad(node(subject), node(predicate), node(value))
        for subject, predicate, value in statements
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(str(quad) for quad in dataset)


def rows_as_graph(rows: list[Row], ordered: bool) -> list[str]:
    """Return rows as a graph, one blank node for each, so that graphs are all that is compared."""
    statements = []
    for number, row in enumerate(rows):
        node = ("blank", f"row{number}")
        place = str(number) if ordered else "any"
        statements.append((node, ("iri", "x:place"), ("literal", place)))
        for name, term in row.items():
            term_ = ("blank", f"of{term[1]}") if term[0] == "blank" else term
            statements.append((node, ("iri", f"x:variable:{name}"), term_))
    return canonical(statements)


def graph_of(
    content: bytes, format_: str, base: str | None = None
) -> list[tuple[Term, Term, Term]]:
    """Return the statements of a document."""
    graph = Graph().parse(data=content, format=format_, publicID=base)
    return [(term_of(s), term_of(p), term_of(o)) for s, p, o in graph]


def rows_of(content: bytes, form: str, base: str = "") -> bool | list[Row]:
    """Return rows, or the answer to ASK; read by rdflib, which is not what made them."""
    if form == "csv":
        names, *lines = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        return [
            {
                name: ("blank", cell) if cell.startswith("_:") else ("literal", cell)
                for name, cell in zip(names, line, strict=True)
                if cell
            }
            for line in lines
        ]
    if form in ("ttl", "rdf"):
        return _result_set(content, form, base)
    format_ = {"srx": "xml", "srj": "json", "tsv": "tsv"}[form]
    result = Result.parse(io.BytesIO(content), format=format_)
    if result.type == "ASK":
        return bool(result.askAnswer)
    return [
        {str(name): term_of(term) for name, term in row.items() if term is not None}
        for row in result.bindings
    ]


def _result_set(content: bytes, form: str, base: str) -> list[Row]:
    """Return the rows of a result that is told in RDF."""
    facts = Graph().parse(data=content, format={"ttl": "turtle", "rdf": "xml"}[form], publicID=base)
    solutions = sorted(
        facts.subjects(RS.binding, None, unique=True),
        key=lambda solution: int(facts.value(solution, RS["index"]) or 0),
    )
    return [
        {
            str(facts.value(binding, RS.variable)): term_of(facts.value(binding, RS.value))
            for binding in facts.objects(solution, RS.binding)
        }
        for solution in solutions
    ]
