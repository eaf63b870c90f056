"""Messages between the service and its workers: frames of one kind, a length and a content.

Requests are JSON, with what is long behind it, so that nothing that arrives anywhere is code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from osteokg.kg import errors
from osteokg.kg.errors import OsteoKGError, UnavailableError
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Format, Query
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Update, Write

__all__ = [
    "GAVE_WAY",
    "HEAD",
    "PART",
    "TIRED",
    "Frames",
    "Kind",
    "as_error",
    "decode",
    "encode",
    "encode_error",
    "frame",
    "framed",
    "parse_head",
    "request_in",
]

GAVE_WAY, TIRED = b"W", b"T"
"""What may have become of a worker: it runs after all others now; it holds too much memory."""

PART = 1 << 18
"""An answer is sent in parts of so many bytes at most."""

HEAD = struct.Struct(">cI")
"""What a frame begins with: its kind and the length of what follows, in bytes."""


class Kind(Enum):
    """Name what a frame holds."""

    QUERY = b"Q"  # a query like most: all but its text, encoded; the end of the line; its text
    REQUEST = b"U"  # any other query, or a write, encoded
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
_QUERY, _DATA = Kind.QUERY.value, Kind.DATA.value


def frame(kind: Kind, *parts: bytes) -> bytes:
    """Return a frame of what its parts are together, each of them copied once."""
    return b"".join((HEAD.pack(kind.value, sum(map(len, parts))), *parts))


def parse_head(head: bytes) -> tuple[Kind, int]:
    """Return kind and length of a frame. Raises ValueError for what begins none."""
    kind, length = HEAD.unpack(head)
    if kind not in _KINDS:
        raise ValueError(f"{kind!r} begins no frame.")
    return _KINDS[kind], length


_AT_FIRST = 1 << 16
"""Most answers are shorter; to have room for many more at each reading takes time."""


class Frames:
    """Cut what comes over a channel into frames, however it is cut when it comes.

    Parts of an answer are given on as they come, others whole. Who reads so many bytes at most as
    are ``wanted`` has long parts neither cut nor copied.
    """

    def __init__(self) -> None:
        """Begin where a frame begins."""
        self._rest = b""
        self._part_left = 0
        self._next = _AT_FIRST

    @property
    def wanted(self) -> int:
        """Return how many bytes to read: what is left of a part, a head, or a short answer."""
        return self._part_left or self._next

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """Take the next bytes and return the frames that are whole, and what came of an answer.

        Raises KeyError for what is none.
        """
        found = []
        place = 0
        if self._part_left:
            part = data[: self._part_left]  # most often all of it, which is not copied then
            found.append((Kind.DATA, part))
            place = len(part)
            self._part_left -= place
        elif self._rest:
            data = self._rest + data
        end = len(data)
        while end - place >= HEAD.size:
            kind, length = HEAD.unpack_from(data, place)
            begin = place + HEAD.size
            if begin + length > end:
                if kind == _DATA:
                    if begin < end:
                        found.append((Kind.DATA, data[begin:]))
                    self._part_left = begin + length - end
                    self._next = HEAD.size
                    place = end
                break
            place = begin + length
            self._next = _AT_FIRST
            found.append((_KINDS[kind], data[begin:place]))
        self._rest = data[place:]
        return found


_CLASSES: Mapping[str, Any] = {
    one.__name__: one
    for one in (Query, Update, ReplaceGraph, MergeGraph, DropGraph, Payload, Limits, Snapshot)
}
_LONG = 4096
"""Texts of more characters follow the JSON as they are: to write millions in it takes a second."""


def encode(value: Any) -> bytes:
    """Return a request, or what is part of one: a line of JSON, then what is long, as it is."""
    attached = bytearray()

    def told_as(part: Any) -> Any:
        """Return what JSON can say of a part that it has no word for."""
        if isinstance(part, Format):
            return {"is": "Format", "value": part.name}
        if isinstance(part, ox.RdfFormat):
            return {"is": "RdfFormat", "value": part.media_type}
        if isinstance(part, Path):
            return {"is": "Path", "value": str(part)}
        if type(part).__name__ not in _CLASSES:
            raise TypeError(f"{type(part).__name__} cannot be sent.")
        # Our classes have neither slots nor anything that is no field.
        return {
            "is": type(part).__name__,
            **{name: apart(field) for name, field in vars(part).items()},
        }

    def apart(field: Any) -> Any:
        if type(field) is str and len(field) > _LONG:
            content = field.encode("utf-8", "surrogatepass")
        elif type(field) is bytes:
            content = field
        else:
            return field
        begin = len(attached)
        attached.extend(content)
        return {"is": type(field).__name__, "from": begin, "to": len(attached)}

    told = json.dumps(apart(value), default=told_as).encode()
    return b"".join([told, b"\n", attached]) if attached else told


def decode(content: bytes) -> Any:
    """Return what was encoded. Raises ValueError and KeyError for anything else."""
    told, _, attached = content.partition(b"\n")

    def whole(part: dict[str, Any]) -> Any:
        """Return what a part says that JSON has no word for."""
        kind = part.pop("is")
        if kind == "Format":
            return _FORMATS[part["value"]]
        if kind == "RdfFormat":
            return ox.RdfFormat.from_media_type(part["value"])
        if kind == "Path":
            return Path(part["value"])
        if kind in ("str", "bytes"):
            apart = attached[part["from"] : part["to"]]
            return apart.decode("utf-8", "surrogatepass") if kind == "str" else apart
        fields = {n: tuple(v) if type(v) is list else v for n, v in part.items()}
        return _CLASSES[kind](**fields)

    return json.loads(told, object_hook=whole)


def framed(request: Query | Write) -> bytes:
    """Return the frame of a request."""
    if not isinstance(request, Query) or not _is_like_most(request):
        return frame(Kind.REQUEST, encode(request))
    text = request.text.encode("utf-8", "surrogatepass")
    beside = _beside(request.rows, request.graph, request.base, request.version, request.client)
    return b"".join((HEAD.pack(_QUERY, len(beside) + len(text)), beside, text))


def request_in(kind: Kind, content: bytes) -> Query | Write:
    """Return the request of a frame. Raises ValueError and KeyError for what is none."""
    if kind is Kind.QUERY:
        beside, _, text = content.partition(b"\n")
        return Query(text.decode("utf-8", "surrogatepass"), *_read(beside))
    if kind is not Kind.REQUEST:
        raise ValueError(f"{kind.name} is no request.")
    found: Query | Write = decode(content)
    return found


def _is_like_most(query: Query) -> bool:
    """Return whether all but a query's text is short, and so likely to be that of others, too."""
    graphs = query.default_graphs or query.named_graphs
    return not graphs and len(query.base or "") + len(query.version or "") < 500


@lru_cache(256)
def _beside(
    rows: Format | None, graph: Format | None, base: str | None, version: str | None, client: str
) -> bytes:
    """Return what stands before the text of queries that have these other fields."""
    asked = Query("", rows, graph, base=base, version=version, client=client)
    return encode(asked) + b"\n"


@lru_cache(256)
def _read(beside: bytes) -> tuple[Any, ...]:
    """Return the fields of a query besides its text."""
    return tuple(vars(decode(beside)).values())[1:]


_FORMATS: Mapping[str, Format] = {one.name: one for one in ROW_FORMATS + RDF_FORMATS}

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
