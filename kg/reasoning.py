"""Reasoning: what a complete OWL 2 DL reasoner says of ontology and evidence.

The service needs no reasoner: what it needs at run time the rules have computed. Here it is held
that they computed what the ontology means – no more, no less – and that nothing contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset, Progress
from osteokg.kg.justification import Assertion, assertions_in, minimal
from osteokg.kg.names import ID, PREFIXES, VOCAB, contract, expand, graph_iri
from osteokg.kg.problems import Problem, sort_problems
from osteokg.kg.reasoner import Reasoner, profile_violations

__all__ = ["reason"]

_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_SUBCLASS = PREFIXES["rdfs"] + "subClassOf"
_BROADER = VOCAB + "broaderTerm"
_NOT_TOLD = {ox.NamedNode(graph_iri("computed", kind)) for kind in ("classes", "outside")}
"""What the rules say of the defined classes, which the reasoner is to find by itself, and what they
say of outside terms by mappings, which mean nothing to it."""

_DEFINED = f"""
PREFIX okg: <{VOCAB}>
PREFIX owl: <{PREFIXES["owl"]}>
SELECT DISTINCT ?class WHERE {{ ?class okg:computed true ; owl:equivalentClass ?definition }}
"""
_TERMS = f"""
PREFIX okg: <{VOCAB}>
PREFIX rdfs: <{PREFIXES["rdfs"]}>
SELECT ?term ?kind WHERE {{ ?kind rdfs:subClassOf okg:Term . ?term a ?kind }}
"""


def reason(dataset: Dataset, progress: Progress = lambda step: None) -> list[Problem]:
    """Return what a reasoner finds wrong in a dataset whose computed graphs exist.

    ``owl-2-dl``: not in the profile that can be decided · ``contradiction``: assertions that
    cannot all be true · ``impossible-class``: a class that cannot have a member · ``not-inferred``
    and ``not-computed``: rules and ontology disagree. What follows from a problem is not asked
    while it is there. Raises RequestError without the [reason] extra.
    """
    progress("checking the profile")
    problems = _profile(dataset, _given(dataset))
    if problems:
        return problems
    everything = _given(dataset, without=_slices(dataset))
    progress("looking for contradictions")
    declarations, assertions = assertions_in(dataset, everything)

    def contradictory(some: Sequence[Assertion], more: Sequence[ox.Triple] = ()) -> bool:
        said = (triple for assertion in some for triple in assertion.triples)
        return not Reasoner([*declarations, *said, *more]).consistent

    reasoner = Reasoner(everything)
    if not reasoner.consistent:
        return _contradiction(dataset, assertions, contradictory, progress)
    progress("classifying")
    # With the things of the evidence it takes ten times as long, and they are members, no classes.
    classes = Reasoner(triple for triple in everything if not _of_evidence(triple))
    impossible = classes.impossible()
    if impossible:
        return _impossible(dataset, impossible, assertions, contradictory, progress)
    return sort_problems([*_terms(dataset, classes), *_definitions(dataset, reasoner)])


def _of_evidence(triple: ox.Triple) -> bool:
    return isinstance(triple.subject, ox.NamedNode) and triple.subject.value.startswith(ID)


def _given(dataset: Dataset, without: AbstractSet[ox.NamedNode] = frozenset()) -> list[ox.Triple]:
    left_out = _NOT_TOLD | without
    told = (quad for quad in dataset.store if quad.graph_name not in left_out)
    return list({quad.triple: None for quad in told})


def _slices(dataset: Dataset) -> set[ox.NamedNode]:
    """Return the graphs of outside vocabularies: no axiom joins them to ours, mappings annotate."""
    return {ox.NamedNode(dataset.sources.graph_of(path)) for path in dataset.sources.imports}


_NAME = re.compile(r"<([^<>\s]+)>|\b((?:owl|rdfs?|xsd):\w+|https?://[^\s<>()\[\]]+)")
"""A name as the OWL API writes it: in angle brackets, bare, or a word of OWL by its prefix."""


def _profile(dataset: Dataset, triples: Sequence[ox.Triple]) -> list[Problem]:
    """Return what takes the dataset out of OWL 2 DL, each once, at the first name in it."""
    problems: dict[tuple[str, str | None], Problem] = {}
    for told in profile_violations(triples):
        names = [expand(found[1] or found[2]) for found in _NAME.finditer(told)]
        places = ((name, *dataset.place(name)) for name in names)
        focus, file, line = next((place for place in places if place[1]), (None, None, None))
        words = _NAME.sub(lambda found: contract(expand(found[1] or found[2])) + " ", told)
        words = re.sub(r" (?=[ )\].])", "", words).strip()
        message = f"not OWL 2 DL: {words}. Declare what is used, and use it as declared."
        problem = Problem(message, "owl-2-dl", file=file, line=line, focus=focus)
        problems.setdefault((told.partition(":")[0], focus), problem)
    return sort_problems(problems.values())


def _contradiction(
    dataset: Dataset,
    assertions: Sequence[Assertion],
    contradictory: Callable[[Sequence[Assertion]], bool],
    progress: Progress,
) -> list[Problem]:
    """Name a smallest set of assertions that cannot all be true; the ontology's own if it has."""
    progress("finding what contradicts itself")
    evidence = set(dataset.sources.evidence)
    ontology = [one for one in assertions if one.file and one.file not in evidence]
    culprits = minimal(ontology, contradictory) or minimal(assertions, contradictory)
    told = f"these {len(culprits)} statements cannot all be true; take one of them back"
    return _told(culprits, told, "contradiction")


def _impossible(
    dataset: Dataset,
    impossible: set[str],
    assertions: Sequence[Assertion],
    contradictory: Callable[[Sequence[Assertion], Sequence[ox.Triple]], bool],
    progress: Progress,
) -> list[Problem]:
    """Name what makes each class impossible that is not so only by what is above it."""
    member = ox.NamedNode("urn:a-member")
    found = []
    for name in sorted(impossible):
        above = dataset.store.quads_for_pattern(
            ox.NamedNode(name), ox.NamedNode(_SUBCLASS), None, None
        )
        if any(str(getattr(quad.object, "value", "")) in impossible - {name} for quad in above):
            continue
        progress(f"finding why {contract(name)} is impossible")
        assumed = ox.Triple(member, _TYPE, ox.NamedNode(name))

        def no_member(some: Sequence[Assertion], assumed: ox.Triple = assumed) -> bool:
            return contradictory(some, [assumed])

        culprits = minimal(assertions, no_member)
        below = len(impossible) - 1
        told = f"{contract(name)} can have no member by these {len(culprits)} statements" + (
            f" ({below} more classes with it)" if below else ""
        )
        found.extend(_told(culprits, f"{told}; take one of them back", "impossible-class", name))
    return found


def _told(
    culprits: Sequence[Assertion], what: str, constraint: str, focus: str | None = None
) -> list[Problem]:
    """Return a problem for each culprit at its own place, numbered in reading order."""
    ordered = sorted(culprits, key=lambda one: (str(one.file or "~"), one.line or 0))
    problems = []
    for number, culprit in enumerate(ordered, start=1):
        others = {name for other in ordered if other is not culprit for name in other.names()}
        problems.append(
            Problem(
                f"{what} ({number} of {len(ordered)}): {culprit.text(others)}",
                constraint,
                file=culprit.file,
                line=culprit.line,
                focus=focus,
            )
        )
    return problems


def _terms(dataset: Dataset, reasoner: Reasoner) -> list[Problem]:
    """Compare what is broader between terms of a kind with what HermiT says of their classes."""
    kinds = {}
    for row in _rows(dataset, _TERMS):
        kinds[row["term"].value] = row["kind"].value
    inferred = {
        (name, above)
        for name, above in reasoner.subsumptions()
        if name in kinds and kinds[name] == kinds.get(above)
    }
    said = dataset.store.quads_for_pattern(None, ox.NamedNode(_BROADER), None, None)
    computed = {
        (quad.subject.value, quad.object.value)
        for quad in said
        if isinstance(quad.subject, ox.NamedNode)
        and isinstance(quad.object, ox.NamedNode)
        and quad.subject.value in kinds
        and quad.object.value in kinds
    }
    problems = []
    for name, above in inferred - computed:
        told = f"is a kind of {contract(above)} by the definitions, which no rule computes: add "
        told += "rdfs:subClassOf, or correct the definition"
        problems.append(_disagreement(dataset, (name, _SUBCLASS, above), "not-computed", told))
    for name, above in computed - inferred:
        told = f"has {contract(above)} as broader term, which the classes do not bear out: correct "
        told += "the rule"
        problems.append(_disagreement(dataset, (name, _BROADER, above), "not-inferred", told))
    return problems


def _definitions(dataset: Dataset, reasoner: Reasoner) -> list[Problem]:
    """Compare the members of the defined classes with what HermiT recognises."""
    problems = []
    for row in _rows(dataset, _DEFINED):
        defined = row["class"]
        said = dataset.store.quads_for_pattern(None, _TYPE, defined, None)
        computed = {quad.subject.value for quad in said if isinstance(quad.subject, ox.NamedNode)}
        inferred = reasoner.members(defined.value)
        for name in inferred - computed:
            told = f"is a {contract(defined.value)} by definition, which no rule computes: correct "
            told += "kg/rules, or the definition"
            triple = (name, _TYPE.value, defined.value)
            problems.append(_disagreement(dataset, triple, "not-computed", told))
        for name in computed - inferred:
            told = (
                f"is called a {contract(defined.value)}, which the definition does not bear out: "
            )
            told += "correct the rule, or the definition"
            triple = (name, _TYPE.value, defined.value)
            problems.append(_disagreement(dataset, triple, "not-inferred", told))
    return problems


def _disagreement(
    dataset: Dataset, triple: tuple[str, str, str], constraint: str, told: str
) -> Problem:
    """Return the problem at the place where most is said of the subject."""
    focus, path, value = triple
    file, line = dataset.place(focus, path, value)
    message = f"{contract(focus)} {told}."
    return Problem(message, constraint, file=file, line=line, focus=focus, path=path, value=value)


def _rows(dataset: Dataset, query: str) -> list[ox.QuerySolution]:
    solutions = dataset.store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    return list(solutions)
