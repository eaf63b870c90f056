"""The contract of the syntheses: what their JSON says, as pydantic models for OpenAPI.

A thing has ``id``, a compact IRI as in ``/context.jsonld``, and keys of that context wherever the
graph has a property for it: so a cell is read as JSON-LD, and says what the graph says of it. Keys
that the context does not know (``votes``, ``conflict`` …) are of the synthesis, not of the graph.
The models are read from what ``osteokg.kg.synthesis`` returns, attribute by attribute.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from osteokg.kg import synthesis
from osteokg.kg.names import ID, VOCAB

__all__ = [
    "AddOn",
    "Answer",
    "Cell",
    "Change",
    "Claim",
    "Claims",
    "Conclusion",
    "Contradictions",
    "Directions",
    "EvidenceMap",
    "Finding",
    "Gap",
    "Gaps",
    "Named",
    "Pair",
    "Question",
    "Votes",
    "compact",
]


def compact(iri: str) -> str:
    """Return an IRI as our JSON-LD writes it: ``osteokg:finding/…``, ``okg:Femur``."""
    if iri.startswith(ID):
        return "osteokg:" + iri.removeprefix(ID)
    return "okg:" + iri.removeprefix(VOCAB) if iri.startswith(VOCAB) else iri


Iri = Annotated[str, BeforeValidator(compact)]
Said = Annotated[str | None, BeforeValidator(lambda text: text or None)]
Conflict = Literal["contradiction", "disagreement", "inconsistency"]
Switch = Literal["retracted", "second-hand", "presupposed"]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class Named(_Read):
    """A term or thing: its compact IRI and what to call it."""

    id: Iri = Field(validation_alias="iri")
    label: str


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


class Cell(_Read):
    """A cell of the evidence, readable as JSON-LD: what it is about, and which way it points."""

    id: Iri = Field(validation_alias=_of_cell("iri"))
    type: list[Literal["okg:EvidenceCell"]] = ["okg:EvidenceCell"]
    contrast: Named = Field(validation_alias=_of_cell("contrast"))
    intervention: list[Named] = Field(validation_alias=_of_cell("interventions"))
    model: list[Named] = Field(validation_alias=_of_cell("models"))
    inducingProcedure: list[Named] = Field(  # noqa: N815 - a key of the context
        validation_alias=_of_cell("procedures")
    )
    comparator: list[Named] = Field(validation_alias=_of_cell("comparators"))
    outcome: Named = Field(validation_alias=_of_cell("outcome"))
    compartment: Named = Field(validation_alias=_of_cell("compartment"))
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

    items: list[Cell]


class Mark(_Read):
    """What an experiment says in a cell; votes is false where it is not counted."""

    direction: synthesis.Direction
    votes: bool
    findings: list[Iri]


class Line(_Read):
    """An experiment with its marks, by cell."""

    experiment: Named
    study: Named
    retracted: bool
    marks: dict[Iri, Mark]


class Column(_Read):
    """An outcome in a compartment, with the votes of all experiments."""

    cell: Iri = Field(validation_alias=_of_cell("iri"))
    outcome: Named = Field(validation_alias=_of_cell("outcome"))
    compartment: Named = Field(validation_alias=_of_cell("compartment"))
    points: synthesis.Direction = Field(validation_alias="direction")
    votes: Votes


class Question(_Read):
    """A question with its effect directions: an outcome in each column, an experiment in a line."""

    question: str = Field(validation_alias="words")
    contrast: Named
    intervention: list[Named] = Field(validation_alias="interventions")
    model: list[Named] = Field(validation_alias="models")
    comparator: list[Named] = Field(validation_alias="comparators")
    columns: list[Column]
    lines: list[Line]


class Directions(Answer):
    """Effect directions, a table for each question."""

    items: list[Question]


class Finding(_Read):
    """A finding, as far as it is shown beside another."""

    id: Iri = Field(validation_alias="finding")
    paraphrase: str
    direction: synthesis.Direction
    contrast: list[Named] = Field(validation_alias="contrasts")
    intervention: list[Named] = Field(validation_alias="interventions")
    model: list[Named] = Field(validation_alias="models")
    comparator: list[Named] = Field(validation_alias="comparators")
    outcome: list[Named] = Field(validation_alias="outcomes")
    site: list[Named] = Field(validation_alias="sites")
    compartment: list[Named] = Field(validation_alias="compartments")
    study: list[Named] = Field(validation_alias="studies")
    anchor: list[Named] = Field(validation_alias="anchors")
    dose: list[str] = Field(validation_alias="doses")
    retracted: bool


class Reason(_Read):
    """What might explain that two findings part, and what each says of it."""

    id: Iri = Field(validation_alias=AliasPath("term", "iri"))
    label: str = Field(validation_alias=AliasPath("term", "label"))
    one: Said
    other: Said


class Pair(_Read):
    """Two findings that part."""

    id: Iri = Field(validation_alias="iri")
    kind: Conflict
    one: Finding
    other: Finding
    discriminator: list[Reason] = Field(validation_alias="reasons")


class Contradictions(Answer):
    """The pairs of findings that part, the strongest kind first."""

    items: list[Pair]


class Gap(_Read):
    """An agent, a model and a compartment of bone of which there is no finding."""

    id: Iri = Field(validation_alias="iri")
    type: list[Literal["okg:Gap"]] = ["okg:Gap"]
    intervention: Named
    model: Named
    compartment: Named


class Gaps(Answer):
    """What has never been measured."""

    items: list[Gap]


class AddOn(_Read):
    """A finding that compares a combination with one of its agents."""

    kind: Literal["add-on"] = "add-on"
    better: bool
    finding: Finding = Field(validation_alias="facts")


class Claim(_Read):
    """A claim that agents act together, with what holding it against the single arms says."""

    kind: Literal["interaction-claim"] = "interaction-claim"
    id: Iri = Field(validation_alias="iri")
    paraphrase: str
    interactionKind: Named = Field(  # noqa: N815 - a key of the context
        validation_alias="relation"
    )
    agents: list[Named]
    against: list[Named]
    combined: list[Finding]
    single: list[Finding]
    auditResult: list[Named] = Field(  # noqa: N815 - a key of the context
        validation_alias="verdicts"
    )


class Proposition(_Read):
    """What a conclusion says of one outcome, with the findings for and against it."""

    id: Iri = Field(validation_alias="iri")
    intervention: list[Named] = Field(validation_alias="interventions")
    model: list[Named] = Field(validation_alias="models")
    outcome: list[Named] = Field(validation_alias="outcomes")
    site: list[Named] = Field(validation_alias="sites")
    compartment: list[Named] = Field(validation_alias="compartments")
    direction: list[Named] = Field(validation_alias="directions")
    judgement: list[Named] = Field(validation_alias="judgements")
    supportedBy: list[Iri] = Field(  # noqa: N815 - a key of the context
        validation_alias="supporting"
    )
    opposedBy: list[Iri] = Field(validation_alias="opposing")  # noqa: N815 - a key of the context
    undecidedBy: list[Iri] = Field(  # noqa: N815 - a key of the context
        validation_alias="undecided"
    )
    auditResult: Named = Field(validation_alias="verdict")  # noqa: N815 - a key of the context


class Conclusion(_Read):
    """A conclusion with the verdict on it."""

    kind: Literal["conclusion"] = "conclusion"
    id: Iri = Field(validation_alias="iri")
    paraphrase: str
    auditResult: Named = Field(validation_alias="verdict")  # noqa: N815 - a key of the context
    proposition: list[Proposition] = Field(validation_alias="propositions")


class Claims(Answer):
    """Combinations beside their agents, claims on them, and conclusions, in this order."""

    items: list[AddOn | Claim | Conclusion]
