"""Claims and conclusions, held against the findings.

What authors claim of combinations is held against the single arms, what they conclude against the
findings about the same; what a combination did beside one of its agents is shown first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg.catalogue import view
from osteokg.kg.kept import Kept
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Recount, Row, Selection, Term, take, terms_of
from osteokg.kg.synthesis.facts import Facts, facts_of
from osteokg.kg.synthesis.squares import counted_out

__all__ = ["AddOn", "Claim", "Claims", "Conclusion", "Proposition", "claims"]

RECOUNT = Recount(
    "synthesis/audits.inputs",
    ("63-audit.claims", "64-audit.consistent", "65-audit.results", "66-audit.conclusions"),
    # That an outcome has no value of its own is known from findings that are left out as well.
    keeps=frozenset({okg("undecidedBy")}),
)


@dataclass(frozen=True)
class AddOn:
    """Hold a finding that compares a combination with one of its agents.

    ``better`` tells that it is reported to favour the combination.
    """

    facts: Facts
    better: bool


@dataclass(frozen=True)
class Claim:
    """Hold a claim that agents act together, and what comes of holding it against the single arms.

    ``combined`` are the findings of the combination, ``single`` those of its components that the
    claim names and that are kept.
    """

    iri: str
    paraphrase: str
    relation: Term
    agents: tuple[Term, ...]
    against: tuple[Term, ...]
    combined: tuple[Facts, ...]
    single: tuple[Facts, ...]
    verdicts: tuple[Term, ...]


@dataclass(frozen=True)
class Proposition:
    """Hold what a conclusion says of one outcome, the findings about it, and the verdict."""

    iri: str
    interventions: tuple[Term, ...]
    models: tuple[Term, ...]
    outcomes: tuple[Term, ...]
    sites: tuple[Term, ...]
    compartments: tuple[Term, ...]
    directions: tuple[Term, ...]
    judgements: tuple[Term, ...]
    supporting: tuple[str, ...]
    opposing: tuple[str, ...]
    undecided: tuple[str, ...]
    verdict: Term


@dataclass(frozen=True)
class Conclusion:
    """Hold a conclusion, its propositions and the verdict on the whole."""

    iri: str
    paraphrase: str
    verdict: Term
    propositions: tuple[Proposition, ...]


@dataclass(frozen=True)
class Claims:
    """Hold what was claimed and concluded, and what leaving evidence out has changed."""

    add_ons: tuple[AddOn, ...]
    claims: tuple[Claim, ...]
    conclusions: tuple[Conclusion, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def claims(kept: Kept, selection: Selection) -> Claims:
    """Return the claims and conclusions that are asked for, held against all evidence that stands.

    Filters choose what is shown, not what it is held against: only switches take evidence away.
    """
    chosen = await take(kept, selection, claims=True)
    found = await _claims(chosen, await take(kept, selection.unfiltered()))
    if not selection.without:
        return found
    all_evidence = selection.with_all()
    before = await _claims(
        await take(kept, all_evidence, claims=True),
        await take(kept, all_evidence.unfiltered()),
    )
    return Claims(
        found.add_ons,
        found.claims,
        found.conclusions,
        changes_between(_told(before), _told(found)),
        counted_out(chosen, _findings(before)),
    )


async def _claims(chosen: Evidence, against: Evidence) -> Claims:
    store = chosen.store
    told, propositions, verdicts = await against.results(
        RECOUNT, "synthesis/claims", "synthesis/conclusions", "synthesis/verdicts"
    )
    compared = {
        row["finding"]: row["better"] == "true"
        for row in await rows_of(store, view("synthesis/add-ons"))
        if chosen.keeps(row["finding"])
    }
    named = {row["value"] for row in told if row["column"] in ("combined", "single")}
    facts = await facts_of(store, {*compared, *named})
    add_ons = [AddOn(facts[finding], better) for finding, better in compared.items()]
    return Claims(
        tuple(sorted(add_ons, key=lambda one: (not one.better, one.facts.finding))),
        _interaction_claims(told, chosen, facts),
        _conclusions(verdicts, propositions, chosen),
    )


def _values(told: Iterable[tuple[str, str]]) -> list[str]:
    return sorted({value for value, _ in told})


_Columns = Mapping[str, Sequence[tuple[str, str]]]


def _by(name: str, rows: Iterable[Row]) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Return rows of column, value and label by the thing in one of their variables."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row[name]][row["column"]].append((row["value"], row.get("label", row["value"])))
    return found


def _interaction_claims(
    rows: Iterable[Row], chosen: Evidence, facts: Mapping[str, Facts]
) -> tuple[Claim, ...]:
    """Return the claims of which a finding of the combination is left."""
    found = []
    for iri, told in sorted(_by("claim", rows).items()):
        combined = [facts[value] for value in _values(told.get("combined", ()))]
        if not combined or not chosen.matches(iri):
            continue
        single = [facts[value] for value in _values(told.get("single", ()))]
        found.append(
            Claim(
                iri,
                min(value for value, _ in told["paraphrase"]),
                terms_of(told["kind"])[0],
                terms_of(told.get("agent", ())),
                terms_of(told.get("against", ())),
                tuple(combined),
                tuple(single),
                terms_of(told.get("verdict", ())),
            )
        )
    return tuple(found)


def _conclusions(
    verdicts: Iterable[Row], rows: Sequence[Row], chosen: Evidence
) -> tuple[Conclusion, ...]:
    """Return the conclusions with a proposition that is asked for, or that are asked for whole."""
    told = _by("proposition", rows)
    of_conclusion: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["proposition"] not in of_conclusion[row["conclusion"]]:
            of_conclusion[row["conclusion"]].append(row["proposition"])
    found = []
    for row in sorted(verdicts, key=lambda row: row["conclusion"]):
        iri = row["conclusion"]
        propositions = sorted(of_conclusion.get(iri, ()))
        if not any(chosen.matches(one) for one in (*propositions, iri)):
            continue
        found.append(
            Conclusion(
                iri,
                row["paraphrase"],
                Term(row["label"], row["verdict"]),
                tuple(_proposition(one, told[one], chosen) for one in propositions),
            )
        )
    return tuple(found)


def _proposition(iri: str, told: _Columns, chosen: Evidence) -> Proposition:
    def terms(column: str) -> tuple[Term, ...]:
        return terms_of(told.get(column, ()))

    def findings(column: str) -> tuple[str, ...]:
        return tuple(sorted({value for value, _ in told.get(column, ()) if chosen.stands(value)}))

    return Proposition(
        iri,
        terms("intervention"),
        terms("model"),
        terms("outcome"),
        terms("site"),
        terms("compartment"),
        terms("direction"),
        terms("judgement"),
        findings("for"),
        findings("against"),
        findings("undecided"),
        terms("verdict")[0],
    )


def _findings(found: Claims) -> Iterable[str]:
    for add_on in found.add_ons:
        yield add_on.facts.finding
    for claim in found.claims:
        yield from (facts.finding for facts in (*claim.combined, *claim.single))
    for conclusion in found.conclusions:
        for one in conclusion.propositions:
            yield from (*one.supporting, *one.opposing, *one.undecided)


def _told(found: Claims) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what can be said of each claim and conclusion."""
    told: dict[str, tuple[str, dict[str, str]]] = {}
    for add_on in found.add_ons:
        better = "better" if add_on.better else "not better"
        told[add_on.facts.finding] = (add_on.facts.paraphrase, {"combination": better})
    for claim in found.claims:
        verdict = ", ".join(term.label for term in claim.verdicts)
        told[claim.iri] = (claim.paraphrase, {"verdict": verdict})
    for conclusion in found.conclusions:
        told[conclusion.iri] = (conclusion.paraphrase, {"verdict": conclusion.verdict.label})
        for number, one in enumerate(conclusion.propositions, start=1):
            about = f"{conclusion.paraphrase} (proposition {number})"
            told[one.iri] = (about, {"verdict": one.verdict.label})
    return told
