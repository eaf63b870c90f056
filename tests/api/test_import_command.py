"""``import`` and ``export --study``: files in, files out, all of them or none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Told = Callable[..., tuple[int, str, str]]

TABLE = """\
arm,compared with,outcome,site,compartment,direction,paraphrase,sentence,section,text,species
OVX,sham,BMD,femur,whole bone,decreased,Rats without ovaries lost bone.,S1,RESULTS,It fell.,rat
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_table_of_findings_is_enough(told: Told, good: Path) -> None:
    Path("marsh-2019.csv").write_text(TABLE, "utf-8")

    code, out, err = told("import", "marsh-2019.csv", "--evidence", good, "--dry-run")
    assert (code, err) == (0, "1 study would be written: 0 violations, 0 warnings.\n")
    assert not Path("marsh-2019.ttl").exists()

    code, again, err = told("import", "marsh-2019.csv", "--evidence", good)
    assert (code, err) == (0, "1 study written: 0 violations, 0 warnings.\n")
    assert out == again == (
        "marsh-2019.ttl: new: 1 finding, 2 arms, 2 exposures, 1 anchor, 1 study, 1 publication, "
        "1 experiment, 1 comparison\n"
    )  # fmt: skip
    assert told("fmt", "--check", "marsh-2019.ttl")[0] == 0
    assert told("check", "marsh-2019.ttl", "--evidence", good)[1] == ""
    text = Path("marsh-2019.ttl").read_text("utf-8")
    assert "finding:marsh-2019-ovx-bone-mineral-density-femur a okg:Finding ;" in text
    assert "It fell" not in text  # the sentence is not kept


def test_what_an_import_changes_is_told(told: Told, good: Path) -> None:
    table = Path("marsh-2019.csv")
    table.write_text(TABLE, "utf-8")
    told("import", table, "--evidence", good)

    assert told("import", table, "--evidence", good)[1] == "marsh-2019.ttl: unchanged\n"

    table.write_text(TABLE.replace("femur,whole", "tibia,whole"), "utf-8")
    _, out, _ = told("import", table, "--evidence", good)
    assert out == "marsh-2019.ttl: 1 finding added; 1 finding gone\n"

    table.write_text(TABLE.replace("femur,whole", "tibia,whole").replace("decr", "incr"), "utf-8")
    _, out, _ = told("import", table, "--evidence", good)
    assert out == "marsh-2019.ttl: 1 finding changed\n"


def test_one_wrong_table_keeps_all_from_being_written(told: Told, good: Path) -> None:
    Path("tables").mkdir()
    Path("tables/marsh-2019.csv").write_text(TABLE, "utf-8")
    Path("tables/weir-2020.csv").write_text(TABLE.replace("BMD", "BMX"), "utf-8")

    code, out, err = told("import", "tables", "--into", "evidence", "--evidence", good)

    assert code == 1
    assert out.startswith(
        "tables/weir-2020.csv:findings!C2: violation [unknown-term] outcome: 'BMX'"
    )
    assert err == "1 violations, 0 warnings: nothing is written.\n"
    assert not Path("evidence").exists()


def test_wrong_evidence_that_lies_in_the_folder_is_told_from_the_table(
    told: Told, good: Path
) -> None:
    Path("marsh-2019.csv").write_text(TABLE, "utf-8")
    told("import", "marsh-2019.csv", "--evidence", good)
    unfinished = Path("marsh-2019.ttl").read_text("utf-8").replace("marsh-2019", "fen-2020")
    Path("fen-2020.ttl").write_text(
        unfinished.replace("Rats without ovaries lost bone.", "?"), "utf-8"
    )

    code, out, err = told("import", "marsh-2019.csv", "--evidence", good)

    assert code == 1
    assert all(line.startswith("fen-2020.ttl:") for line in out.splitlines())
    assert err.splitlines()[1] == (
        "fen-2020.ttl: this evidence lies there already, and all of it is judged together. Mend "
        "it first, move it away, or write into another folder (--into)."
    )
    assert told("import", "marsh-2019.csv", "--evidence", good, "--into", "elsewhere")[0] == 0


def test_problems_as_json_name_the_cell(told: Told, good: Path) -> None:
    Path("marsh-2019.csv").write_text(TABLE.replace("femur", "femurr"), "utf-8")

    code, out, _ = told("import", "marsh-2019.csv", "--evidence", good, "--format", "json")

    (problem,) = json.loads(out)["problems"]
    assert code == 1
    assert (problem["cell"], problem["line"]) == ("findings!D2", 2)
    assert problem["constraint"] == "unknown-term"


def test_a_table_that_harms_other_evidence_is_refused(told: Told, good: Path) -> None:
    told("export", "--study", "larch-2010", "--evidence", good, "tables")
    path = Path("tables/larch-2010/anchors.tsv")
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if "S003" not in line), "utf-8")

    code, out, _ = told("import", "tables", "--into", ".", "--evidence", good)

    assert code == 1
    assert "[unknown-thing] anchor:larch-2010-s003 is described nowhere" in out
    assert "joint-7-12.ttl:" in out  # where it is cited


def test_studies_leave_as_tables_and_come_back(told: Told, good: Path) -> None:
    for form in ("tsv", "xlsx"):
        code, out, _ = told("export", "--study", "all", "--format", form, "--evidence", good, form)
        assert code == 0
        assert len(out.splitlines()) == len(list(good.glob("*.ttl")))
        assert told("import", form, "--into", f"{form}-evidence", "--evidence", good)[0] == 0
        for path in good.glob("*.ttl"):
            assert Path(f"{form}-evidence", path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "nothing.tsv"], "nothing.tsv: no such file or folder."),
        (["import", "."], "there is no table in it."),
        (["import", "a.docx"], "a table is a .tsv, .csv or .xlsx file, or a folder of them."),
        (
            ["export", "--study", "unicorn"],
            "There is no evidence file unicorn.ttl (the folder to write into stands",
        ),
        (
            ["export", "--study", "all", "folder"],
            "There is no evidence file folder.ttl (the folder",
        ),
        (["export", "x", "--format", "tsv"], "--format goes with --study."),
        (["import", "x.csv", "y/y.csv"], "say with --into where to write."),
        (
            ["import", "x.csv", "--source", "a.docx"],
            "a.docx:1: byte 0 is not UTF-8: save it as UTF-8.",
        ),
    ],
)
def test_a_wrong_command_is_told(arguments: list[str], said: str, told: Told, good: Path) -> None:
    Path("a.docx").write_bytes(b"\xff")
    if "x.csv" in arguments:
        Path("y").mkdir()
        for name in ("x.csv", "y/y.csv"):
            Path(name).write_text(TABLE, "utf-8")

    code, out, err = told(*arguments, "--evidence", good)

    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_no_workbook_is_told(told: Told, good: Path) -> None:
    Path("marsh-2019.xlsx").write_bytes(b"PK no zip")

    code, out, _ = told("import", "marsh-2019.xlsx", "--evidence", good)

    assert code == 1
    assert "marsh-2019.xlsx is no workbook that can be read" in out


def test_names_of_the_article_are_understood_and_suggested_never_added(
    told: Told, good: Path
) -> None:
    table, names = Path("marsh-2019/findings.csv"), Path("marsh-2019/names.csv")
    table.parent.mkdir()
    table.write_text(TABLE.replace("BMD", "ash density"), "utf-8")
    on = ("--evidence", good)
    code, out, _ = told("import", "marsh-2019", *on)
    assert (code, "'ash density' is no outcome" in out) == (1, True), out

    names.write_text("name,term\nash density,BMD\nthigh bone,femur\n", "utf-8")
    before = {path: path.read_bytes() for path in good.iterdir()}
    code, out, err = told("import", "marsh-2019", *on)
    assert code == 0, out
    assert err.startswith("1 study written: 0 violations, 0 warnings.\nNames of the sheet 'names'")
    (suggested,) = [line for line in err.splitlines() if "hiddenLabel" in line]
    statement = 'okg:BoneMineralDensity skos:hiddenLabel "ash density"@en .'
    assert suggested == f"  {statement}  # bone mineral density"
    assert {path: path.read_bytes() for path in good.iterdir()} == before
    text = Path("marsh-2019.ttl").read_text("utf-8")
    assert "okg:outcome okg:BoneMineralDensity ;" in text
    assert "ash density" not in text

    # What is suggested can be taken over as it is, and then it is new no more.
    prefixes = "".join(f"@prefix {p} .\n" for p in (
        "okg: <https://w3id.org/osteokg/vocab/>",
        "skos: <http://www.w3.org/2004/02/skos/core#>",
    ))  # fmt: skip
    Path("lab").mkdir()
    Path("lab/names.terms.ttl").write_text(prefixes + statement + "\n", "utf-8")
    on = (*on, "--evidence", "lab")
    assert told("check", *on)[0] == 0
    _, out, err = told("import", "marsh-2019", *on)
    assert (out, "ash density" in err) == ("marsh-2019.ttl: unchanged\n", False)


def test_a_name_that_is_another_terms_is_refused(told: Told, good: Path) -> None:
    folder = Path("marsh-2019")
    folder.mkdir()
    (folder / "findings.csv").write_text(TABLE, "utf-8")
    (folder / "names.csv").write_text("name,term\nbone mass,BMD\nx,risedonate\n,BMD\n", "utf-8")
    code, out, _ = told("import", "marsh-2019", "--evidence", good)
    assert code == 1
    first, second, third = out.splitlines()
    assert first == (
        "marsh-2019/names.csv:names!A2: violation [ambiguous] name: 'bone mass' is the name of "
        "okg:BoneMass: write okg:BoneMineralDensity in the cells that mean it."
    )
    assert second.startswith("marsh-2019/names.csv:names!B3: violation [unknown-term] term: ")
    assert "'risedonate' is no term. Did you mean 'risedronate' (okg:Risedronate)?" in second
    assert third == (
        "marsh-2019/names.csv:names!A4: violation [name] name: write what the article says."
    )
