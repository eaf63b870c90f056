"""Reports for machines: what SARIF and GitHub's annotations say, and that nothing breaks out."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.problems import Problem
from osteokg.kg.reports import REPORTS, as_github, as_sarif


@pytest.fixture
def problems(tmp_path, monkeypatch) -> list[Problem]:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my evidence" / "quill-2001.ttl"
    return [
        Problem("okg:BoneMas is not in\n the ontology.", "unknown-term", file=file, line=71),
        Problem("needs an anchor", "MinCountConstraintComponent", "warning", file=file),
        Problem("used by nothing", "orphan", "warning", file=Path("/elsewhere/nib.ttl"), line=3),
        Problem("a folder is gone", "files"),
    ]


def test_sarif_has_what_its_standard_asks_for(problems):
    """The properties that SARIF 2.1.0 requires, and those that code scanning reads."""
    log = json.loads(as_sarif(problems))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "osteokg"
    rules = [rule["id"] for rule in driver["rules"]]
    assert rules == sorted({problem.constraint for problem in problems})
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("unknown-term", "error"),
        ("MinCountConstraintComponent", "warning"),
        ("orphan", "warning"),
        ("files", "error"),
    ]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    assert run["results"][0]["message"] == {"text": "okg:BoneMas is not in the ontology."}
    places = [r["locations"][0]["physicalLocation"] for r in run["results"][:3]]
    assert places == [
        {
            "artifactLocation": {"uri": "my%20evidence/quill-2001.ttl"},
            "region": {"startLine": 71},
        },
        {"artifactLocation": {"uri": "my%20evidence/quill-2001.ttl"}},
        {"artifactLocation": {"uri": "file:///elsewhere/nib.ttl"}, "region": {"startLine": 3}},
    ]
    assert "locations" not in run["results"][3]


def test_sarif_takes_the_words_of_a_rule_from_its_query():
    (rule,) = json.loads(as_sarif([Problem("m", "orphan")]))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Used by nothing"
    assert rule["fullDescription"]["text"].startswith("What is described is used")


def test_sarif_of_no_problem_is_a_run_with_no_result():
    (run,) = json.loads(as_sarif([]))["runs"]
    assert run["results"] == []


def test_github_annotates_the_line(problems):
    assert as_github(problems).splitlines() == [
        (
            "::error file=my evidence/quill-2001.ttl,title=unknown-term,line=71::"
            "okg:BoneMas is not in the ontology."
        ),
        (
            "::warning file=my evidence/quill-2001.ttl,title=MinCountConstraintComponent::"
            "needs an anchor"
        ),
        "::warning file=/elsewhere/nib.ttl,title=orphan,line=3::used by nothing",
        "::error title=files::a folder is gone",
    ]


@given(st.text(), st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"])))
def test_nothing_in_a_message_or_a_name_breaks_out_of_a_command(message, name):
    """What GitHub's runner reads back is what was told (``@actions/core``, unescaping)."""
    text = as_github([Problem(message, "a,b:c", file=Path(f"/x/{name}.ttl"))])
    assert text.endswith("\n")
    assert len(re.split(r"[\r\n]", text)) == 2
    head, _, told = text.rstrip("\n").removeprefix("::").partition("::")
    properties = dict(one.split("=", 1) for one in head.partition(" ")[2].split(","))

    def read(value: str) -> str:
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, sign)
        return value

    assert read(properties["title"]) == "a,b:c"
    assert read(properties["file"]) == f"/x/{name}.ttl"
    assert read(told) == " ".join(message.split())


def test_every_form_says_that_all_is_well():
    told = {name: write([]) for name, write in REPORTS.items()}
    assert told["text"] == told["github"] == ""
    assert json.loads(told["json"]) == {"conforms": True, "problems": []}
    assert "true" in told["ttl"]
