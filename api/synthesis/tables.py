"""Tables of the syntheses: a row for each cell, mark, pair, gap or claim."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from osteokg.kg import synthesis

__all__ = [
    "COLUMNS",
    "Row",
    "as_csv",
    "claims",
    "contradictions",
    "directions",
    "evidence_map",
    "gaps",
]

Row: TypeAlias = dict[str, str]

_COMPARED = ("intervention", "comparator", "model")
_VOTES = ("increased", "decreased", "null", "mixed", "sign_test")
_SIDE = (
    *("finding", "statement", "study", "direction", "outcome", "site", "compartment"),
    *("anchors", "retracted"),
)

COLUMNS = {
    "evidence-map": (
        *("cell", "contrast", *_COMPARED, "outcome", "compartment", "direction", *_VOTES),
        *("studies", "experiments", "findings", "conflict", "contrast_iri", "intervention_iri"),
        *("model_iri", "outcome_iri", "compartment_iri", "finding_iri", "study_iri"),
    ),
    "effect-directions": (
        *("question", "contrast", *_COMPARED, "study", "experiment", "retracted", "outcome"),
        *("compartment", "direction", "votes", "findings", *(f"all_{name}" for name in _VOTES)),
        *("cell", "study_iri", "experiment_iri", "finding_iri"),
    ),
    "contradictions": (
        *("pair", "kind", "intervention", "model"),
        *(f"{side}_{name}" for side in ("one", "other") for name in _SIDE),
        "discriminators",
    ),
    "gaps": (
        *("gap", "intervention", "model", "compartment"),
        *("intervention_iri", "model_iri", "compartment_iri"),
    ),
    "claims": (
        *("kind", "id", "statement", "relation", *_COMPARED, "outcome", "site", "compartment"),
        *("direction", "verdict", "verdict_on_whole", "supporting", "opposing"),
    ),
}
"""The header of each table, in the order that others rely on."""


def evidence_map(found: synthesis.EvidenceMap) -> list[Row]:
    """Return a row for each cell: what it is about, the votes, where they come from."""
    return [
        {
            "cell": square.cell.iri,
            "contrast": square.cell.contrast.label,
            **_compared(square.cell),
            "outcome": square.cell.outcome.label,
            "compartment": square.cell.compartment.label,
            "direction": square.direction,
            **_votes(square.votes),
            "studies": str(len(square.studies)),
            "experiments": str(len(square.experiments)),
            "findings": str(len(square.findings)),
            "conflict": square.conflict,
            "contrast_iri": square.cell.contrast.iri,
            "intervention_iri": _iris(square.cell.interventions),
            "model_iri": _iris(square.cell.models),
            "outcome_iri": square.cell.outcome.iri,
            "compartment_iri": square.cell.compartment.iri,
            "finding_iri": ";".join(square.findings),
            "study_iri": ";".join(square.studies),
        }
        for square in found.squares
    ]


def directions(found: synthesis.EffectDirections) -> list[Row]:
    """Return a row for each mark: an experiment in a cell, with the votes of the whole cell."""
    return [
        {
            "question": question.words,
            "contrast": question.contrast.label,
            **_compared(column.cell),
            "study": line.study.label,
            "experiment": line.experiment.label,
            "retracted": _truth(line.retracted),
            "outcome": column.cell.outcome.label,
            "compartment": column.cell.compartment.label,
            "direction": mark.direction,
            "votes": _truth(mark.votes),
            "findings": str(len(mark.findings)),
            **{f"all_{name}": value for name, value in _votes(column.votes).items()},
            "cell": column.cell.iri,
            "study_iri": line.study.iri,
            "experiment_iri": line.experiment.iri,
            "finding_iri": ";".join(mark.findings),
        }
        for question in found.questions
        for line in question.lines
        for column in question.columns
        if (mark := line.marks.get(column.cell.iri)) is not None
    ]


def contradictions(found: synthesis.Contradictions) -> list[Row]:
    """Return a row for each pair: both findings side by side, and what might explain it."""
    return [
        {
            "pair": pair.iri,
            "kind": pair.kind,
            "intervention": _labels(pair.one.interventions, " + "),
            "model": _labels(pair.one.models),
            **_side("one", pair.one),
            **_side("other", pair.other),
            "discriminators": ";".join(reason.term.label for reason in pair.reasons),
        }
        for pair in found.pairs
    ]


def gaps(found: synthesis.Gaps) -> list[Row]:
    """Return a row for each gap."""
    return [
        {
            "gap": gap.iri,
            "intervention": gap.intervention.label,
            "model": gap.model.label,
            "compartment": gap.compartment.label,
            "intervention_iri": gap.intervention.iri,
            "model_iri": gap.model.iri,
            "compartment_iri": gap.compartment.iri,
        }
        for gap in found.gaps
    ]


def claims(found: synthesis.Claims) -> list[Row]:
    """Return a row for each combination beside an agent, each claim, each proposition.

    A conclusion without a proposition has one row.
    """
    rows = [_add_on(one) for one in found.add_ons]
    rows += [_claim(one) for one in found.claims]
    for conclusion in found.conclusions:
        whole = {
            "kind": "conclusion",
            "id": conclusion.iri,
            "statement": conclusion.paraphrase,
            "verdict_on_whole": conclusion.verdict.label,
        }
        rows += [_claimed(**whole, **_proposition(one)) for one in conclusion.propositions] or [
            _claimed(**whole, verdict=conclusion.verdict.label)
        ]
    return rows


def _claimed(**told: str) -> Row:
    return {column: told.get(column, "") for column in COLUMNS["claims"]}


def _add_on(one: synthesis.AddOn) -> Row:
    facts = one.facts
    return _claimed(
        kind="add-on",
        id=facts.finding,
        statement=facts.paraphrase,
        intervention=_labels(facts.interventions, " + "),
        comparator=_labels(facts.comparators, " + "),
        model=_labels(facts.models),
        outcome=_labels(facts.outcomes),
        site=_labels(facts.sites),
        compartment=_labels(facts.compartments),
        direction=facts.direction,
        verdict="better" if one.better else "not better",
    )


def _claim(claim: synthesis.Claim) -> Row:
    return _claimed(
        kind="interaction-claim",
        id=claim.iri,
        statement=claim.paraphrase,
        relation=claim.relation.label,
        intervention=_labels(claim.agents, " + "),
        comparator=_labels(claim.against),
        model=_labels({term for facts in claim.combined for term in facts.models}),
        outcome=_labels({term for facts in claim.combined for term in facts.outcomes}),
        verdict=_labels(claim.verdicts),
        supporting=";".join(facts.finding for facts in claim.combined),
    )


def _proposition(one: synthesis.Proposition) -> Row:
    return {
        "intervention": _labels(one.interventions, " + "),
        "model": _labels(one.models),
        "outcome": _labels(one.outcomes),
        "site": _labels(one.sites),
        "compartment": _labels(one.compartments),
        "direction": _labels((*one.directions, *one.judgements)),
        "verdict": one.verdict.label,
        "supporting": ";".join(one.supporting),
        "opposing": ";".join(one.opposing),
    }


def _compared(cell: synthesis.Cell) -> Row:
    return {
        "intervention": _labels(cell.interventions or cell.procedures, " + "),
        "comparator": _labels(cell.comparators, " + "),
        "model": _labels(cell.models),
    }


def _side(name: str, facts: synthesis.Facts) -> Row:
    return {
        f"{name}_finding": facts.finding,
        f"{name}_statement": facts.paraphrase,
        f"{name}_study": _labels(facts.studies),
        f"{name}_direction": facts.direction,
        f"{name}_outcome": _labels(facts.outcomes),
        f"{name}_site": _labels(facts.sites),
        f"{name}_compartment": _labels(facts.compartments),
        f"{name}_anchors": _labels(facts.anchors),
        f"{name}_retracted": _truth(facts.retracted),
    }


def _votes(votes: synthesis.Votes) -> Row:
    return {
        "increased": str(votes.increased),
        "decreased": str(votes.decreased),
        "null": str(votes.null),
        "mixed": str(votes.mixed),
        "sign_test": "" if votes.sign_test is None else repr(votes.sign_test),
    }


def _labels(terms: Iterable[synthesis.Term], separator: str = ";") -> str:
    return separator.join(term.label for term in sorted(terms))


def _iris(terms: Iterable[synthesis.Term]) -> str:
    return ";".join(term.iri for term in terms)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def as_csv(rows: Sequence[Row], columns: Iterable[str]) -> str:
    """Return rows as CSV (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
