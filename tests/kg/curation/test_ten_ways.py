"""A study of eight findings, broken in ten ways, as TSV, as a workbook and as Turtle.

Two drugs, their combination, two nulls, one legend; the study is invented. Each way is told with
its place and with what to do, in all three forms.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest

from osteokg.kg.checking import check_everything
from osteokg.kg.curation.importing import import_books
from osteokg.kg.errors import DataError
from osteokg.kg.files import find_sources
from osteokg.kg.problems import Problem

Sheets = dict[str, list[list[str]]]

STUDY = {
    "findings": """
arm | compared with | outcome | site | compartment | direction | degree | judgement | \
significance | wording | paraphrase | anchors
OVX | sham | BMD | femur | not stated | decreased | | | | lowered | The femur lost mineral. | S001
OVX + risedronate | OVX | BMD | femur | not stated | increased | full | | | prevented | \
Risedronate kept the mineral. | S002
OVX + menatetrenone | OVX | BMD | femur | not stated | increased | partial | | | attenuated | \
Menatetrenone kept some of it. | S003
OVX + menatetrenone | OVX | serum calcium | not applicable | systemic | no difference | none | | | \
no effect | Serum calcium stayed as it was. | S004
OVX + risedronate | OVX | trabecular architecture | tibia | cancellous bone | altered | | improved \
| | improved | The tibia was built better. | S005
OVX + risedronate + menatetrenone | OVX | BMD | femur | not stated | increased | full | | | \
prevented | Both drugs kept the mineral. | S006
OVX + risedronate + menatetrenone | OVX | urinary calcium | not applicable | systemic | \
no difference | none | | not significant | did not affect | The urine held as much calcium. | S007
OVX + risedronate + menatetrenone | OVX | ultimate load | femur | whole bone | increased | | | \
significant | higher | The femur bore a higher load. | S009
""",
    "arms": "arm | induction | treatment | n",
    "exposures": "exposure | agent | role | dose text",
    "studies": "study | label | species | publication\n{stem} | Alder 2020 | rat | {stem}",
    "publications": "publication | label | year | journal | pages\n"
    "{stem} | Alder 2020 | 2020 | J Invented Bone | 11-19",
    "anchors": "anchor | section | text\n"
    + "\n".join(f"S{number:03} | RESULTS | Sentence {number}." for number in range(1, 8))
    + "\nS009 | FIG2 | The legend says so.",
}


class Told(NamedTuple):
    """Say of a problem where it stands (a cell, or words of a line of Turtle) and what it says."""

    place: str
    constraint: str
    message: str


@dataclass(frozen=True)
class Way:
    """Break a study in one way: ``table`` breaks the sheets, ``turtle`` the text.

    ``in_table`` and ``in_turtle`` are what is told, whole, without the name of the file.
    """

    in_table: tuple[Told, ...]
    in_turtle: tuple[Told, ...] = ()
    table: Callable[[Sheets], object] = lambda sheets: None
    turtle: Callable[[str], str] | None = None
    encoded: Callable[[str], bytes] = str.encode
    workbook: Callable[[openpyxl.Workbook], object] = lambda book: None
    forms: tuple[str, ...] = field(default=("tsv", "xlsx"))


def cell(sheet: str, row: int, column: str, text: str) -> Callable[[Sheets], None]:
    def put(sheets: Sheets) -> None:
        sheets[sheet][row - 1][sheets[sheet][0].index(column)] = text

    return put


def rows(sheet: str, *added: str) -> Callable[[Sheets], None]:
    def add(sheets: Sheets) -> None:
        width = len(sheets[sheet][0])
        for row in added:
            cells = [one.strip() for one in row.split("|")]
            sheets[sheet].append(cells + [""] * (width - len(cells)))

    return add


def both(*ways: Callable[[Sheets], object]) -> Callable[[Sheets], None]:
    return lambda sheets: [way(sheets) for way in ways] and None


def block(text: str, subject: str) -> str:
    found = re.search(rf"^{re.escape(subject)} a .*?\n\n", text, re.DOTALL | re.MULTILINE)
    assert found, subject
    return found[0]


def again(text: str) -> str:
    return text + "\n" + block(text, "arm:STEM-ovx").rstrip("\n") + "\n"


def alike(text: str) -> str:
    return again(text.replace("arm:STEM-ovx a", "arm:STEM-castrated a", 1)).replace(
        "arm:STEM-castrated a", "arm:STEM-ovx a", 1
    )


def swapped(text: str) -> str:
    right = block(text, "comparison:STEM-ovx-risedronate-versus-ovx")
    wrong = right.replace("arm:STEM-ovx ;", "arm:STEM-ovx-risedronate ;").replace(
        "arm:STEM-ovx-risedronate .", "arm:STEM-ovx ."
    )
    return text.replace(right, wrong)


def contradicted(text: str) -> str:
    one = block(text, "finding:STEM-ovx-bone-mineral-density-femur")
    other = one.replace("-femur a", "-femur-2 a").replace("Decreased", "Increased")
    return f"{text}\n{other.rstrip()}\n"


NULL = "finding:STEM-ovx-menatetrenone-serum-calcium"
LOSS = "finding:STEM-ovx-bone-mineral-density-femur"
DATE = "is what a spreadsheet makes of something like 1-2 or 3/4"
TYPE_AGAIN = "give the column the format Text, then type again what is printed."
WAYS = {
    "unknown-term": Way(
        (
            Told(
                "findings!A3", "unknown-term",
                "arm: no arm is called 'OVX + risedronat'. 'risedronat' is no intervention of the "
                "ontology. Did you mean 'risedronate' (okg:Risedronate)? Or look for it: osteokg "
                'terms search "risedronat"; a new one: osteokg terms propose. Or describe the arm '
                "in the sheet arms.",
            ),
            Told(
                "findings!D4", "unknown-term",
                "site: 'femurr' is no site. Did you mean 'femur' (okg:Femur)? Or look for it: "
                'osteokg terms search "femurr"; a new one: osteokg terms propose.',
            ),
            Told(
                "findings!F5", "unknown-term",
                "direction: 'no diference' is no direction. Did you mean 'no difference' "
                "(okg:NoDifference)?",
            ),
        ),
        (Told("okg:Femurr", "unknown-term", "okg:Femurr is not in the ontology. Did you mean"),),
        both(
            cell("findings", 3, "arm", "OVX + risedronat"),
            cell("findings", 4, "site", "femurr"),
            cell("findings", 5, "direction", "no diference"),
        ),
        lambda text: text.replace("okg:site okg:Femur ;", "okg:site okg:Femurr ;", 1),
    ),
    "wrong-sign": Way(
        (
            Told(
                "findings!F6", "undirected-outcome",
                "direction: 'trabecular architecture' has no more or less: write 'altered' with "
                "the author's 'judgement', or 'no difference', or name the quantity.",
            ),
        ),
        (
            Told(
                "okg:direction okg:Increased", "undirected-outcome",
                "finding:STEM-ovx-risedronate-trabecular-architecture-tibia: "
                "okg:TrabecularArchitecture has no more or less: write okg:Altered with the "
                "author's okg:judgement, or okg:NoDifference, or name the quantity.",
            ),
        ),
        cell("findings", 6, "direction", "increased"),
        lambda text: text.replace("okg:Altered", "okg:Increased"),
    ),
    "missing-anchor": Way(
        (
            Told(
                "findings!L3", "MinCountConstraintComponent",
                "anchors: this cell is empty. Write the sentences it rests on, by their ids: S012, "
                "or iwamoto-2006-s083 for a sentence of a source that is described elsewhere.",
            ),
            Told(
                "findings!L4", "missing-anchor",
                "anchors: no sentence 'S099' is described. Did you mean 'S009'?",
            ),
        ),
        (
            Told(
                NULL, "MinCountConstraintComponent",
                f"{NULL}: A statement needs at least one okg:anchor: name an anchor that is "
                "described in the file of its source, e.g. anchor:iwamoto-2006-s048.",
            ),
            Told(
                "anchor:STEM-s004", "orphan",
                "anchor:STEM-s004: Nothing refers to this: use it, or take it out.",
            ),
        ),
        both(cell("findings", 3, "anchors", ""), cell("findings", 4, "anchors", "S099")),
        lambda text: text.replace("    okg:anchor anchor:STEM-s004 ;\n", ""),
    ),
    "duplicate-arm": Way(
        (
            Told(
                "arms!A2", "duplicate-arm",
                "arm: the arm 'castrated' (arms!A3) received the same: let findings name one of "
                "the two and take out the other, or say what is different.",
            ),
            Told("arms!A3", "orphan", "arm: Nothing refers to this: use it, or take it out."),
            Told(
                "arms!A4", "described-twice",
                "'OVX' is described in arms!A2 already: give one of them another name, or take one "
                "out.",
            ),
        ),
        (
            Told(
                "arm:STEM-ovx a", "described-twice",
                "arm:STEM-ovx is described in line 48 already: give one of the two another name, "
                "or take one out.",
            ),
        ),
        rows("arms", "OVX", "castrated | OVX", "OVX"),
        again,
    ),
    "swapped-comparator": Way(
        (
            Told(
                "findings!A3", "reversed-comparison",
                "arm: The target arm lacks the treatment 'risedronate' of the arm that it is "
                "compared with: swap the two, or complete what the target received.",
            ),
        ),
        (
            Told(
                "okg:targetArm arm:STEM-ovx .", "reversed-comparison",
                "comparison:STEM-ovx-risedronate-versus-ovx: The target arm lacks the treatment "
                "okg:Risedronate of the arm that it is compared with: swap the two, or complete "
                "what the target received.",
            ),
        ),
        both(
            cell("findings", 3, "arm", "OVX"),
            cell("findings", 3, "compared with", "OVX + risedronate"),
        ),
        swapped,
    ),
    "two-directions": Way(
        (
            Told(
                "findings!F10", "two-directions",
                "direction: row 2 of findings has the same groups, outcome and place and another "
                "direction, 'decreased': compare their anchors, correct one or keep both.",
            ),
        ),
        (
            Told(
                "okg:direction okg:Increased", "two-directions",
                f"{LOSS}-2: {LOSS} has the same groups, outcome and place and another direction, "
                "okg:Decreased: compare their anchors, correct one or keep both.",
            ),
        ),
        rows(
            "findings",
            "OVX | sham | BMD | femur | not stated | increased | | | | rose | "
                "The femur gained mineral. | S001",
        ),
        contradicted,
    ),
    "bad-encoding": Way(
        (
            Told(
                "findings!K5", "encoding",
                "byte 527 is not UTF-8 ('Serum calcium stayed at 10 µM.'): save the table as UTF-8 "
                "(in a spreadsheet: 'CSV UTF-8', or 'Text CSV' with the character set UTF-8), or "
                "give the workbook (.xlsx) itself.",
            ),
        ),
        (Told("10 µM", "encoding", "byte 4990 is not UTF-8: save the file as UTF-8."),),
        cell("findings", 5, "paraphrase", "Serum calcium stayed at 10 µM."),
        lambda text: text.replace("stayed as it was", "stayed at 10 µM"),
        lambda text: text.encode("latin-1"),
        forms=("tsv",),
    ),
    "windows-line-ends": Way(
        (
            Told(
                "anchors!A1", "line-ends",
                "the table has Windows line ends; they are read as line feeds, and the Turtle is "
                "written with line feeds: nothing to do.",
            ),
        ),
        (
            Told(
                "@prefix anchor:", "line-ends",
                "the file has Windows line ends; they are read as line feeds, and canonical Turtle "
                "has these: run 'osteokg fmt' on it, or let the editor save it with LF.",
            ),
        ),
        turtle=lambda text: text,
        encoded=lambda text: text.replace("\n", "\r\n").encode(),
        forms=("tsv",),
    ),
    "dates": Way(
        (
            Told(
                "exposures!D2", "spreadsheet-date", f"dose text: '1. Feb' {DATE}: {TYPE_AGAIN}"
            ),
            Told(
                "publications!E2", "spreadsheet-date", f"pages: '2022-11-19' {DATE}: {TYPE_AGAIN}"
            ),
        ),
        (
            Told(
                "okg:pages", "spreadsheet-date",
                f'publication:STEM: "19.11.2022" {DATE}: write what is printed.',
            ),
        ),
        both(
            rows("exposures", "risedronate | risedronate | treatment | 1. Feb"),
            cell("publications", 2, "pages", "2022-11-19"),
        ),
        lambda text: text.replace('"11-19"', '"19.11.2022"'),
    ),
    "dates-of-cells": Way(
        (
            Told(
                "arms!D2", "datatype",
                "n: '2026-02-01 00:00:00' is not a whole number, e.g. 12.",
            ),
            Told(
                "arms!D2", "spreadsheet-date", f"n: '2026-02-01 00:00:00' {DATE}: {TYPE_AGAIN}"
            ),
            Told(
                "publications!E2", "spreadsheet-date",
                f"pages: '2022-11-19 00:00:00' {DATE}: {TYPE_AGAIN}",
            ),
        ),
        table=rows("arms", "OVX | OVX | | 12"),
        workbook=lambda book: (
            book["publications"].cell(2, 5, date(2022, 11, 19)),
            book["arms"].cell(2, 4, date(2026, 2, 1)),
        ),
        forms=("xlsx",),
    ),
    "days-as-numbers": Way(
        (
            Told(
                "publications!E2", "spreadsheet-serial",
                'pages: "44884" may be a date that a spreadsheet made of something like 11-19: '
                "write what is printed, or keep it where it is the number of the article.",
            ),
        ),
        (
            Told(
                "okg:pages", "spreadsheet-serial",
                'publication:STEM: "44884" may be a date that a spreadsheet made of something like '
                "11-19: write what is printed, or keep it where it is the number of the article.",
            ),
        ),
        cell("publications", 2, "pages", "44884"),
        lambda text: text.replace('"11-19"', '"44884"'),
        workbook=lambda book: book["publications"].cell(2, 5, 44884),
    ),
    "merged-cell": Way(
        (
            Told(
                "findings!D2", "merged-cell",
                "the cells D2:D3 are merged, so that only the first has a value: unmerge them and "
                "fill in each one.",
            ),
            Told(
                "findings!D3", "MinCountConstraintComponent",
                "site: this cell is empty. Write the bone or part of it that was measured; 'not "
                "applicable' for serum, urine and gut.",
            ),
        ),
        workbook=lambda book: book["findings"].merge_cells("D2:D3"),
        forms=("xlsx",),
    ),
    "against-the-model": Way(
        (
            Told(
                "findings!F3", "degree-along-model",
                "direction: The model itself did the same, 'decreased', in row 2 of findings: what "
                "protects from it ('full') goes the other way. Correct 'direction' (\"prevented "
                "the decrease\" is more than in the untreated model), or take 'degree' out.",
            ),
        ),
        table=cell("findings", 3, "direction", "decreased"),
    ),
    "unjudged": Way(
        (
            Told(
                "findings!H6", "altered-unjudged",
                "judgement: What is 'altered' has the author's judgement: give 'judgement' "
                "'improved', 'worsened', 'beneficial', or 'none' where the author says none.",
            ),
        ),
        table=cell("findings", 6, "judgement", ""),
    ),
    "no-groups": Way(
        (
            Told(
                "findings!A3", "missing-group",
                "arm: this cell is empty. Write the animals that the sentence speaks about: a name "
                "of the sheet 'arms', or what they received joined by '+'.",
            ),
            Told(
                "findings!B4", "missing-group",
                "compared with: this cell is empty. Write the animals they are compared with.",
            ),
        ),
        table=both(cell("findings", 3, "arm", ""), cell("findings", 4, "compared with", "")),
    ),
    "warnings-beside-violations": Way(
        (
            Told(
                "findings!C8", "unknown-term",
                "outcome: 'urinary calzium' is no outcome. Did you mean 'urinary calcium "
                "excretion' "
                '(okg:UrinaryCalciumExcretion)? Or look for it: osteokg terms search "urinary '
                'calzium"; a new one: osteokg terms propose.',
            ),
            Told(
                "findings!F10", "two-directions",
                "direction: row 2 of findings has the same groups, outcome and place and another "
                "direction, 'decreased': compare their anchors, correct one or keep both.",
            ),
        ),
        table=both(
            cell("findings", 8, "outcome", "urinary calzium"),
            rows(
                "findings",
                "OVX | sham | BMD | femur | not stated | increased | | | | rose | "
                "The femur gained mineral. | S001",
            ),
        ),
    ),
    "another-name": Way(
        (
            Told(
                "studies!A2", "file-name",
                "study: the table is called another-name, the study alder-2020, and what is "
                "described in it would be called after both: give them one name.",
            ),
        ),
        table=both(
            cell("studies", 2, "study", "alder-2020"), cell("publications", 2, "label", "Alder")
        ),
    ),
}  # fmt: skip


def sheets_of(stem: str) -> Sheets:
    return {
        name: [
            [cell.strip() for cell in line.split("|")]
            for line in text.replace("{stem}", stem).strip().splitlines()
        ]
        for name, text in STUDY.items()
    }


def write_tables(folder: Path, stem: str, way: Way) -> Path:
    sheets = sheets_of(stem)
    way.table(sheets)
    (folder / stem).mkdir(parents=True)
    for name, grid in sheets.items():
        text = "".join("\t".join(row) + "\n" for row in grid)
        (folder / stem / f"{name}.tsv").write_bytes(way.encoded(text))
    return folder / stem


def write_workbook(folder: Path, stem: str, way: Way) -> Path:
    sheets = sheets_of(stem)
    way.table(sheets)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append([cell or None for cell in row])
    way.workbook(book)
    folder.mkdir(exist_ok=True)
    book.save(folder / f"{stem}.xlsx")
    return folder / f"{stem}.xlsx"


@pytest.fixture(scope="module")
def told(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Problem]]:
    """Import every broken table of both forms; the problems are those of each form."""
    top = tmp_path_factory.mktemp("ways")
    writers = {"tsv": write_tables, "xlsx": write_workbook}
    found = {}
    for form, write in writers.items():
        ways = {stem: way for stem, way in WAYS.items() if form in way.forms}
        paths = [write(top / form, stem, way) for stem, way in ways.items()]
        result = import_books(paths, top / "evidence", find_sources([str(good)]))
        found[form] = list(result.problems)
        assert not result.good
    assert not (top / "evidence").exists()
    return found


@pytest.fixture(scope="module")
def whole(good: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Turtle of the study as it was before it was broken, STEM for its name."""
    folder = tmp_path_factory.mktemp("whole")
    paths = [write_tables(folder, "alder-2020", Way(()))]
    evidence = find_sources([str(good)])
    result = import_books(paths, folder, evidence)
    assert result.problems == ()
    again = import_books([write_workbook(folder, "alder-2020", Way(()))], folder, evidence)
    assert again.problems == ()
    assert again.studies[0].text == result.studies[0].text
    text = result.studies[0].text
    assert text.count(" a okg:Finding ;") == 8
    return text.replace("alder-2020", "STEM")


FORMS = [(form, stem) for stem, way in WAYS.items() for form in way.forms]


@pytest.mark.parametrize(("form", "stem"), FORMS, ids=lambda one: one)
def test_a_table_tells_where_and_what_to_do(
    form: str, stem: str, told: Mapping[str, list[Problem]]
) -> None:
    found = [
        Told(problem.cell or "", problem.constraint, problem.message)
        for problem in told[form]
        if problem.file and stem in (problem.file.stem, problem.file.parent.name)
    ]

    assert found == list(WAYS[stem].in_table)


IN_TURTLE = [stem for stem, way in WAYS.items() if way.turtle]


@pytest.fixture(scope="module")
def in_turtle(whole: str, good: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Problem]:
    """Check every broken file, those first that cannot be read."""
    folder = tmp_path_factory.mktemp("turtle")
    problems: list[Problem] = []
    for unreadable in (True, False):
        for path in folder.glob("*.ttl"):
            path.unlink()
        for stem in IN_TURTLE:
            way = WAYS[stem]
            assert way.turtle is not None
            broken = way.turtle(whole)
            assert broken != whole or way.encoded is not str.encode
            if (stem == "bad-encoding") is unreadable:
                (folder / f"{stem}.ttl").write_bytes(way.encoded(broken.replace("STEM", stem)))
        try:
            problems += check_everything(find_sources([str(good), str(folder)]), None).problems
        except DataError as error:
            problems += error.problems
    return problems


@pytest.mark.parametrize("stem", IN_TURTLE)
def test_turtle_tells_where_and_what_to_do(stem: str, whole: str, in_turtle: list[Problem]) -> None:
    way = WAYS[stem]
    assert way.turtle is not None
    lines = way.turtle(whole).replace("STEM", stem).splitlines()
    found = [one for one in in_turtle if one.file and one.file.name == f"{stem}.ttl"]

    assert len(found) == len(way.in_turtle), found
    for problem, (place, constraint, message) in zip(found, way.in_turtle, strict=True):
        assert problem.constraint == constraint
        assert problem.message.startswith(message.replace("STEM", stem))
        assert problem.line is not None
        assert place.replace("STEM", stem) in lines[problem.line - 1]
