"""Bibliography: what a record of a literature database says of an article, from a file.

RIS (rispy), BibTeX (bibtexparser), CSL-JSON and the XML of PubMed (MEDLINE/PubMed XML element
descriptions). Nothing is asked of a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osteokg.kg.curation.delimited import trimmed
from osteokg.kg.curation.slugs import slug_of
from osteokg.kg.errors import RequestError
from osteokg.kg.files import text_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Record", "read_record"]

_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_FORMATS = "RIS (.ris), BibTeX (.bib), CSL-JSON (.json) or PubMed XML (.xml)"


@dataclass(frozen=True)
class Record:
    """Hold what is known of an article; an empty text is not known."""

    authors: str = ""
    title: str = ""
    journal: str = ""
    year: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    retracted: bool = False

    @property
    def slug(self) -> str:
        """Return what the study is called: first author and year."""
        first = self.authors.partition(",")[0].split()
        family = [word for word in first if not re.fullmatch(r"[A-Z]{1,3}", word)] or first
        return slug_of(" ".join([*family, self.year]))

    @property
    def label(self) -> str:
        """Return the article's short name: ``Marsh et al. 2019``."""
        names = [name.strip() for name in self.authors.split(",") if name.strip()]
        families = [re.sub(r"\s+[A-Z]{1,3}$", "", name) for name in names]
        if len(families) > 2:
            families = [f"{families[0]} et al."]
        return " ".join(filter(None, [" and ".join(families), self.year]))


def read_record(path: Path) -> Record:
    """Return the one record of a file, whatever of the four formats it is in.

    Raises RequestError for a file that is in none, has no record or several, or needs a library
    that is not installed.
    """
    text = text_in(path)
    readers = {".ris": _ris, ".bib": _bibtex, ".json": _csl, ".xml": _pubmed}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RequestError(f"{path}: a record is a file of {_FORMATS}.")
    try:
        records = reader(text)
    except ImportError as error:
        raise RequestError(
            f"{path}: reading it needs {error.name}: pip install 'osteokg[tables]'."
        ) from error
    except _NotReadableError as error:
        raise RequestError(f"{path}: {error}.") from error
    if len(records) != 1:
        raise RequestError(
            f"{path}: there are {len(records)} records in it; export the one of the study."
        )
    return _tidy(records[0])


class _NotReadableError(Exception):
    """Say why a record cannot be read."""


def _tidy(record: Record) -> Record:
    """Return a record with plain blanks, a bare DOI and four digits for the year."""

    def plain(text: str) -> str:
        return " ".join(trimmed(text).split())

    doi = _DOI.search(plain(record.doi))
    year = _YEAR.search(record.year)
    pmid = re.search(r"[1-9]\d{0,8}", record.pmid)
    return replace(
        record,
        authors=plain(record.authors),
        title=plain(record.title).removesuffix("."),
        journal=plain(record.journal),
        year=year[0] if year else "",
        volume=plain(record.volume),
        issue=plain(record.issue),
        pages=re.sub(r"\s*[-–—]+\s*", "-", plain(record.pages)),
        doi=doi[0].rstrip(".,;").lower() if doi else "",
        pmid=pmid[0] if pmid else "",
    )


def _names(people: Iterable[tuple[str, str]]) -> str:
    """Return authors from family and given names: ``Marsh AB, Fen C``."""
    told = []
    for family, given in people:
        initials = "".join(
            part[0].upper() for part in re.split(r"[\s.\-]+", given) if part and part[0].isalpha()
        )
        told.append(" ".join(filter(None, [family.strip(), initials])))
    return ", ".join(told)


def _person(name: str) -> tuple[str, str]:
    """Return family and given name of ``Marsh, A. B.`` or ``A. B. Marsh``."""
    family, comma, given = name.partition(",")
    if not comma:
        given, _, family = name.strip().rpartition(" ")
    return family, given


def _ris(text: str) -> list[Record]:
    import rispy  # noqa: PLC0415 - an extra

    try:
        entries = rispy.loads(text)
    except (ValueError, KeyError, OSError) as error:
        raise _NotReadableError(f"this is no RIS ({error})") from error
    return [
        Record(
            authors=_names(map(_person, one.get("authors") or one.get("first_authors", []))),
            title=one.get("title") or one.get("primary_title", ""),
            journal=one.get("journal_name")
            or one.get("secondary_title")
            or one.get("alternate_title3", ""),
            year=one.get("year") or one.get("publication_year", ""),
            volume=one.get("volume", ""),
            issue=one.get("number", ""),
            pages="-".join(filter(None, [one.get("start_page", ""), one.get("end_page", "")])),
            doi=one.get("doi", ""),
            pmid=one.get("accession_number", "")
            if "pubmed" in str(one.get("name_of_database", "")).casefold()
            else "",
        )
        for one in entries
    ]


def _bibtex(text: str) -> list[Record]:
    from bibtexparser.entrypoint import parse_string  # noqa: PLC0415 - an extra
    from bibtexparser.middlewares import LatexDecodingMiddleware  # noqa: PLC0415 - an extra

    library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    if library.failed_blocks:
        line = (library.failed_blocks[0].start_line or 0) + 1
        raise _NotReadableError(f"the BibTeX of the entry in line {line} does not parse")
    records = []
    for entry in library.entries:
        fields = {field.key.lower(): str(field.value) for field in entry.fields}
        people = re.split(r"\s+and\s+", fields.get("author", "")) if "author" in fields else []
        records.append(
            Record(
                authors=_names(map(_person, people)),
                title=fields.get("title", ""),
                journal=fields.get("journal") or fields.get("journaltitle", ""),
                year=fields.get("year") or fields.get("date", ""),
                volume=fields.get("volume", ""),
                issue=fields.get("number") or fields.get("issue", ""),
                pages=fields.get("pages", ""),
                doi=fields.get("doi", ""),
                pmid=fields.get("pmid", ""),
            )
        )
    return records


def _csl(text: str) -> list[Record]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise _NotReadableError(f"this is no JSON ({error})") from error
    items = told if isinstance(told, list) else [told]
    if not all(isinstance(item, dict) for item in items):
        raise _NotReadableError("this is no CSL-JSON: a list of items is")
    return [_csl_item(item) for item in items]


def _csl_item(item: Mapping[str, Any]) -> Record:
    people = [one for one in item.get("author") or [] if isinstance(one, dict)]
    issued = item.get("issued") or {}
    parts = issued.get("date-parts") if isinstance(issued, dict) else None
    year = parts[0][0] if parts and parts[0] else ""
    plain = {name: item[name] for name in item if isinstance(item[name], str | int)}
    return Record(
        authors=_names(
            (str(one.get("family") or one.get("literal") or ""), str(one.get("given") or ""))
            for one in people
        ),
        title=str(plain.get("title", "")),
        journal=str(plain.get("container-title", "")),
        year=str(year),
        volume=str(plain.get("volume", "")),
        issue=str(plain.get("issue", "")),
        pages=str(plain.get("page", "")),
        doi=str(plain.get("DOI", "")),
        pmid=str(plain.get("PMID", "")),
    )


def _pubmed(text: str) -> list[Record]:
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - an extra
    from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415 - an extra

    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException) as error:
        raise _NotReadableError(f"this is no XML that is read here ({error})") from error
    articles = [root] if root.tag == "PubmedArticle" else root.findall(".//PubmedArticle")
    return [_pubmed_article(article) for article in articles]


def _pubmed_article(article: Element) -> Record:
    def first(path: str) -> str:
        found = article.find(path)
        return "" if found is None else "".join(found.itertext())

    people = [
        (
            one.findtext("LastName") or one.findtext("CollectiveName") or "",
            one.findtext("Initials") or "",
        )
        for one in article.findall(".//Article/AuthorList/Author")
    ]
    dois = [one.text or "" for one in article.findall(".//ArticleId[@IdType='doi']")]
    dois += [one.text or "" for one in article.findall(".//ELocationID[@EIdType='doi']")]
    types = {one.text for one in article.findall(".//PublicationType")}
    date = ".//Article/Journal/JournalIssue/PubDate"
    return Record(
        authors=", ".join(" ".join(filter(None, one)) for one in people),
        title=first(".//ArticleTitle"),
        journal=first(".//Journal/ISOAbbreviation") or first(".//Journal/Title"),
        year=first(f"{date}/Year") or first(f"{date}/MedlineDate"),
        volume=first(".//JournalIssue/Volume"),
        issue=first(".//JournalIssue/Issue"),
        pages=first(".//Pagination/MedlinePgn"),
        doi=next(iter(dois), ""),
        pmid=first(".//MedlineCitation/PMID"),
        retracted="Retracted Publication" in types,
    )
