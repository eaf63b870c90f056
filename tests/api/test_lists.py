"""The lists of a real server: filters, words, order, pages, formats, links, problems."""

import csv
import io
import json
import re
from html import unescape

import httpx2
import pyoxigraph as ox
import pytest

from osteokg.kg.contract.models import (
    CellsPage,
    FindingsPage,
    StudiesPage,
    TermsPage,
    ThingsPage,
)
from osteokg.kg.jsonld import context

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MODELS = {
    "findings": FindingsPage,
    "studies": StudiesPage,
    "terms": TermsPage,
    "things": ThingsPage,
    "cells": CellsPage,
}


@pytest.fixture(scope="module")
def given(server: httpx2.Client):
    """Return the JSON of an address."""

    def asked(path):
        response = server.get(path)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()

    return asked


def links_of(response):
    """Return the targets of a Link header by relation and type."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?', response.headers["link"])
    return {(relation, type_): target for target, relation, type_ in found}


# Findings


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 19),
        ("intervention=okg:VitaminK2&outcome=bone mass&direction=no-difference", 1),
        ("intervention=CHEBI:28384&site=UBERON:0000981&contrast=treatment-effect", 3),
        ("study=nib-2002", 3),
        ("reference=12&reference=9", 4),
        ("status=retracted&kind=finding&outcome=BoneStrength", 2),
        ("q=dish", 1),
        ("site=&q=&intervention=", 19),
    ],
)
def test_filters_leave_the_same_in_every_format(server, given, query, total):
    page = given(f"/findings?{query}")
    assert page["total"] == len(page["items"]) == total
    names = [item["finding"] for item in page["items"]]
    rows = csv.DictReader(io.StringIO(server.get(f"/findings.csv?{query}").text, newline=""))
    assert [row["finding"] for row in rows] == names
    document = server.get(f"/findings.jsonld?{query}").json()
    assert document.pop("@context") == context()
    plain = ("finding", "kind")
    assert document == {
        "items": [{k: v for k, v in item.items() if k not in plain} for item in page["items"]]
    }
    html = unescape(server.get(f"/findings.html?{query}").text)
    assert all(item["paraphrase"] in html for item in page["items"])
    triples = set(ox.parse(server.get(f"/findings.ttl?{query}").content, ox.RdfFormat.TURTLE))
    told = set(ox.parse(server.get(f"/findings.jsonld?{query}").content, ox.RdfFormat.JSON_LD))
    # Nothing beside the items makes a named graph of them to readers that take it so.
    assert {quad.graph_name for quad in told} <= {ox.DefaultGraph()}
    assert {quad.triple for quad in told} == {quad.triple for quad in triples}


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/studies{}?site=Femur", "study"),
        ("/terms{}?kind=site&below=Femur&sort=-label", "term"),
        ("/things{}?kind=arm", "thing"),
        ("/cells{}?outcome=BoneMass", "cell"),
    ],
)
def test_every_list_says_the_same_in_every_format(server, given, address, named):
    items = given(address.format(""))["items"]
    assert len(items) > 1
    table = server.get(address.format(".csv"))
    assert table.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    names = dict.fromkeys(row[named] for row in rows)
    assert [name.rpartition("/")[2] for name in names] == [
        re.split("[/:]", item["id"])[-1] for item in items
    ]
    if "label" in items[0]:
        labels = {row["label"] for row in rows}
        assert {text if isinstance(text := item["label"], str) else text["@value"]
                for item in items} == labels  # fmt: skip
    turtle = set(ox.parse(server.get(address.format(".ttl")).content, ox.RdfFormat.TURTLE))
    linked = set(ox.parse(server.get(address.format(".jsonld")).content, ox.RdfFormat.JSON_LD))
    assert turtle == linked
    subjects = {quad.subject.value.rpartition("/")[2] for quad in linked}
    assert {re.split("[/:]", item["id"])[-1] for item in items} <= subjects


@pytest.mark.parametrize("name", MODELS)
def test_tables_and_graphs_are_whole_and_pages_where_a_page_is_asked_for(server, given, name):
    total = given(f"/{name}?limit=1")["total"]
    assert total > 2
    whole = server.get(f"/{name}.jsonld").json()["items"]
    assert len(whole) == total
    some = server.get(f"/{name}.jsonld?limit=2")
    assert some.json()["items"] == whole[:2]
    assert links_of(some)[("next", "")].startswith(f"/{name}.jsonld?limit=2&cursor=")


@pytest.mark.parametrize("name", MODELS)
def test_json_ld_has_no_key_that_the_context_does_not_read(server, name):
    """A processor that is strict (jsonld.js with ``safe``, its default) refuses such a document."""

    def keys(value):
        if isinstance(value, list):
            return {key for one in value for key in keys(one)}
        if isinstance(value, dict):
            return set(value) | {key for one in value.values() for key in keys(one)}
        return set()

    document = server.get(f"/{name}.jsonld").json()
    strange = keys(document["items"]) - set(context()) - {"@value", "@language", "@type"}
    assert strange == set()


def test_the_formats_are_negotiated(server):
    for accept, type_ in [
        ("application/ld+json", "application/ld+json"),
        ("text/csv", "text/csv; header=present; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        (BROWSER, "text/html; charset=utf-8"),
        ("*/*", "application/json"),
    ]:
        response = server.get("/findings?q=dish", headers={"Accept": accept})
        assert response.headers["content-type"] == type_
        assert response.headers["vary"].startswith("Accept,")


def test_a_page_leads_to_the_next_until_all_is_told_once(server, given):
    whole = given("/findings?sort=-outcome&sort=finding")["items"]
    address, told, pages = "/findings?sort=-outcome&sort=finding&limit=7", [], 0
    while address:
        response = server.get(address)
        page = response.json()
        assert page["total"] == 19
        following = links_of(response).get(("next", ""))
        assert page["next"] == (following and str(server.base_url.join(following)))
        told += page["items"]
        address, pages = page["next"], pages + 1
    assert pages == 3
    assert told == whole
    back = links_of(response)[("prev", "")]
    assert server.get(back).json()["items"] == whole[7:14]
    assert server.get(links_of(response)[("first", "")]).json()["items"] == whole[:7]


def test_pages_of_other_formats_follow_each_other(server):
    response = server.get("/findings.csv?limit=10")
    following = server.get(links_of(response)[("next", "")])
    assert following.headers["content-type"].startswith("text/csv")
    both = response.text.splitlines()[1:] + following.text.splitlines()[1:]
    assert both == server.get("/findings.csv").text.splitlines()[1:]


def test_a_page_is_bound_to_its_version_and_may_be_kept_for_ever(server, given):
    following = given("/findings?limit=5")["next"]
    version = httpx2.URL(following).params["version"]
    assert version == given("/health")["version"]
    assert "immutable" in server.get(following).headers["cache-control"]
    gone = server.get(following.replace(version, "0" * 64))
    assert gone.status_code in (400, 410)


def test_a_cursor_of_another_list_is_refused(server, given):
    cursor = httpx2.URL(given("/findings?limit=5")["next"]).params["cursor"]
    for query in (
        f"cursor={cursor}&site=Femur",
        f"cursor={cursor[:-2]}",
        "cursor=ä",
        "cursor=AAAA",
    ):
        response = server.get(f"/findings?{query}")
        assert response.status_code == 400
        assert response.json()["parameter"] == "cursor"
        assert "follow 'next' as it is" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "parameter", "said", "suggestion"),
    [
        ("/findings?site=Femurr", "site", "Did you mean okg:Femur (femur)", "okg:Femur"),
        ("/findings?sites=Femur", "sites", "no parameter 'sites' here. Did you mean site?", "site"),
        ("/findings?limit=0", "limit", "a number from 1 to 1000", None),
        ("/findings?limit=x", "limit", "a number from 1 to 1000", None),
        ("/findings?sort=colour", "sort", "not sorted by 'colour'", None),
        ("/findings.csv?outcome=BoneMas", "outcome", "okg:BoneMass", "okg:BoneMass"),
        ("/studies?site=Femurr", "site", "Did you mean okg:Femur", "okg:Femur"),
        ("/studies?sort=finding", "sort", "no order 'finding' here", None),
        ("/terms?kind=sites", "kind", "Did you mean site?", "site"),
        ("/terms?below=Nothing", "below", "the graph has no such term", None),
        ("/terms?site=Femur", "site", "no parameter 'site' here", None),
        ("/things?kind=finger", "kind", "Did you mean finding?", "finding"),
    ],
)
def test_what_cannot_be_had_is_a_problem_that_says_what_may_be_meant(
    server, path, parameter, said, suggestion
):
    response = server.get(path)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == 400
    assert problem["parameter"] == parameter
    assert said in problem["detail"]
    assert suggestion is None or problem["suggestions"][0] == suggestion
    page = server.get(path, headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")


def test_an_unknown_suffix_is_not_found(server):
    for name in MODELS:
        response = server.get(f"/{name}.xls")
        assert response.status_code == 404
        assert ".json" in response.json()["detail"]


# The page of findings without JavaScript


def test_the_form_keeps_what_was_chosen_and_asks_the_same(server, given):
    html = server.get(
        "/findings?site=Femur&q=bone+mass&reference=7", headers={"Accept": BROWSER}
    ).text
    assert '<option value="Femur" selected>femur</option>' in html
    assert '<input type="search" name="q" value="bone mass">' in html
    assert '<input type="hidden" name="reference" value="7">' in html
    assert (
        f"<strong>{given('/findings?site=Femur&q=bone+mass&reference=7')['total']}</strong>" in html
    )
    for name in ("intervention", "model", "outcome", "compartment", "direction", "study", "status"):
        assert f'<select name="{name}">' in html
    # A form sends every field, the empty ones too.
    fields = dict.fromkeys(re.findall(r'name="(\w+)"', html), "")
    sent = server.get("/findings.json", params={**fields, "site": "Femur"}).json()
    assert sent["items"] == given("/findings?site=Femur")["items"]


def test_an_outside_term_stays_chosen(server):
    html = server.get("/findings.html?site=UBERON:0000981").text
    assert "<option selected>UBERON:0000981</option>" in html


def test_nothing_left_says_what_to_do(server):
    html = server.get("/findings.html?q=nosuchword").text
    assert "Take a filter away" in html


def test_the_page_leads_to_the_next_and_to_the_same_in_other_formats(server):
    html = server.get("/findings.html?limit=3&site=Femur").text
    further = re.search(r'<a href="([^"]+)" rel="next">', html)[1].replace("&amp;", "&")
    assert 'rel="prev"' in server.get(further).text
    for suffix in ("csv", "json", "jsonld", "ttl"):
        address = re.search(rf'href="([^"]*/findings\.{suffix}[^"]*)"', html)[1]
        assert server.get(address.replace("&amp;", "&")).status_code == 200


# Other lists


def test_studies_are_those_that_have_such_a_finding(given):
    everything = given("/studies")
    assert everything["items"][0]["label"] == {"@value": "Nib 2002"}
    assert everything["total"] == 4
    k2 = given("/studies?site=Tibia&outcome=BoneStrength")
    assert {item["id"] for item in k2["items"]} == {
        "osteokg:study/joint-7-12", "osteokg:study/nib-2002", "osteokg:study/quill-2001"
    }  # fmt: skip
    years = given("/studies?sort=-year")["items"]
    assert years[0]["publication"]["issued"] == "2001"


def test_terms_are_found_by_synonym_kind_and_place_in_the_hierarchy(given):
    (term,) = given("/terms?q=BV/TV")["items"]
    assert term["id"] == "okg:BoneVolumeFraction"
    below = {item["id"] for item in given("/terms?below=CHEBI:28384&kind=intervention")["items"]}
    assert {"okg:VitaminK2", "okg:Menatetrenone"} <= below
    sites = given("/terms?kind=site&below=femur")["items"]
    assert {"okg:Femur", "okg:FemoralNeck"} <= {item["id"] for item in sites}
    (k2,) = [
        one for one in given("/terms?q=%22vitamin k2%22")["items"] if one["id"] == "okg:VitaminK2"
    ]
    assert k2["label"] == "vitamin K2"
    assert k2["findings"]["increased"] >= 1
    assert sum(k2["findingsBelow"].values()) >= sum(k2["findings"].values())
    assert any(match["id"].endswith("CHEBI_16374") for match in k2["exactMatch"])


def test_cells_are_those_in_which_such_a_finding_stands(server, given):
    cells = given("/cells?intervention=VitaminK2&outcome=BoneMass")
    everything = given("/cells")
    assert 0 < cells["total"] < everything["total"]
    for cell in cells["items"]:
        assert cell["type"] == ["okg:EvidenceCell"]
        assert cell["outcome"] == [{"id": "okg:BoneMass", "label": "bone mass"}]
        findings = given(f"/findings?cell={cell['id'].removeprefix('osteokg:cell/')}")
        assert findings["total"] > 0
        assert all(item["cell"] == cell["id"] for item in findings["items"])
    rows = csv.DictReader(io.StringIO(server.get("/cells.csv").text, newline=""))
    found = {row["cell"]: int(row["findings"]) for row in rows}
    first = cells["items"][0]["id"].replace("osteokg:", "https://w3id.org/osteokg/id/")
    assert found[first] == given(f"/findings?cell={first}")["total"]
    assert "vitamin K2" in server.get("/cells.html").text


def test_things_are_listed_by_kind_and_word(given):
    arms = given("/things?kind=arm&sort=-label")
    assert arms["total"] == 10
    assert all(item["type"] == ["okg:Arm"] for item in arms["items"])
    (found,) = given("/things?kind=finding&q=stronger")["items"]
    assert found["paraphrase"].startswith("Quill and Nib both saw")


@pytest.mark.parametrize("name", MODELS)
def test_every_list_is_what_its_schema_says_and_leads_to_itself(server, name):
    response = server.get(f"/{name}?limit=4")
    page = response.json()
    MODELS[name].model_validate(page)
    assert len(page["items"]) == 4
    alternates = {type_: target for (relation, type_), target in links_of(response).items()
                  if relation == "alternate"}  # fmt: skip
    assert {"application/json", "application/ld+json", "text/html"} <= alternates.keys()
    for type_, target in alternates.items():
        other = server.get(target)
        assert other.status_code == 200
        assert other.headers["content-type"].partition(";")[0] == type_
    html = server.get(f"/{name}.html?limit=4").text
    assert html.count("<h1>") == 1


def test_every_list_says_what_holds_of_it(server):
    """RFC 8288; the relations of FAIR Signposting."""
    licence = "https://creativecommons.org/licenses/by/4.0/"
    for name in MODELS:
        for suffix in ("", ".jsonld", ".csv", ".ttl", ".html"):
            links = links_of(server.get(f"/{name}{suffix}?limit=2"))
            canonical = links[("canonical", "")]
            assert canonical.startswith(f"{server.base_url}".rstrip("/") + f"/{name}")
            assert "limit" not in canonical
            assert links[("describedby", "")] == "/void"
            assert links[("license", "")] == licence
            assert links[("service-desc", "application/json")] == "/openapi.json"


def test_plain_json_names_the_context_that_reads_it(server):
    """JSON-LD 1.1, section 6.1: interpreting JSON as JSON-LD."""
    for name in MODELS:
        links = links_of(server.get(f"/{name}.json?limit=2"))
        target = links[("http://www.w3.org/ns/json-ld#context", "application/ld+json")]
        assert target.endswith("/context/1.jsonld")
        assert server.get(target).json() == {"@context": context()}
        inside = links_of(server.get(f"/{name}.jsonld?limit=2"))
        assert ("http://www.w3.org/ns/json-ld#context", "application/ld+json") not in inside


def test_frames_are_served_beside_the_context(server, project):
    frame = server.get("/frames/Finding.jsonld")
    assert frame.headers["content-type"] == "application/ld+json"
    assert frame.content == (project / "ontology" / "frames" / "Finding.jsonld").read_bytes()
    beside = httpx2.URL(str(frame.url)).join(frame.json()["@context"])
    assert server.get(str(beside)).json() == {"@context": context()}
    missing = server.get("/frames/Nothing.jsonld")
    assert missing.status_code == 404
    assert "Finding, ClinicalFinding" in missing.json()["detail"]


def test_the_examples_of_the_description_are_answered(packaged_server):
    """Each by itself leaves something, and not everything, of the evidence that comes with us."""
    paths = packaged_server.get("/openapi.json").json()["paths"]
    asked = 0
    for name, model in MODELS.items():
        everything = packaged_server.get(f"/{name}?limit=1").json()["total"]
        for parameter in paths[f"/{name}"]["get"]["parameters"]:
            for key, example in parameter.get("examples", {}).items():
                if not key.startswith("by-"):
                    continue
                (value,) = example["value"]
                response = packaged_server.get(f"/{name}", params={parameter["name"]: value})
                assert response.status_code == 200, response.text
                assert 0 < response.json()["total"] < everything, (name, parameter["name"], value)
                model.model_validate(response.json())
                asked += 1
    assert asked > 25


def test_the_lists_are_described_with_their_schemas(server):
    described = server.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    for name, model in MODELS.items():
        content = described["paths"][f"/{name}"]["get"]["responses"]["200"]["content"]
        assert content["application/json"]["schema"]["$ref"].endswith(f"/{model.__name__}")
        assert set(schemas[model.__name__]["required"]) == {"total", "items", "next"}
    # What is left out where nobody states it is not required.
    assert schemas["Finding"]["required"] == ["id"]
    assert "targetArm" in schemas["Comparison"]["properties"]
    text = json.dumps(described)
    for reference in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert reference in schemas
