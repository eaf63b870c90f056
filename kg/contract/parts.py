"""Parts: what findings and studies are made of – terms, articles, arms, sentences – as models."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "Anchor",
    "Arm",
    "Comparison",
    "Experiment",
    "Exposure",
    "Link",
    "LiteralValue",
    "Name",
    "Population",
    "Publication",
    "Reference",
    "Resource",
    "SingleStudy",
    "Study",
    "Text",
]


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=True
    )


class LiteralValue(_Model):
    """A text that is not what its key says by itself: in another language, or of another type."""

    value: Annotated[str, Field(alias="@value")]
    language: Annotated[str | None, Field(alias="@language")] = None
    type: Annotated[str | None, Field(alias="@type")] = None


Text: TypeAlias = str | LiteralValue
"""A text: plain (labels, definitions and paraphrases are English), or with what it is in."""

Name = Annotated[str, Field(description="The name of a thing, e.g. osteokg:finding/…")]


class Link(_Model):
    """A term or value: its name, and what it is called."""

    id: str
    label: Text | None = None


class Resource(_Model):
    """A thing that is told whole: its name and its classes."""

    id: Name
    type: list[str] = []


class Publication(Resource):
    """An article: what it is, where it appeared, and whether it still stands."""

    label: Text | None = None
    title: Text | None = None
    creator: Text | None = None
    issued: Text | None = None
    journal: Text | None = None
    volume: Text | None = None
    issue: Text | None = None
    pages: Text | None = None
    doi: Text | None = None
    pmid: Text | None = None
    publication_status: Link | None = None
    status_notice: Text | None = None
    status_source: list[Text] | None = None
    status_seen: list[Text] | None = None


class Reference(Resource):
    """A numbered entry of a publication's list, and the study that it stands for."""

    reference_number: int | None = None
    cited_in: Publication | None = None
    refers_to: Name | None = None
    identity_confidence: Link | None = None


class SingleStudy(Resource):
    """What one publication, or one number of a list, reports."""

    label: Text | None = None
    named_as: Text | None = None
    publication: Publication | None = None
    reference: list[Reference] = []
    species: Link | None = None


class Study(SingleStudy):
    """A study, or several that are cited together for one result: then these are its members."""

    joint_attribution: list[SingleStudy] = []


class Exposure(Resource):
    """An agent or procedure in a role, with the dose as far as it is stated."""

    agent: Link | None = None
    role: Link | None = None
    dose_text: Text | None = None
    dose_value: Text | None = None
    dose_minimum: Text | None = None
    dose_maximum: Text | None = None
    dose_unit: Text | None = None
    route: Link | None = None
    schedule: Text | None = None
    regimen: Link | None = None


class Experiment(Resource):
    """The arms that may be compared with each other."""

    label: Text | None = None
    experiment_of: Name | None = None
    method: list[Link] = []


class Arm(Resource):
    """Animals with the same exposures; the last four are computed from these."""

    label: Text | None = None
    exposure: list[Exposure] = []
    part_of_experiment: Experiment | None = None
    sample_size: int | None = None
    sex: Link | None = None
    strain: Link | None = None
    age: Text | None = None
    maturity: Text | None = None
    model: list[Link] = []
    inducing_procedure: list[Link] = []
    treatment_agent: list[Link] = []
    control_condition: list[Link] = []


class Comparison(Resource):
    """An ordered pair of arms; the contrast is computed."""

    target_arm: Arm | None = None
    reference_arm: Arm | None = None
    contrast: list[Link] = []


class Anchor(Resource):
    """The sentence that a statement stands on: where it is, and its digest, never its text."""

    source: Publication | None = None
    section: Text | None = None
    sentence: Text | None = None
    figure: int | None = None
    digest: Text | None = None
    piece_digests: Text | None = None
    normalisation: Text | None = None


class Population(Resource):
    """The people of a clinical finding."""

    label: Text | None = None
    disease: list[Link] = []
    sex: Link | None = None
    age_group: Text | None = None
    body_part: Link | None = None
