"""Pages, on the invented evidence: what a reader finds on each, and what no page may have."""

import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.catalogue import named_queries
from osteokg.kg.names import PREFIXES
from osteokg.kg.store import InProcessStore

FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MANY = 250  # of some 4,000: what the start page leads to, then what that leads to
EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class Page(HTMLParser):
    """Take a page apart: the elements with their attributes, links with their words, the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.links: list[tuple[str, str]] = []
        self.unclosed: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "a":
            self.links.append((attributes["href"], ""))
        if tag not in EMPTY:
            self.unclosed.append(tag)

    def handle_endtag(self, tag):
        assert self.unclosed.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if "a" in self.unclosed:
            address, words = self.links[-1]
            self.links[-1] = (address, f"{words} {data}".strip())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def link(self, words):
        """Return the address behind the link with these words."""
        return next(address for address, said in self.links if said == words)


@pytest.fixture(scope="module")
def client(version):
    app = create_app(Settings(), InProcessStore(version))
    with TestClient(app, headers=BROWSER) as client:
        yield client


@pytest.fixture(scope="module")
def page(client):
    def get(path, **parameters):
        return Page(client.get(path, params=parameters or None).text)

    return get


def test_every_page_that_a_page_leads_to_is_there_and_well_made(client):
    waiting, seen = ["/"], set()
    while waiting and len(seen) < MANY:
        path = waiting.pop(0)
        seen.add(path)
        response = client.get(path)
        assert response.status_code == 200, path
        if not response.headers["content-type"].startswith("text/html"):
            continue
        found = Page(response.text)
        assert found.unclosed == [], path
        assert len(found.all("h1")) == 1, path
        assert found.all("html") == [{"lang": "en"}]
        assert found.all("style") == [], path
        scripts = found.all("script")
        data = {"type": "application/ld+json"}  # no browser runs it
        bundle = {"type": "module", "src": "/static/workbench.js"}
        assert scripts in ([], [data], [bundle]), path
        assert not [a for _, a in found.elements if "style" in a or re.search(" on[a-z]+=", str(a))]
        loaded = [a["href"] for a in found.all("link")] + [a["src"] for a in found.all("img")]
        assert all(address.startswith("/") for address in loaded), path
        names = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
        assert len(names) == len(set(names)), path
        assert found.links[0] == ("#content", "Skip to the content")
        for address in dict.fromkeys([*loaded, *(address for address, _ in found.links)]):
            known = address in seen or address in waiting
            if address.startswith("/") and not known:
                waiting.append(address)
    assert len(seen) == MANY


def test_the_start_page_counts_asks_and_leads_on(client, page):
    start = page("/")
    assert re.search(r"\b12 findings\b|\bfindings 12\b", start.text)
    assert client.get("/health").json()["version"] in start.text
    first = start.link("Combinations better than a single agent")
    assert first == "/queries/combinations-better-than-a-single-agent"
    asked = [address for address, _ in start.links if address.startswith("/queries/")]
    assert len(asked) == 3
    assert start.link(f"All {len(named_queries())} prepared questions") == "/queries"
    for words in ("Findings table", "Findings as CSV", "Findings as JSON-LD", "SPARQL", "Ontology"):
        assert client.get(start.link(words)).status_code == 200


def test_a_finding_page_says_the_sentence_first_then_the_facts(page):
    found = page(FINDING)
    sentence = found.text.index("Vitamin K2")
    assert sentence < found.text.index("What it says") < found.text.index("What was compared")
    assert " finding Vitamin K2 " in found.text
    assert "direction ▲ increased" in found.text
    assert "sentence S" in found.text
    assert found.link("vitamin K2") == "/vocab/VitaminK2"
    assert "30 mg/kg" in found.text
    asked = parse_qs(urlsplit(found.link("open in the query editor")).query)["query"][0]
    assert asked == f"DESCRIBE <https://w3id.org/osteokg{FINDING}>"
    for words in ("Turtle", "JSON-LD", "N-Triples", "RDF/XML"):
        assert found.link(words).startswith(FINDING + ".")


def test_what_links_to_a_thing_is_told_by_property_and_sentence(page):
    found = page("/id/study/quill-2001")
    findings = found.text[found.text.index(" study 9 ") : found.text.index("Take it along")]
    assert found.link(page(FINDING).text.partition(" – ")[0]) == FINDING
    assert "attributed to 10" in found.text
    assert "experiment of 1" in found.text
    assert findings


def test_what_two_findings_say_of_each_other_is_told_once(client, page):
    query = "SELECT ?f { ?f <https://w3id.org/osteokg/vocab/agreesWith> ?g } ORDER BY ?f LIMIT 1"
    rows = client.get("/sparql", params={"query": query, "format": "csv"}).text.split()
    found = page(rows[1].removeprefix("https://w3id.org/osteokg"))
    assert found.text.count("agrees with") == 1


def test_identifiers_lead_to_where_they_are_resolved(page):
    assert page("/vocab/FemoralNeck").link("UBERON:0007119") == (
        "http://purl.obolibrary.org/obo/UBERON_0007119"
    )
    assert page("/vocab/TrabecularThickness").link("doi:10.1002/jbmr.1805") == (
        "https://doi.org/10.1002/jbmr.1805"
    )
    notice = "https://example.org/retraction"
    assert page("/id/publication/quill-2001").link(notice) == notice


def test_a_definition_of_our_own_names_the_vocabulary_as_its_source(page):
    found = page("/vocab/SteroidHormone")
    assert "definition source OsteoKG vocabulary" in found.text
    assert found.link("OsteoKG vocabulary") == "/vocab/"


def test_the_example_query_of_a_term_is_answered_where_it_leads(client, page):
    address = page("/vocab/VitaminK2").link("ask the graph")
    found = page(address)
    wanted = page(FINDING).text.partition(" – ")[0]
    assert wanted in found.text
    rows = client.get(address, headers={"Accept": "text/csv"}).text
    assert f"https://w3id.org/osteokg{FINDING}" in rows


def test_the_classes_that_a_rule_recognises_are_told_beside_the_kind(page):
    found = page("/id/finding/quill-2001-k2-bone-strength-tibia")
    by_rule = found.text[found.text.index("What follows by rule") :]
    assert (
        "is also a finding from retracted work null finding preventive finding treatment finding"
        in by_rule
    )
    assert found.link("null finding") == "/vocab/NullFinding"
    # the kind stays the kind
    assert "OsteoKG Findings Synthesis Ontology Questions SPARQL finding " in found.text


def test_a_term_page_says_what_others_call_it_and_leads_there(page):
    found = page("/vocab/BoneResorption")
    assert "In other vocabularies" in found.text
    for words, link in (
        ("bone resorption (GO:0045453)", "http://purl.obolibrary.org/obo/GO_0045453"),
        ("Bone Resorption (MESH:D001862)", "http://id.nlm.nih.gov/mesh/D001862"),
    ):
        assert found.link(words) == link
    assert "tissue homeostasis" not in found.text  # what lies above a mapping is not told here


def test_the_findings_page_gives_shape_word_sentence_and_study(client, page):
    found = page("/findings")
    assert "▲ increased" in found.text
    assert "● no difference" in found.text
    assert found.link("Quill 2001") == "/id/study/quill-2001"
    assert "retracted" in found.text
    rows = client.get("/findings", headers={"Accept": "application/json"}).json()["items"]
    assert all(row["paraphrase"] in found.text for row in rows)


def test_a_prepared_question_shows_its_answer_before_its_text(page):
    found = page(page("/sparql").link("Null results of vitamin K2 alone"))
    assert found.text.index("Null results of vitamin K2 alone") < found.text.index("Download as")
    assert found.text.index("Download as") < found.text.index("PREFIX okg:")
    assert found.link("Link to this query") == "/queries/k2-alone-null-results"


def test_rows_are_shown_as_labels_that_lead_on(client, page):
    query = "SELECT ?f ?n { ?f a <https://w3id.org/osteokg/vocab/Study> BIND(1 AS ?n) } ORDER BY ?f"
    found = page("/sparql", query=query)
    assert found.link("Quill 2001") == "/id/study/quill-2001"
    link = next(a for a in found.all("a") if a["href"] == "/id/study/quill-2001")
    assert link["title"] == "study:quill-2001"
    assert {"scope": "col", "class": "number"} in found.all("th")
    csv = client.get(found.link("CSV"))
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.text.startswith("f,n\r\n")


def test_what_has_no_label_is_shown_as_curie(page):
    query = "SELECT ?f { BIND(<https://w3id.org/osteokg/id/study/nobody-1900> AS ?f) }"
    assert page("/sparql", query=query).link("study:nobody-1900") == "/id/study/nobody-1900"


def test_a_query_is_asked_again_of_the_version_that_was_asked(client, page):
    version = client.get("/health").json()["version"]
    query = "SELECT ?s { ?s a <https://w3id.org/osteokg/vocab/Study> }"
    pinned = page("/sparql", query=query).link("with the data as they are now")
    assert pinned.endswith(f"&version={version}")
    found = page(pinned)
    assert {"type": "hidden", "name": "version", "value": version} in found.all("input")
    assert found.link("Link to this query") == pinned
    assert f"&version={version}&format=csv" in found.link("CSV")


def test_an_error_says_to_a_script_where_it_is(page):
    (found,) = [
        a for a in page("/sparql", query="SELECT *\n{ ?s ?p }").all("section") if "data-line" in a
    ]
    assert (found["data-line"], found["data-column"]) == ("2", "10")
    assert found["data-message"].startswith("line 2, column 10: ")


def test_the_editor_knows_the_names_by_label_synonym_and_kind(client):
    known = client.get("/completions.json").json()
    names = {name["name"]: name for name in known["names"]}
    assert known["prefixes"]["okg"] == "https://w3id.org/osteokg/vocab/"
    assert names["okg:BoneMass"]["label"] == "bone mass"
    assert "skeletal mass" in names["okg:BoneMass"]["also"]
    assert names["okg:BoneMass"]["kind"] == "outcome term"
    assert names["okg:direction"]["about"]
    assert len(names) == len(known["names"]) > 200


def test_a_graph_is_shown_as_turtle_with_downloads(client, page):
    found = page("/sparql", query="DESCRIBE <https://w3id.org/osteokg/id/study/quill-2001>")
    assert "study:quill-2001 a okg:Study" in found.text
    assert client.get(found.link("N-Triples")).headers["content-type"] == "application/n-triples"


def test_yes_or_no(page):
    assert "Answer: yes" in page("/sparql", query="ASK {}").text
    assert "Nothing in the graph fits" in page("/sparql", query="SELECT ?s { ?s ?s ?s }").text


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        ("SELECT ?s {\n ?s a okg:Study }", "line 2, column 16: Prefix not found", "okg:Study }"),
        ("SELEC", "line 1, column 6: the query stops making sense here", "SELEC"),
        ("SELECT ?s {", "expected", "⏎"),
        ("ASK {}\r\nORDER BYE ?s", "line 2, column 13: expected", "?s"),
    ],
)
def test_an_error_says_where_and_marks_it(client, query, said, marked):
    response = client.get("/sparql", params={"query": query})
    assert response.status_code == 400
    assert said in Page(response.text).text
    assert f"<mark>{marked}</mark>" in response.text


def test_what_is_written_is_shown_and_never_run(client):
    attack = "</textarea><script>alert(1)</script>"
    assert attack not in client.get("/sparql", params={"query": attack}).text
    query = 'SELECT ?x { VALUES ?x { <javascript:alert(1)> "<b onclick=alert(1)>" } }'
    found = Page(client.get("/sparql", params={"query": query}).text)
    assert not [address for address, _ in found.links if address.startswith("javascript")]
    assert found.all("b") == []
    assert client.get("/nope/<script>").text.count("<script") == 0


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    sheet = client.get("/static/osteokg.css").text
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "<style" not in client.get("/static/favicon.svg").text


def test_a_problem_is_a_page_for_people(client):
    response = client.get("/id/finding/nowhere")
    assert response.status_code == 404
    assert "There is nothing named" in Page(response.text).text


def contrast(one, other):
    """Return the contrast of two colours (WCAG 2.2, 1.4.3)."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        ]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_can_be_read(client, scheme):
    sheet = client.get("/static/osteokg.css").text
    light, dark = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    ]
    colours = light if scheme == "light" else light | dark
    grounds = {name: colours[name] for name in ("ground", "raised")}
    texts = {name: colours[name] for name in colours if name not in {"line", "marked", *grounds}}
    assert set(texts) == {"text", "quiet", "link", "up", "down", "mixed", "warning"}
    poor = {
        (text, ground): round(contrast(texts[text], grounds[ground]), 2)
        for text in texts
        for ground in grounds
        if contrast(texts[text], grounds[ground]) < 4.5
    }
    assert poor == {}
    assert contrast(colours["text"], colours["marked"]) >= 4.5


def test_prefixes_of_pages_are_those_of_the_graph(page):
    assert f"PREFIX okg: <{PREFIXES['okg']}>" in page("/sparql").text
