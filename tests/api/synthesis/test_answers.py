"""The syntheses over HTTP, on the invented evidence: pages, JSON, CSV, drawings."""

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from pyld import jsonld
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.api.synthesis.contract import EvidenceCell
from osteokg.api.synthesis.tables import COLUMNS
from osteokg.kg.contract.models import Cell
from osteokg.kg.files import context_file
from osteokg.kg.store import InProcessStore

NAMES = ("evidence-map", "effect-directions", "contradictions", "gaps", "claims")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def client(version):
    with TestClient(create_app(Settings(), InProcessStore(version))) as client:
        yield client


def rows_in(response):
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_page_for_people_and_json_for_programs(client, name):
    page = client.get(f"/synthesis/{name}", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    plain = client.get(f"/synthesis/{name}")
    assert plain.headers["content-type"] == "application/json"
    assert "Accept" in plain.headers["vary"].split(", ")
    assert plain.json() == client.get(f"/synthesis/{name}.json").json()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("query", ["", "?without=retracted,second-hand,presupposed"])
def test_csv_has_its_header_whatever_is_left(client, name, query):
    response = client.get(f"/synthesis/{name}.csv{query}")
    assert response.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert response.text.split("\r\n")[0] == ",".join(COLUMNS[name])
    if not query:
        assert all(tuple(row) == COLUMNS[name] for row in rows_in(response))


@pytest.mark.parametrize("name", NAMES)
def test_csv_and_json_have_the_same_items(client, name):
    items = client.get(f"/synthesis/{name}.json").json()["items"]
    rows = rows_in(client.get(f"/synthesis/{name}.csv"))
    if name == "effect-directions":
        assert len(rows) == sum(len(line["marks"]) for one in items for line in one["lines"])
    elif name == "claims":
        lines = [len(one.get("proposition", [None])) or 1 for one in items]
        assert len(rows) == sum(lines)
    else:
        assert len(rows) == len(items)


def test_json_says_what_was_asked_left_out_and_changed(client, version):
    query = "?intervention=VitaminK2&without=retracted"
    told = client.get(f"/synthesis/evidence-map{query}").json()
    assert told["version"] == version.id
    assert told["filters"] == {"intervention": ["VitaminK2"]}
    assert (told["without"], told["leftOut"]) == (["retracted"], {"retracted": 6})
    assert told["total"] == len(told["items"]) == 2
    changed = {(change["aspect"], change["before"], change["after"]) for change in told["changes"]}
    assert ("direction", "mixed", "no-difference") in changed
    assert ("conflict", "disagreement", None) in changed


def test_switches_may_be_given_in_either_way(client):
    one = client.get("/synthesis/gaps?without=retracted,presupposed").json()
    two = client.get("/synthesis/gaps?without=presupposed&without=retracted").json()
    assert one == two
    assert one["without"] == ["retracted", "presupposed"]


def test_a_part_leads_to_the_next(client, version):
    first = client.get("/synthesis/gaps?limit=3&without=retracted").json()
    assert len(first["items"]) == 3
    assert f"version={version.id}" in first["next"]
    seen, following = first["items"], first["next"]
    while following:
        part = client.get(following).json()
        seen, following = seen + part["items"], part["next"]
    assert seen == client.get("/synthesis/gaps?without=retracted").json()["items"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("without=old", "'old' cannot be left out"),
        ("intervention=Vitamin+K22", "no such intervention. Did you mean"),
        ("limit=many", "'limit' is a number, not 'many'"),
        ("limit=0", "'limit' is at least 1"),
        ("offset=-1", "'offset' is a number"),
        ("colour=red", "no filter 'colour'"),
        ("limit=1&limit=2", "'limit' is given 2 times"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(client, query, said):
    for path in (f"/synthesis/evidence-map?{query}", f"/synthesis/claims.csv?{query}"):
        response = client.get(path)
        assert response.status_code == 400
        assert said in response.json()["detail"]
    page = client.get(f"/synthesis/gaps?{query}", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_a_version_that_is_not_kept_is_gone(client):
    assert client.get(f"/synthesis/gaps?version={'0' * 64}").status_code == 410
    assert client.get(f"/synthesis/effect-directions.svg?version={'0' * 64}").status_code == 410


def test_who_holds_the_answer_gets_no_other(client):
    first = client.get("/synthesis/evidence-map.svg")
    again = client.get(
        "/synthesis/evidence-map.svg", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["evidence-map", "effect-directions"])
def test_a_drawing_says_what_it_shows_and_needs_no_style(client, name):
    response = client.get(f"/synthesis/{name}.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    drawing = ET.fromstring(response.text)  # noqa: S314 - our own
    assert drawing.tag == f"{SVG}svg"
    assert drawing.get("role") == "img"
    named = {part.get("id"): part for part in drawing.iter() if part.get("id")}
    for identifier in drawing.get("aria-labelledby").split():
        assert named[identifier].text
    assert not [part for part in drawing.iter() if part.get("style") or part.tag == f"{SVG}style"]
    width, height = (float(drawing.get(side)) for side in ("width", "height"))
    for part in drawing.iter(f"{SVG}tspan"):
        if part.get("x"):
            assert 0 <= float(part.get("x")) <= width
            assert 0 <= float(part.get("y")) <= height


def test_the_map_draws_every_cell_once_with_shape_and_words(client):
    items = client.get("/synthesis/evidence-map.json").json()["items"]
    drawing = ET.fromstring(client.get("/synthesis/evidence-map.svg").text)  # noqa: S314 - our own
    squares = [part for part in drawing.iter(f"{SVG}a") if part.get("class") == "square"]
    drawn = sorted(
        (part.get("href"), part.find(f"{SVG}path").get("class").split()[1]) for part in squares
    )
    assert drawn == sorted(
        (f"/findings?cell={one['id'].removeprefix('osteokg:').replace('/', ':')}", one["points"])
        for one in items
    )
    assert all(part.find(f"{SVG}title").text for part in squares)


def test_a_square_leads_to_exactly_its_findings(client):
    for item in client.get("/synthesis/evidence-map.json").json()["items"]:
        cell = item["id"].removeprefix("osteokg:").replace("/", ":")
        listed = client.get("/findings.json", params={"cell": cell}).json()
        assert [one["id"] for one in listed["items"]] == item["findings"]


def test_shapes_differ_without_their_colours(client):
    text = client.get("/synthesis/evidence-map.svg?contrast=TreatmentEffect").text
    shapes = dict(re.findall(r'class="shape ([\w-]+)[^"]*"[^>]* d="([^"]+)"', text))
    assert len(set(shapes.values())) == len(shapes) > 2


def test_a_cell_is_json_ld_and_says_what_the_graph_says(client, version):
    items = client.get("/synthesis/evidence-map.json").json()["items"]
    context = json.loads(context_file().read_text(encoding="utf-8"))["@context"]
    text = jsonld.to_rdf({"@context": context, "@graph": items}, {"format": "application/n-quads"})
    triples = {quad.triple for quad in ox.parse(text, ox.RdfFormat.N_QUADS)}
    known = {quad.triple for quad in version.store}
    assert triples - known == set()
    about = [triple for triple in triples if str(triple.subject) == f"<{_whole(items[0]['id'])}>"]
    assert len(about) >= 6


def _whole(name):
    return "https://w3id.org/osteokg/id/" + name.removeprefix("osteokg:")


def test_a_cell_has_the_shape_that_every_cell_has():
    ours = EvidenceCell.model_json_schema(by_alias=True, mode="serialization")["properties"]
    theirs = Cell.model_json_schema(by_alias=True, mode="serialization")["properties"]
    assert set(theirs) <= set(ours)
    for name, schema in theirs.items():
        assert schema.get("type") in (ours[name].get("type"), None), name


def test_openapi_describes_each(client):
    described = client.get("/openapi.json").json()
    for name in NAMES:
        operation = described["paths"][f"/synthesis/{name}"]["get"]
        content = operation["responses"]["200"]["content"]
        reference = content["application/json"]["schema"]["$ref"]
        schema = described["components"]["schemas"][reference.rpartition("/")[2]]
        assert {"items", "changes", "leftOut", "total"} <= set(schema["properties"])
        assert "text/html" in content
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert {"without", "version", "intervention", "cell"} <= names
        assert f"/synthesis/{name}.csv" in described["paths"]
    assert "/synthesis/evidence-map.svg" in described["paths"]
    assert "/synthesis/gaps.svg" not in described["paths"]
    assert client.get("/synthesis/gaps.svg").status_code == 404


def test_head_is_get_without_the_body(client):
    for path in ("/synthesis/gaps", "/synthesis/evidence-map.svg", "/synthesis", "/methods"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
