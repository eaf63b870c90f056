"""Data blocks: what search engines read in a page, in the words of schema.org."""

import json
import re
from functools import cache
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from osteokg.api.structured import block, structured
from osteokg.kg.entity import Entity

SCHEMA = "https://schema.org/"


class Blocks(HTMLParser):
    """Collect the scripts of a page: their attributes and their text."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.found.append([dict(attrs), ""])
            self._open = True

    def handle_endtag(self, tag):
        self._open = self._open and tag != "script"

    def handle_data(self, data):
        if self._open:
            self.found[-1][1] += data


@cache
def expanded(text):
    """Return the one node of a block, expanded by PyLD with the names of schema.org."""
    told = json.loads(text)
    assert told["@context"] == "https://schema.org"
    (node,) = jsonld.expand({**told, "@context": {"@vocab": SCHEMA}})
    return node


@pytest.fixture(scope="module")
def block_of(server):
    def read(path):
        page = server.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        scripts = Blocks(page.text).found
        blocks = [text for attributes, text in scripts if attributes == TYPE]
        assert len(blocks) == len(scripts), "a page runs nothing"
        return json.loads(blocks[0]) if blocks else None

    return read


TYPE = {"type": "application/ld+json"}


@pytest.mark.parametrize("path", ["/", "/void"])
def test_the_dataset(server, block_of, path):
    told = block_of(path)
    assert told["@type"] == "Dataset"
    assert told["@id"] == "https://w3id.org/osteokg/"
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "datePublished" not in told
    assert "publisher" not in told
    addresses = [download["contentUrl"] for download in told["distribution"]]
    listed = server.get("/dumps/current", follow_redirects=True).json()["files"]
    assert addresses == [file["address"] for file in listed]


def test_a_publication(block_of):
    told = block_of("/id/publication/larch-2010")
    assert told == {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": "https://w3id.org/osteokg/id/publication/larch-2010",
        "name": "What vitamins do for bones that nobody has",
        "headline": "What vitamins do for bones that nobody has",
        "author": [{"@type": "Person", "name": name} for name in ("Larch A", "Reed B")],
        "datePublished": "2010",
    }


def test_a_term_and_the_set_of_terms(block_of):
    told = block_of("/vocab/Femur")
    assert told["@type"] == "DefinedTerm"
    assert told["name"] == "femur"
    assert told["inDefinedTermSet"] == "https://w3id.org/osteokg/vocab/"
    assert "http://purl.obolibrary.org/obo/UBERON_0000981" in told["sameAs"]
    whole = block_of("/ontology")
    assert whole["@type"] == "DefinedTermSet"
    assert {"@id": told["@id"]} in whole["hasDefinedTerm"]
    assert whole["version"] == "0.1.0"


def test_what_schema_org_has_no_word_for_is_not_told(block_of):
    assert block_of("/id/finding/quill-2001-k2-bone-mass-femur") is None


@pytest.mark.parametrize("path", ["/", "/id/publication/larch-2010", "/vocab/Femur", "/ontology"])
def test_it_is_json_ld_whose_every_word_is_of_schema_org(server, path):
    page = server.get(path, headers={"Accept": "text/html"}, follow_redirects=True).text
    ((_, text),) = Blocks(page).found
    node = expanded(text)
    assert node["@type"][0].startswith(SCHEMA)
    assert all(key.startswith((SCHEMA, "@")) for key in node)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_no_text_gets_out_of_its_block(told):
    written = block({"@type": "Thing", **told})
    assert not re.search("[<>&]", written)
    assert json.loads(written) == {"@context": "https://schema.org", "@type": "Thing", **told}


def test_an_issue_is_of_a_volume_of_a_journal_as_far_as_it_is_known():
    iri = "https://w3id.org/osteokg/id/publication/x-2001"
    okg, node = "https://w3id.org/osteokg/vocab/", ox.NamedNode(iri)
    facts = {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": ox.NamedNode(f"{okg}PrimaryArticle"),
        f"{okg}journal": ox.Literal("J Bones"),
        f"{okg}volume": ox.Literal("7"),
        f"{okg}issue": ox.Literal("2"),
        f"{okg}doi": ox.Literal("10.1000/x"),
        f"{okg}pmid": ox.Literal("12"),
    }
    triples = [ox.Triple(node, ox.NamedNode(name), value) for name, value in facts.items()]
    told = structured(Entity(iri, triples), None)
    assert told["isPartOf"] == {
        "@type": "PublicationIssue",
        "issueNumber": "2",
        "isPartOf": {
            "@type": "PublicationVolume",
            "volumeNumber": "7",
            "isPartOf": {"@type": "Periodical", "name": "J Bones"},
        },
    }
    assert told["sameAs"] == ["https://doi.org/10.1000/x", "https://pubmed.ncbi.nlm.nih.gov/12/"]
    without = [t for t in triples if t.predicate.value != f"{okg}issue"]
    assert structured(Entity(iri, without), None)["isPartOf"]["@type"] == "PublicationVolume"
