"""Write ontology/osteokg.ofn: the ontology in OWL 2 functional syntax, from ontology/osteokg.ttl.

Run as ``python docs/make_functional_syntax.py``; ``--check`` changes nothing and exits 1 if the
file is stale. The writer is horned-owl's (https://github.com/phillord/horned-owl), whose RDF reader
leaves out ``owl:AllDisjointClasses`` without a word
(https://github.com/phillord/horned-owl/pull/289): these axioms are added here, and what was read is
counted, so that nothing else gets lost unseen. ``pytest -m reasoner`` has the OWL API compare the
two files axiom by axiom.
"""

import sys
from pathlib import Path

import pyhornedowl
from pyhornedowl import model
from rdflib import OWL, RDF, Graph
from rdflib.collection import Collection

from osteokg.kg.names import PREFIXES
from osteokg.kg.ontology import ontology_bytes

TARGET = Path(__file__).parent.parent / "ontology" / "osteokg.ofn"


def functional_syntax() -> str:
    """Return the ontology in functional syntax, axioms in horned-owl's order, prefixes sorted."""
    rdf_xml = ontology_bytes("rdf").decode()
    ontology = pyhornedowl.open_ontology_from_string(rdf_xml, "rdf")
    graph = Graph().parse(data=rdf_xml, format="xml")
    sets = [
        sorted(str(member) for member in Collection(graph, members))
        for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses)
        for members in graph.objects(axiom, OWL.members)
    ]
    for members in sorted(sets):
        classes = [ontology.class_(iri) for iri in members]
        ontology.add_component(model.DisjointClasses(classes))
    read = sum(type(one.component) is model.DisjointClasses for one in ontology.get_components())
    said = len(sets) + len(list(graph.triples((None, OWL.disjointWith, None))))
    if read != said:
        raise SystemExit(f"{said} axioms say that classes are disjoint, {read} were written")
    used = (prefix for prefix in sorted(PREFIXES) if PREFIXES[prefix] in rdf_xml)
    for prefix in used:
        ontology.prefix_mapping.add_prefix(prefix, PREFIXES[prefix])
    return ontology.save_to_string("ofn")


def main() -> int:
    """Write the file; with ``--check`` say only whether it is stale."""
    text = functional_syntax()
    if "--check" in sys.argv:
        stale = not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text
        if stale:
            command = "python docs/make_functional_syntax.py"
            sys.stderr.write(f"{TARGET.name} is stale: run '{command}'\n")
        return int(stale)
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
