"""The log: one line for each request on stderr, JSON or text, written beside the event loop."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TextIO

from osteokg.api.settings import Settings
from osteokg.kg.errors import RequestError

__all__ = ["REQUESTS", "SLOW_QUERIES", "Outbox", "RequestRecord", "logging_to", "writes_json"]

REQUESTS = "osteokg.request"
SLOW_QUERIES = "osteokg.slow"

_WAITING = 10_000
"""So many lines wait for whoever reads the log; then the newest are dropped, and counted."""

_MOMENT = 0.1
"""Seconds whose lines are written at once."""

_LAST_LINES = 5.0
"""Seconds in which the last lines must be written when the service ends."""

_ENCODE = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record says beyond its message: ``extra={"said": {…}}``, in that order."""
    said: dict[str, Any] = getattr(record, "said", {})
    return {name: value for name, value in said.items() if value not in ("", None)}


def _when(record: logging.LogRecord) -> str:
    second = int(record.created)
    return f"{_second(second)}.{int((record.created - second) * 1000):03}Z"


@lru_cache(2)  # the lines of a second come together
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")


_BLANK = vars(logging.LogRecord(REQUESTS, logging.INFO, "", 0, "request", (), None))


class RequestRecord(logging.LogRecord):
    """Hold what is said of one request: a record that looks up nothing."""

    def __init__(self, said: dict[str, Any], when: float) -> None:
        """Say so of a time, in seconds since the epoch."""
        vars(self).update(_BLANK, said=said, created=when, msecs=when % 1 * 1000)


class _Json(logging.Formatter):
    """Write a record as one JSON object: time (UTC), level, logger, message, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _ENCODE(line)


class _Text(logging.Formatter):
    """Write a record as one line for people."""

    def format(self, record: logging.LogRecord) -> str:
        said = " ".join(f"{name}={_shown(value)}" for name, value in _fields(record).items())
        line = f"{_when(record)} {record.levelname.lower()} {record.getMessage()} {said}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _shown(value: object) -> str:
    text = str(value)
    plain = text.isprintable() and " " not in text and '"' not in text
    return text if plain else json.dumps(text, ensure_ascii=False)


class Outbox(logging.Handler):
    """Take records as they come; a thread makes lines of those of a moment and writes them at once.

    So whoever reads slowly does not stop the service, no request waits for its line, and the
    thread does not take turns with the service at every line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        """Write with ``write``, which may block."""
        super().__init__()
        self.dropped = 0
        self._write = write
        self._records: list[logging.LogRecord] = []
        self._some = threading.Event()
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, or count it as dropped where there is no room."""
        if len(self._records) >= _WAITING:
            self.dropped += 1
            return
        self._records.append(record)
        if len(self._records) == 1:
            self._some.set()

    def close(self) -> None:
        """Write the last lines, if they can be written soon."""
        self._ended.set()
        self._some.set()
        self._writer.join(_LAST_LINES)
        super().close()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except (TypeError, ValueError, LookupError):  # somebody's message does not fit its values
            record.msg, record.args = f"{record.msg} {record.args}", None
            return self.format(record)

    def _write_on(self) -> None:
        while True:
            self._some.wait()
            ended = self._ended.wait(_MOMENT)
            self._some.clear()
            with self.lock or contextlib.nullcontext():
                records, self._records = self._records, []
            if records:
                self._write("\n".join([*map(self._line, records), ""]))
            if ended:
                return


def writes_json(settings: Settings, stream: TextIO) -> bool:
    """Say whether the log on a stream is JSON."""
    if settings.log_format == "auto":
        return not stream.isatty()
    return settings.log_format == "json"


@contextlib.contextmanager
def logging_to(settings: Settings, stream: TextIO | None = None) -> Iterator[Outbox]:
    """Send the log of this process to a stream (stderr), slow queries also to their own file.

    The file is opened anew when it was moved away, as logrotate does. Raises RequestError for a
    file that cannot be written.
    """
    stream = stream or sys.stderr
    _tell_only_what_is_written()
    ours, everybody = logging.getLogger("osteokg"), logging.getLogger()
    before = ours.level
    ours.setLevel(logging.INFO)  # others say at this level what was asked
    # What uvicorn has to say of single requests, the door and the visits say better.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    with contextlib.ExitStack() as held:
        if settings.slow_query_log:
            file = held.enter_context(_sent(logging.getLogger(SLOW_QUERIES), _to_file(settings)))
            file.setFormatter(_Json())
        outbox = held.enter_context(_sent(everybody, partial(_to_stream, stream)))
        outbox.setFormatter(_Json() if writes_json(settings, stream) else _Text())
        outbox.addFilter(lambda record: record.name != SLOW_QUERIES)
        held.callback(ours.setLevel, before)
        yield outbox


def _tell_only_what_is_written() -> None:
    """Have no record look for what no line of ours says: caller, thread, process, task.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None  # noqa: SLF001 - as that page says
    logging.logThreads = False
    logging.logMultiprocessing = False
    logging.logProcesses = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False


@contextlib.contextmanager
def _sent(logger: logging.Logger, write: Callable[[str], None]) -> Iterator[Outbox]:
    outbox = Outbox(write)
    logger.addHandler(outbox)
    try:
        yield outbox
    finally:
        logger.removeHandler(outbox)
        outbox.close()


def _to_stream(stream: TextIO, text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # whoever read it has gone
        stream.write(text)
        stream.flush()


def _to_file(settings: Settings) -> Callable[[str], None]:
    """Return how to add to the file of slow queries; it is opened each time, so it may be moved."""
    path = settings.slow_query_log
    # Queries are their authors' business: others may not read them.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT

    def write(text: str) -> None:
        try:
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as opened:
                opened.write(text)
        except OSError as error:
            logging.getLogger("osteokg").warning("no slow queries: %s", error)

    try:
        os.close(os.open(path, flags, 0o600))
    except OSError as error:
        raise RequestError(
            f"cannot write the log of slow queries to {path}: {error.strerror}. "
            "Choose another file with --slow-query-log."
        ) from error
    return write
