"""The contract of the syntheses: what their JSON says, as pydantic models for OpenAPI.

A thing has ``id``, a compact IRI as in ``/context/1.jsonld``, and keys of that context wherever the
graph has a property for it, as in ``osteokg.kg.contract``: so a cell is read as JSON-LD, and says
what the graph says of it. Keys that the context does not know (``votes``, ``conflict`` …) are of
the synthesis, not of the graph. The models are read from what ``osteokg.kg.synthesis`` returns,
attribute by attribute.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasGenerator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from osteokg.kg import synthesis
from osteokg.kg.contract.models import Link
from osteokg.kg.names import ID, VOCAB

__all__ = [
    "AddOn",
    "Answer",
    "AuditedClaim",
    "AuditedConclusion",
    "BriefFinding",
    "Change",
    "Claims",
    "Contradictions",
    "EffectDirections",
    "EvidenceCell",
    "EvidenceMap",
    "Gap",
    "Gaps",
    "PartedPair",
    "Question",
    "Votes",
    "compact",
]


def compact(iri: str) -> str:
    """Return an IRI as our JSON-LD writes it: ``osteokg:finding/…``, ``okg:Femur``."""
    if iri.startswith(ID):
        return "osteokg:" + iri.removeprefix(ID)
    return "okg:" + iri.removeprefix(VOCAB) if iri.startswith(VOCAB) else iri


def _link(term: Any) -> Any:
    return Link(id=compact(term.iri), label=term.label) if hasattr(term, "iri") else term


def _pointing(direction: str) -> Link:
    (iri,) = (iri for iri, token in synthesis.DIRECTIONS.items() if token == direction)
    return Link(id=compact(iri), label=direction.replace("-", " "))


Iri = Annotated[str, BeforeValidator(compact)]
Linked = Annotated[Link, BeforeValidator(_link)]
Several = list[Linked]
Alone = Annotated[list[Link], BeforeValidator(lambda term: [_link(term)])]
"""One term, in an array as the context has it."""
Pointing = Annotated[Link, BeforeValidator(_pointing)]
"""A direction as the value that the graph has for it."""
Said = Annotated[str | None, BeforeValidator(lambda text: text or None)]
Conflict = Literal["contradiction", "disagreement", "inconsistency"]
Switch = Literal["retracted", "second-hand", "presupposed"]


class _Read(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(serialization_alias=to_camel),
        extra="forbid",
        frozen=True,
        from_attributes=True,
    )


class Votes(_Read):
    """The experiments of a cell, by the direction that they vote for."""

    increased: int
    decreased: int
    null: int
    mixed: int
    sign_test: float | None = Field(
        description="Two-sided exact sign test of the increased against the decreased; null "
        "without either, and for more than 30 of them."
    )


def _of_cell(name: str) -> AliasPath:
    return AliasPath("cell", name)


class EvidenceCell(_Read):
    """A cell of the evidence, readable as JSON-LD: what it is about, and which way it points."""

    id: Iri = Field(validation_alias=_of_cell("iri"))
    type: list[Literal["okg:EvidenceCell"]] = ["okg:EvidenceCell"]
    contrast: Alone = Field(validation_alias=_of_cell("contrast"))
    intervention: Several = Field(validation_alias=_of_cell("interventions"))
    model: Several = Field(validation_alias=_of_cell("models"))
    inducing_procedure: Several = Field(validation_alias=_of_cell("procedures"))
    comparator: Several = Field(validation_alias=_of_cell("comparators"))
    outcome: Alone = Field(validation_alias=_of_cell("outcome"))
    compartment: Linked = Field(validation_alias=_of_cell("compartment"))
    points: synthesis.Direction = Field(
        description="The direction of all votes if alike, else mixed.", validation_alias="direction"
    )
    votes: Votes
    findings: list[Iri]
    studies: list[Iri]
    experiments: list[Iri]
    conflict: Annotated[Conflict | None, BeforeValidator(lambda text: text or None)] = Field(
        description="The strongest way in which a finding of the cell parts with another one."
    )


class Change(_Read):
    """What is said otherwise once evidence is left out; null where nothing is said."""

    id: Iri = Field(validation_alias="iri")
    about: str
    aspect: str = Field(description="What has changed; all: nothing is left, or it is new.")
    before: Said
    after: Said


class Answer(_Read):
    """What each synthesis says of itself."""

    version: str = Field(description="The version of the data; empty if it is not known.")
    without: list[Switch] = Field(description="What was left out.")
    filters: dict[str, list[str]] = Field(description="What was asked for.")
    left_out: dict[Switch, int] = Field(description="How many of the findings each switch took.")
    changes: list[Change] = Field(description="What differs from the same with nothing left out.")
    total: int
    next: str | None = Field(description="Where the items that follow are.")


class EvidenceMap(Answer):
    """The evidence map: its cells, in the order of what was given, to which animals."""

    items: list[EvidenceCell]


class Mark(_Read):
    """What an experiment says in a cell; votes is false where it is not counted."""

    direction: synthesis.Direction
    votes: bool
    findings: list[Iri]


class Line(_Read):
    """An experiment with its marks, by cell."""

    experiment: Linked
    study: Linked
    retracted: bool
    marks: dict[Iri, Mark]


class Column(_Read):
    """An outcome in a compartment, with the votes of all experiments."""

    cell: Iri = Field(validation_alias=_of_cell("iri"))
    outcome: Linked = Field(validation_alias=_of_cell("outcome"))
    compartment: Linked = Field(validation_alias=_of_cell("compartment"))
    points: synthesis.Direction = Field(validation_alias="direction")
    votes: Votes


class Question(_Read):
    """A question with its effect directions: an outcome in each column, an experiment in a line."""

    question: str = Field(validation_alias="words")
    contrast: Linked
    intervention: Several = Field(validation_alias="interventions")
    model: Several = Field(validation_alias="models")
    comparator: Several = Field(validation_alias="comparators")
    columns: list[Column]
    lines: list[Line]


class EffectDirections(Answer):
    """Effect directions, a table for each question."""

    items: list[Question]


class _Stated(_Read):
    """What is stated, by a finding or a proposition: of what, where, in which animals."""

    id: Iri = Field(validation_alias="iri")
    intervention: Several = Field(validation_alias="interventions")
    model: Several = Field(validation_alias="models")
    outcome: Several = Field(validation_alias="outcomes")
    site: Several = Field(validation_alias="sites")
    compartment: Several = Field(validation_alias="compartments")


class BriefFinding(_Stated):
    """A finding, as far as it is shown beside another."""

    id: Iri = Field(validation_alias="finding")
    paraphrase: str
    direction: Pointing
    contrast: Several = Field(validation_alias="contrasts")
    comparator: Several = Field(validation_alias="comparators")
    study: Several = Field(validation_alias="studies")
    anchors: Several
    dose: list[str] = Field(validation_alias="doses")
    retracted: bool


class Reason(_Read):
    """What might explain that two findings part, and what each says of it."""

    id: Iri = Field(validation_alias=AliasPath("term", "iri"))
    label: str = Field(validation_alias=AliasPath("term", "label"))
    one: Said
    other: Said


class PartedPair(_Read):
    """Two findings that part."""

    id: Iri = Field(validation_alias="iri")
    kind: Conflict
    one: BriefFinding
    other: BriefFinding
    discriminator: list[Reason] = Field(validation_alias="reasons")


class Contradictions(Answer):
    """The pairs of findings that part, the strongest kind first."""

    items: list[PartedPair]


class Gap(_Read):
    """An agent, a model and a compartment of bone of which there is no finding."""

    id: Iri = Field(validation_alias="iri")
    type: list[Literal["okg:Gap"]] = ["okg:Gap"]
    intervention: Linked
    model: Linked
    compartment: Linked


class Gaps(Answer):
    """What has never been measured."""

    items: list[Gap]


class AddOn(_Read):
    """A finding that compares a combination with one of its agents."""

    kind: Literal["add-on"] = "add-on"
    better: bool
    finding: BriefFinding = Field(validation_alias="facts")


class AuditedClaim(_Read):
    """A claim that agents act together, with what holding it against the single arms says."""

    kind: Literal["interaction-claim"] = "interaction-claim"
    id: Iri = Field(validation_alias="iri")
    paraphrase: str
    interaction_kind: Linked = Field(validation_alias="relation")
    agents: Several
    against: Several
    combined: list[BriefFinding]
    single: list[BriefFinding]
    audit_result: Several = Field(validation_alias="verdicts")


class AuditedProposition(_Stated):
    """What a conclusion says of one outcome, with the findings for and against it."""

    direction: Several = Field(validation_alias="directions")
    judgement: Several = Field(validation_alias="judgements")
    supported_by: list[Iri] = Field(validation_alias="supporting")
    opposed_by: list[Iri] = Field(validation_alias="opposing")
    undecided_by: list[Iri] = Field(validation_alias="undecided")
    audit_result: Linked = Field(validation_alias="verdict")


class AuditedConclusion(_Read):
    """A conclusion with the verdict on it."""

    kind: Literal["conclusion"] = "conclusion"
    id: Iri = Field(validation_alias="iri")
    paraphrase: str
    audit_result: Linked = Field(validation_alias="verdict")
    proposition: list[AuditedProposition] = Field(validation_alias="propositions")


class Claims(Answer):
    """Combinations beside their agents, claims on them, and conclusions, in this order."""

    items: list[AddOn | AuditedClaim | AuditedConclusion]
