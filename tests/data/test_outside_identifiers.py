"""Whoever knows only ChEBI, UBERON, XCO, MeSH, CMO or GO finds what we find by our own terms."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph as ox
import pytest

from osteokg.kg.files import find_sources, mappings_file
from osteokg.kg.names import VOCAB, contract, expand, prefixes

PROLOGUE = "".join(f"PREFIX {name}: <{of}>\n" for name, of in prefixes().items())
PLACES = {
    "intervention": "okg:intervention",
    "procedure": "okg:comparison/okg:targetArm/okg:inducingProcedure",
    "model": "okg:model",
    "site": "okg:site",
    "compartment": "okg:compartment",
    "outcome": "okg:outcome",
}
COVERING = {"skos:exactMatch", "skos:closeMatch", "skos:broadMatch"}
KINDS = {
    "intervention": "okg:InterventionTerm",
    "procedure": "okg:InterventionTerm",
    "model": "okg:AnimalModelTerm",
    "site": "okg:SiteTerm",
    "compartment": "okg:CompartmentTerm",
    "outcome": "okg:OutcomeTerm",
}

EVERY_MODEL = (
    "SexHormoneDeficiencyModel DisuseModel GlucocorticoidExcessModel NutritionalDeficiencyModel "
    "CalciumImbalanceModel"
)

# Where one asks, by which identifier, and the terms of ours by which the same is asked.
ASKED = [
    ("intervention", "CHEBI:28384", "VitaminK"),
    ("intervention", "CHEBI:16374", "VitaminK2"),
    ("intervention", "CHEBI:73558", "VitaminD3"),
    ("intervention", "CHEBI:77383", "Bisphosphonate"),
    ("intervention", "CHEBI:135189", "Incadronate"),
    ("intervention", "CHEBI:8868", "Risedronate"),
    ("intervention", "CHEBI:50739", "SelectiveEstrogenReceptorModulator"),
    # a role: what has it in ChEBI, and what is given for it
    ("intervention", "CHEBI:50646", "Menatetrenone Alfacalcidol VitaminD2 AntiresorptiveAgent"),
    ("intervention", "MESH:D004164", "Bisphosphonate"),
    ("intervention", "MESH:D014812", "VitaminK"),
    ("intervention", "XCO:0000543", "VitaminD"),
    ("procedure", "XCO:0000094", "Ovariectomy"),
    ("procedure", "XCO:0000026", "Gonadectomy"),
    ("procedure", "XCO:0000920", "MineralDeficientDiet"),
    ("procedure", "XCO:0000031", "CalciumDeficientDiet"),
    ("procedure", "XCO:0000373", "SciaticNeurectomy"),
    ("procedure", "CHEBI:24261", "Glucocorticoid"),
    ("procedure", "MESH:D019417", "TailSuspension"),
    ("procedure", "MESH:D010052", "Ovariectomy"),
    ("model", "MESH:D004195", EVERY_MODEL),
    ("site", "UBERON:0000981", "Femur"),
    ("site", "UBERON:0000979", "Tibia"),
    ("site", "UBERON:0001438", "Metaphysis"),
    ("site", "UBERON:0004378", "ProximalTibialMetaphysis"),
    ("site", "UBERON:0006074", "LumbarSpine"),
    ("site", "UBERON:0002103", "Hindlimb"),
    ("site", "UBERON:0002495", "LongBone"),
    ("site", "MESH:D005269", "Femur"),
    ("site", "MESH:D005272", "FemoralNeck"),
    ("compartment", "UBERON:0002483", "CancellousBone"),
    ("compartment", "UBERON:0001439", "CorticalBone"),
    ("compartment", "UBERON:0002481", "WholeBone"),
    ("compartment", "UBERON:4200230", "EndocorticalSurface PeriostealSurface"),
    ("outcome", "CMO:0001226", "BoneMineralDensity"),
    ("outcome", "CMO:0001557", "Strength"),
    ("outcome", "CMO:0000503", "SerumCalcium"),
    ("outcome", "CMO:0002963", "SerumParathyroidHormone"),
    ("outcome", "GO:0045453", "BoneResorption"),
    ("outcome", "GO:0001503", "BoneFormation"),
    ("outcome", "GO:0046849", "Turnover"),
    ("outcome", "VT:0000134", "CorticalThickness"),
]

Findings = Mapping[tuple[str, str], set[str]]


@pytest.fixture(scope="module")
def found(store: ox.Store) -> Findings:
    """Return the findings by where one asks and by what covers the value there."""
    by_cover: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, path in PLACES.items():
        rows = store.query(
            f"{PROLOGUE}SELECT ?finding ?cover {{ ?finding a okg:Finding ; "
            f"{path}/okg:coveredBy ?cover }}"
        )
        for row in rows:
            by_cover[place, row["cover"].value].add(row["finding"].value)
    return by_cover


@pytest.mark.parametrize(("place", "outside", "ours"), ASKED)
def test_an_outside_identifier_finds_what_our_terms_find(store, place, outside, ours):
    """Asked as a user would: nothing of ours in the query but the properties."""

    def asked(*identifiers: str) -> set[str]:
        rows = store.query(
            f"{PROLOGUE}SELECT DISTINCT ?finding {{ VALUES ?x {{ {' '.join(identifiers)} }} "
            f"?finding a okg:Finding ; {PLACES[place]}/okg:coveredBy ?x }}"
        )
        return {row["finding"].value for row in rows}

    by_outside = asked(outside)
    assert by_outside
    assert by_outside == asked(*(f"okg:{term}" for term in ours.split()))


def test_one_of_each_vocabulary_is_asked_by():
    asked_by = {outside.partition(":")[0] for _, outside, _ in ASKED}
    assert asked_by >= {"CHEBI", "UBERON", "XCO", "MESH", "CMO", "GO"}


def ancestors(start: str, above: Mapping[str, set[str]]) -> set[str]:
    """Return a name and all that lies above it."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(above.get(name, ()))
    return seen


def edges(paths: Iterable, *properties: str) -> dict[str, set[str]]:
    """Return what the files state by these properties, from below to above."""
    above: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE):
            named = isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
            if named and contract(quad.predicate.value) in properties:
                above[quad.subject.value].add(quad.object.value)
    return above


def test_every_outside_term_covers_just_what_a_walk_through_the_files_reaches(store):
    """The same walk in Python: up our hierarchy, over one row of the table, up theirs."""
    sources = find_sources()
    ours = edges(sources.ontology, "rdfs:subClassOf", "okg:partOf")
    theirs = edges(
        sources.imports,
        *("rdfs:subClassOf", "BFO:0000050", "RO:0000087", "skos:broader", "skos:broaderTransitive"),
    )
    mapped: dict[str, set[str]] = defaultdict(set)
    with mappings_file().open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t"):
            covers = row["predicate_id"] in {
                "skos:exactMatch",
                "skos:closeMatch",
                "skos:broadMatch",
            }
            if covers and row["object_id"] != "sssom:NoTermFound":
                mapped[expand(row["subject_id"])].add(expand(row["object_id"]))
    covered: dict[str, set[str]] = defaultdict(set)
    for row in store.query(f"{PROLOGUE}SELECT ?term ?cover {{ ?term okg:coveredBy ?cover }}"):
        if not row["cover"].value.startswith(VOCAB):
            covered[row["term"].value].add(row["cover"].value)
    terms = {
        row["term"].value
        for row in store.query(f"{PROLOGUE}SELECT ?term {{ ?term okg:coveredBy ?term }}")
    }
    walked = {
        term: {
            above
            for own in ancestors(term, ours)
            for entry in mapped.get(own, ())
            for above in ancestors(entry, theirs)
        }
        for term in terms
    }
    assert covered == {term: reached for term, reached in walked.items() if reached}
    assert len(set().union(*walked.values())) > 500


@pytest.mark.parametrize("place", PLACES)
def test_what_is_exactly_the_same_finds_exactly_the_same(store, found, place):
    rows = store.query(
        f"{PROLOGUE}SELECT ?term ?same {{ ?term a {KINDS[place]} ; skos:exactMatch ?same }}"
    )
    pairs = [(row["term"].value, row["same"].value) for row in rows]
    differing = [
        (contract(term), contract(same))
        for term, same in pairs
        if found.get((place, term), set()) != found.get((place, same), set())
    ]
    assert differing == []
    # No animal is the same as anything outside: what it is made by is of another kind.
    assert any((place, same) in found for _, same in pairs) == (place != "model")


@pytest.mark.parametrize(
    ("term", "not_above", "why"),
    [
        ("DistalFemoralMetaphysis", "UBERON:0006862", "a metaphysis is no part of the diaphysis"),
        ("FemoralMetaphysis", "UBERON:0004769", "a metaphysis is no part of the diaphysis"),
        ("FemoralNeck", "UBERON:0006862", "nor is the neck"),
        ("FemoralNeck", "UBERON:0001438", "and it is no metaphysis"),
        ("Osteoporosis", "MONDO:0003847", "osteoporosis is not hereditary as such"),
        ("Osteoporosis", "MONDO:0019019", "nor osteogenesis imperfecta"),
        ("BoneResorption", "MP:0004992", "increased resorption is an outcome with a direction"),
        ("OvariectomyModel", "XCO:0000095", "an animal is no procedure"),
        ("BoneMineralDensity", "CMO:0001553", "volumetric density is only one kind"),
        ("MicroComputedTomography", "MMO:0000026", "excised bones are scanned too"),
    ],
)
def test_a_known_trap_is_not_stepped_into(store, term, not_above, why):
    ask = f"{PROLOGUE}ASK {{ okg:{term} okg:coveredBy {not_above} }}"
    assert not store.query(ask), why


def test_every_outside_term_in_the_graph_has_a_name(store):
    rows = store.query(
        f"{PROLOGUE}SELECT DISTINCT ?outside {{ "
        "{ ?term okg:coveredBy ?outside } UNION "
        "{ ?term skos:exactMatch|skos:closeMatch|skos:broadMatch|skos:narrowMatch|"
        "skos:relatedMatch ?outside } FILTER NOT EXISTS { ?outside rdfs:label ?label } }"
    )
    assert [row["outside"].value for row in rows] == []
