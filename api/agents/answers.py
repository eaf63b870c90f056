"""What the tools for agents answer: data with where they come from, and what was left out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from osteokg import __version__
from osteokg.kg.metadata import about
from osteokg.kg.names import BASE

__all__ = [
    "Card",
    "EvidenceSummary",
    "FindingInBrief",
    "Provenance",
    "Question",
    "Questions",
    "Result",
    "Statement",
    "TermFound",
    "Terms",
    "provenance_of",
]


class Provenance(BaseModel):
    """Say what an answer was made from, so that it can be cited and asked again."""

    dataset: str = Field(description="IRI of the dataset")
    version: str = Field(description="id of the version of the data that answered")
    release: str = Field(description="release of OsteoKG")
    license: str = Field(description="licence of the data")


class _Answer(BaseModel):
    provenance: Provenance
    truncated: bool = Field(description="whether something was left out of this answer")
    what_to_do: str | None = Field(default=None, description="how to get what was left out")


class Card(_Answer):
    """Hold the schema card."""

    card: str = Field(description="the schema card, Markdown")


class TermFound(BaseModel):
    """Hold a term that was found."""

    iri: str
    curie: str
    kind: str
    label: str
    found_as: str = Field(description="the name of it that fits")
    synonyms: list[str]
    definition: str | None
    findings: dict[str, int] = Field(
        description="findings on it or anything below it, by direction of change"
    )
    also: list[str] = Field(description="its equals in other vocabularies, as CURIEs")


class Terms(_Answer):
    """Hold the terms that were found, best first."""

    total: int
    terms: list[TermFound]


class Result(_Answer):
    """Hold the answer to a query: rows, a truth or triples, by the form of the query."""

    columns: list[str] = []
    rows: list[dict[str, str]] = Field(
        default=[], description="one object per solution; IRIs in <>, literals as their text"
    )
    total: int = Field(default=0, description="number of rows or triples of the whole answer")
    truth: bool | None = Field(default=None, description="the answer to ASK")
    triples: list[str] = Field(
        default=[], description="the answer to CONSTRUCT or DESCRIBE, N-Triples"
    )


class Anchor(BaseModel):
    """Hold where a statement stands: section and sentence of a publication."""

    iri: str
    publication: str
    section: str
    sentence: str
    figure: str | None


class Statement(_Answer):
    """Hold a finding, or another thing, with where it stands."""

    iri: str
    says: str = Field(description="what it says in our own words, or its label")
    anchors: list[Anchor]
    nanopublication: str | None = Field(description="trusty URI of its nanopublication")
    data: dict[str, Any] = Field(description="everything said of it, JSON-LD in our context")


class Question(BaseModel):
    """Hold a named question."""

    name: str
    title: str
    description: str
    sparql: str | None = None


class Questions(_Answer):
    """Hold the named questions."""

    questions: list[Question]


class FindingInBrief(BaseModel):
    """Hold a finding in one line."""

    iri: str
    says: str
    direction: str
    contrast: str
    studies: list[str]
    retracted: bool = Field(description="some or all of its sources are retracted")
    disputed: bool = Field(description="another finding contradicts it or saw no difference")


class EvidenceSummary(_Answer):
    """Hold what the findings say that involve all of some terms."""

    terms: list[str] = Field(description="the terms as they were understood, IRIs")
    total: int
    by_direction: dict[str, int]
    studies: int
    retracted: int
    disputed: int
    findings: list[FindingInBrief]
    caution: str = Field(
        default="Counts of findings are no weights: several may come of one experiment, and most "
        "are known only from a review. Read them with their anchors."
    )


def provenance_of(version: str) -> Provenance:
    """Return where the answers from a version of the data come from."""
    return Provenance(dataset=BASE, version=version, release=__version__, license=about().license)
