"""A problem as a line of text and as JSON."""

import json

from osteokg.kg.problems import Problem, as_json, as_text, errors_of, sort_problems


def test_a_problem_is_one_line_with_place_severity_constraint_and_message(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "evidence" / "a.ttl"
    problem = Problem("not\n  so  good", "syntax", file=file, line=3)
    assert as_text([problem]) == "evidence/a.ttl:3: violation [syntax] not so good\n"
    warning = Problem("hm", "odd", severity="warning")
    assert as_text([warning]) == "(computed): warning [odd] hm\n"
    assert Problem("x", "file", file=file).place() == "evidence/a.ttl"


def test_a_file_far_away_is_named_whole(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert Problem("x", "y", file=tmp_path / "a" / "c.ttl").shown_file() == "../c.ttl"
    assert Problem("x", "y", file=tmp_path / "c.ttl").shown_file() == str(tmp_path / "c.ttl")


def test_problems_are_read_from_top_to_bottom_and_told_once(tmp_path):
    a, b = tmp_path / "a.ttl", tmp_path / "b.ttl"
    first, second = Problem("m", "c", file=a, line=2), Problem("m", "c", file=a, line=10)
    third, nowhere = Problem("m", "c", file=b, line=1), Problem("m", "c")
    assert sort_problems([third, second, first, second, nowhere]) == [nowhere, first, second, third]


def test_json_says_the_same(tmp_path):
    wrong = Problem(
        "é\nbad", "c", file=tmp_path / "a.ttl", line=2, focus="x:f", path="x:p", value='"v"'
    )
    warning = Problem("hm", "odd", severity="warning")
    told = json.loads(as_json([wrong, warning]))
    assert told == {
        "conforms": False,
        "problems": [
            {
                "file": str(tmp_path / "a.ttl"),
                "line": 2,
                "severity": "violation",
                "constraint": "c",
                "message": "é bad",
                "focus": "x:f",
                "path": "x:p",
                "value": '"v"',
            },
            {
                "file": None,
                "line": None,
                "severity": "warning",
                "constraint": "odd",
                "message": "hm",
                "focus": None,
                "path": None,
                "value": None,
            },
        ],
    }
    assert json.loads(as_json([warning]))["conforms"] is True
    assert errors_of([wrong, warning]) == [wrong]
