"""Validation: names, SHACL shapes, violation queries, anchors; one list of problems."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from osteokg.kg.alignment import check_alignment
from osteokg.kg.dataset import Dataset, Progress
from osteokg.kg.errors import DataError
from osteokg.kg.files import shape_files, violation_query_files
from osteokg.kg.headers import header_of
from osteokg.kg.names import SHAPE, contract, kind_of, okg
from osteokg.kg.problems import Problem, sort_problems
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes
from osteokg.kg.targets import aimed
from osteokg.kg.turtle import Term, line_ends, read, text_of, unremarked
from osteokg.kg.vocabulary import check_names

__all__ = [
    "as_shacl_report",
    "doubtful",
    "is_echo",
    "joined",
    "load_shapes",
    "run_shapes",
    "run_violation_queries",
    "shacl_report",
    "shapes_graph",
    "validate",
]

_RDF_TYPE = ox.NamedNode(str(RDF.type))
_GAP = "marked-gap"
_WHOLES = ("study", "publication", "reference", "experiment", "anchor")
_VARIABLE = re.compile(r"\{\?(\w+)\}")


def validate(dataset: Dataset, progress: Progress = lambda step: None) -> list[Problem]:
    """Return every problem of a dataset whose computed graphs exist, in reading order.

    A name that is not declared is told once, where it stands, and not again by the shapes. What
    the rules across nodes say of what rests on it waits until it is right: it may be no more than
    an echo.
    """
    progress("checking names")
    names = check_names(dataset) + check_alignment(dataset)
    progress("checking shapes")
    shapes = run_shapes(dataset, aimed(load_shapes()))
    progress("checking rules across nodes")
    problems = joined(dataset, names, shapes, run_violation_queries(dataset))
    return sort_problems([*line_ends(dataset.sources.evidence), *problems])


def joined(
    dataset: Dataset, names: list[Problem], shapes: list[Problem], queries: list[Problem]
) -> list[Problem]:
    """Return the problems of the three kinds of check without those that are echoes of names.

    A marked gap counts as a name that is not there: what the shapes say of it is what belongs
    there, and the rules wait until it is filled in.
    """
    gaps = [problem for problem in queries if problem.constraint == _GAP]
    told = {_said(problem) for problem in names if problem.value}
    unnamed = {node for problem in names for node in (problem.focus, problem.value) if _blank(node)}
    marked = {_said(problem) for problem in gaps}
    of_shapes = [
        replace(problem, constraint=_GAP) if _said(problem) in marked else problem
        for problem in shapes
        if _said(problem) not in told and problem.focus not in unnamed
    ]
    told.update(_said(problem) for problem in of_shapes)
    wanting = {problem.file for problem in [*names, *gaps]}
    stated = (t for path in wanting if path for t in dataset.triples_of.get(path, ()))
    wrong = {problem.focus for problem in [*names, *gaps] if problem.focus}
    doubted = doubtful(wrong, stated) if wrong else set()
    gaps = [problem for problem in gaps if _said(problem) not in told]
    of_queries = [
        problem
        for problem in queries
        if problem.constraint != _GAP and not is_echo(problem, doubted, problem.file in wanting)
    ]
    return sort_problems(names + of_shapes + gaps + of_queries)


def _said(problem: Problem) -> tuple[str | None, str | None, str | None]:
    return problem.focus, problem.path, problem.value


def is_echo(problem: Problem, doubted: Collection[str], wanting: bool) -> bool:
    """Return whether a rule across nodes may only say what something else that is wrong leads to.

    That is what it says of things that are ``doubted``, and what a rule that looks for what is
    nowhere (``#+ rests-on: absence`` in its header) says where something is ``wanting``.
    """
    rests_on = _rests_on().get(problem.constraint)
    if rests_on == "value":
        return False
    if rests_on == "absence" and wanting:
        return True
    return problem.focus in doubted or problem.value in doubted


@cache
def _rests_on() -> Mapping[str, str]:
    """Return what rules rest on that are not those of a thing and what it names, by their names.

    That is the ``absence`` of what is looked for everywhere, or a ``value`` alone.
    """
    headers = {path.stem: header_of(path.read_text("utf-8")) for path in violation_query_files()}
    return {name: told["rests-on"] for name, told in headers.items() if "rests-on" in told}


def doubtful(wrong: Iterable[str], triples: Iterable[ox.Triple]) -> set[str]:
    """Return what is wrong and the things that rest on it, as a finding does on its arms.

    What something is only part of (a study, its publication) leaves the parts as right as they
    are.
    """
    users: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        if isinstance(triple.object, ox.NamedNode) and kind_of(triple.object.value) not in _WHOLES:
            users[triple.object.value].add(text_of(triple.subject))
    doubted: set[str] = set()
    waiting = set(wrong)
    while waiting:
        one = waiting.pop()
        doubted.add(one)
        waiting |= users[one] - doubted
    return doubted


def load_shapes(paths: Iterable[Path] | None = None) -> Graph:
    """Return the shapes graph. Raises DataError for a file that does not parse."""
    graph = Graph()
    problems = []
    for path in shape_files() if paths is None else paths:
        triples = read(path)
        if isinstance(triples, Problem):
            problems.append(triples)
        else:
            graph += shapes_graph(triples)
    if problems:
        raise DataError(problems)
    return graph


def shapes_graph(triples: Iterable[ox.Triple]) -> Graph:
    """Return shapes as ``run_shapes`` takes them."""
    graph = Graph()
    for triple in triples:
        subject, predicate, value = (_term(term) for term in triple)
        graph.add((subject, predicate, value))
    return graph


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    assert isinstance(term, ox.Literal), "a quoted triple cannot come out of Turtle 1.1"
    if term.language:
        return Literal(term.value, lang=term.language)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


def run_shapes(
    dataset: Dataset, shapes: Graph, triples: Iterable[ox.Triple] | None = None
) -> list[Problem]:
    """Return what SHACL finds in ontology and evidence (pySHACL, SHACL Core, no inference).

    The computed graphs stay out: the shapes are closed, so a computed property that somebody
    wrote by hand is found. ``triples`` are those to look at, all if None.
    """
    if triples is None:
        ours = (*dataset.sources.ontology, *dataset.sources.evidence)
        triples = (triple for path in ours for triple in dataset.triples_of.get(path, ()))
    with unremarked():
        data = shapes_graph(triples)
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", inplace=True)
    assert isinstance(report, Graph)
    problems = []
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = _text(report.value(result, SH.focusNode)) or ""
        path = _text(report.value(result, SH.resultPath))
        value = _text(report.value(result, SH.value))
        severity = report.value(result, SH.resultSeverity)
        component = str(report.value(result, SH.sourceConstraintComponent))
        messages = sorted(str(message) for message in report.objects(result, SH.resultMessage))
        file, line = dataset.place(focus, path, value)
        about = f"{_short(focus)}: " if focus else ""
        got = f" (found {_short(value)})" if value and _short(value) not in messages[0] else ""
        problems.append(
            Problem(
                message=about + " ".join(messages) + got,
                constraint=component.removeprefix(str(SH)),
                severity="violation" if severity == SH.Violation else "warning",
                file=file,
                line=line,
                focus=focus,
                path=path,
                value=value,
                source_shape=_text(report.value(result, SH.sourceShape)),
            )
        )
    return problems


def run_violation_queries(dataset: Dataset, paths: list[Path] | None = None) -> list[Problem]:
    """Return one problem for each row of the violation queries.

    A query binds ``?focus`` and ``?message``, and where it can ``?path`` and ``?value``; the
    message may name a variable as those of SHACL-SPARQL do, ``{?value}``. Raises DataError for
    one that is no SELECT.
    """
    problems = []
    for query in violation_query_files() if paths is None else paths:
        header = header_of(query.read_text(encoding="utf-8"))
        solutions = dataset.ask(query, ox.QuerySolutions)
        names = {variable.value for variable in solutions.variables}
        for row in solutions:
            bound = {name: text_of(row[name]) for name in names if row[name] is not None}
            focus, path, value = (bound.get(name) for name in ("focus", "path", "value"))
            if focus is None or isinstance(row["focus"], ox.Literal):
                continue  # a literal where a thing belongs, which the shapes tell
            told = row["message"].value if "message" in bound else header.get("title", query.stem)
            told = _filled(told, bound)
            file, line = dataset.place(focus, path, value)
            problems.append(
                Problem(
                    message=f"{_short(focus)}: {told}",
                    constraint=query.stem,
                    severity="warning"
                    if header.get("severity", "Violation").lower() == "warning"
                    else "violation",
                    file=file,
                    line=line,
                    focus=focus,
                    path=path,
                    value=value,
                    source_shape=f"{SHAPE}rule/{query.stem}",
                )
            )
    return problems


def _filled(message: str, bound: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: _short(bound.get(found[1], found[0])), message)


def _text(node: Node | None) -> str | None:
    if node is None:
        return None
    if isinstance(node, URIRef):
        return str(node)
    if isinstance(node, BNode):
        return f"_:{node}"
    assert isinstance(node, Literal)
    if node.language:
        return str(ox.Literal(str(node), language=node.language))
    datatype = None if node.datatype is None else ox.NamedNode(str(node.datatype))
    return str(ox.Literal(str(node), datatype=datatype))


def _blank(text: str | None) -> bool:
    return text is not None and text.startswith("_:")


def _short(text: str) -> str:
    if _blank(text):
        return "a node without a name"
    return contract(text) if re.match(r"[a-z]+:", text) else text


def shacl_report(problems: Iterable[Problem]) -> list[ox.Triple]:
    """Return the problems as a SHACL validation report.

    SHACL, section 3.6, https://www.w3.org/TR/shacl/#validation-report; ``okg:file`` and
    ``okg:line`` say where the result stands. Data conform if there is no result at all, not even
    a warning (section 3.6.1.1).
    """
    rows = sort_problems(problems)
    report = ox.BlankNode("report")
    triples = [
        ox.Triple(report, _RDF_TYPE, _sh("ValidationReport")),
        ox.Triple(report, _sh("conforms"), ox.Literal(not rows)),
    ]
    for number, problem in enumerate(rows):
        result = ox.BlankNode(f"result{number}")
        core = problem.constraint.endswith("ConstraintComponent")
        component = (str(SH) if core else f"{SHAPE}constraint/") + problem.constraint
        focus = problem.focus or (problem.file.name if problem.file else "")
        shape, path = problem.source_shape, problem.path
        facts: list[tuple[ox.NamedNode, Term | None]] = [
            (_RDF_TYPE, _sh("ValidationResult")),
            (_sh("resultSeverity"), _sh(problem.severity.capitalize())),
            (_sh("resultMessage"), ox.Literal(problem.message)),
            (_sh("sourceConstraintComponent"), ox.NamedNode(component)),
            (_sh("sourceShape"), _node(shape) if shape and not _blank(shape) else None),
            (_sh("focusNode"), _node(focus)),
            (_sh("resultPath"), _node(path) if path and not _blank(path) else None),
            (_sh("value"), _node(problem.value) if problem.value else None),
            (ox.NamedNode(okg("file")), ox.Literal(problem.shown_file()) if problem.file else None),
            (ox.NamedNode(okg("line")), ox.Literal(problem.line) if problem.line else None),
        ]
        triples.append(ox.Triple(report, _sh("result"), result))
        triples.extend(ox.Triple(result, name, value) for name, value in facts if value is not None)
    return triples


def as_shacl_report(problems: Iterable[Problem]) -> str:
    """Return the problems as a SHACL validation report in Turtle."""
    turtle = format_named("ttl", GRAPH_FORMATS)
    assert turtle is not None
    return graph_bytes(shacl_report(problems), turtle).decode()


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(str(SH) + name)


def _node(text: str) -> Term:
    """Return the term that a problem's focus, path or value is the text of."""
    if _blank(text):
        return ox.BlankNode(text[2:])
    if text.startswith('"'):
        (quad,) = ox.parse(f"<x:s> <x:p> {text} .", ox.RdfFormat.N_TRIPLES)
        assert isinstance(quad.object, ox.Literal)
        return quad.object
    try:
        return ox.NamedNode(text)
    except ValueError:
        return ox.Literal(text)  # a file's name, where nothing in it could be read
