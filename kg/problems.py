"""A problem in the data: what is wrong, where it stands, what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Problem", "Severity", "as_json", "as_text", "errors_of", "sort_problems"]

Severity = Literal["violation", "warning"]


@dataclass(frozen=True)
class Problem:
    """Describe one problem so that a curator can mend it without reading code.

    ``constraint`` is a stable short name: ``syntax``, ``unknown-term``, a SHACL component
    (``MinCountConstraintComponent``) or the name of a violation query. ``focus``, ``path`` and
    ``value`` are IRIs or literals in N-Triples-like text, None where they do not apply. ``cell``
    is where it stands in a table, as a spreadsheet names it: ``findings!G7``.
    """

    message: str
    constraint: str
    severity: Severity = "violation"
    file: Path | None = None
    line: int | None = None
    focus: str | None = None
    path: str | None = None
    value: str | None = None
    source_shape: str | None = None
    cell: str | None = None

    def shown_file(self) -> str:
        """Return the file relative to the working folder, or whole if it lies far from it."""
        if self.file is None:
            return "(computed)"
        shown = os.path.relpath(self.file)
        return str(self.file) if Path(shown).parts[:2] == ("..", "..") else shown

    def place(self) -> str:
        """Return ``file:line`` or ``file:sheet!cell`` as far as it is known."""
        if self.cell is not None:
            return f"{self.shown_file()}:{self.cell}"
        return self.shown_file() if self.line is None else f"{self.shown_file()}:{self.line}"

    def line_of_text(self) -> str:
        """Return the problem as one line: place, severity, constraint, message."""
        message = " ".join(self.message.split())
        return f"{self.place()}: {self.severity} [{self.constraint}] {message}"


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that forbid serving the data (not the warnings)."""
    return [problem for problem in problems if problem.severity == "violation"]


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in reading order: by file, line, then text; doubles once."""

    def key(problem: Problem) -> tuple[str, int, str, str, str]:
        file, line, cell = str(problem.file or ""), problem.line or 0, problem.cell or ""
        return (file, line, cell, problem.constraint, problem.message)

    return sorted(set(problems), key=key)


def as_text(problems: Sequence[Problem]) -> str:
    """Return one line per problem, each ended by a line feed."""
    return "".join(problem.line_of_text() + "\n" for problem in problems)


def as_json(problems: Sequence[Problem]) -> str:
    """Return ``{"conforms": …, "problems": […]}`` with the same facts as the text form."""
    rows = [
        {
            "file": None if problem.file is None else str(problem.file),
            "line": problem.line,
            **({} if problem.cell is None else {"cell": problem.cell}),
            "severity": problem.severity,
            "constraint": problem.constraint,
            "message": " ".join(problem.message.split()),
            "focus": problem.focus,
            "path": problem.path,
            "value": problem.value,
        }
        for problem in problems
    ]
    conforms = not errors_of(problems)
    return json.dumps({"conforms": conforms, "problems": rows}, indent=2, ensure_ascii=False) + "\n"
