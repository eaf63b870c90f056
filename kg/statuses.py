"""Statuses: what a feed changes in the evidence, and what it does not, told row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.errors import DataError
from osteokg.kg.names import PREFIXES, okg
from osteokg.kg.problems import Problem, sort_problems
from osteokg.kg.status_feed import STATUSES, Feed, Notice, Unread, in_order
from osteokg.kg.turtle import canonical, comment_lines, read, text_of

__all__ = ["Outcome", "Publication", "StatusImport", "plan_import", "publications_in"]

_XSD = PREFIXES["xsd"]
_STATUS, _NOTICE, _SOURCE, _SEEN = (
    okg(name) for name in ("publicationStatus", "statusNotice", "statusSource", "statusSeen")
)
_VALUES = {
    okg("Current"): "current",
    okg("Corrected"): "corrected",
    okg("ExpressionOfConcern"): "expression-of-concern",
    okg("Retracted"): "retracted",
    okg("NotChecked"): "not-checked",
}
_OF_TOKENS = {token: iri for iri, token in _VALUES.items()}


@dataclass(frozen=True)
class Publication:
    """Hold a publication of the evidence as far as a feed is about it."""

    file: Path
    iri: str
    doi: str | None
    pmid: str | None
    status: str
    notice: str | None


@dataclass(frozen=True)
class Outcome:
    """Hold what a feed says of a publication, and what comes of it.

    ``kind`` is ``changed``, ``already`` (what is recorded says so) or ``kept`` (what is recorded is
    graver than what the feed says).
    """

    kind: str
    publication: Publication
    notice: Notice
    rows: int


@dataclass(frozen=True)
class StatusImport:
    """Hold what an import would write: each file's whole text, and what there is to tell."""

    texts: Mapping[Path, str] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    unmatched: tuple[Notice, ...] = ()
    nameless: tuple[int, ...] = ()
    unread: tuple[Unread, ...] = ()
    without_identifier: tuple[Publication, ...] = ()


def publications_in(triples_of: Mapping[Path, Iterable[ox.Triple]]) -> list[Publication]:
    """Return the publications that files describe."""
    found = []
    for path, triples in triples_of.items():
        about: dict[str, dict[str, str]] = defaultdict(dict)
        for triple in triples:
            value = triple.object
            text = value.value if isinstance(value, ox.Literal) else text_of(value)
            about[text_of(triple.subject)][triple.predicate.value] = text
        for iri, said in about.items():
            if _STATUS in said:
                doi = said.get(okg("doi"))
                status = _VALUES.get(said[_STATUS], "not-checked")
                found.append(
                    Publication(
                        path,
                        iri,
                        doi and doi.casefold(),
                        said.get(okg("pmid")),
                        status,
                        said.get(_NOTICE),
                    )
                )
    return found


def plan_import(
    paths: Iterable[Path], feed: Feed, feed_path: Path, seen: date, source: str | None = None
) -> StatusImport:
    """Return what a feed changes in files of evidence; nothing is written.

    ``seen`` is the day on which the feed was looked at, ``source`` the address to give where a row
    has none. Raises DataError with every row that matches two publications or speaks against the
    identifiers of the one it matches, with every unread row that may be about one, and with every
    file that cannot be rewritten.
    """
    triples_of = _read(paths)
    publications = publications_in(triples_of)
    matched, unmatched = _matched(publications, feed, feed_path)
    problems = _doubtful(publications, feed, feed_path)
    outcomes = []
    for publication, notices in matched.items():
        standing = _standing(notices)
        if isinstance(standing, str):
            last = in_order(notices)[-1]
            problems.append(Problem(standing, "status-row", file=feed_path, line=last.line))
            continue
        kind = _kind(publication, standing)
        if kind == "changed" and standing.source is None and source is None:
            wrong = f"{standing.about()}: no source says so: fill in the column source, or --source"
            problems.append(Problem(wrong + ".", "status-row", file=feed_path, line=standing.line))
        outcomes.append(Outcome(kind, publication, standing, len(notices)))
    changed = [outcome for outcome in outcomes if outcome.kind == "changed"]
    for path in sorted({outcome.publication.file for outcome in changed}):
        wrong = "a comment does not survive rewriting: make it okg:curatorNote or take it out."
        problems += [
            Problem(wrong, "comment", file=path, line=line) for line in comment_lines(path)
        ]
        if any(isinstance(term, ox.BlankNode) for triple in triples_of[path] for term in triple):
            wrong = "the file has nodes without a name: give each an IRI of its own."
            problems.append(Problem(wrong, "blank-node", file=path, line=1))
    if problems:
        raise DataError(sort_problems(problems))
    texts = {}
    for outcome in changed:
        path = outcome.publication.file
        triples_of[path] = _rewritten(triples_of[path], outcome, seen, source)
        texts[path] = canonical(triples_of[path])
    nameless = [one for one in publications if one.doi is None and one.pmid is None]
    return StatusImport(
        texts, tuple(outcomes), unmatched, feed.nameless, feed.unread, tuple(nameless)
    )


def _read(paths: Iterable[Path]) -> dict[Path, list[ox.Triple]]:
    triples_of, problems = {}, []
    for path in paths:
        triples = read(path)
        if isinstance(triples, Problem):
            problems.append(triples)
        else:
            triples_of[path] = triples
    if problems:
        raise DataError(problems)
    return triples_of


def _matched(
    publications: Iterable[Publication], feed: Feed, path: Path
) -> tuple[dict[Publication, list[Notice]], tuple[Notice, ...]]:
    """Return the notices about each publication, and those about none."""
    by_doi: dict[str, list[Publication]] = defaultdict(list)
    by_pmid: dict[str, list[Publication]] = defaultdict(list)
    for publication in publications:
        if publication.doi:
            by_doi[publication.doi].append(publication)
        if publication.pmid:
            by_pmid[publication.pmid].append(publication)
    matched: dict[Publication, list[Notice]] = defaultdict(list)
    unmatched, problems = [], []
    for notice in feed.notices:
        found = dict.fromkeys(
            [*by_doi.get(notice.doi or "", ()), *by_pmid.get(notice.pmid or "", ())]
        )
        if not found:
            unmatched.append(notice)
            continue
        (first, *more) = found
        wrong = ""
        if more:
            names = ", ".join(one.iri.rpartition("/")[2] for one in found)
            wrong = f"{notice.about()} are of more than one publication ({names})"
        elif notice.pmid and first.pmid and notice.pmid != first.pmid:
            wrong = f"{notice.about()}: {first.iri.rpartition('/')[2]} has PMID {first.pmid}"
        elif notice.doi and first.doi and notice.doi != first.doi:
            wrong = f"{notice.about()}: {first.iri.rpartition('/')[2]} has DOI {first.doi}"
        if wrong:
            wrong += ": correct the identifiers here or there, or take the row out."
            problems.append(Problem(wrong, "status-ambiguous", file=path, line=notice.line))
        else:
            matched[first].append(notice)
    if problems:
        raise DataError(problems)
    return matched, tuple(unmatched)


def _doubtful(publications: Iterable[Publication], feed: Feed, path: Path) -> list[Problem]:
    """Return a problem for each unread row whose cells hold an identifier of a publication."""
    known = {one for pub in publications for one in (pub.doi, pub.pmid) if one}
    return [
        Problem(row.wrong, "status-row", file=path, line=row.line)
        for row in feed.unread
        if any(identifier in cell for identifier in known for cell in row.about)
    ]


def _standing(notices: list[Notice]) -> Notice | str:
    """Return the notice that holds after all, or what forbids to say so.

    A graver one holds against a milder one, whichever came first; only a dated one that puts the
    publication back into the record lifts those before it.
    """
    ordered = in_order(notices)
    standing = ordered[0]
    for notice in ordered[1:]:
        if notice.lifts != standing.lifts and notice.published == standing.published:
            return (
                f"{notice.about()}: rows of one day ({notice.published}) call it "
                f"{standing.status} and {notice.status}: say which came last."
            )
        graver = STATUSES.index(notice.status) >= STATUSES.index(standing.status)
        if graver or notice.lifts:
            standing = notice
    return standing


def _kind(publication: Publication, notice: Notice) -> str:
    if publication.status == notice.status:
        return "already"
    if publication.status == "not-checked" or notice.lifts:
        return "changed"
    graver = STATUSES.index(notice.status) > STATUSES.index(publication.status)
    return "changed" if graver else "kept"


def _rewritten(
    triples: Iterable[ox.Triple], outcome: Outcome, seen: date, source: str | None
) -> list[ox.Triple]:
    """Return a file's triples with the status that an outcome gives a publication."""
    about, notice = outcome.publication.iri, outcome.notice
    subject = ox.NamedNode(about)
    kept = [
        triple
        for triple in triples
        if triple.subject != subject
        or triple.predicate.value not in (_STATUS, _NOTICE, _SOURCE, _SEEN)
    ]
    address = ox.Literal(notice.source or source or "", datatype=ox.NamedNode(_XSD + "anyURI"))
    day = ox.Literal(seen.isoformat(), datatype=ox.NamedNode(_XSD + "date"))
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (_STATUS, ox.NamedNode(_OF_TOKENS[notice.status])),
        (_NOTICE, ox.Literal(notice.words)),
        (_SOURCE, address),
        (_SEEN, day),
    ]
    return kept + [ox.Triple(subject, ox.NamedNode(name), value) for name, value in said]
