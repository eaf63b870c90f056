"""Broken evidence: one line for each problem, from the real command; nothing is served of it.

Each file of tests/cases/evidence/broken is a small study, named after the one thing that is wrong
with it. They are checked beside the good evidence: first those that do not even parse, then,
without these, the others.
"""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rdflib import SH, Graph, Literal, Namespace

from osteokg.kg.files import mappings_file

OKG = Namespace("https://w3id.org/osteokg/vocab/")

# Place, severity, constraint, then words that the message has.
UNREADABLE = """
latin-1.ttl:72: violation [encoding] is not UTF-8: save the file as UTF-8
relative-iri.ttl:65: violation [syntax] No scheme found in an absolute IRI
syntax.ttl:70: violation [syntax] A dot is expected at the end of statements
unknown-prefix.ttl:68: violation [syntax] The prefix degree: has not been declared
utf-16.ttl:1: violation [encoding] is not UTF-8: save the file as UTF-8
"""
WRONG = """
arm-of-another-study.ttl:57: violation [arms-of-two-experiments] name a reference arm of the target
arm-without-the-agent.ttl:28: warning [orphan] Nothing refers to this: use it, or take it out
arm-without-the-agent.ttl:59: violation [no-contrast] the arms differ in nothing or in both
arms-swapped.ttl:58: violation [reversed-comparison] lacks the treatment VitaminK2 swap the arms
blank-node.ttl:48: violation [blank-node] give it an IRI of its own
computed-property.ttl:76: violation [ClosedConstraintComponent] the rules compute is never written
datatype.ttl:85: violation [DatatypeConstraintComponent] okg:presupposed: true (found "yes")
described-twice.ttl:51: violation [described-twice] is described in quill-2001.ttl too
duplicate-exposure.ttl:34: violation [duplicate-exposure] is the same exposure
duplicate-exposure.ttl:61: warning [orphan] arm:duplicate-exposure-ovx-k2-again: Nothing refers to
ill-formed-boolean.ttl:85: violation [DatatypeConstraintComponent] (found "yes"^^<http
missing-anchor.ttl:64: violation [MinCountConstraintComponent] needs at least one okg:anchor
significant-null.ttl:73: violation [null-but-significant] write okg:ReportedNotSignificant
two-directions.ttl:93: warning [two-directions] has the same groups, outcome and place
undescribed-anchor.ttl:65: violation [unknown-thing] Did you mean anchor:larch-2010-s001?
undescribed-thing.ttl:44: violation [unknown-thing] Did you mean experiment:undescribed-thing?
undirected-outcome.ttl:68: violation [undirected-outcome] has no more or less: write okg:Altered
unknown-property.ttl:68: violation [unknown-term] okg:degre is not Did you mean okg:degree?
unknown-term.ttl:71: violation [unknown-term] okg:BoneMas is not Did you mean okg:BoneMass?
"""
LINE = re.compile(r"(\S+\.ttl:\d+: (?:violation|warning) \[[\w-]+\]) (.+)")


def lines_of(text: str) -> list[tuple[str, str]]:
    found = [LINE.fullmatch(line) for line in text.strip().splitlines()]
    assert all(found), text
    return [(line[1], line[2]) for line in found]


def folder_of(good: Path, target: Path, cases: set[str]) -> Path:
    """Return a new folder of evidence: the good files and these broken ones."""
    shutil.copytree(good, target)
    for name in cases:
        shutil.copy(good.parent / "broken" / name, target)
    return target


@pytest.fixture(scope="module")
def folders(good, tmp_path_factory) -> dict[str, Path]:
    top = tmp_path_factory.mktemp("broken")
    cases = {
        "unreadable": {place.partition(":")[0] for place, _ in lines_of(UNREADABLE)},
        "wrong": {place.partition(":")[0] for place, _ in lines_of(WRONG)},
    }
    listed = cases["unreadable"] | cases["wrong"] | {"comment.ttl"}
    assert listed == {path.name for path in (good.parent / "broken").iterdir()}
    cases["one"] = {"unknown-term.ttl"}
    return {name: folder_of(good, top / name, files) for name, files in cases.items()}


@pytest.fixture(scope="module")
def runs(osteokg, folders):
    """Return what the commands did, run on as many processors as there are."""
    serve = ("serve", "--port", "0", "--evidence", ".")
    commands = {
        ("check", "unreadable"): ("check", "--evidence", "."),
        ("check", "wrong"): ("check", "--evidence", "."),
        ("serve", "unreadable"): serve,
        ("serve", "wrong"): serve,
        ("json", "unreadable"): ("check", "--evidence", ".", "--format", "json"),
        ("ttl", "unreadable"): ("check", "--evidence", ".", "--format", "ttl"),
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        begun = {
            key: pool.submit(osteokg, *arguments, cwd=folders[key[1]])
            for key, arguments in commands.items()
        }
        yield lambda *key: begun[key].result()


@pytest.mark.parametrize(("name", "expected"), [("unreadable", UNREADABLE), ("wrong", WRONG)])
def test_check_prints_one_line_per_problem(runs, folders, name, expected):
    run = runs("check", name)
    told, wanted = lines_of(run.stdout), lines_of(expected)
    assert [place for place, _ in told] == [place for place, _ in wanted]
    for (place, message), (_, words) in zip(told, wanted, strict=True):
        missing = [word for word in words.split() if word not in message]
        assert not missing, f"{place} {message}"
    assert run.returncode == 1
    files = len(list(folders[name].iterdir()))
    wrong = sum("violation" in place for place, _ in wanted)
    warned = len(wanted) - wrong
    assert run.stderr == f"{files} files checked: {wrong} violations, {warned} warnings.\n"


@pytest.mark.parametrize("name", ["unreadable", "wrong"])
def test_serve_refuses_to_start_with_the_same_lines(runs, name):
    run = runs("serve", name)
    assert run.stdout == runs("check", name).stdout
    assert run.returncode == 1
    assert run.stderr == "", "nothing is served, so no address is told"


def test_json_says_the_same(runs):
    run = runs("json", "unreadable")
    assert run.returncode == 1
    told = json.loads(run.stdout)
    assert told["conforms"] is False
    lines = [
        f"{Path(p['file']).name}:{p['line']}: {p['severity']} [{p['constraint']}] {p['message']}"
        for p in told["problems"]
    ]
    assert lines == runs("check", "unreadable").stdout.splitlines()


def test_a_shacl_report_says_the_same(runs):
    run = runs("ttl", "unreadable")
    assert run.returncode == 1
    report = Graph().parse(data=run.stdout, format="turtle")
    assert (None, SH.conforms, Literal(False)) in report
    told = {
        "{}:{}: violation [{}] {}".format(
            report.value(result, OKG.file),
            report.value(result, OKG.line),
            report.value(result, SH.sourceConstraintComponent).rpartition("/")[2],
            report.value(result, SH.resultMessage),
        )
        for result in report.subjects(SH.resultSeverity, SH.Violation)
    }
    assert told == set(runs("check", "unreadable").stdout.splitlines())


# Files beside the evidence


def test_a_file_is_checked_beside_the_evidence_for_itself_and_for_what_it_does(
    osteokg, good, tmp_path
):
    """The second takes the name of a thing of a study that comes after it."""
    taking = tmp_path / "a.ttl"
    taking.write_text(
        "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
        '<https://w3id.org/osteokg/id/arm/quill-2001-ovx> okg:age "young" .\n',
        encoding="utf-8",
    )
    run = osteokg("check", "--evidence", good, good.parent / "broken/unknown-term.ttl", taking)
    assert run.returncode == 1
    told = dict(lines_of(run.stdout))
    files = {Path(place.partition(":")[0]).name for place in told}
    assert files == {"unknown-term.ttl", "a.ttl"}
    assert "arm:quill-2001-ovx is described in quill-2001.ttl too" in run.stdout
    assert run.stderr == "2 files checked: 2 violations, 0 warnings.\n"


def test_what_forbids_any_check_is_told_whatever_was_asked(osteokg, folders):
    """A file cannot be checked while another one does not parse; silence would be praise."""
    folder = folders["unreadable"]
    run = osteokg("check", "--evidence", folder, folder / "quill-2001.ttl")
    assert run.returncode == 1
    assert "syntax.ttl:70: violation [syntax]" in run.stdout


def test_two_files_of_one_name_are_told_in_the_form_asked_for(osteokg, good, tmp_path):
    shutil.copy(good / "quill-2001.ttl", tmp_path)
    run = osteokg("check", "--format", "json", "--evidence", good, tmp_path)
    assert run.returncode == 1
    (problem,) = json.loads(run.stdout)["problems"]
    assert problem["constraint"] == "file-name"


@pytest.mark.parametrize(
    ("wrong", "told_of"),
    [
        ("CHEBI:27300", "CHEBI:27300 is called 'vitamin D' in chebi.ttl, not 'vitamin K'"),
        ("CHEBI:99999", "CHEBI:99999 is in no slice under ontology/imports/"),
        ("CHEB:28384", "the prefix CHEB of object_id is not in ontology/prefixes.epm.json"),
    ],
)
def test_one_wrong_mapping_fails_and_is_named(request, told, good, wrong, told_of):
    tmp_path, monkeypatch = map(request.getfixturevalue, ("tmp_path", "monkeypatch"))
    text = mappings_file().read_text(encoding="utf-8")
    row = "okg:VitaminK\tvitamin K\tskos:exactMatch\t"
    assert text.count(f"{row}CHEBI:28384\t") == 1
    file = tmp_path / "mappings.sssom.tsv"
    file.write_text(text.replace(f"{row}CHEBI:28384\t", f"{row}{wrong}\t"), encoding="utf-8")
    monkeypatch.setattr("osteokg.kg.files.mappings_file", lambda: file)
    monkeypatch.chdir(tmp_path)
    code, out, _ = told("check", "--evidence", good)
    assert code == 1
    line = text[: text.index(f"{row}CHEBI")].count("\n") + 1
    begins = f"mappings.sssom.tsv:{line}: violation [mapping-"
    named = [one for one in out.splitlines() if one.startswith(begins)]
    assert any(told_of in one for one in named), out
    assert all(f"okg:VitaminK skos:exactMatch {wrong}: " in one for one in named)


@pytest.mark.parametrize("format_", ["sarif", "github"])
def test_machines_are_told_the_same_place(osteokg, folders, format_):
    run = osteokg("check", "--evidence", ".", "--format", format_, cwd=folders["one"])
    assert run.returncode == 1
    if format_ == "github":
        head = "::error file=unknown-term.ttl,title=unknown-term,line=71::okg:BoneMas is not"
        assert run.stdout.startswith(head)
        return
    (result,) = json.loads(run.stdout)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "unknown-term.ttl"}
    assert place["region"] == {"startLine": 71}
