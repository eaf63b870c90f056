"""Hold nanopublications to the libraries that others wrote for them.

    python .ci/nanopubs.py UNSIGNED.trig SIGNED.trig KEY

runs where ``nanopub`` and ``nanopub-sign`` are installed. Each nanopublication must be valid and
have the trusty URI that its content gives it, as both say. Of the signed ones the Python library
signs what they are made of again with the same key: URI and signature must come out the same
(its own check of a signature takes any). KEY is the key in base64, as these tools keep it.
"""

import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import nanopub_sign
from nanopub import Nanopub, NanopubConf, Profile
from rdflib import ConjunctiveGraph, URIRef
from rdflib.namespace import RDF

warnings.simplefilter("ignore")  # of the library's own use of rdflib
SCHEMA = "http://www.nanopub.org/nschema#"
BASE = "https://w3id.org/osteokg/np/"
SAMPLE = 12
"""Of the signed ones each twelfth is judged: they differ from the others by the signature."""


def nanopubs(path: str) -> Iterator[str]:
    """Give the nanopublications of a TriG file, each as a document, as it was written."""
    text = Path(path).read_text(encoding="utf-8")
    prefixes, *bodies = re.split(r"^(?=\S+Head> \{)", text, flags=re.MULTILINE)
    return (prefixes + body for body in bodies)


def graph_of(document: str) -> ConjunctiveGraph:
    """Return what the Python library reads."""
    graph = ConjunctiveGraph()
    graph.parse(data=document, format="trig")
    return graph


def judge(document: str) -> None:
    """Raise what either library raises about a nanopublication that is not valid."""
    read = Nanopub(rdf=graph_of(document))
    assert read.is_valid
    assert read.has_valid_trusty
    nanopub_sign.Nanopub(document).check()


def refused(document: str) -> None:
    """Fail if a library takes a nanopublication in which something was changed."""
    broken = document.replace("okg:hedged false", "okg:hedged true")
    assert broken != document
    for check in (
        lambda: Nanopub(rdf=graph_of(broken)).has_valid_trusty,
        lambda: nanopub_sign.Nanopub(broken).check(),
    ):
        try:
            check()
        except Exception as error:  # noqa: BLE001 - the library in Rust raises one of its own
            sys.stderr.write(f"refused: {str(error).splitlines()[0][:100]}\n")
        else:
            raise SystemExit("a changed nanopublication is taken")


def signed_again(document: str, key: str) -> tuple[str, str]:
    """Return the name of a nanopublication, and the one it has when the library signs it itself."""
    graph = graph_of(document)
    name = str(next(graph.subjects(RDF.type, URIRef(SCHEMA + "Nanopublication"))))
    quads = graph.serialize(format="nquads").splitlines()
    unsigned = "\n".join(line for line in quads if "#sig>" not in line)
    bare = ConjunctiveGraph()
    bare.parse(data=re.sub(f"{re.escape(name)}#?", BASE, unsigned), format="nquads")
    made = Nanopub(rdf=bare, conf=NanopubConf(profile=Profile("", "", private_key=key)))
    made.sign()
    return name, str(made.source_uri)


def main(unsigned: str, signed: str, key: str) -> int:
    """Return 0 if the libraries agree with all that was written."""
    secret = Path(key).read_text(encoding="ascii").strip()
    every, every_signed = list(nanopubs(unsigned)), list(nanopubs(signed))
    index, some = every_signed[-1], every_signed[:-1][::SAMPLE]
    for documents in (every, some, [index]):
        for document in documents:
            judge(document)
    refused(every[0])
    refused(some[0])
    # Not the index: the library takes whatever begins as its own name does, as the names of its
    # elements do, for a part of it.
    for document in some:
        name, again = signed_again(document, secret)
        if again != name:
            raise SystemExit(f"{name} is called {again} when the library signs it")
    sys.stderr.write(f"{len(every)} nanopublications are valid, {len(some)} signed ones too\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
