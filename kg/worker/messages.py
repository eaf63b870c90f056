"""Messages between the service and its workers: frames of one kind, a length and a content.

Requests are JSON, with what is long behind it, so that nothing that arrives anywhere is code.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from osteokg.kg import errors
from osteokg.kg.errors import OsteoKGError, UnavailableError
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Format, Query
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Update

__all__ = [
    "GAVE_WAY",
    "HEAD",
    "TIRED",
    "Frames",
    "Kind",
    "as_error",
    "decode",
    "encode",
    "encode_error",
    "frame",
    "parse_head",
]

GAVE_WAY, TIRED = b"W", b"T"
"""What may have become of a worker: it runs after all others now; it holds too much memory."""

HEAD = struct.Struct(">cI")
"""What a frame begins with: its kind and the length of what follows, in bytes."""


class Kind(Enum):
    """Name what a frame holds."""

    REQUEST = b"Q"  # a query or a write, encoded
    READY = b"A"  # a spawned worker has loaded its store; what it found, as JSON
    STARTED = b"S"  # a spawned worker has read the request
    ROWS = b"R"  # the answer is rows; what follows is in the format for rows
    GRAPH = b"G"  # the answer is a graph; what follows is in the format for graphs
    CHANGED = b"C"  # the name of a graph that a write changes, encoded; its triples follow
    GONE = b"N"  # the name of a graph that a write removes, encoded
    DATA = b"D"  # a part of the answer
    END = b"E"  # nothing more comes, and the worker is idle; what has become of it
    FAILED = b"X"  # there is no answer, or no more of it: an error, encoded


_KINDS: Mapping[bytes, Kind] = {kind.value: kind for kind in Kind}


def frame(kind: Kind, content: bytes = b"") -> bytes:
    """Return a frame."""
    return HEAD.pack(kind.value, len(content)) + content


def parse_head(head: bytes) -> tuple[Kind, int]:
    """Return kind and length of a frame. Raises ValueError for what begins none."""
    kind, length = HEAD.unpack(head)
    return Kind(kind), length


class Frames:
    """Cut what comes over a channel into frames, however it is cut when it comes."""

    def __init__(self) -> None:
        """Begin where a frame begins."""
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """Take the next bytes and return the frames that are whole.

        Raises KeyError for what is none.
        """
        rest = self._rest + data if self._rest else data
        found = []
        place, end = 0, len(rest)
        while end - place >= HEAD.size:
            kind, length = HEAD.unpack_from(rest, place)
            begin = place + HEAD.size
            if begin + length > end:
                break
            place = begin + length
            found.append((_KINDS[kind], rest[begin:place]))
        self._rest = rest[place:]
        return found


_CLASSES: Mapping[str, Any] = {
    one.__name__: one
    for one in (Query, Update, ReplaceGraph, MergeGraph, DropGraph, Payload, Limits, Snapshot)
}
_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    Format: lambda value: {"is": "Format", "value": value.name},
    ox.RdfFormat: lambda value: {"is": "RdfFormat", "value": value.media_type},
    type(Path()): lambda value: {"is": "Path", "value": str(value)},
}
_WHOLE: Mapping[str, Callable[[Any], Any]] = {
    "Format": lambda name: next(one for one in ROW_FORMATS + RDF_FORMATS if one.name == name),
    "RdfFormat": ox.RdfFormat.from_media_type,
    "Path": Path,
}
_LONG = 4096
"""Texts of more characters follow the JSON as they are: to write millions in it takes a second."""


def encode(value: Any) -> bytes:
    """Return a request, or what is part of one: a line of JSON, then what is long, as it is."""
    attached: list[bytes] = []
    told = json.dumps(_plain(value, attached)).encode()
    return b"".join([told, b"\n", *attached]) if attached else told


def decode(content: bytes) -> Any:
    """Return what was encoded. Raises ValueError and KeyError for anything else."""
    told, _, attached = content.partition(b"\n")
    return _whole(json.loads(told), io.BytesIO(attached))


def _plain(value: Any, attached: list[bytes]) -> Any:
    kind = type(value)
    if value is None or (kind is str and len(value) <= _LONG):
        return value
    if kind is str or kind is bytes:
        attached.append(value.encode("utf-8", "surrogatepass") if kind is str else value)
        return {"is": kind.__name__, "size": len(attached[-1])}
    if kind is tuple:
        return [_plain(part, attached) for part in value]
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if kind.__name__ in _CLASSES:
        # Our classes have neither slots nor anything that is no field.
        parts = {name: _plain(part, attached) for name, part in vars(value).items()}
        return {"is": kind.__name__, **parts}
    return value


def _whole(value: Any, attached: BinaryIO) -> Any:
    if value is None or type(value) is str:
        return value
    if isinstance(value, list):
        return tuple(_whole(part, attached) for part in value)
    if not isinstance(value, dict):
        return value
    kind = value["is"]
    if kind in _WHOLE:
        return _WHOLE[kind](value["value"])
    if kind in ("str", "bytes"):
        content = attached.read(value["size"])
        return content.decode("utf-8", "surrogatepass") if kind == "str" else content
    parts = {name: _whole(part, attached) for name, part in value.items() if name != "is"}
    return _CLASSES[kind](**parts)


_ERRORS: Mapping[str, type[OsteoKGError]] = {name: getattr(errors, name) for name in errors.__all__}


def encode_error(error: OsteoKGError) -> bytes:
    """Return an error with what it carries: line and column, when to try again."""
    told = {"error": type(error).__name__, "message": str(error), "carries": vars(error)}
    return json.dumps(told).encode()


def as_error(content: bytes) -> OsteoKGError:
    """Return the error that was encoded; a worker that tells nonsense is an engine that fails."""
    try:
        told = json.loads(content)
        found = _ERRORS[told["error"]]
        error = found.__new__(found, told["message"])
        vars(error).update(told["carries"])
    except (ValueError, KeyError, TypeError):
        return UnavailableError("The engine failed and could not say why.")
    return error
