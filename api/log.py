"""The log: one line for each request on stderr, JSON or text, written beside the event loop."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from logging.handlers import QueueHandler, WatchedFileHandler
from pathlib import Path
from typing import Any, TextIO

from osteokg.api.settings import Settings
from osteokg.kg.errors import RequestError

__all__ = ["REQUESTS", "SLOW_QUERIES", "Outbox", "logging_to", "writes_json"]

REQUESTS = "osteokg.request"
SLOW_QUERIES = "osteokg.slow"

_WAITING = 10_000
"""So many lines wait for whoever reads the log; then the newest are dropped, and counted."""

_LAST_LINES = 5.0
"""Seconds in which the last lines must be written when the service ends."""

_OF_EVERY_RECORD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record says beyond its message, in the order it was said."""
    said = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    return {name: value for name, value in said.items() if value not in ("", None)}


def _when(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        return json.dumps(line, ensure_ascii=False, default=str)


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


class Outbox(QueueHandler):
    """Hand records to a thread that writes them: whoever reads slowly does not stop the service."""

    def __init__(self) -> None:
        """Make room for a bounded number of lines."""
        self.queue: queue.Queue[logging.LogRecord | None]
        super().__init__(queue.Queue(_WAITING))
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave a record as it is: it does not leave this process."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Take a record, or count it as dropped where there is no room."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def end(self) -> None:
        """Say that nothing more comes, if need be in place of a line."""
        while True:
            try:
                self.queue.put_nowait(None)
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self.queue.get_nowait()
                    self.dropped += 1
            else:
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
    to_stream = logging.StreamHandler(stream)
    to_stream.setFormatter(_Json() if writes_json(settings, stream) else _Text())
    to_stream.addFilter(lambda record: record.name != SLOW_QUERIES)
    targets: list[logging.Handler] = [to_stream]
    if settings.slow_query_log:
        targets.append(_file(Path(settings.slow_query_log)))
    outbox = Outbox()
    writer = threading.Thread(target=_write, args=(outbox, targets), name="log", daemon=True)
    ours, everybody = logging.getLogger("osteokg"), logging.getLogger()
    before = ours.level
    everybody.addHandler(outbox)
    ours.setLevel(logging.INFO)  # others say at this level what was asked
    # What uvicorn has to say of single requests, the door and the visits say better.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    writer.start()
    try:
        yield outbox
    finally:
        everybody.removeHandler(outbox)
        ours.setLevel(before)
        outbox.end()
        writer.join(_LAST_LINES)
        if not writer.is_alive():
            for target in targets:
                target.close()


def _write(outbox: Outbox, targets: Sequence[logging.Handler]) -> None:
    while (record := outbox.queue.get()) is not None:
        for target in targets:
            target.handle(record)


def _file(path: Path) -> logging.Handler:
    try:
        path.touch(mode=0o600)  # queries are their authors' business
        file = WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"cannot write the log of slow queries to {path}: {error.strerror}. "
            "Choose another file with --slow-query-log."
        ) from error
    file.setFormatter(_Json())
    file.addFilter(lambda record: record.name == SLOW_QUERIES)
    return file
