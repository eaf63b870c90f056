"""Reports: problems in the forms that editors and continuous integration read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from osteokg import __version__
from osteokg.kg.files import violation_query_files
from osteokg.kg.headers import header_of
from osteokg.kg.problems import Problem, as_json, as_text
from osteokg.kg.validation import as_shacl_report

__all__ = ["REPORTS", "as_github", "as_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://w3id.org/osteokg/"


@cache
def _rule(constraint: str) -> dict[str, object]:
    """Return what SARIF tells of a constraint (section 3.49, reportingDescriptor)."""
    if constraint.endswith("ConstraintComponent"):
        help_ = f"https://www.w3.org/TR/shacl/#{constraint}"
        text = f"A constraint of a shape in shapes/: {constraint.removesuffix('Component')}."
        return {"id": constraint, "shortDescription": {"text": text}, "helpUri": help_}
    for path in violation_query_files():
        if path.stem == constraint:
            header = header_of(path.read_text(encoding="utf-8"))
            return {
                "id": constraint,
                "shortDescription": {"text": header["title"]},
                "fullDescription": {"text": header["description"]},
            }
    return {"id": constraint, "shortDescription": {"text": constraint.replace("-", " ")}}


def as_sarif(problems: Sequence[Problem]) -> str:
    """Return the problems as a SARIF 2.1.0 log, which code scanners and editors read.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Files below the working
    folder are named from there, as code hosting services want them; others by a whole address.
    """
    rules = {
        constraint: _rule(constraint) for constraint in sorted({p.constraint for p in problems})
    }
    places = {constraint: position for position, constraint in enumerate(rules)}
    driver = {
        "name": "osteokg",
        "semanticVersion": __version__,
        "informationUri": _HOME,
        "rules": list(rules.values()),
    }
    results = [_result(problem, places[problem.constraint]) for problem in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(problem: Problem, rule: int) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": problem.constraint,
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": " ".join(problem.message.split())},
    }
    if problem.file is not None:
        place: dict[str, object] = {"artifactLocation": {"uri": _address(problem.file)}}
        if problem.line is not None:
            place["region"] = {"startLine": problem.line}
        result["locations"] = [{"physicalLocation": place}]
    return result


_LEVELS: Mapping[str, str] = MappingProxyType({"violation": "error", "warning": "warning"})


def _address(path: Path) -> str:
    """Return a file as a URI reference, relative to the working folder if it lies below it."""
    whole = path.resolve()
    if whole.is_relative_to(Path.cwd()):
        return quote(whole.relative_to(Path.cwd()).as_posix())
    return whole.as_uri()


def as_github(problems: Sequence[Problem]) -> str:
    """Return the problems as workflow commands, which GitHub shows beside the lines of a change.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands; values
    are escaped as ``@actions/core`` does (``escapeData`` and ``escapeProperty`` in command.ts).
    """
    return "".join(_command(problem) for problem in problems)


def _command(problem: Problem) -> str:
    properties = {"title": problem.constraint}
    if problem.file is not None:
        properties = {"file": problem.shown_file(), **properties}
        if problem.line is not None:
            properties["line"] = str(problem.line)
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = _data(" ".join(problem.message.split()))
    return f"::{_LEVELS[problem.severity]} {told}::{message}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORTS: Mapping[str, Callable[[Sequence[Problem]], str]] = MappingProxyType(
    {
        "text": as_text,
        "json": as_json,
        "ttl": as_shacl_report,
        "sarif": as_sarif,
        "github": as_github,
    }
)
"""The forms of a report by the name of their ``--format``."""
