"""The evidence map of the invented evidence, and what is left of it without some of it."""

import pytest

from osteokg.kg.errors import RequestError
from osteokg.kg.filters import Filters, askable_of
from osteokg.kg.names import ID, okg
from osteokg.kg.synthesis import Selection, Votes, evidence_map

K2_MASS = ("vitamin K2", "ovariectomized rat", "bone mass", "cancellous bone")
JOINT = f"{ID}finding/joint-7-12-k2-bone-strength-tibia"


@pytest.fixture(scope="module")
def map_of(ask, ask_kept):
    """Return the map of a selection: squares by what was given, to whom, outcome, compartment."""

    def made(without=(), **asked):
        askable = ask(askable_of)
        filters = askable.read(list(asked.items()))
        found = ask_kept(evidence_map, Selection(filters, frozenset(without)))
        return found, {
            (
                square.cell.given,
                square.cell.animals,
                square.cell.outcome.label,
                square.cell.compartment.label,
            ): square
            for square in found.squares
        }

    return made


def test_a_square_tells_votes_findings_studies_and_conflict(map_of):
    _, squares = map_of()
    square = squares[K2_MASS]
    assert square.direction == "mixed"
    assert square.votes == Votes(increased=1, null=1, sign_test=1.0)
    assert square.findings == (
        f"{ID}finding/nib-2002-k2-bone-mass-femur",
        f"{ID}finding/quill-2001-k2-bone-mass-femur",
    )
    assert square.studies == (f"{ID}study/nib-2002", f"{ID}study/quill-2001")
    assert square.conflict == "disagreement"


def test_what_models_do_is_shown_when_a_contrast_is_asked_for(map_of):
    _, squares = map_of()
    assert all(square.cell.interventions for square in squares.values())
    _, squares = map_of(contrast="ModelEffect")
    (square,) = [one for key, one in squares.items() if key[2] == "bone mass"]
    assert (square.cell.given, square.direction) == ("ovariectomy", "decreased")


def test_a_combination_held_against_its_agent_is_a_cell_of_its_own(map_of):
    _, squares = map_of()
    given = {key[0] for key in squares}
    assert {"risedronate + vitamin K2", "risedronate + vitamin K2 against risedronate"} <= given


def test_without_retracted_a_mixed_square_points_one_way_and_says_so(map_of):
    found, squares = map_of(without=["retracted"])
    assert squares[K2_MASS].direction == "no-difference"
    assert squares[K2_MASS].votes == Votes(null=1)
    assert squares[K2_MASS].conflict == ""
    changes = {
        (change.aspect, change.before, change.after)
        for change in found.changes
        if change.iri == squares[K2_MASS].cell.iri
    }
    assert changes == {
        ("direction", "mixed", "no-difference"),
        ("votes", "1 increased, 1 no difference", "1 no difference"),
        ("conflict", "disagreement", ""),
    }
    gone = [change for change in found.changes if change.aspect == "all"]
    assert "risedronate in ovariectomized rat: bone mass, cancellous bone" in [
        change.about for change in gone
    ]
    assert all(change.after == "" for change in gone)
    assert found.left_out == {"retracted": 7}


def test_a_joint_citation_votes_for_the_study_that_has_no_finding_of_its_own(map_of):
    strength = ("vitamin K2", "ovariectomized rat", "bone strength", "whole bone")
    _, squares = map_of()
    assert squares[strength].votes == Votes(null=2)
    _, squares = map_of(without=["retracted"])
    assert squares[strength].findings == (JOINT,)
    assert squares[strength].votes == Votes(null=1)


def test_second_hand_leaves_nothing_of_a_review(map_of):
    found, squares = map_of(without=["second-hand"])
    assert squares == {}
    assert {change.aspect for change in found.changes} == {"all"}


def test_filters_narrow_what_is_counted(map_of):
    _, squares = map_of(study="nib-2002")
    assert squares[K2_MASS].votes == Votes(null=1)
    assert squares[K2_MASS].findings == (f"{ID}finding/nib-2002-k2-bone-mass-femur",)
    _, squares = map_of(intervention="Bisphosphonate", outcome="BoneMass")
    assert {key[0] for key in squares} == {
        "risedronate",
        "risedronate + vitamin K2",
        "risedronate + vitamin K2 against risedronate",
    }


def test_an_outside_identifier_finds_what_is_below_it(map_of):
    _, squares = map_of(intervention="CHEBI:28384")  # vitamin K
    assert K2_MASS in squares
    assert not any(key[0] == "risedronate" for key in squares)


def test_what_is_no_switch_is_refused():
    with pytest.raises(RequestError, match="'old' cannot be left out: name one of retracted"):
        Selection(Filters(), frozenset({"old"}))


def test_nothing_changes_where_nothing_is_left_out(map_of):
    found, _ = map_of()
    assert (found.changes, found.left_out) == ((), {})


def test_the_cell_is_the_one_in_the_graph(map_of, version):
    _, squares = map_of()
    text = f"SELECT ?cell {{ <{ID}finding/nib-2002-k2-bone-mass-femur> <{okg('cell')}> ?cell }}"
    (row,) = version.store.query(text)
    assert squares[K2_MASS].cell.iri == row["cell"].value
