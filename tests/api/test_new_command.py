"""``new study``: a file or a form with everything that is known, and every gap told."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

RIS = "TY  - JOUR\nAU  - Marsh, A. B.\nTI  - No rats\nPY  - 2019\nER  - \n"
TEXT = "# RESULTS\n\nIn rats, risedronate did something.\n\nFig. 1. Nothing.\n"
Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    Path("marsh.ris").write_text(RIS, "utf-8")
    Path("marsh.txt").write_text(TEXT, "utf-8")


def test_every_gap_of_the_least_that_can_be_said_is_told(told: Told, good: Path) -> None:
    code, out, err = told("new", "study", "Marsh 2019", "--evidence", good)

    assert (code, out) == (0, "")
    assert (
        err
        == "marsh-2019.ttl is written. Fill in the gaps (?), then: osteokg check marsh-2019.ttl\n"
    )
    code, out, _ = told("check", "marsh-2019.ttl", "--evidence", good)
    assert code == 1
    gaps = [line for line in out.splitlines() if "[marked-gap]" in line]
    asked = {"outcome", "site", "compartment", "direction", "paraphrase", "comparison"}
    assert {
        (line.split()[3], word) for line in gaps for word in re.findall(r"okg:(\w+): ", line)
    } == {
        ("arm:marsh-2019-arm-1:", "exposure"),
        ("arm:marsh-2019-arm-2:", "exposure"),
        *(("finding:marsh-2019-s1:", name) for name in asked - {"comparison"}),
    }
    assert 'anchor:marsh-2019-s1: okg:section is a gap that is marked with "?": fill it in' in out
    assert 'name an outcome term of the ontology, e.g. okg:BoneMineralDensity. (found "?")' in out
    assert "experiment" in out  # without a species


def test_record_sentences_and_groups_are_filled_in(told: Told, good: Path) -> None:
    code, out, _ = told(
        "new", "study", "--record", "marsh.ris", "--source", "marsh.txt", "--species", "rat",
        "--arm", "sham", "--arm", "OVX", "--sentence", "s001", "--evidence", good,
    )  # fmt: skip

    assert code == 0
    assert out.splitlines() == [
        "S001\tRESULTS\tIn rats, risedronate did something.",
        "S002\tFIG1\tFig. 1.",
        "S003\tFIG1\tNothing.",
    ]
    text = Path("marsh-2019.ttl").read_text("utf-8")
    for said in (
        'dcterms:title "No rats" ;',
        'dcterms:creator "Marsh AB" ;',
        "okg:species okg:Rat .",
        "okg:agent okg:Ovariectomy ;",
        "okg:comparison comparison:marsh-2019-ovx-versus-sham ;",
        'okg:section "RESULTS" ;',
    ):
        assert said in text, said
    code, out, _ = told("anchors", "verify", "--source", "marsh.txt", "--evidence", ".")
    assert code == 1  # what has gaps is no version
    _, out, _ = told("check", "marsh-2019.ttl", "--evidence", good)
    assert {line.split()[3].rstrip(":") for line in out.splitlines()} == {"finding:marsh-2019-s001"}


def test_every_sentence_begins_a_finding_and_every_treated_group_a_comparison(
    told: Told, good: Path
) -> None:
    groups = ("sham", "OVX", "OVX + risedronate", "OVX + K2", "OVX + risedronate + K2")
    arms = [word for group in groups for word in ("--arm", group)]

    code, _, _ = told(
        "new", "study", "marsh-2019", "--source", "marsh.txt", "--species", "rat", *arms,
        "--sentence", "all", "--evidence", good,
    )  # fmt: skip

    text = Path("marsh-2019.ttl").read_text("utf-8")
    assert code == 0
    assert re.findall(r"^finding:(\S+) a", text, re.MULTILINE) == [
        f"marsh-2019-s00{number}" for number in (1, 2, 3)
    ]
    assert re.findall(r"^comparison:marsh-2019-(\S+) a", text, re.MULTILINE) == [
        "ovx-k2-versus-ovx",
        "ovx-risedronate-k2-versus-ovx",
        "ovx-risedronate-versus-ovx",
        "ovx-versus-sham",
    ]
    gaps = ("comparison", "compartment", "direction", "outcome", "site", "wording")
    for name in gaps:
        assert text.count(f'okg:{name} "?" ;') + text.count(f'okg:{name} "?" .') == 3, name
    _, out, _ = told("check", "marsh-2019.ttl", "--evidence", good)
    lines = out.splitlines()
    assert len(lines) == 3 * (len(gaps) + 1)
    assert {line.split()[2] for line in lines} == {"[marked-gap]"}
    # Each gap by its own line, in the order of the file.
    numbers = [int(line.split(":")[1]) for line in lines]
    assert numbers == sorted(set(numbers))
    assert all('"?"' in text.splitlines()[number - 1] for number in numbers)


def test_sentences_that_are_named_are_rows_of_the_form(told: Told, good: Path) -> None:
    told(
        "new", "study", "marsh-2019", "--source", "marsh.txt", "--arm", "OVX", "--arm", "OVX + K2",
        "--sentence", "S001,S003", "--table", "tsv", "--evidence", good,
    )  # fmt: skip

    rows = Path("marsh-2019/findings.tsv").read_text("utf-8").splitlines()
    heads = rows[0].split("\t")
    told_rows = [dict(zip(heads, row.split("\t"), strict=True)) for row in rows[1:]]
    assert [(row["arm"], row["compared with"], row["anchors"]) for row in told_rows] == [
        ("OVX + K2", "OVX", "S001"),
        ("OVX + K2", "OVX", "S003"),
    ]
    assert {"judgement", "presupposed"} <= set(heads)


def test_a_group_that_received_something_unknown_is_told_and_left_as_a_gap(
    told: Told, good: Path
) -> None:
    code, _, err = told(
        "new", "study", "marsh-2019", "--species", "rat", "--arm", "OVX", "--arm",
        "OVX + risedronat", "--evidence", good,
    )  # fmt: skip

    assert code == 0
    assert (
        "Group 'OVX + risedronat': 'risedronat' is no intervention of the ontology. Did you mean "
        "'risedronate' (okg:Risedronate)?" in err
    )
    assert "It is left as a gap (?)." in err
    text = Path("marsh-2019.ttl").read_text("utf-8")
    assert 'okg:exposure "?" , exposure:marsh-2019-ovariectomy ;' in text
    _, out, _ = told("check", "marsh-2019.ttl", "--evidence", good)
    assert "[marked-gap] arm:marsh-2019-ovx-risedronat: An arm needs at least one" in out


@pytest.mark.parametrize("form", ["tsv", "xlsx"])
def test_a_form_tells_its_gaps_by_cell(form: str, told: Told, good: Path) -> None:
    arguments = ["--record", "marsh.ris", "--source", "marsh.txt", "--table", form]
    assert told("new", "study", *arguments, "--evidence", good)[0] == 0
    table = "marsh-2019" if form == "tsv" else "marsh-2019.xlsx"
    place = f"{table}/findings.tsv" if form == "tsv" else table

    code, out, err = told("import", table, "--evidence", good)

    assert code == 1
    told_gaps = [line for line in out.splitlines() if "[marked-gap]" in line]
    cells = [line.partition(": violation")[0].rpartition(":")[2] for line in told_gaps]
    assert {f"findings!{letter}2" for letter in "ABCDEFKLM"} | {"studies!C2"} == set(cells)
    assert told_gaps[0].startswith(place)
    assert err.endswith("nothing is written.\n")
    assert not Path("marsh-2019.ttl").exists()


def test_a_workbook_offers_terms_and_says_what_columns_are_for(told: Told, good: Path) -> None:
    told("new", "study", "--record", "marsh.ris", "--table", "xlsx", "--evidence", good)

    book = openpyxl.load_workbook("marsh-2019.xlsx")

    sheet = book["findings"]
    assert sheet["F1"].value == "direction"
    assert "increased, decreased, no difference" in sheet["F1"].comment.text
    (rule,) = [one for one in sheet.data_validations.dataValidation if "F2" in one.sqref]
    letter = rule.formula1.split("$")[1]
    offered = [cell.value for cell in book["terms"][letter] if cell.value]
    assert offered == [
        "altered",
        "decreased",
        "increased",
        "mixed",
        "no difference",
        "not reported",
    ]
    assert not rule.showErrorMessage  # a synonym may be typed
    assert book["terms"].sheet_state == "hidden"


def test_what_is_not_given_is_asked_for_in_a_terminal(
    told: Told, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    answers = "unicorn\nrat\nsham\nOVXX\nOVX\n\nS020\nS003-S002\nS002\n\n"
    monkeypatch.setattr("sys.stdin", Terminal(answers))

    code, _, err = told("new", "study", "marsh-2019", "--source", "marsh.txt", "--evidence", good)

    assert code == 0
    assert err.count("Species (rat, mouse): ") == 2
    for asked_again in (
        "'unicorn' is no species of the ontology; there are: human, mouse, rat.",
        "Group 'OVXX': 'OVXX' is no intervention of the ontology.",
        "There is no sentence S020; there are S001 to S003.",
        "The sentence S003 comes after S002: write S002-S003.",
    ):
        assert f"{asked_again}" in err
    assert err.count("Say it again, or nothing.") == 4
    text = Path("marsh-2019.ttl").read_text("utf-8")
    assert "okg:referenceArm arm:marsh-2019-sham ;" in text
    assert "okg:figure 1 ;" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name the study after author and year"),
        (["x-1", "--species", "unicorn"], "'unicorn' is no species of the ontology; there are:"),
        (["x-1", "--sentence", "S1"], "There is no sentence S1; there are none: give --source."),
        (["x-1", "--source", "marsh.txt", "--sentence", "S9"], "there are S001 to S003."),
        (["quill-2001"], "There is a study quill-2001 in the evidence: take another name."),
        (["x-1", "--record", "none.ris"], "none.ris: No such file or directory"),
    ],
)
def test_what_cannot_be_begun_is_told(
    arguments: list[str], said: str, told: Told, good: Path
) -> None:
    code, _, err = told("new", "study", *arguments, "--evidence", good)

    assert code == 2
    assert said in err
    assert not list(Path().glob("*.ttl"))


def test_nothing_is_written_over_unasked(told: Told, good: Path) -> None:
    Path("x-1.ttl").write_text("mine", "utf-8")

    code, _, err = told("new", "study", "x-1", "--evidence", good)
    assert code == 2
    assert "x-1.ttl is there already: take another name, or say --replace." in err
    assert Path("x-1.ttl").read_text("utf-8") == "mine"

    assert told("new", "study", "x-1", "--replace", "--evidence", good)[0] == 0
    assert "study:x-1" in Path("x-1.ttl").read_text("utf-8")
