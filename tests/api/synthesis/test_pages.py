"""The pages of the syntheses on the invented evidence: an address holds the state, all leads on."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.store import InProcessStore

NAMES = ("evidence-map", "effect-directions", "contradictions", "gaps", "claims")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
EMPTY = {"br", "col", "hr", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """Take a page apart: elements, links, the form as a browser would send it, tables as text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.links, self.open, self.sent, self.words = [], [], [], [], []
        self.rows, self.select = [], None
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag == "select":
            self.select = attributes["name"]
        if tag == "option" and "selected" in attributes and attributes["value"]:
            self.sent.append((self.select, attributes["value"]))
        if tag == "input" and ("checked" in attributes or attributes.get("type") == "hidden"):
            self.sent.append((attributes["name"], attributes["value"]))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if {"td", "th"} & set(self.open) and self.rows:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def client(version):
    app = create_app(Settings(), InProcessStore(version))
    with TestClient(app, headers=BROWSER) as client:
        yield client


@pytest.fixture(scope="module")
def followed():
    """Hold the addresses that were followed already."""
    return set()


@pytest.fixture(scope="module")
def page(client):
    def get(address):
        response = client.get(address)
        assert response.status_code == 200, address
        return Page(response.text)

    return get


@pytest.mark.parametrize("query", ["", "?without=retracted", "?without=second-hand"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_well_made_and_leads_on(client, page, followed, name, query):
    made = page(f"/synthesis/{name}{query}")
    assert len(made.all("h1")) == 1
    assert not made.open
    assert not [one for _, one in made.elements if "style" in one or "onclick" in one]
    assert not made.all("script")
    identifiers = [one["id"] for _, one in made.elements if "id" in one]
    assert len(identifiers) == len(set(identifiers))
    for address in {link for link in made.links if link.startswith("/")} - followed:
        assert client.get(address).status_code == 200, address
        followed.add(address)


@pytest.mark.parametrize("name", NAMES)
def test_the_form_sends_what_the_address_says(page, name):
    query = "intervention=okg:VitaminK2&without=retracted&study=quill-2001"
    made = page(f"/synthesis/{name}?{query}")
    (form,) = made.all("form")
    assert (form["action"], form["method"]) == (f"/synthesis/{name}", "get")
    assert sorted(made.sent) == [
        ("intervention", "okg:VitaminK2"),
        ("study", "quill-2001"),
        ("without", "retracted"),
    ]
    labelled = {one["for"] for one in made.all("label")}
    controls = [*made.all("select"), *made.all("input")]
    shown = {one["id"] for one in controls if one.get("type") != "hidden"}
    assert shown == labelled


def test_what_was_written_in_another_way_stays_chosen(page):
    made = page("/synthesis/evidence-map?intervention=CHEBI:28384")
    assert made.sent == [("intervention", "CHEBI:28384")]


def test_other_syntheses_are_a_click_away_with_the_same_question(page):
    made = page("/synthesis/evidence-map?model=okg:OvariectomizedRat&without=retracted")
    for name in NAMES:
        address = f"/synthesis/{name}?model=okg:OvariectomizedRat&without=retracted"
        assert address in made.links


def test_a_page_can_be_cited_at_its_version(client, page, version):
    made = page("/synthesis/gaps?without=retracted")
    (address,) = {link for link in made.links if f"version={version.id}" in link}
    assert client.get(address).headers["osteokg-version"] == version.id
    assert "immutable" in client.get(address).headers["cache-control"]


def test_the_table_says_what_the_json_says(client, page):
    items = client.get("/synthesis/evidence-map.json").json()["items"]
    rows = [row for row in page("/synthesis/evidence-map").rows if len(row) == 8][1:]
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        assert row[0].endswith(item["points"].replace("-", " "))
        assert row[1] == item["outcome"][0]["label"]
        for word, name in (("increased", "increased"), ("no difference", "null")):
            number = item["votes"][name]
            assert (f"{number} {word}" in row[5]) == (number > 0)
        assert row[7].startswith(f"{len(item['findings'])} finding")
        assert ("≠" in row[5]) == (item["conflict"] is not None)


def test_claims_are_shown_in_lines_that_open_the_verdict_first(client, page):
    items = client.get("/synthesis/claims.json").json()["items"]
    html = client.get("/synthesis/claims", headers=BROWSER).text
    lines = re.findall(r"<summary><strong>([^<]+)</strong> – ([^<]+)</summary>", html)
    told = [
        ("; ".join(one["label"] for one in item["auditResult"]), item["paraphrase"])
        if item["kind"] == "interaction-claim"
        else (item["auditResult"]["label"], item["paraphrase"])
        for item in items
        if item["kind"] != "add-on"
    ]
    assert [(unescape(verdict), unescape(words)) for verdict, words in lines] == told
    assert told


@pytest.mark.parametrize("kind", ["interaction-claim", "conclusion"])
def test_claims_of_one_kind_come_part_by_part(client, page, kind):
    items = client.get(f"/synthesis/claims.json?kind={kind}").json()["items"]
    assert {item["kind"] for item in items} == {kind}
    shown = []
    address = f"/synthesis/claims?kind={kind}&limit=1"
    while address:
        html = client.get(address, headers=BROWSER).text
        assert html.count("<h2 id=") == 1 + html.count('<h2 id="changed"')
        shown += re.findall(r"<summary><strong>[^<]+</strong> – ([^<]+)</summary>", html)
        found = re.search(r'<a href="([^"]+)" rel="next"', html)
        address = unescape(found[1]) if found else ""
    assert [unescape(words) for words in shown] == [item["paraphrase"] for item in items]


def test_the_first_agent_without_findings_is_open_and_the_others_are_a_click_away(client):
    html = client.get("/synthesis/gaps", headers=BROWSER).text
    opened = re.findall(r"<details class=\"audited\"( open)?>\s*<summary><strong>([^<]+)", html)
    assert [bool(is_open) for is_open, _ in opened] == [True] + [False] * (len(opened) - 1)
    agents = {
        item["intervention"]["label"] for item in client.get("/synthesis/gaps.json").json()["items"]
    }
    assert sorted(agent for _, agent in opened) == sorted(agents)


def test_what_changes_stands_on_the_page(page):
    made = page("/synthesis/evidence-map?without=retracted")
    assert "What changes" in made.text
    assert ["vitamin K2 in ovariectomized rat: bone mass, cancellous bone", "direction", "mixed",
            "no difference"] in made.rows  # fmt: skip
    made = page("/synthesis/contradictions?without=presupposed")
    assert "Nothing that is shown here says anything else without them" in made.text
    assert "What changes" not in page("/synthesis/evidence-map").text


def test_where_nothing_is_left_the_page_says_so(page):
    assert (
        "There is no finding of this kind once that is left out"
        in page("/synthesis/evidence-map?without=second-hand").text
    )
    assert (
        "No two findings of this kind part."
        in page("/synthesis/contradictions?without=retracted").text
    )


def test_a_long_page_comes_in_parts(page):
    made = page("/synthesis/evidence-map?limit=2")
    assert "1 to 2 of" in made.text
    following = next(link for link in made.links if "offset=2" in link)
    assert "3 to 4 of" in page(following).text


def test_start_and_menu_lead_to_the_syntheses(page):
    start = page("/")
    assert "/synthesis" in start.links
    assert "/synthesis/contradictions" in start.links
    assert {f"/synthesis/{name}" for name in NAMES} <= set(page("/synthesis").links)


@pytest.mark.parametrize("name", ["evidence-map", "effect-directions"])
def test_a_drawing_on_a_page_does_not_hide_its_links(page, name):
    drawings = page(f"/synthesis/{name}").all("svg")
    assert drawings
    assert {drawing["role"] for drawing in drawings} == {"group"}
    assert all(drawing["aria-labelledby"] for drawing in drawings)


def test_the_methods_name_their_sources(page):
    made = page("/methods")
    links = [link for link in made.links if re.match("https://(doi|training)", link)]
    assert "https://doi.org/10.1002/jrsm.1458" in links
    assert any("cochrane" in link for link in links)
    assert "by direction and never by significance" in made.text
