"""What the endpoint says of itself, asked of a real server; the rest is in tests/kg.

https://www.w3.org/TR/sparql11-service-description/
"""

import pyoxigraph as ox
import pytest

SD = "http://www.w3.org/ns/sparql-service-description#"


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, ox.RdfFormat.TURTLE),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    ],
)
def test_the_service_describes_itself(server, accept, format_):
    triples = [
        quad.triple
        for quad in ox.parse(
            server.get("/sparql", headers={} if accept is None else {"Accept": accept}).content,
            format_,
        )
    ]
    endpoints = [t.object.value for t in triples if t.predicate.value == f"{SD}endpoint"]
    assert endpoints == [f"{str(server.base_url).rstrip('/')}/sparql"]


def test_a_host_that_is_none_does_not_get_into_the_description(raw):
    status, _, body = raw(b"GET /sparql HTTP/1.1\r\nHost: a> <b\r\nConnection: close\r\n\r\n")
    assert status in (200, 400)
    assert b"a> <b" not in body


def test_the_description_tells_what_this_service_is(server, plain):
    """The W3C's case returns_rdf, and what an operator's choices change."""

    def told(asked):
        answer = asked.get("/sparql", headers={"Accept": "application/n-triples"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        quads = list(ox.parse(answer.content, ox.RdfFormat.N_TRIPLES))
        values = {}
        for quad in quads:
            name = quad.predicate.value.removeprefix(SD)
            values.setdefault(name, set()).add(
                quad.object.value if hasattr(quad.object, "value") else ""
            )
        return values

    of_ours, of_plain = told(server), told(plain)
    assert f"{SD}UnionDefaultGraph" in of_ours["feature"]
    assert "feature" not in of_plain
    assert of_ours["supportedLanguage"] == {f"{SD}SPARQL11Query"}
    assert of_plain["supportedLanguage"] == {f"{SD}SPARQL11{n}" for n in ("Query", "Update")}
    assert "https://w3id.org/osteokg/graph/study/joint-7-12" in of_ours["name"]
    comments = of_ours["http://www.w3.org/2000/01/rdf-schema#comment"]
    assert "A query is at most 1000000 bytes long." in comments
    named = server.get("/sparql?query=SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json()
    assert of_ours["name"] == {row["g"]["value"] for row in named["results"]["bindings"]}
