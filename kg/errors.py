"""The error tree of OsteoKG: one class, one meaning, one HTTP status, one exit code.

OsteoKGError
├── DataError              the evidence, ontology or shapes are wrong   exit 1 · 422
└── RequestError           what was asked is wrong                     exit 2 · 400
    ├── QuerySyntaxError   the query does not parse (line:column)                400
    ├── QueryRefusedError  the query asks for what is never done here            400
    ├── NotFoundError      no such thing, query or graph                         404
    ├── NotAcceptableError no offered media type is accepted                     406
    ├── TooLargeError      the request body is larger than allowed               413
    └── MediaTypeError     the request body has a type that is not read          415
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from osteokg.kg.problems import Problem

__all__ = [
    "DataError",
    "MediaTypeError",
    "NotAcceptableError",
    "NotFoundError",
    "OsteoKGError",
    "QueryRefusedError",
    "QuerySyntaxError",
    "RequestError",
    "TooLargeError",
]


class OsteoKGError(Exception):
    """Say what went wrong and what to do; carries an HTTP status and an exit code."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 2
    title: ClassVar[str] = "Something went wrong"


class DataError(OsteoKGError):
    """Report data that break a rule, with every problem found."""

    status = 422
    exit_code = 1
    title = "The data are wrong"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; the message is one line for each."""
        self.problems = list(problems)
        super().__init__("\n".join(problem.line_of_text() for problem in self.problems))


class RequestError(OsteoKGError):
    """Report a request or command that cannot be carried out as it stands."""

    status = 400
    title = "The request cannot be carried out"


class QuerySyntaxError(RequestError):
    """Report a query that does not parse.

    ``line`` and ``column`` count from 1; None where the engine does not say.
    """

    title = "The query does not parse"

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        """Keep where the query stops making sense."""
        self.line = line
        self.column = column
        where = f"line {line}, column {column}: " if line is not None else ""
        super().__init__(where + message)


class QueryRefusedError(RequestError):
    """Refuse a query that would reach outside the dataset."""

    title = "The query is refused"


class NotFoundError(RequestError):
    """Report a thing, query or graph that is not here."""

    status = 404
    title = "Not found"


class NotAcceptableError(RequestError):
    """Report that none of the accepted media types can be given."""

    status = 406
    title = "No acceptable format"


class TooLargeError(RequestError):
    """Report a request body larger than the limit."""

    status = 413
    title = "The request is too large"


class MediaTypeError(RequestError):
    """Report a request body of a type that is not read here."""

    status = 415
    title = "Unsupported media type"
