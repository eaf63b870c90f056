"""What people call a term leads to it, whatever the kind of name, and never to another kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.names import okg

OUTCOME, SITE, AGENT = (okg("OutcomeTerm"),), (okg("SiteTerm"),), (okg("InterventionTerm"),)


@pytest.mark.parametrize(
    ("text", "ranges", "term"),
    [
        ("bone mineral density", OUTCOME, "BoneMineralDensity"),
        ("Bone  Mineral-Density", OUTCOME, "BoneMineralDensity"),
        ("BMD", OUTCOME, "BoneMineralDensity"),  # skos:notation
        ("BoneMineralDensity", OUTCOME, "BoneMineralDensity"),
        ("okg:BoneMineralDensity", OUTCOME, "BoneMineralDensity"),
        ("sham", AGENT, "ShamOperation"),  # skos:altLabel
        ("non-tail-suspension", AGENT, "NoIntervention"),  # skos:hiddenLabel
        ("not stated", SITE, "SiteNotStated"),
        ("not stated", (okg("CompartmentTerm"),), "CompartmentNotStated"),
        ("study", (okg("Study"),), "Study"),
    ],
)
def test_a_text_leads_to_a_term(
    words: Wordlist, text: str, ranges: tuple[str, ...], term: str
) -> None:
    assert words.read(text, ranges) == okg(term)


def test_a_term_of_another_vocabulary_leads_to_its_equal(words: Wordlist) -> None:
    theirs, ours = next(
        (theirs, ours) for theirs, ours in sorted(words.equal.items()) if "CHEBI" in theirs
    )

    assert words.read(f"<{theirs}>", AGENT) == ours
    assert words.read(f"CHEBI:{theirs.rpartition('_')[2]}", AGENT) == ours


@pytest.mark.parametrize("text", ["femur", "", "no such thing", "bone mineral"])
def test_a_text_that_is_no_name_of_the_kind_leads_nowhere(words: Wordlist, text: str) -> None:
    assert words.read(text, OUTCOME) is None


def test_what_is_close_is_offered(words: Wordlist) -> None:
    assert words.close_to("risedronat", AGENT)[0] == "'risedronate' (okg:Risedronate)"
    assert words.close_to("femurr", OUTCOME) == []


def test_choices_are_terms_and_not_the_kind_itself(words: Wordlist) -> None:
    assert words.choices((okg("Role"),)) == ["control", "model induction", "treatment"]


@pytest.mark.parametrize(
    ("agent", "role"),
    [
        ("Ovariectomy", "ModelInduction"),
        ("Vehicle", "Control"),
        ("Risedronate", "Treatment"),
        ("CalciumDeficientDiet", "ModelInduction"),
    ],
)
def test_the_role_an_agent_usually_has(words: Wordlist, agent: str, role: str) -> None:
    assert words.role_of(okg(agent)) == okg(role)


@given(st.data())
def test_what_is_written_of_a_term_leads_back_to_it(words: Wordlist, data: st.DataObject) -> None:
    term = data.draw(st.sampled_from(sorted(words.types)))
    ranges = data.draw(st.sampled_from([OUTCOME, SITE, AGENT, (okg("Degree"),), ()]))

    assert words.read(words.write(term, ranges), ranges) == term
