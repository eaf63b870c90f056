"""The description of a thing laid out for reading: grouped facts with labels, links and parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from osteokg.kg.catalogue import view
from osteokg.kg.entity import Entity, Value
from osteokg.kg.names import BASE, PREFIXES, VOCAB, contract, kind_of
from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import Store

__all__ = ["Description", "Fact", "Group", "Linked", "Shown", "describe_for_page"]

_TYPE = PREFIXES["rdf"] + "type"
_LABEL = PREFIXES["rdfs"] + "label"
_DEFINITION = PREFIXES["skos"] + "definition"
_PARAPHRASE = VOCAB + "paraphrase"

_GROUPS = {
    "What it says": """
        agent role intervention associatedFactor comparator model population system outcome site
        compartment direction degree significance judgement magnitudeText magnitude timePattern
        timePoint contrast explanans explanandum weight interactionKind component combinedFinding
        componentFinding comparedWith proposition appraisal hedge
    """,
    "What was compared": "comparison targetArm referenceArm exposure method",
    "Where it stands": """
        study publication reference concludedBy anchor wording hadPrimarySource source section
        sentence figure digest normalisation pieceDigests
    """,
    "What to keep in mind": """
        presupposed hedged inferred inferredFrom asExplanation scopeUncertain scopeReason sic
        riskOfBias curatorNote
    """,
    "Facts": """
        title creator issued journal volume issue pages doi pmid publicationStatus statusNotice
        statusSource statusSeen doseText doseValue doseMinimum doseMaximum doseUnit
        route schedule regimen referenceNumber citedIn refersTo identityConfidence altLabel
        hiddenLabel notation subClassOf partOf IAO_0000119 exampleQuery
    """,
    "In other vocabularies": "exactMatch closeMatch broadMatch narrowMatch relatedMatch",
}
"""The groups of a page and the order in them, by local name; what is not here comes after."""

_ORDER = {name: place for place, name in enumerate(" ".join(_GROUPS.values()).split())}
_GROUP_OF = {name: title for title, names in _GROUPS.items() for name in names.split()}
_REST, _BY_RULE = "Facts", "What follows by rule"
_MATCHES = set(_GROUPS["In other vocabularies"].split())
_NOT_SHOWN = {_LABEL, _PARAPHRASE, _DEFINITION, VOCAB + "coveredBy", VOCAB + "overlaps"}

_OPENED = {"comparison", "arm", "population", "publication"}
_ONE_LINE = {"exposure", "anchor", "reference", "component", "proposition", "cell", "gap"}
_NOT_IN_PARTS = {"digest", "normalisation", "pieceDigests", "partOfExperiment", "refersTo"}
_NAMED_IN_LINE = {"sentence", "figure", "referenceNumber", "sampleSize"}
_SAID_OF_NOTHING = {"not stated", "not reported", "none", "not applicable"}

_FOREIGN_NAMES = {
    "altLabel": "also called",
    "broadMatch": "within",
    "closeMatch": "close to",
    "creator": "authors",
    "exactMatch": "the same as",
    "hadPrimarySource": "primary source",
    "hiddenLabel": "texts also write",
    "issued": "year",
    "label": "name",
    "narrowMatch": "takes in",
    "relatedMatch": "has to do with",
    "subClassOf": "kind of",
    "type": "type",
}
_LISTED = 500  # the LIMIT of kg/views/linked.rq
_OBO = re.compile(r"http://purl\.obolibrary\.org/obo/([A-Za-z]+)_(\d+)")
_DOI = "https://doi.org/"


@dataclass(frozen=True)
class Shown:
    """Hold a value as a page shows it: its words, where they lead, what is said of a part."""

    text: str
    link: str | None = None
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Fact:
    """Hold a property and its values; ``name`` is the local name, ``label`` the words for it."""

    name: str
    label: str
    values: list[Shown]


@dataclass(frozen=True)
class Group:
    """Hold the facts under one heading."""

    title: str
    facts: list[Fact]


@dataclass(frozen=True)
class Linked:
    """Hold what points at a thing in the same way: with words of its own, and without."""

    label: str
    told: list[Shown]
    untold: list[Shown]


@dataclass(frozen=True)
class Description:
    """Hold what the page of a thing shows: its kind, what it is called, the facts, what links.

    ``cut`` is the number of links listed where there are more.
    """

    kind: str
    heading: str
    lead: str | None
    groups: list[Group]
    linked: list[Linked]
    cut: int | None


@dataclass(frozen=True)
class Names:
    """Hold what properties and classes are called, and which of them only rules write."""

    labels: dict[str, str]
    computed: set[str]

    def label(self, iri: str) -> str:
        """Return the words for a property or class: its label, or its local name in words."""
        name = _local(iri)
        if not iri.startswith(VOCAB) and name in _FOREIGN_NAMES:
            return _FOREIGN_NAMES[name]
        return self.labels.get(iri) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


async def _names(store: Store, things: Iterable[str]) -> Names:
    answer = await store.query(Query(view("names", things), rows=ROW_FORMATS[0]))
    rows = json.loads(answer.body)["results"]["bindings"]
    return Names(
        {row["thing"]["value"]: row["label"]["value"] for row in rows},
        {row["thing"]["value"] for row in rows if "computed" in row},
    )


async def describe_for_page(
    store: Store, entity: Entity, linked: Sequence[tuple[str, str, str]]
) -> Description:
    """Return the description of a thing and of what links to it, laid out for its page."""
    values = dict(entity.properties())
    types = [value.iri for value in values.get(_TYPE, []) if value.iri]
    properties = {triple.predicate.value for triple in entity.triples}
    names = await _names(store, {*types, *properties, *(iri for iri, _, _ in linked)})
    kinds = [iri for iri in types if iri.startswith(VOCAB)]
    # What a rule adds is told further down, unless a rule made the thing.
    kinds = [iri for iri in kinds if iri not in names.computed] or kinds
    definitions = values.get(_DEFINITION, [])
    # What a symmetric property says both ways is told once.
    said = {(name, value.iri) for name, those in values.items() for value in those}
    return Description(
        kind=", ".join(sorted(names.label(iri) for iri in kinds)) or _kind_in_ontology(types),
        heading=_called(entity, names, entity.iri),
        lead=definitions[0].text if definitions else None,
        groups=_groups(entity, names),
        linked=_grouped(names, [link for link in linked if link[:2] not in said]),
        cut=_LISTED if len(linked) >= _LISTED else None,
    )


def _kind_in_ontology(types: Iterable[str]) -> str:
    """Return what a name is that the ontology itself is written with: class or property."""
    words = [_local(iri) for iri in types]
    if any(word.endswith("Property") for word in words):
        return "property"
    return "class" if "Class" in words else "term"


def _local(iri: str) -> str:
    return re.split(r"[/#]", iri)[-1]


def _groups(entity: Entity, names: Names) -> list[Group]:
    by_title: dict[str, list[Fact]] = {title: [] for title in (*_GROUPS, _BY_RULE)}
    for iri, fact in _facts(entity, names, entity.iri):
        rest = _BY_RULE if iri in names.computed else _REST
        foreign = not iri.startswith((VOCAB, PREFIXES["prov"], PREFIXES["skos"]))
        by_title[rest if foreign else _GROUP_OF.get(fact.name, rest)].append(fact)
    return [Group(title, facts) for title, facts in by_title.items() if facts]


def _facts(entity: Entity, names: Names, iri: str) -> list[tuple[str, Fact]]:
    """Return the facts of a thing (or a part of it) in reading order, with the property's IRI."""
    found = []
    for property_iri, values in entity.properties(iri):
        if property_iri in _NOT_SHOWN:
            continue
        name = _local(property_iri)
        if property_iri == _TYPE:
            found.extend(_classes_by_rule(names, values))
            continue
        shown = [_shown(entity, names, name, value, within=iri) for value in values]
        found.append((property_iri, Fact(name, names.label(property_iri), shown)))
    return sorted(found, key=lambda pair: (_ORDER.get(pair[1].name, len(_ORDER)), pair[1].label))


def _classes_by_rule(names: Names, types: Sequence[Value]) -> list[tuple[str, Fact]]:
    """Return the fact that a thing is of classes that a rule recognises beside its own."""
    iris = [value.iri for value in types if value.iri and value.iri.startswith(VOCAB)]
    defined = [iri for iri in iris if iri in names.computed]
    if not defined or len(defined) == len(iris):
        return []
    shown = sorted((Shown(names.label(iri), iri) for iri in defined), key=lambda one: one.text)
    return [(defined[0], Fact("type", "is also a", shown))]


def _shown(entity: Entity, names: Names, name: str, value: Value, within: str) -> Shown:
    if value.iri is None:
        words = {"true": "yes", "false": "no"}.get(value.text, value.text)
        return Shown(words, _link_of_text(name, value.text))
    if name in _MATCHES:
        return Shown(f"{value.text} ({contract(value.iri)})", value.iri)
    if not value.iri.startswith(BASE):
        named = value.text != contract(value.iri)
        return Shown(value.text if named else _words_of(value.iri), value.iri)
    if name == "exampleQuery":
        return Shown("ask the graph", value.iri)
    facts = []
    if kind_of(value.iri) in _OPENED and value.iri != within:
        facts = [fact for iri, fact in _facts_of_part(entity, names, value.iri)]
    return Shown(_called(entity, names, value.iri), value.iri, facts)


def _facts_of_part(entity: Entity, names: Names, iri: str) -> list[tuple[str, Fact]]:
    return [
        (property_iri, fact)
        for property_iri, fact in _facts(entity, names, iri)
        if property_iri not in names.computed and fact.name not in _NOT_IN_PARTS
    ]


def _called(entity: Entity, names: Names, iri: str) -> str:
    """Return what to call a thing: label or paraphrase, else what its own facts say of it."""
    kind = kind_of(iri)
    own = entity.name_of(iri)
    if own != contract(iri) or kind not in _ONE_LINE | {"comparison"}:
        return own
    parts = dict(entity.properties(iri))
    if kind == "comparison":
        arms = [parts.get(VOCAB + name, []) for name in ("targetArm", "referenceArm")]
        target, *reference = [values[0].text for values in arms if values] or [own]
        study = target.partition(": ")[0] + ": "
        return " against ".join([target, *(label.removeprefix(study) for label in reference)])
    words = [
        _in_line(fact, value)
        for _, fact in _facts_of_part(entity, names, iri)
        for value in fact.values
    ]
    return " · ".join(words) or own


def _in_line(fact: Fact, value: Shown) -> str:
    if fact.name in _NAMED_IN_LINE or value.text in _SAID_OF_NOTHING:
        return f"{fact.label} {value.text}"
    return value.text


def _words_of(address: str) -> str:
    """Return the identifier that an address of another ontology or a DOI is made of, else it."""
    if found := _OBO.fullmatch(address):
        return f"{found[1]}:{found[2]}"
    return f"doi:{address.removeprefix(_DOI)}" if address.startswith(_DOI) else address


def _link_of_text(name: str, text: str) -> str | None:
    """Return where a literal leads: DOI, PubMed id or web address."""
    if name == "doi":
        return _DOI + text
    if name == "pmid":
        return f"https://pubmed.ncbi.nlm.nih.gov/{text}/"
    if text.startswith(("https://", "http://")):
        return text
    return None


def _grouped(names: Names, linked: Iterable[tuple[str, str, str]]) -> list[Linked]:
    """Return what links here by property; properties with the same sources stand together."""
    sources: dict[str, dict[str, str]] = {}
    for property_iri, source, label in linked:
        sources.setdefault(property_iri, {})[source] = label
    labels: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for property_iri, called in sources.items():
        key = tuple(sorted(called.items(), key=lambda pair: pair[::-1]))
        labels.setdefault(key, []).append(names.label(property_iri))
    return sorted(
        (
            Linked(
                ", ".join(sorted(said)),
                [Shown(label, iri) for iri, label in key if label != contract(iri)],
                [Shown(label, iri) for iri, label in key if label == contract(iri)],
            )
            for key, said in labels.items()
        ),
        key=lambda group: (not group.told, group.label),
    )
