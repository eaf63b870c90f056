"""The sentences of the review on the pages, where the operator has its text."""

import re

import httpx2
import pytest

from osteokg.kg.anchors import digest

FINDING = "/id/finding/asawa-2004-k2-bone-resorption-femur"
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def reading(serving, shared):
    """Return a client of a server that has the review's text."""
    with serving("--source", str(shared / "source" / "reading-order.txt")) as client:
        yield client


def quoted(client: httpx2.Client, path: str) -> list[str]:
    page = client.get(path, headers=BROWSER, follow_redirects=True).text
    return re.findall(r"<blockquote>(.*?)</blockquote>", page, re.DOTALL)


def test_a_finding_shows_its_sentence(reading):
    data = reading.get(f"{FINDING}.jsonld").json()
    (anchor,) = data["anchor"]
    (sentence,) = quoted(reading, FINDING)
    assert digest(sentence) == anchor["digest"]
    (again,) = quoted(reading, f"/id/{anchor['id'].removeprefix('osteokg:')}")
    assert again == sentence


def test_data_hold_no_sentence(reading):
    (sentence,) = quoted(reading, FINDING)
    for suffix in ("ttl", "jsonld", "nt", "rdf"):
        assert sentence[:40] not in reading.get(f"{FINDING}.{suffix}").text


def test_without_the_text_its_place_is_told(serving):
    with serving() as client:
        assert quoted(client, FINDING) == []
        assert "S035" in client.get(f"{FINDING}.html").text
