"""The error tree of OsteoKG: one class, one meaning, one HTTP status, one exit code.

OsteoKGError
├── DataError              the evidence, ontology or shapes are wrong   exit 1 · 422
├── RequestError           what was asked is wrong                     exit 2 · 400
│   ├── QuerySyntaxError   the query does not parse (line:column)                400
│   │   └── PayloadSyntaxError  a document that was sent does not parse          400
│   ├── FilterError        a filter, sort or page that cannot be had             400
│   ├── QueryRefusedError  the query asks for what is never done here            400
│   ├── QueryNestingError  the query is nested more deeply than can be read      400
│   ├── UnauthorizedError  a write without the token                             401
│   ├── ForbiddenError     what this client may not do                           403
│   ├── NotFoundError      no such thing, query or graph                         404
│   ├── NotAcceptableError no offered media type is accepted                     406
│   ├── ReadOnlyError      a graph that files or rules own cannot be written     409
│   ├── GoneError          a version that is not kept (any more)                 410
│   ├── PreconditionError  If-Match names another version                        412
│   ├── TooLargeError      the request body is larger than allowed               413
│   └── MediaTypeError     the request body has a type that is not read          415
├── EngineError            the engine failed, by a fault of its own    exit 2 · 500
└── LimitError             the work was stopped at a limit             exit 2 · 503
    ├── TimeLimitError     the query ran longer than it may                      503
    ├── MemoryLimitError   the query needed more memory than it may              503
    ├── SizeLimitError     the answer is larger than it may be                   503
    ├── BusyError          all places are taken; try again                       503
    ├── RateLimitError     one client asks more often than it may                429
    └── UnavailableError   the engine or a remote endpoint does not answer       503
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from osteokg.kg.problems import Problem

__all__ = [
    "BusyError",
    "DataError",
    "EngineError",
    "FilterError",
    "ForbiddenError",
    "GoneError",
    "LimitError",
    "MediaTypeError",
    "MemoryLimitError",
    "NotAcceptableError",
    "NotFoundError",
    "OsteoKGError",
    "PayloadSyntaxError",
    "PreconditionError",
    "QueryNestingError",
    "QueryRefusedError",
    "QuerySyntaxError",
    "RateLimitError",
    "ReadOnlyError",
    "RequestError",
    "SizeLimitError",
    "TimeLimitError",
    "TooLargeError",
    "UnauthorizedError",
    "UnavailableError",
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


class PayloadSyntaxError(QuerySyntaxError):
    """Report an RDF document in a request that does not parse."""

    title = "The document does not parse"


class FilterError(RequestError):
    """Report a parameter of a list that cannot be had: its name, value, and what may be meant.

    ``suggestions`` are values to give instead, the likeliest first.
    """

    title = "The list cannot be narrowed so"

    def __init__(
        self, message: str, parameter: str, value: str, suggestions: Sequence[str] = ()
    ) -> None:
        """Keep what was given and what may be meant; the message names both."""
        self.parameter = parameter
        self.value = value
        self.suggestions = list(suggestions)
        super().__init__(message)


class QueryRefusedError(RequestError):
    """Refuse a query that would reach outside the dataset."""

    title = "The query is refused"


class QueryNestingError(RequestError):
    """Report a query nested so deeply that reading it would take the process down."""

    title = "The query is nested too deeply"


class UnauthorizedError(RequestError):
    """Report a write without the write token, or with a wrong one."""

    status = 401
    title = "The write token is missing or wrong"


class ForbiddenError(RequestError):
    """Refuse what this client may not do: write where writing is off, read what is not for it."""

    status = 403
    title = "That is not allowed"


class NotFoundError(RequestError):
    """Report a thing, query or graph that is not here."""

    status = 404
    title = "Not found"


class NotAcceptableError(RequestError):
    """Report that none of the accepted media types can be given."""

    status = 406
    title = "No acceptable format"


class ReadOnlyError(RequestError):
    """Report a write to a graph that files or rules own, or to the default graph."""

    status = 409
    title = "The graph is not written over HTTP"


class GoneError(RequestError):
    """Report a version that is not kept: never made here, or let go."""

    status = 410
    title = "The version is not kept"

    @classmethod
    def of_version(cls, version: str) -> GoneError:
        """Return the error of a version that is not kept, by its id."""
        return cls(f"Version {version} is not kept here; /versions lists those that are.")


class PreconditionError(RequestError):
    """Report that the version a client wants to change is not the current one."""

    status = 412
    title = "The version is another by now"


class TooLargeError(RequestError):
    """Report a request body larger than the limit."""

    status = 413
    title = "The request is too large"


class MediaTypeError(RequestError):
    """Report a request body of a type that is not read here."""

    status = 415
    title = "Unsupported media type"


class EngineError(OsteoKGError):
    """Report an engine that failed at what it was asked: asked again it would fail again."""

    title = "The engine failed"


class LimitError(OsteoKGError):
    """Report work that was stopped at a limit; ``retry_after`` is in seconds, None for never."""

    status = 503
    title = "The work was stopped at a limit"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        """Keep after how many seconds it is worth trying again."""
        self.retry_after = retry_after
        super().__init__(message)


class TimeLimitError(LimitError):
    """Report a query that ran longer than it may."""

    title = "The query took too long"


class MemoryLimitError(LimitError):
    """Report a query that needed more memory than it may have."""

    title = "The query needed too much memory"


class SizeLimitError(LimitError):
    """Report an answer larger than it may be (rows or bytes)."""

    title = "The answer is too large"


class BusyError(LimitError):
    """Report that every place for work is taken."""

    title = "The service is busy"


class RateLimitError(LimitError):
    """Report a client that asks more often than it may."""

    status = 429
    title = "Too many requests"


class UnavailableError(LimitError):
    """Report that the engine, or the remote endpoint behind it, does not answer."""

    title = "The engine does not answer"
