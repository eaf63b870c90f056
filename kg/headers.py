"""The header of a query file: ``#+ key: value`` lines, continued by deeper ``#+`` lines."""

from __future__ import annotations

import re

__all__ = ["header_of"]

_LINE = re.compile(r"#\+ (?:(?P<key>[a-z-]+): ?)?(?P<text>.*)")


def header_of(text: str) -> dict[str, str]:
    r"""Return the header of a query as ``{key: text}``, in the decorator style of grlc.

    >>> header_of("#+ title: Null results\n#+ description: Measured,\n#+   none found.\nASK {}")
    {'title': 'Null results', 'description': 'Measured, none found.'}
    """
    header: dict[str, str] = {}
    key: str | None = None
    for line in text.splitlines():
        found = _LINE.fullmatch(line.rstrip())
        if not found:
            break
        if found["key"]:
            key = found["key"]
            header[key] = found["text"].strip()
        elif key:
            header[key] = f"{header[key]} {found['text'].strip()}".strip()
    return header
