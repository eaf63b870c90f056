"""The projection into Biolink: which edges there are, what each states, the same bytes again."""

import csv
import io

import pyoxigraph as ox

from osteokg.kg.biolink import EDGE_COLUMNS, NODE_COLUMNS, PRIMARY_SOURCE, kgx_files

PREFIXES = """
@prefix okg: <https://w3id.org/osteokg/vocab/> .
@prefix finding: <https://w3id.org/osteokg/id/finding/> .
@prefix study: <https://w3id.org/osteokg/id/study/> .
@prefix publication: <https://w3id.org/osteokg/id/publication/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix mesh: <http://id.nlm.nih.gov/mesh/> .
"""
TERMS = """
okg:Tonic rdfs:label "tonic"@en ; okg:coveredBy okg:Tonic , okg:Substance .
okg:Salt rdfs:label "salt"@en ; okg:coveredBy okg:Salt , okg:Substance .
okg:Surgery rdfs:label "surgery"@en ; okg:coveredBy okg:Surgery .
okg:Brittle a okg:DiseaseTerm ; rdfs:label "brittle bones"@en ; okg:coveredBy okg:Brittle .
okg:BrittleOfAge a okg:DiseaseTerm ; rdfs:label "brittle bones of age"@en ;
  okg:coveredBy okg:BrittleOfAge , okg:Brittle .
okg:OldRat a okg:AnimalModelTerm ; rdfs:label "old rat"@en ; okg:modelSpecies okg:Rat ;
  okg:coveredBy okg:OldRat , okg:AnyOld .
okg:AnyOld a okg:AnimalModelTerm ; rdfs:label "old animal"@en ; okg:modelOf okg:BrittleOfAge .
okg:YoungRat a okg:AnimalModelTerm ; rdfs:label "young rat"@en ; okg:modelSpecies okg:Rat ;
  okg:coveredBy okg:YoungRat .
okg:Rat a okg:Species ; rdfs:label "rat"@en .
okg:Mass a okg:OutcomeTerm ; rdfs:label "mass"@en ; okg:termNature "quality" .
okg:Growth a okg:OutcomeTerm ; rdfs:label "growth"@en ; okg:termNature "process" .
okg:Leg a okg:SiteTerm ; rdfs:label "leg"@en .
okg:SiteNotStated a okg:SiteTerm ; rdfs:label "not stated"@en .
okg:Increased skos:notation "increased" ; okg:oppositeDirection okg:Decreased .
okg:Decreased skos:notation "decreased" ; okg:oppositeDirection okg:Increased .
"""
MAPPINGS = """
okg:Tonic skos:exactMatch mesh:D1 , obo:CHEBI_2 , obo:CHEBI_1 , obo:XCO_9 .
okg:Salt skos:closeMatch obo:CHEBI_3 .
okg:Leg skos:exactMatch obo:UBERON_7 .
okg:Growth skos:exactMatch obo:GO_5 , obo:CMO_5 .
okg:BrittleOfAge skos:exactMatch obo:MONDO_8 .
"""


def finding(slug, *, study, says="BenefitShown", direction="Increased", **more):
    """Return a finding with its computed shortcuts, its study and a publication of that."""
    facts = {
        "contrast": "TreatmentEffect",
        "intervention": "okg:Tonic",
        "model": "okg:OldRat",
        "outcome": "okg:Mass",
        "site": "okg:Leg",
        "status": "Current",
        "retraction": "",
        **more,
    }
    benefit = f"okg:benefit okg:{says} ;" if says else ""
    retraction = f"okg:retraction okg:{facts['retraction']} ;" if facts["retraction"] else ""
    return f"""
finding:{slug} a okg:Finding ; okg:contrast okg:{facts["contrast"]} ; {benefit} {retraction}
  okg:intervention {facts["intervention"]} ; okg:model {facts["model"]} ;
  okg:outcome {facts["outcome"]} ; okg:site {facts["site"]} ; okg:direction okg:{direction} ;
  okg:study study:{study} ; okg:attributedTo study:{study} .
study:{study} okg:publication publication:{study} .
publication:{study} okg:publicationStatus okg:{facts["status"]} .
"""


def files_of(*turtle):
    store = ox.Store()
    store.load(PREFIXES + TERMS + "".join(turtle), ox.RdfFormat.TURTLE)
    return kgx_files(store)


def rows(content):
    text = io.StringIO(content.decode(), newline="")
    return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def projected(*turtle):
    """Return nodes by name, and edges by the names of their parts, read as a sentence."""
    files = files_of(*turtle)
    nodes = {row["id"]: row for row in rows(files["osteokg_nodes.tsv"])}
    edges = {}
    for row in rows(files["osteokg_edges.tsv"]):
        ends = [nodes[row[end]]["name"] for end in ("subject", "object")]
        place = row["anatomical_context_qualifier"]
        words = [ends[0], row["predicate"].split(":")[1], row["object_direction_qualifier"]]
        words += [ends[1], f"of {nodes[place]['name']}" if place else ""]
        key = " ".join(filter(None, words))
        assert key not in edges
        edges[key] = row
    return {row["name"]: row for row in nodes.values()}, edges


def studies(edge, suffix=""):
    kinds = ("supporting", "null", "opposing", "mixed")
    return [edge[f"osteokg_{kind}_studies{suffix}"] for kind in kinds]


def test_a_benefit_in_a_model_is_one_for_its_disease_and_every_broader_one():
    _, edges = projected(finding("a", study="one"))
    assert set(edges) == {
        "tonic beneficial_in_models_for brittle bones of age",
        "tonic beneficial_in_models_for brittle bones",
        "tonic affects increased mass of leg",
        "old rat model_of brittle bones of age",
    }
    edge = edges["tonic beneficial_in_models_for brittle bones"]
    category = "biolink:ChemicalOrDrugOrTreatmentToDiseaseOrPhenotypicFeatureAssociation"
    assert edge["category"] == category
    assert edge["primary_knowledge_source"] == PRIMARY_SOURCE
    assert (edge["knowledge_level"], edge["agent_type"]) == (
        "knowledge_assertion",
        "computational_model",
    )
    assert edge["has_evidence"] == "osteokg:finding/a"
    assert edge["publications"] == "osteokg:publication/one"
    assert edge["evidence_count"] == "1"
    assert edge["osteokg_models"] == "okg:OldRat"
    assert edge["species_context_qualifier"] == "okg:Rat"
    assert studies(edge) == ["1", "0", "0", "0"]


def test_nulls_and_harms_are_counted_and_the_support_must_outweigh_the_harm():
    benefit = finding("a", study="one")
    null = finding("b", study="two", says="NoBenefitShown", direction="NoDifference")
    harm = finding("c", study="three", says="HarmShown", direction="Decreased")
    name = "tonic beneficial_in_models_for brittle bones"
    assert studies(projected(benefit, null)[1][name]) == ["1", "1", "0", "0"]
    _, edges = projected(benefit, null, harm)
    assert name not in edges
    edge = edges["tonic in_preclinical_trials_for brittle bones"]
    assert studies(edge) == ["1", "1", "1", "0"]
    assert edge["osteokg_supported"] == "false"
    assert (edge["knowledge_level"], edge["agent_type"]) == ("observation", "manual_agent")


def test_a_null_result_alone_is_a_trial_and_never_a_negated_benefit():
    null = finding("b", study="two", says="NoBenefitShown", direction="NoDifference")
    _, edges = projected(null)
    assert set(edges) == {
        "tonic in_preclinical_trials_for brittle bones of age",
        "tonic in_preclinical_trials_for brittle bones",
        "old rat model_of brittle bones of age",
    }
    assert "negated" not in EDGE_COLUMNS


def test_an_outcome_without_a_favourable_direction_votes_for_nothing():
    _, edges = projected(finding("a", study="one", says=""))
    edge = edges["tonic in_preclinical_trials_for brittle bones"]
    assert studies(edge) == ["0", "0", "0", "0"]
    assert edge["evidence_count"] == "1"


def test_a_study_has_one_vote_and_is_mixed_where_its_findings_differ():
    _, edges = projected(
        finding("a", study="one"),
        finding("b", study="one", outcome="okg:Growth"),
        finding("c", study="two"),
        finding("d", study="two", says="NoBenefitShown", direction="NoDifference"),
    )
    edge = edges["tonic beneficial_in_models_for brittle bones"]
    assert studies(edge) == ["1", "0", "0", "1"]
    assert edge["evidence_count"] == "4"


def test_a_joint_citation_votes_only_for_studies_without_a_finding_of_their_own():
    joint = "study:joint okg:jointAttribution study:one , study:two ."
    both = [finding("a", study="joint"), joint]
    name = "tonic beneficial_in_models_for brittle bones"
    one, two = finding("b", study="one"), finding("c", study="two")
    assert studies(projected(*both)[1][name]) == ["1", "0", "0", "0"]
    assert studies(projected(*both, one)[1][name]) == ["2", "0", "0", "0"]
    assert studies(projected(*both, one, two)[1][name]) == ["2", "0", "0", "0"]


def test_what_rests_on_retracted_work_is_counted_apart_and_named():
    _, edges = projected(
        finding("a", study="one", status="Retracted", retraction="AllSourcesRetracted"),
        finding("b", study="two", says="NoBenefitShown", direction="NoDifference"),
        'publication:one okg:pmid "11" .',
    )
    edge = edges["tonic beneficial_in_models_for brittle bones"]
    assert studies(edge) == ["1", "1", "0", "0"]
    assert studies(edge, "_without_retracted") == ["0", "1", "0", "0"]
    assert (edge["osteokg_supported"], edge["osteokg_supported_without_retracted"]) == (
        "true",
        "false",
    )
    assert edge["osteokg_retracted_publications"] == "PMID:11"
    assert edge["publications"] == "PMID:11|osteokg:publication/two"


def test_both_directions_stand_beside_each_other_with_the_same_evidence():
    _, edges = projected(
        finding("a", study="one", outcome="okg:Growth"),
        finding("b", study="two", outcome="okg:Growth", direction="Decreased", says="HarmShown"),
        finding("c", study="three", outcome="okg:Growth", direction="NoDifference", says=""),
        finding("d", study="three", outcome="okg:Growth", site="okg:SiteNotStated"),
    )
    up, down = (edges[f"tonic affects {word} growth of leg"] for word in ("increased", "decreased"))
    assert studies(up) == ["1", "1", "1", "0"]
    assert studies(down) == ["1", "1", "1", "0"]
    assert down["has_evidence"].count("finding/") == 3
    # the site is part of what is said: the finding without one is an edge of its own
    assert edges["tonic affects increased growth"]["has_evidence"] == "osteokg:finding/d"
    assert up["qualified_predicate"] == "biolink:causes"
    assert up["category"] == "biolink:ChemicalAffectsBiologicalEntityAssociation"


def test_agents_given_together_are_a_treatment_with_several_drugs():
    together = finding(
        "a", study="one", contrast="CombinationEffect", intervention="okg:Salt , okg:Tonic"
    )
    nodes, edges = projected(together)
    treatment = nodes["salt + tonic"]
    assert treatment["category"] == "biolink:Treatment"
    assert treatment["has_drug"] == "okg:Salt|okg:Tonic"
    assert {"salt", "tonic"} <= set(nodes)
    assert "salt + tonic beneficial_in_models_for brittle bones" in edges
    assert not any("affects" in name for name in edges)


def test_what_is_no_treatment_effect_of_a_chemical_in_a_model_of_a_disease_makes_no_edge():
    _, edges = projected(
        finding("a", study="one", contrast="AddOnEffect"),
        finding("b", study="one", contrast="ModelEffect"),
        finding("c", study="one", intervention="okg:Surgery"),
    )
    assert set(edges) == {"old rat model_of brittle bones of age"}
    _, edges = projected(finding("d", study="one", model="okg:YoungRat"))
    assert set(edges) == {"tonic affects increased mass of leg"}


def test_a_node_has_the_identifier_of_its_exact_mapping_in_the_vocabulary_preferred_there():
    nodes, edges = projected(finding("a", study="one", outcome="okg:Growth"), MAPPINGS)
    assert nodes["tonic"]["id"].endswith(("CHEBI:1", "CHEBI_1"))
    assert "okg:Tonic" in nodes["tonic"]["xref"].split("|")
    assert nodes["brittle bones of age"]["id"].endswith("8")
    assert nodes["brittle bones"]["id"] == "okg:Brittle"
    assert nodes["growth"]["category"] == "biolink:BiologicalProcess"
    effect = edges["tonic affects increased growth of leg"]
    assert effect["object"] == nodes["growth"]["id"]
    assert effect["anatomical_context_qualifier"] == nodes["leg"]["id"]
    nodes, _ = projected(finding("a", study="one", intervention="okg:Salt"), MAPPINGS)
    assert nodes["salt"]["id"] == "okg:Salt"  # a close mapping is another thing


def test_the_same_evidence_gives_the_same_bytes_and_no_article_text():
    turtle = [finding("b", study="two"), finding("a", study="one"), MAPPINGS]
    first = files_of(*turtle)
    assert first == files_of(*reversed(turtle))
    assert first["osteokg_nodes.tsv"].decode().splitlines()[0] == "\t".join(NODE_COLUMNS)
    header = first["osteokg_edges.tsv"].decode().splitlines()[0].split("\t")
    assert header[: len(EDGE_COLUMNS)] == list(EDGE_COLUMNS)
    assert not {"supporting_text", "description"} & {*header, *NODE_COLUMNS}
    assert b"\r" not in b"".join(first.values())


def test_evidence_without_treatments_gives_headers_only():
    files = files_of()
    assert all(len(content.splitlines()) == 1 for content in files.values())


def test_every_identifier_and_edge_of_the_invented_evidence_stands_on_its_findings(version):
    files = kgx_files(version.store)
    nodes = {row["id"] for row in rows(files["osteokg_nodes.tsv"])}
    edges = rows(files["osteokg_edges.tsv"])
    assert edges
    known = {
        quad.subject.value
        for quad in version.store.quads_for_pattern(
            None,
            ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
            ox.NamedNode("https://w3id.org/osteokg/vocab/Finding"),
            ox.DefaultGraph(),
        )
    }
    for edge in edges:
        assert {edge["subject"], edge["object"]} <= nodes
        named = filter(None, edge["has_evidence"].split("|"))
        found = {name.replace("osteokg:", "https://w3id.org/osteokg/id/") for name in named}
        assert found <= known
        assert found or edge["predicate"] == "biolink:model_of"
