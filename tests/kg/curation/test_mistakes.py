"""Ten ways to break a table, and more: each is told by its cell, with what to do.

The study is invented, of a laboratory that does not exist. All its broken copies are imported at
once, each under a name of its own: what forbids one keeps all from being written.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from osteokg.kg.curation.importing import Import, import_books
from osteokg.kg.files import find_sources
from osteokg.kg.problems import Problem

FINDINGS = """
arm | compared with | outcome | site | compartment | direction | degree | paraphrase | \
sentence | judgement
OVX | sham | bone mineral density | femur | whole bone | decreased | | Ovariectomy cost bone. | S1
OVX + RIS | OVX | BMD | femur | whole bone | increased | partial | Risedronate saved some. | S2
OVX + RIS | OVX | trabecular architecture | femur | cancellous bone | altered | | \
It looked other. | S3 | improved
OVX + RIS + RLX | OVX + RIS | bone strength | femoral neck | whole bone | no difference | none | \
No more with both. | S4
"""
ARMS = """
arm | induction | treatment | control
sham | | | sham operation
OVX | ovariectomy | |
OVX + RIS | ovariectomy | risedronate |
OVX + RIS + RLX | ovariectomy | risedronate; raloxifene |
"""
ANCHORS = """
anchor | section | text
S1 | RESULTS | Ovariectomy lowered the BMD of the femur.
S2 | RESULTS | Risedronate attenuated this loss.
S3 | RESULTS | Risedronate changed the architecture.
S4 | FIG2 | Raloxifene beside risedronate did not change the strength of the femoral neck.
"""
STUDIES = """
study | label | species | publication
{stem} | {stem} (synthetic) | rat | {stem}
"""

SHEETS = {"findings": FINDINGS, "arms": ARMS, "anchors": ANCHORS, "studies": STUDIES}
AGAIN = FINDINGS.strip().splitlines()[1] + "\n"
OPPOSITE = "OVX | sham | BMD | femur | whole bone | increased | | Ovariectomy made bone. | S1\n"
DOSE = "exposure | agent | role | dose text\nrisedronate | risedronate | treatment |"
CASES: dict[str, dict[str, str]] = {
    "whole": {},
    "unknown-term": {
        "findings": FINDINGS.replace("strength", "strenght").replace("| femur |", "| femurr |")
    },
    "term-of-another-kind": {"findings": FINDINGS.replace("| BMD | femur |", "| BMD | BMD |")},
    "wrong-sign": {"findings": FINDINGS.replace("| altered", "| increased")},
    "no-anchor": {"findings": FINDINGS.replace("| S2", "|")},
    "another-anchor": {"findings": FINDINGS.replace("| S4", "| S44")},
    "arm-of-the-same-name": {"arms": ARMS + "OVX | ovariectomy | |\n"},
    "arm-of-the-same-animals": {"arms": ARMS + "castrated | ovariectomy | |\n"},
    "swapped": {"findings": FINDINGS.replace("OVX + RIS | OVX | BMD", "OVX | OVX + RIS | BMD")},
    "two-directions": {"findings": FINDINGS + OPPOSITE},
    "again-and-again": {"findings": FINDINGS + AGAIN * 3},
    "latin-1": {"findings": FINDINGS.replace("cost bone", "cost 5 µg of bone")},
    "windows": {},
    "utf-8-with-a-mark": {},
    "utf-16": {},
    "date-as-text": {"exposures": DOSE + "2-Jan"},
    "unknown-heading": {"findings": FINDINGS.replace("| outcome |", "| outcom |")},
    "several": {
        "findings": FINDINGS.replace("bone strength", "strenth of bone").replace(
            "| altered", "| decreased"
        )
    },
}


def written(folder: Path, stem: str, sheets: dict[str, str]) -> Path:
    """Write tables, columns parted by |, and return their folder."""
    there = folder / stem
    there.mkdir()
    for name, text in (SHEETS | sheets).items():
        lines = [line.split("|") for line in text.replace("{stem}", stem).strip().splitlines()]
        cells = ("\t".join(cell.strip() for cell in line) for line in lines)
        (there / f"{name}.tsv").write_text("".join(f"{line}\n" for line in cells), "utf-8")
    return there


def recoded(folder: Path, encoding: str, ends: str = "\n") -> None:
    path = folder / "findings.tsv"
    path.write_bytes(path.read_text("utf-8").replace("\n", ends).encode(encoding))


def workbook(folder: Path, stem: str, sheets: dict[str, str]) -> tuple[openpyxl.Workbook, Path]:
    """Return tables as a workbook, as somebody would have typed them."""
    source = written(folder / "typed", stem, sheets)
    book = openpyxl.Workbook()
    for path in sorted(source.glob("*.tsv")):
        sheet = book.create_sheet(path.stem)
        for line in path.read_text("utf-8").splitlines():
            sheet.append([cell or None for cell in line.split("\t")])
    return book, folder / f"{stem}.xlsx"


def workbooks(folder: Path) -> list[Path]:
    """Write the workbooks, each with what a spreadsheet may do to one."""
    (folder / "typed").mkdir()
    made = {
        stem: workbook(folder, stem, sheets)
        for stem, sheets in {
            "typed": {},
            "date": {"exposures": DOSE},
            "merged": {},
            "formula": {},
            "error": {},
            "numbers": {"exposures": DOSE.replace("text", "text | dose value | dose unit") + "||"},
            "unknown-sheet": {},
        }.items()
    }
    made["date"][0]["exposures"]["D2"].value = date(2026, 1, 2)
    made["merged"][0]["findings"].merge_cells("D2:D4")
    made["formula"][0]["findings"]["F2"].value = "=A2"
    made["error"][0]["findings"]["F2"].value = "#REF!"
    made["unknown-sheet"][0]["arms"].title = "armms"
    numbers = made["numbers"][0]["exposures"]
    numbers["D2"].value, numbers["D2"].number_format = 0.001, "0.0%"
    numbers["E2"].value, numbers["F2"].value = 0.1 + 0.2, "%"
    made["numbers"][0]["findings"]["K1"].value = "hedged"
    made["numbers"][0]["findings"]["K2"].value = True
    for book, path in made.values():
        book.save(path)
    return [path for _, path in made.values()]


@pytest.fixture(scope="module")
def result(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    """Import every case."""
    folder = tmp_path_factory.mktemp("tables")
    paths = [written(folder, stem, sheets) for stem, sheets in CASES.items()]
    recoded(folder / "latin-1", "latin-1")
    recoded(folder / "windows", "utf-8", "\r\n")
    recoded(folder / "utf-8-with-a-mark", "utf-8-sig")
    recoded(folder / "utf-16", "utf-16")
    return import_books(
        [*paths, *workbooks(folder)], folder / "evidence", find_sources([str(good)])
    )


@pytest.fixture
def of(result: Import) -> Callable[[str], list[Problem]]:
    """Return the problems of a case."""

    def told(stem: str) -> list[Problem]:
        return [
            problem
            for problem in result.problems
            if problem.file and stem in (problem.file.stem, problem.file.parent.name)
        ]

    return told


@pytest.fixture
def only(of: Callable[[str], list[Problem]]) -> Callable[[str], Problem]:
    """Return the only problem of a case."""

    def told(stem: str) -> Problem:
        (problem,) = of(stem)
        return problem

    return told


@pytest.fixture
def text(result: Import) -> Callable[[str], str]:
    """Return what would be written of a case, with ``study`` for its name."""
    texts = {study.file.stem: study.text for study in result.studies}
    return lambda stem: texts[stem].replace(stem, "study")


Of = Callable[[str], list[Problem]]
Only = Callable[[str], Problem]
Text = Callable[[str], str]


def test_the_table_is_good_before_it_is_broken(result: Import, of: Of, text: Text) -> None:
    assert of("whole") == []
    study = next(study for study in result.studies if study.file.stem == "whole")
    assert study.told() == (
        "new: 4 findings, 4 arms, 4 exposures, 4 anchors, 1 study, 1 publication, 1 experiment, "
        "3 comparisons"
    )
    assert "okg:figure 2 ;" in text("whole")


def test_unknown_term(of: Of) -> None:
    problems = of("unknown-term")

    cells = [f"findings!{cell}" for cell in ("D2", "D3", "D4", "C5")]
    assert [problem.cell for problem in problems] == cells
    assert {problem.constraint for problem in problems} == {"unknown-term"}
    assert problems[0].message.startswith(
        "site: 'femurr' is no site. Did you mean 'femur' (okg:Femur)? Or look for it: osteokg terms"
    )
    assert "outcome: 'bone strenght' is no outcome. Did you mean 'bone strength'" in (
        problems[3].message
    )
    assert problems[0].file is not None
    assert problems[0].file.name == "findings.tsv"
    assert problems[0].place().endswith("unknown-term/findings.tsv:findings!D2")


def test_term_of_another_kind(only: Only) -> None:
    problem = only("term-of-another-kind")

    assert problem.cell == "findings!D3"
    assert "'BMD' is no site, it is okg:BoneMineralDensity" in problem.message


def test_wrong_sign_on_architecture(only: Only) -> None:
    problem = only("wrong-sign")

    assert (problem.cell, problem.constraint) == ("findings!F4", "undirected-outcome")
    assert problem.message.startswith(
        "direction: 'trabecular architecture' has no more or less: write 'altered' with the "
        "author's 'judgement', or"
    )


def test_missing_anchor(only: Only) -> None:
    problem = only("no-anchor")
    assert problem.cell == "findings!I3"
    assert problem.message.startswith(
        "anchors: this cell is empty. Write the sentences it rests on, by their ids: S012"
    )

    problem = only("another-anchor")
    assert (problem.cell, problem.constraint) == ("findings!I5", "missing-anchor")
    assert "no sentence 'S44' is described. Did you mean 'S4'?" in problem.message


def test_duplicate_arm(only: Only, of: Of) -> None:
    problem = only("arm-of-the-same-name")
    assert (problem.cell, problem.constraint) == ("arms!A6", "described-twice")
    assert "is described in arms!A3 already: give one of them another name" in problem.message

    told = {problem.constraint: problem for problem in of("arm-of-the-same-animals")}
    assert told["duplicate-arm"].cell == "arms!B3"
    assert told["duplicate-arm"].message == (
        "induction: the arm 'castrated' (arms!A6) received the same: let findings name one of the "
        "two and take out the other, or say what is different."
    )


def test_swapped_comparator(only: Only) -> None:
    problem = only("swapped")

    assert (problem.cell, problem.constraint) == ("findings!A3", "reversed-comparison")
    assert problem.message == (
        "arm: The target arm lacks the treatment 'risedronate' of the arm that it is compared "
        "with: swap the two, or complete what the target received."
    )


def test_two_directions(only: Only) -> None:
    problem = only("two-directions")

    assert (problem.cell, problem.constraint) == ("findings!F6", "two-directions")
    assert problem.message == (
        "direction: row 2 of findings has the same groups, outcome and place and another "
        "direction, 'decreased': compare their anchors, correct one or keep both."
    )
    assert problem.severity == "warning"  # a source may contradict itself


def test_the_same_row_again_and_again(of: Of) -> None:
    problem = next(problem for problem in of("again-and-again") if problem.constraint == "no-name")

    assert problem.cell == "findings!A8"
    assert "take the row out if it says the same twice" in problem.message


def test_bad_encoding(of: Of) -> None:
    problem = next(problem for problem in of("latin-1") if problem.constraint == "encoding")

    assert problem.cell == "findings!H2"
    assert "is not UTF-8 ('Ovariectomy cost 5 µg of bone.')" in problem.message
    assert "CSV UTF-8" in problem.message


def test_other_encodings_are_read(of: Of, text: Text) -> None:
    for stem in ("utf-8-with-a-mark", "utf-16"):
        assert of(stem) == []
        assert text(stem) == relabelled(text, stem)


def relabelled(text: Text, stem: str) -> str:
    """Return the Turtle of the whole table, with the labels that a study of another name has."""
    title = " ".join(word.capitalize() for word in stem.split("-"))
    return text("whole").replace('"Whole', f'"{title}')


def test_windows_line_ends(only: Only, text: Text) -> None:
    problem = only("windows")

    assert (problem.cell, problem.constraint) == ("findings!A1", "line-ends")
    assert problem.severity == "warning"
    assert "nothing to do" in problem.message
    assert text("windows") == relabelled(text, "windows")
    assert "\r" not in text("windows")


def test_a_workbook_is_read_as_its_tables_are(of: Of, text: Text) -> None:
    assert of("typed") == []
    assert text("typed") == relabelled(text, "typed")


def test_dates_of_a_spreadsheet(only: Only) -> None:
    for stem in ("date", "date-as-text"):
        problem = only(stem)
        assert (problem.cell, problem.constraint) == ("exposures!D2", "spreadsheet-date")
        assert "give the column the format Text, then type again" in problem.message


def test_a_merged_cell(of: Of) -> None:
    problems = of("merged")

    told = {problem.constraint: problem for problem in problems}
    assert told["merged-cell"].cell == "findings!D2"
    assert "the cells D2:D4 are merged" in told["merged-cell"].message
    assert "unmerge them and fill in each one" in told["merged-cell"].message
    assert [problem.cell for problem in problems] == [f"findings!D{row}" for row in (2, 3, 4)]


def test_formulas_and_errors(only: Only) -> None:
    for stem, said in (
        ("formula", "a formula: put its value in its place"),
        ("error", "the spreadsheet's error #REF!"),
    ):
        problem = only(stem)
        assert (problem.cell, problem.constraint) == ("findings!F2", "formula")
        assert said in problem.message


def test_numbers_percentages_and_truth_are_read_as_they_look(text: Text) -> None:
    assert 'okg:doseText "0.1%" ;' in text("numbers")
    assert "okg:doseValue 0.3 ;" in text("numbers")
    assert "okg:hedged true ;" in text("numbers")


def test_headings_and_sheets_that_are_unknown(of: Of) -> None:
    told = {problem.cell: problem.message for problem in of("unknown-heading")}
    assert "no column 'outcom'. Did you mean 'outcome'?" in told["findings!C1"]

    told = {problem.cell: problem.message for problem in of("unknown-sheet")}
    assert "there is no sheet 'armms'. Did you mean 'arms'?" in told["armms!A1"]


def test_everything_wrong_is_told_at_once_and_nothing_is_written(result: Import, of: Of) -> None:
    assert {problem.cell for problem in of("several")} == {"findings!C5", "findings!F4"}
    assert not result.good
    assert not result.studies[0].file.parent.exists()
