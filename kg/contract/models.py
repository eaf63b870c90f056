"""Models: the shape of each resource in JSON.

The keys are those of the JSON-LD context (``ontology/context/``), in camel case here and
there, so that the same document is RDF. Three rules make the shape: a term or value is an object
with ``id`` and ``label``; a thing is told whole where it belongs to what is told (a finding's
comparison, its arms), else it is its name (``osteokg:finding/…``); and what may be several is
always an array, empty where there is none. A single value that nobody has stated is left out, and
so are ``altLabel``, ``hiddenLabel``, ``statusSource`` and ``statusSeen`` where there is none:
JSON-LD cannot tell of an empty array which type or language its values would have had.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from osteokg.kg.contract.parts import (
    Anchor,
    Comparison,
    Link,
    Name,
    Population,
    Resource,
    Study,
    Text,
)

__all__ = [
    "ITEMS",
    "Cell",
    "CellsPage",
    "ClinicalFinding",
    "Conclusion",
    "CountedTerm",
    "Explanation",
    "Finding",
    "FindingsPage",
    "InteractionClaim",
    "InteractionComponent",
    "Link",
    "MechanismStatement",
    "Proposition",
    "Statement",
    "StudiesPage",
    "Term",
    "TermsPage",
    "Thing",
    "ThingsPage",
]


class Statement(Resource):
    """What somebody states, in our own words, and the sentences that say so.

    ``finding`` and ``kind`` are what the findings table has under these names: they are for who
    reads plain JSON, and neither in the RDF nor in the JSON-LD.
    """

    finding: str | None = None
    kind: str | None = None
    paraphrase: Text | None = None
    anchor: list[Anchor] = []
    wording: Text | None = None
    hedged: bool | None = None
    inferred: bool | None = None
    inferred_from: list[Name] = []
    scope_uncertain: bool | None = None
    scope_reason: Text | None = None
    sic: Text | None = None
    curator_note: list[Text] = []


class _Result(Statement):
    """What findings in animals, in people and in dishes have in common."""

    direction: Link | None = None
    outcome: list[Link] = []
    site: Link | None = None
    compartment: Link | None = None
    intervention: list[Link] = []
    significance: Link | None = None
    degree: Link | None = None
    judgement: Link | None = None
    magnitude: Text | None = None
    magnitude_text: Text | None = None
    time_pattern: Link | None = None
    time_point: Text | None = None
    method: list[Link] = []
    study: list[Study] = []
    attributed_to: list[Name] = []
    had_primary_source: list[Name] = []
    retraction: Link | None = None
    as_explanation: bool | None = None


class Finding(_Result):
    """A comparison of two arms on one outcome at one place, with what the rules compute of it."""

    comparison: Comparison | None = None
    presupposed: bool | None = None
    contrast: list[Link] = []
    model: list[Link] = []
    inducing_procedure: list[Link] = []
    comparator: list[Link] = []
    overshoots: bool | None = None
    risk_of_bias: Link | None = None
    same_experiment_as: list[Name] = []
    benefit: Link | None = None
    cell: Name | None = None
    counteracts: list[Name] = []
    reinforces: list[Name] = []
    agrees_with: list[Name] = []
    contradicts: list[Name] = []
    disagrees_with: list[Name] = []
    inconsistent_with: list[Name] = []


class ClinicalFinding(_Result):
    """An effect or an association in people."""

    population: Population | None = None
    associated_factor: list[Link] = []


class MechanismStatement(_Result):
    """How something acts, usually in cells in culture."""

    system: Text | None = None


class Explanation(Statement):
    """Which findings are said to explain which."""

    explanans: list[Name] = []
    explanandum: list[Name] = []
    weight: Link | None = None


class InteractionComponent(Resource):
    """One agent of a combination, and the finding of it alone."""

    agent: Link | None = None
    outcome: list[Link] = []
    component_finding: list[Name] = []


class InteractionClaim(Statement):
    """How agents given together are said to compare with each alone; the audit is computed."""

    interaction_kind: Link | None = None
    component: list[InteractionComponent] = []
    combined_finding: list[Name] = []
    compared_with: list[Name] = []
    audit_result: list[Link] = []


class Proposition(Resource):
    """One thing that a conclusion says, and the findings that bear on it (computed)."""

    intervention: list[Link] = []
    model: list[Link] = []
    outcome: list[Link] = []
    site: Link | None = None
    compartment: Link | None = None
    direction: Link | None = None
    degree: Link | None = None
    judgement: Link | None = None
    audit_result: list[Link] = []
    audit_result_without_retracted: list[Link] = []
    supported_by: list[Name] = []
    opposed_by: list[Name] = []
    undecided_by: list[Name] = []


class Conclusion(Statement):
    """What reviewers conclude, proposition by proposition."""

    concluded_by: Name | None = None
    appraisal: list[Link] = []
    hedge: Link | None = None
    proposition: list[Proposition] = []
    audit_result: list[Link] = []
    audit_result_without_retracted: list[Link] = []


class Term(Resource):
    """A term of the ontology: what it means, where it stands, what others call it."""

    label: Text | None = None
    alt_label: list[Text] | None = None
    hidden_label: list[Text] | None = None
    notation: Text | None = None
    definition: Text | None = None
    sub_class_of: list[Name] = []
    part_of: list[Name] = []
    component_of: list[Name] = []
    agreement_domain: Name | None = None
    favourable_direction: Link | None = None
    directional: bool | None = None
    exact_match: list[Link] = []
    close_match: list[Link] = []
    broad_match: list[Link] = []
    narrow_match: list[Link] = []
    related_match: list[Link] = []


class Thing(Resource):
    """Anything that has a name here, briefly."""

    label: Text | None = None
    paraphrase: Text | None = None


class Cell(Resource):
    """A cell of the evidence: findings of one contrast on one outcome in one compartment."""

    contrast: list[Link] = []
    model: list[Link] = []
    intervention: list[Link] = []
    inducing_procedure: list[Link] = []
    comparator: list[Link] = []
    outcome: list[Link] = []
    compartment: Link | None = None


ITEMS: dict[str, type[Statement]] = {
    "Finding": Finding,
    "ClinicalFinding": ClinicalFinding,
    "MechanismStatement": MechanismStatement,
    "Explanation": Explanation,
    "InteractionClaim": InteractionClaim,
    "Conclusion": Conclusion,
}
"""The models of the rows of the findings table, by class."""


class FindingsPage(BaseModel):
    """A page of findings and claims: one item for each line of the findings table.

    A conclusion with several propositions is there once for each, with that one.
    """

    model_config = ConfigDict(title="FindingsPage")

    total: int
    items: list[
        Finding | ClinicalFinding | MechanismStatement | Explanation | InteractionClaim | Conclusion
    ]
    next: str | None


class StudiesPage(BaseModel):
    """A page of studies."""

    total: int
    items: list[Study]
    next: str | None


class CountedTerm(Term):
    """A term, and how many findings name it, or it and anything below it, by direction."""

    findings: dict[str, int] = {}
    findings_below: dict[str, int] = {}


class TermsPage(BaseModel):
    """A page of terms."""

    total: int
    items: list[CountedTerm]
    next: str | None


class CellsPage(BaseModel):
    """A page of cells of the evidence."""

    total: int
    items: list[Cell]
    next: str | None


class ThingsPage(BaseModel):
    """A page of things, briefly."""

    total: int
    items: list[Thing]
    next: str | None
