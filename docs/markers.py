"""Renew the produced parts of a Markdown file, each between ``<!-- name -->`` and its end."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["main", "renewed"]


def renewed(text: str, parts: Mapping[str, str], file: str) -> str:
    """Return a file's text with the produced parts as they should be.

    Ends the program where a pair of markers is not there, or there twice.
    """
    for name, part in parts.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        if text.count(start) != 1 or text.count(end) != 1:
            raise SystemExit(f"{file} needs {start.strip()} and {end.strip()}, once each.")
        before, _, rest = text.partition(start)
        text = before + start + part + end + rest.partition(end)[2]
    return text


def main(page: Path, parts: Callable[[], Mapping[str, str]], command: str) -> int:
    """Write the produced parts of a page; with ``--check`` say only whether one is stale."""
    text = page.read_text(encoding="utf-8")
    right = renewed(text, parts(), page.name)
    if "--check" in sys.argv:
        if text != right:
            sys.stderr.write(f"{page.name} is stale: run '{command}'\n")
        return int(text != right)
    page.write_text(right, encoding="utf-8", newline="\n")
    return 0
