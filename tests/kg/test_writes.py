"""What clients send to be written: documents, read without fetching."""

import pyoxigraph as ox
import pytest

from osteokg.kg.errors import PayloadSyntaxError, RequestError
from osteokg.kg.writes import Payload, triples_of

G = "http://example.org/g"
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
TURTLE, NQ, TRIG = ox.RdfFormat.TURTLE, ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG


def objects(payload):
    return {str(triple.object) for triple in triples_of(payload)}


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        ("<http://x/s> <http://x/p> <http://example.org/o> .", TURTLE),
        ("<> <p> <o> .", TURTLE),
        ("<http://x/s> <http://x/p> <http://example.org/o> .", ox.RdfFormat.N_TRIPLES),
        ("<http://x/s> <http://x/p> <http://example.org/o> .", NQ),
        ("{ <> <p> <o> }", TRIG),
        ('{"@id": "", "http://x/p": {"@id": "o"}}', ox.RdfFormat.JSON_LD),
        (
            f'{RDF}<rdf:Bag rdf:about=""><x:p rdf:resource="o"/></rdf:Bag></rdf:RDF>',
            ox.RdfFormat.RDF_XML,
        ),
    ],
)
def test_documents_are_read_from_their_base(content, format_):
    assert "<http://example.org/o>" in objects(Payload(content.encode(), format_, G))


def test_blank_nodes_are_each_document_s_own():
    one, other = (triples_of(Payload(b"_:b <x:p> 1 .", TURTLE)) for _ in range(2))
    assert one[0].subject != other[0].subject


def test_a_triple_that_is_said_twice_is_one():
    assert len(triples_of(Payload(b"<x:a> <x:p> 1, 1 . <x:a> <x:p> 1 .", TURTLE))) == 1


@pytest.mark.parametrize(
    ("content", "format_", "line"),
    [("<x:a>\n <x:p> .", TURTLE, 2), ("{\n nonsense", ox.RdfFormat.JSON_LD, 2), ("<a", NQ, 1)],
)
def test_a_document_that_does_not_parse_says_where(content, format_, line):
    with pytest.raises(PayloadSyntaxError) as told:
        triples_of(Payload(content.encode(), format_))
    assert told.value.line == line


@pytest.mark.parametrize(
    ("content", "format_", "words"),
    [
        (f"<x:a> <x:p> 1 <{G}> .".replace("1", '"1"'), NQ, f"names the graph <{G}>"),
        (f"<x:a> <x:p> 1 . <{G}> {{ <x:a> <x:p> 1 }}", TRIG, "one graph is written at a time"),
        ("<x:a> <x:p> <<( <x:a> <x:p> 1 )>> .", TURTLE, "RDF 1.2"),
        ('{"@context": "http://127.0.0.1:9/c", "@id": "x:a"}', ox.RdfFormat.JSON_LD, "remote"),
        (b"<x:a> <x:p> '\xff' .", TURTLE, "line 1"),
    ],
)
def test_what_is_not_read_is_the_sender_s_error(content, format_, words):
    with pytest.raises(RequestError, match=words):
        triples_of(Payload(content if isinstance(content, bytes) else content.encode(), format_))


def test_nothing_is_fetched_for_a_document(listening):
    address, asked = listening
    with pytest.raises(RequestError):
        triples_of(Payload(f'{{"@context": "{address}"}}'.encode(), ox.RdfFormat.JSON_LD))
    xml = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{address}">]><r>&e;</r>'
    with pytest.raises(RequestError):
        triples_of(Payload(xml.encode(), ox.RdfFormat.RDF_XML))
    assert not asked()
