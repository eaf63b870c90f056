"""Contradictions, gaps, claims and effect directions of the invented evidence."""

import pytest

from osteokg.kg.filters import askable_of
from osteokg.kg.names import ID
from osteokg.kg.synthesis import Selection, claims, contradictions, effect_directions, gaps

NIB = f"{ID}finding/nib-2002-k2-bone-mass-femur"
QUILL = f"{ID}finding/quill-2001-k2-bone-mass-femur"


@pytest.fixture(scope="module")
def made(ask, ask_kept):
    def make(synthesis, without=(), **asked):
        filters = ask(askable_of).read(list(asked.items()))
        return ask_kept(synthesis, Selection(filters, frozenset(without)))

    return make


def test_a_pair_tells_both_sides_and_what_might_explain_it(made):
    found = made(contradictions)
    (pair,) = found.pairs
    assert (found.total, pair.kind) == (1, "disagreement")
    assert {pair.one.finding, pair.other.finding} == {NIB, QUILL}
    assert {pair.one.direction, pair.other.direction} == {"increased", "no-difference"}
    reasons = {reason.term.label: (reason.one, reason.other) for reason in pair.reasons}
    assert reasons["dose"] == ("not stated", "30 mg/kg")
    assert "second-hand" in reasons
    assert pair.other.anchors
    assert pair.other.retracted


def test_a_pair_stands_as_long_as_both_sides_do(made):
    found = made(contradictions, without=["retracted"])
    assert (found.pairs, found.total) == ((), 0)
    (change,) = found.changes
    assert (change.aspect, change.before, change.after) == ("all", "disagreement", "")
    assert change.about == "Nib 2002 and Quill 2001 on bone mass"
    assert found.left_out == {"retracted": 1}


def test_one_side_of_a_pair_has_to_be_asked_for(made):
    assert made(contradictions, study="nib-2002").total == 1
    assert made(contradictions, outcome="BoneStrength").total == 0


def test_a_part_of_the_pairs_is_shown(ask_kept):
    found = ask_kept(contradictions, Selection(), slice(1, 6))
    assert (found.pairs, found.total) == ((), 1)


def test_filters_choose_gaps_by_what_they_are_about(made):
    labels = {gap.intervention.label for gap in made(gaps).gaps}
    assert labels == {"risedronate", "vitamin K2"}
    found = made(gaps, intervention="VitaminK2", compartment="CorticalBone")
    # the surfaces of the cortex lie below it
    assert {gap.compartment.label for gap in found.gaps} == {
        "cortical bone",
        "endocortical surface",
        "periosteal surface",
    }
    assert {gap.intervention.label for gap in found.gaps} == {"vitamin K2"}


def test_other_filters_say_what_fills_a_gap(made):
    def cancellous(**asked):
        found = made(gaps, intervention="VitaminK2", compartment="CancellousBone", **asked)
        return [gap.words for gap in found.gaps]

    assert cancellous() == []
    assert cancellous(outcome="BoneMass") == []
    assert cancellous(outcome="BoneStrength") == [
        "vitamin K2 in ovariectomized rat: cancellous bone"
    ]


def test_leaving_out_opens_gaps_and_says_which(made):
    found = made(gaps, without=["retracted"])
    opened = {change.about for change in found.changes}
    assert opened == {"risedronate in ovariectomized rat: cancellous bone"}
    assert {change.after for change in found.changes} == {"never measured"}


def test_a_combination_beside_its_agent_is_better_or_not(made):
    (one,) = made(claims).add_ons
    assert one.better
    assert one.facts.finding.endswith("quill-2001-k2-risedronate-bone-mass-femur-vs-risedronate")
    assert made(claims, without=["retracted"]).add_ons == ()


def test_a_claim_goes_with_the_findings_that_it_is_about(made):
    (claim,) = made(claims).claims
    assert claim.relation.label == "additive"
    assert {term.label for term in claim.agents} == {"risedronate", "vitamin K2"}
    assert claim.combined
    assert claim.verdicts
    found = made(claims, without=["retracted"])
    assert found.claims == ()
    assert claim.iri in [change.iri for change in found.changes if change.aspect == "all"]


def test_a_conclusion_that_loses_support_is_told(made):
    before = {one.iri: one.verdict.label for one in made(claims).conclusions}
    found = made(claims, without=["retracted"])
    after = {one.iri: one.verdict.label for one in found.conclusions}
    assert set(before) == set(after)
    told = {change.iri: (change.before, change.after) for change in found.changes}
    proposition = f"{ID}proposition/larch-2010-k2-bone-mass"
    propositions = {
        one.iri: one for conclusion in found.conclusions for one in conclusion.propositions
    }
    assert propositions[proposition].opposing == (NIB,)
    assert told[proposition] == ("mixed", "contradicted")


def test_filters_choose_conclusions_and_do_not_weaken_them(made):
    found = made(claims, outcome="BoneStrength")
    (conclusion,) = found.conclusions
    verdicts = {one.outcomes[0].label: one.verdict.label for one in conclusion.propositions}
    assert verdicts["bone mass"] == "mixed"


def test_effect_directions_have_a_line_for_each_experiment(made):
    questions = {question.words: question for question in made(effect_directions).questions}
    question = questions["vitamin K2 in ovariectomized rat"]
    columns = {
        (column.cell.outcome.label, column.cell.compartment.label): column
        for column in question.columns
    }
    mass = columns[("bone mass", "cancellous bone")]
    assert (mass.votes.increased, mass.votes.null, mass.direction) == (1, 1, "mixed")
    lines = {line.study.label: line for line in question.lines}
    assert lines["Quill 2001"].retracted
    assert not lines["Nib 2002"].retracted
    mark = lines["Nib 2002"].marks[mass.cell.iri]
    assert (mark.direction, mark.votes, mark.findings) == ("no-difference", True, (NIB,))
    assert next(iter(questions)) == "vitamin K2 in ovariectomized rat"


def test_effect_directions_say_what_leaving_out_changes(made):
    found = made(effect_directions, without=["retracted"])
    told = {(change.aspect, change.before, change.after) for change in found.changes}
    assert ("direction", "mixed", "no-difference") in told
    assert ("sign test", "p = 1", "") in told
