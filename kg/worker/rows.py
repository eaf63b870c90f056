"""Counting rows: how many solutions have been written, from the bytes of each format.

The engine writes an answer without telling how many rows there are, and asking it row by row
takes several times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

__all__ = ["RowCount", "row_count"]


class RowCount(Protocol):
    """Count the rows of one answer."""

    def add(self, data: bytes) -> int:
        """Take the next bytes and return the number of rows begun or ended so far."""
        ...


def row_count(format_name: str) -> RowCount:
    """Return the counter for a format of rows, by its short name."""
    return _COUNTERS[format_name]()


class _Sign:
    """Count a sign that may stand across two parts."""

    def __init__(self, sign: bytes) -> None:
        self.sign = sign
        self.before = b""
        self.count = 0

    def add(self, data: bytes) -> int:
        text = self.before + data
        self.count += text.count(self.sign)
        self.before = text[max(len(text) - len(self.sign) + 1, 0) :]
        return self.count


class _OutsideStrings:
    """Count the objects of the list of rows: outside of strings only they follow ``[`` or ``,``."""

    def __init__(self) -> None:
        self.begun = [_Sign(sign) for sign in (b"[{", b",{")]
        self.quoted = False
        self.before = b""

    def add(self, data: bytes) -> int:
        text = self.before + data
        self.before = b""
        if b"\\" in text:
            text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
            if text.endswith(b"\\"):
                text, self.before = text[:-1], b"\\"
        parts = text.split(b'"')
        outside = b"".join(parts[self.quoted :: 2])
        self.quoted ^= len(parts) % 2 == 0
        return sum(sign.add(outside) for sign in self.begun)


class _Json:
    """Count where rows begin: ``,{"`` and a name, which no string has; or ``,{}``, which one may.

    In a string the quotation mark would be escaped, and the one that ends it has ``,`` or ``}``
    behind it. Only from the first ``,{}`` on, an empty row or nothing of the kind, strings are
    told from what is outside of them: that takes five times as long.
    """

    _ROW = re.compile(rb',\{(?:"[^,}]|\})')
    _MAYBE = b",{}"

    def __init__(self) -> None:
        self._count = 0
        self._end = b""
        self._since = [b""]  # what came from a part on in which a row begins
        self._before = 0  # so many rows begin before the first of these
        self._closer: _OutsideStrings | None = None

    def add(self, data: bytes) -> int:
        if self._closer is None:
            text = self._end + data
            found = self._ROW.findall(text)
            if self._MAYBE not in found:
                if self._count == 0 and b"[{" in text:
                    self._count = 1
                if found:
                    self._since, self._before = [], self._count
                self._since.append(text if found else data)
                self._count += len(found)
                self._end = text[-3:]
                return self._count
            before = b"".join(self._since)
            first = self._ROW.search(before)
            self._closer = _OutsideStrings()
            self._closer.add(before[first.start() if first else 0 :])
        return self._before + self._closer.add(data)


class _Xml(_Sign):
    def __init__(self) -> None:
        super().__init__(b"<result>")


class _Tsv(_Sign):
    """Count the ends of lines, the first one's not: those in values are escaped."""

    def __init__(self) -> None:
        super().__init__(b"\n")

    def add(self, data: bytes) -> int:
        return max(super().add(data) - 1, 0)


class _Csv:
    """Count the ends of lines outside quotation marks, the first one's not."""

    def __init__(self) -> None:
        self.quoted = False
        self.count = -1

    def add(self, data: bytes) -> int:
        parts = data.split(b'"')
        self.count += sum(part.count(b"\n") for part in parts[self.quoted :: 2])
        self.quoted ^= len(parts) % 2 == 0
        return max(self.count, 0)


_COUNTERS: dict[str, Callable[[], RowCount]] = {
    "json": _Json,
    "xml": _Xml,
    "csv": _Csv,
    "tsv": _Tsv,
}
