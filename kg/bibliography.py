"""Bibliography: the publications as RIS and BibTeX, for whoever cites or screens them.

RIS: https://en.wikipedia.org/wiki/RIS_(file_format); BibTeX: https://www.bibtex.org/Format/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["bibtex", "ris"]

Row = Mapping[str, str]
"""A row of the table of publications (``kg/dumps/publications.rq``)."""

_INITIALS = re.compile(r"(?P<family>.+) (?P<initials>[A-Z][A-Z-]{0,4})")
_SPECIAL = re.compile(r"[\\{}$&#^_%~]")
_ESCAPED = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
_UNREMARKABLE = ("current", "not checked")


def ris(rows: Iterable[Row]) -> str:
    """Return publications as RIS, one record each, in the order of the rows; lines end in CRLF."""
    return "".join(_record(row) for row in rows)


def _record(row: Row) -> str:
    first, _, last = row["pages"].partition("-")
    fields = [
        ("TY", "JOUR"),
        ("ID", _slug(row)),
        *(("AU", ", ".join(name)) for name in _authors(row)),
        ("PY", row["year"]),
        ("TI", row["title"]),
        ("JO", row["journal"]),
        ("VL", row["volume"]),
        ("IS", row["issue"]),
        ("SP", first),
        ("EP", last),
        ("DO", row["doi"]),
        ("AN", row["pmid"]),
        ("N1", _remark(row)),
        ("UR", row["publication"]),
    ]
    lines = [f"{tag}  - {' '.join(text.split())}" for tag, text in fields if text]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def bibtex(rows: Iterable[Row]) -> str:
    """Return publications as BibTeX, one entry each, in the order of the rows."""
    return "\n".join(_entry(row) for row in rows)


def _entry(row: Row) -> str:
    authors = [", ".join(map(_plain, name)) for name in _authors(row)]
    if "et al" in row["authors"]:
        authors.append("others")
    fields = {
        "author": " and ".join(authors),
        # in braces, so that no style takes its capital letters away
        "title": "{" + _plain(row["title"]) + "}" if row["title"] else "",
        "journal": _plain(row["journal"]),
        "year": _plain(row["year"]),
        "volume": _plain(row["volume"]),
        "number": _plain(row["issue"]),
        "pages": _plain(row["pages"]).replace("-", "--"),
        "doi": row["doi"],
        "pmid": row["pmid"],
        "note": _plain(_remark(row)),
        "url": row["publication"],
    }
    told = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@article{{{_slug(row)},", *told, "}", ""])


def _slug(row: Row) -> str:
    return row["publication"].rpartition("/")[2]


def _authors(row: Row) -> list[tuple[str, ...]]:
    """Return family name and initials of each author; a name of another form stays whole."""
    names = [name.strip() for name in row["authors"].split(",")]
    found = []
    for name in names:
        if name and not name.startswith("et al"):
            parted = _INITIALS.fullmatch(name)
            found.append(parted.group("family", "initials") if parted else (name,))
    return found


def _plain(text: str) -> str:
    """Return text in which TeX sees no command."""
    return _SPECIAL.sub(lambda sign: _ESCAPED.get(sign[0], f"\\{sign[0]}"), text)


def _remark(row: Row) -> str:
    """Return what a reader must know of a retraction, a concern or a correction."""
    if row["status"] in _UNREMARKABLE:
        return ""
    return f"{row['status'].capitalize()}. {row['status_notice']}".strip()
