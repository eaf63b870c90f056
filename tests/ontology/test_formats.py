"""The file in OWL functional syntax says what its source says."""

import subprocess
import sys
from collections import Counter

import pyhornedowl
from pyhornedowl.model import DisjointClasses

from osteokg.kg.ontology import ontology_bytes


def axioms(content: bytes, syntax: str) -> Counter[str]:
    ontology = pyhornedowl.open_ontology_from_string(content.decode(), syntax)
    return Counter(
        str(one)
        for one in ontology.get_components()
        if not isinstance(one.component, DisjointClasses)  # the RDF reader leaves some out
    )


def test_the_file_in_functional_syntax_is_fresh(project):
    script = project / "docs" / "make_functional_syntax.py"
    command = [sys.executable, str(script), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_written_can_be_read_back_as_the_same_axioms():
    written = axioms(ontology_bytes("ofn"), "ofn")
    assert sum(written.values()) > 3000
    assert written == axioms(ontology_bytes("rdf"), "rdf")


def test_sets_of_disjoint_classes_are_not_lost():
    text = ontology_bytes("ofn").decode()
    assert "DisjointClasses(okg:DietaryIntervention okg:Procedure okg:Substance)" in text


def test_the_same_ontology_gives_the_same_bytes():
    ontology_bytes.cache_clear()
    first = {name: ontology_bytes(name) for name in ("nt", "rdf", "jsonld")}
    ontology_bytes.cache_clear()
    assert first == {name: ontology_bytes(name) for name in first}


def test_the_core_imports_nothing():
    assert b"http://www.w3.org/2002/07/owl#imports" not in ontology_bytes("nt")
