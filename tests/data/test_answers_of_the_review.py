"""What the graph answers to five questions about the review, in plain words.

Each answer was read in the sentences of the review first; the held tables beside this file say the
same and more, but somebody who renews them is not told when one of these answers turns round.
"""

import csv
import io

import pyoxigraph as ox

from osteokg.kg.catalogue import named_queries
from osteokg.kg.names import ID, VOCAB
from osteokg.kg.results import ROW_FORMATS, Query, evaluate, format_named

Row = dict[str, str]

QUESTIONS = {query.name: query.text for query in named_queries()}
PREFIXES = f"PREFIX okg: <{VOCAB}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
CLINICAL = f"{ID}clinical/"
COMPARTMENTS = {
    *("cancellous bone", "cortical bone", "endocortical surface", "periosteal surface"),
    "whole bone",
}


def rows(store: ox.Store, text: str) -> list[Row]:
    asked = Query(text, rows=format_named("csv", ROW_FORMATS))
    return list(csv.DictReader(io.StringIO(evaluate(store, asked).body.decode())))


def references(store: ox.Store, finding: str) -> set[int]:
    """Return the numbers in the review's list of what a finding rests on."""
    found = rows(
        store,
        f"{PREFIXES}SELECT DISTINCT ?number {{ <{finding}> okg:attributedTo ?study ."
        " ?reference okg:refersTo ?study ; okg:referenceNumber ?number }",
    )
    return {int(row["number"]) for row in found}


def verdicts(store: ox.Store, conclusion: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the verdict on each proposition, with all studies and without the retracted ones."""
    found = rows(
        store,
        f"{PREFIXES}SELECT ?outcome ?compartment ?all ?kept {{"
        f" <{ID}conclusion/{conclusion}> okg:proposition ?proposition ."
        " ?proposition okg:outcome/rdfs:label ?outcome ; okg:compartment/rdfs:label ?compartment ;"
        " okg:auditResult/rdfs:label ?all ; okg:auditResultWithoutRetracted/rdfs:label ?kept }",
    )
    return {(row["outcome"], row["compartment"]): (row["all"], row["kept"]) for row in found}


def bearing_on(store: ox.Store, proposition: str, edge: str) -> set[str]:
    found = rows(
        store,
        f"{PREFIXES}SELECT ?finding {{ <{ID}proposition/{proposition}> okg:{edge} ?finding }}",
    )
    return {row["finding"] for row in found}


def test_k2_suppresses_endocortical_resorption_after_orchidectomy_and_neurectomy(
    store: ox.Store,
) -> None:
    found = rows(store, QUESTIONS["k2-endocortical-resorption"])
    assert {(row["model"], row["direction"]) for row in found} == {
        ("orchidectomized rat", "decreased"),
        ("sciatic neurectomized rat", "decreased"),
    }
    assert [references(store, row["finding"]) for row in found] == [{45}, {45}]
    assert {row["anchors"] for row in found} == {"ORX#S054", "SNX#S068"}


def test_one_study_says_that_neurectomy_lowers_resorption_and_two_that_it_raises_it(
    store: ox.Store,
) -> None:
    found = rows(store, QUESTIONS["sciatic-neurectomy-and-resorption"])
    said = {(row["direction"], *sorted(references(store, row["finding"]))) for row in found}
    assert said == {
        ("decreased", 48),
        ("increased", 45),
        ("increased", 49),
        ("increased", 45, 48, 49),
    }


def test_the_one_study_contradicts_the_two_and_the_joint_citation_that_names_it(
    store: ox.Store,
) -> None:
    found = rows(
        store,
        f"{PREFIXES}SELECT ?edge ?one ?other {{ VALUES ?edge {{ okg:contradicts"
        " okg:inconsistentWith okg:disagreesWith } ?one ?edge ?other ."
        " ?one okg:contrast okg:ModelEffect ; okg:inducingProcedure okg:SciaticNeurectomy ;"
        " okg:outcome okg:BoneResorption }",
    )
    pairs = {
        (
            row["edge"].removeprefix(VOCAB),
            frozenset(references(store, row["one"])),
            frozenset(references(store, row["other"])),
        )
        for row in found
    }
    iwamoto, iwasaki, ishizuka = frozenset({45}), frozenset({48}), frozenset({49})
    assert pairs == {
        ("contradicts", iwasaki, iwamoto),
        ("contradicts", iwamoto, iwasaki),
        ("contradicts", iwasaki, ishizuka),
        ("contradicts", ishizuka, iwasaki),
        ("inconsistentWith", iwasaki, frozenset({45, 48, 49})),
        ("inconsistentWith", frozenset({45, 48, 49}), iwasaki),
    }


def test_the_rise_of_reference_49_is_transient(store: ox.Store) -> None:
    found = rows(store, QUESTIONS["sciatic-neurectomy-and-resorption"])
    times = {row["timePattern"]: references(store, row["finding"]) for row in found}
    assert times["transient"] == {49}


def test_the_unnamed_conflict_is_between_references_45_and_48(store: ox.Store) -> None:
    (conflict,) = rows(store, QUESTIONS["conflicts-not-named-by-the-review"])
    assert conflict["kind"] == "disagreement"
    assert conflict["model"] == "sciatic neurectomized rat"
    assert references(store, conflict["one"]) == {45}
    assert conflict["oneDirection"] == "no difference"
    assert conflict["oneSite"] == "tibia"
    assert references(store, conflict["other"]) == {48}
    assert conflict["otherDirection"] == "increased"
    assert conflict["otherSite"] == "proximal tibial metaphysis"
    assert {conflict["oneCompartment"], conflict["otherCompartment"]} == {"cancellous bone"}


def test_the_conflict_is_left_out_where_the_review_calls_the_effect_controversial(
    store: ox.Store,
) -> None:
    found = rows(store, QUESTIONS["k2-proximal-tibia-bone-mass-disagreements"])
    between = {
        (
            row["model"],
            *sorted(references(store, row["changed"]) | references(store, row["unchanged"])),
        )
        for row in found
    }
    assert between == {
        ("sciatic neurectomized rat", 45, 48),
        ("ovariectomized rat", 31, 36),
        ("ovariectomized rat", 31, 39),
    }
    (disputed,) = rows(
        store,
        f"{PREFIXES}SELECT DISTINCT ?model {{ ?conclusion okg:appraisal okg:Controversial ;"
        " okg:proposition/okg:model/rdfs:label ?model }",
    )
    assert disputed["model"] == "ovariectomized rat"


def test_without_reference_57_the_abstract_loses_resorption_and_renal_reabsorption(
    store: ox.Store,
) -> None:
    lost = rows(store, QUESTIONS["conclusions-without-retracted-studies"])
    assert {
        (row["anchors"], row["model"], row["outcome"], row["withAll"], row["withoutRetracted"])
        for row in lost
    } == {
        ("ABSTRACT#S010", "calcium-deficient rat", outcome, "supported", "no study-level support")
        for outcome in ("bone resorption", "renal calcium reabsorption")
    }
    for row in lost:
        slug = row["proposition"].removeprefix(f"{ID}proposition/")
        (finding,) = bearing_on(store, slug, "supportedBy")
        assert references(store, finding) == {57}


def test_the_rest_of_that_conclusion_is_held_up_by_references_56_and_59(store: ox.Store) -> None:
    kept = "supported", "supported"
    found = verdicts(store, "iwamoto-2006-abstract-ca-k2")
    assert found == {
        ("bone resorption", "not stated"): ("supported", "no study-level support"),
        ("renal calcium reabsorption", "systemic"): ("supported", "no study-level support"),
        ("serum parathyroid hormone", "systemic"): kept,
        ("bone mass", "cortical bone"): kept,
    }
    for slug, numbers in {
        "serum-parathyroid-hormone": {57, 59},
        "cortical-bone-mass": {56, 57},
    }.items():
        findings = bearing_on(store, f"iwamoto-2006-abstract-ca-k2-{slug}", "supportedBy")
        assert set().union(*(references(store, finding) for finding in findings)) == numbers


def test_no_conclusion_as_a_whole_loses_all_its_support(store: ox.Store) -> None:
    (changed,) = rows(
        store,
        f"{PREFIXES}SELECT ?conclusion ?all ?kept {{ ?conclusion a okg:Conclusion ;"
        " okg:auditResult ?one ; okg:auditResultWithoutRetracted ?other ."
        " ?one rdfs:label ?all . ?other rdfs:label ?kept FILTER(?one != ?other) }",
    )
    assert changed["conclusion"] == f"{ID}conclusion/iwamoto-2006-abstract-ca-k2"
    assert (changed["all"], changed["kept"]) == ("supported", "mixed")


def test_fewer_fractures_are_claimed_with_the_support_of_patients_alone(store: ox.Store) -> None:
    proposition = "iwamoto-2006-intro-k2-fracture-risk-osteoporotic-fracture-incidence"
    findings = bearing_on(store, proposition, "supportedBy")
    assert findings
    assert all(finding.startswith(CLINICAL) for finding in findings)
    # Reference 21 (retracted) gave vitamin D2 and calcium as well: it says nothing of K2 alone.
    numbers = set().union(*(references(store, finding) for finding in findings))
    assert numbers.isdisjoint({19, 20, 21})


def test_the_cells_without_a_finding_of_k2_alone(store: ox.Store) -> None:
    empty: dict[str, set[str]] = {}
    for row in rows(store, QUESTIONS["k2-alone-gaps"]):
        empty.setdefault(row["model"], set()).add(row["compartment"])
    assert {model: COMPARTMENTS - cells for model, cells in empty.items()} == {
        "ovariectomized rat": {"cancellous bone", "cortical bone", "whole bone"},
        "orchidectomized rat": {"cancellous bone", "cortical bone", "endocortical surface"},
        "prednisolone-treated rat": COMPARTMENTS - {"endocortical surface"},
        "sciatic neurectomized rat": COMPARTMENTS - {"periosteal surface"},
        "tail-suspended rat": {"cancellous bone"},
        "calcium-deficient rat": {"cortical bone"},
        "magnesium-deficient rat": {"cortical bone", "whole bone"},
        "calcium- and magnesium-deficient rat": set(),
        "calcium-imbalanced rat": set(),
        "vitamin K-deficient rat": set(),
    }


def test_one_filled_cell_rests_on_a_retracted_study_alone(store: ox.Store) -> None:
    found = rows(
        store,
        f"{PREFIXES}SELECT DISTINCT ?model ?compartment {{"
        " ?finding a okg:Finding ; okg:contrast okg:TreatmentEffect ;"
        " okg:intervention/okg:coveredBy okg:VitaminK2 ; okg:model ?animal ;"
        " okg:retraction okg:AllSourcesRetracted ; okg:compartment ?place ."
        " ?animal rdfs:label ?model . ?place rdfs:label ?compartment ."
        " FILTER(?place NOT IN (okg:Systemic, okg:CompartmentNotStated))"
        " FILTER NOT EXISTS { ?other a okg:Finding ; okg:contrast okg:TreatmentEffect ;"
        " okg:intervention/okg:coveredBy okg:VitaminK2 ; okg:model ?animal ;"
        " okg:compartment ?place FILTER NOT EXISTS { ?other okg:retraction"
        " okg:AllSourcesRetracted } } }",
    )
    assert found == [{"model": "calcium-deficient rat", "compartment": "cortical bone"}]
