"""The syntheses of the packaged evidence: equal by SPARQL, by the API and on the page.

And what somebody new finds for the five questions that the pages are for; each answer was read in
the sentences of the review first.
"""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.files import find_sources
from osteokg.kg.names import ID, VOCAB
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import build

OKG = f"PREFIX okg: <{VOCAB}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
BROWSER = {"Accept": "text/html"}
OF_INTERVENTIONS = """
  FILTER(?contrast NOT IN (okg:ModelEffect, okg:ModelComparison, okg:TreatedVersusSham))
"""
COUNTED = """SELECT ?cell ?up ?down ?null ?mixed ?p {
  ?count okg:countOf ?cell ; okg:basis okg:%s ; okg:votesIncreased ?up ; okg:votesDecreased ?down ;
    okg:votesNull ?null ; okg:votesMixed ?mixed . ?cell okg:contrast ?contrast .
  OPTIONAL { ?count okg:signTest ?p } """


@pytest.fixture(scope="module")
def client():
    app = create_app(Settings(), InProcessStore(build(find_sources())))
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module")
def sparql(client):
    """Ask over HTTP, as anybody can."""

    def ask(text):
        answer = client.get("/sparql", params={"query": OKG + text}).json()
        return [
            {name: term["value"] for name, term in row.items()}
            for row in answer["results"]["bindings"]
        ]

    return ask


@pytest.fixture(scope="module")
def page(client):
    """Return the cells of the table rows of a page, without marks and links."""

    def rows(address):
        html = client.get(address, headers=BROWSER).text
        found = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
        cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in found]
        plain = [[unescape(re.sub(r"<[^>]+>", " ", cell)) for cell in row] for row in cells]
        return [[" ".join(cell.split()) for cell in row] for row in plain]

    return rows


def counts_by_sparql(sparql, basis):
    rows = sparql(COUNTED % basis + OF_INTERVENTIONS + "}")
    return {
        row["cell"]: (
            *(int(row[name]) for name in ("up", "down", "null", "mixed")),
            float(row["p"]) if "p" in row else None,
        )
        for row in rows
    }


def counts_by_json(client, query):
    items = client.get(f"/synthesis/evidence-map.json{query}").json()["items"]
    counted = {}
    for item in items:
        votes = item["votes"]
        numbers = tuple(votes[name] for name in ("increased", "decreased", "null", "mixed"))
        if any(numbers):
            counted[ID + item["id"].removeprefix("osteokg:")] = (*numbers, votes["signTest"])
    return counted


def counts_on_page(page, query):
    words = ("increased", "decreased", "no difference", "mixed")
    found = []
    for row in page(f"/synthesis/evidence-map{query}"):
        if len(row) != 8 or row[5] == "Experiments":
            continue
        said = dict(
            map(reversed, re.findall(r"(\d+) (increased|decreased|no difference|mixed)", row[5]))
        )
        numbers = tuple(int(said.get(word, 0)) for word in words)
        if any(numbers):
            found.append((*numbers, None if row[6] == "–" else float(row[6].split()[0])))
    return found


@pytest.mark.parametrize(
    ("basis", "query"), [("AllEvidence", ""), ("WithoutRetracted", "?without=retracted")]
)
def test_the_map_says_the_same_in_three_ways(client, sparql, page, basis, query):
    by_sparql = counts_by_sparql(sparql, basis)
    assert counts_by_json(client, query) == by_sparql
    rounded = [(*row[:4], row[4] and float(f"{row[4]:.3g}")) for row in by_sparql.values()]
    assert sorted(map(str, counts_on_page(page, query))) == sorted(map(str, rounded))


@pytest.mark.parametrize(
    "without", ["presupposed", "second-hand", "retracted,presupposed", "retracted,second-hand"]
)
def test_the_findings_in_the_map_are_those_that_sparql_leaves(client, sparql, without):
    taken = {
        "retracted": "FILTER NOT EXISTS { ?f okg:retraction okg:AllSourcesRetracted }",
        "presupposed": "FILTER NOT EXISTS { ?f okg:presupposed true }",
        "second-hand": "FILTER EXISTS { ?f okg:anchor/okg:source ?s ; "
        "okg:attributedTo/okg:publication ?s }",
    }
    left = " ".join(taken[name] for name in without.split(","))
    rows = sparql(f"SELECT ?f {{ ?f okg:cell/okg:contrast ?contrast . {OF_INTERVENTIONS} {left} }}")
    items = client.get(f"/synthesis/evidence-map.json?without={without}").json()["items"]
    found = {ID + name.removeprefix("osteokg:") for item in items for name in item["findings"]}
    assert found == {row["f"] for row in rows}


def test_contradictions_say_the_same_in_three_ways(client, sparql):
    rows = sparql("""SELECT ?pair ?kind (COUNT(DISTINCT ?d) AS ?reasons) {
      ?pair okg:pairKind/rdfs:label ?kind ; okg:discriminator ?d
      FILTER(STR(?kind) != "agreement") } GROUP BY ?pair ?kind""")
    items = client.get("/synthesis/contradictions.json").json()["items"]
    assert {
        ID + item["id"].removeprefix("osteokg:"): len(item["discriminator"]) for item in items
    } == {row["pair"]: int(row["reasons"]) for row in rows}
    html = client.get("/synthesis/contradictions", headers=BROWSER).text
    assert len(re.findall(r'<article class="pair"', html)) == len(rows)


def test_gaps_say_the_same_in_three_ways(client, sparql, page):
    rows = sparql("SELECT ?gap { ?gap a okg:Gap }")
    items = client.get("/synthesis/gaps.json").json()["items"]
    assert {ID + item["id"].removeprefix("osteokg:") for item in items} == {
        row["gap"] for row in rows
    }
    assert sum(row.count("never") for row in page("/synthesis/gaps")) == len(rows)


@pytest.mark.parametrize(
    ("verdict", "query"),
    [("auditResult", ""), ("auditResultWithoutRetracted", "?without=retracted")],
)
def test_verdicts_say_the_same_in_three_ways(client, sparql, verdict, query):
    rows = sparql(f"SELECT ?p ?label {{ ?p a okg:Proposition ; okg:{verdict}/rdfs:label ?label }}")
    items = client.get(f"/synthesis/claims.json{query}").json()["items"]
    found = {
        ID + one["id"].removeprefix("osteokg:"): one["auditResult"]["label"]
        for item in items
        for one in item.get("proposition", [])
    }
    assert found == {row["p"]: row["label"] for row in rows}
    wholes = sparql(f"SELECT ?c ?label {{ ?c a okg:Conclusion ; okg:{verdict}/rdfs:label ?label }}")
    address = f"/synthesis/claims{query or '?'}&kind=conclusion"
    html = client.get(address, headers=BROWSER).text
    shown = re.findall(r"<summary><strong>([\w -]+)</strong>", html)
    assert sorted(shown) == sorted(row["label"] for row in wholes)


def test_does_k2_protect_cortical_bone_in_unloaded_rats(page):
    address = "/synthesis/evidence-map?intervention=okg:VitaminK2&model=okg:DisuseModel"
    rows = [row for row in page(f"{address}&compartment=okg:CorticalBone") if len(row) == 8][1:]
    rat = "sciatic neurectomized rat"
    assert [row[:6] for row in rows] == [
        ["▲ increased", "bone mass", "cortical bone", "vitamin K2", rat, "1 increased"],
        [
            "▼ decreased",
            "bone resorption",
            "endocortical surface",
            "vitamin K2",
            rat,
            "1 decreased",
        ],
    ]
    # and in tail-suspended rats nobody looked
    never = [row for row in page("/synthesis/gaps?intervention=okg:VitaminK2") if row]
    (tail,) = [row for row in never if row[0] == "tail-suspended rat"]
    assert tail[2] == "never"


def test_who_disagrees_and_why_that_might_be(client):
    items = client.get("/synthesis/contradictions.json?intervention=okg:VitaminK2").json()["items"]
    pairs = {
        frozenset(study["label"] for side in ("one", "other") for study in item[side]["study"]): {
            reason["label"] for reason in item["discriminator"]
        }
        for item in items
    }
    assert pairs[frozenset({"Matsunaga 1999", "Mawatari 2000"})] == {"second-hand"}
    assert "site" in pairs[frozenset({"Akiyama 1999", "Iwamoto 2005"})]


def test_which_combination_was_better_than_the_drug_alone(page):
    better = [row for row in page("/synthesis/claims") if row and row[0] == "better"]
    assert {(row[2], row[3]) for row in better} == {
        ("incadronate + vitamin K2", "incadronate"),
        ("1α-hydroxyvitamin D3 + vitamin K2", "single agents, not specified"),
    }


def test_what_is_left_without_retracted_studies(page):
    rows = page("/synthesis/evidence-map?without=retracted")
    gone = [row[0] for row in rows if len(row) == 4 and row[1] == "nothing is left"]
    assert "vitamin K2 in calcium-deficient rat: bone mass, cortical bone" in gone
    assert all(words.startswith("vitamin K2 in calcium-deficient rat") for words in gone)
    verdicts = [row for row in page("/synthesis/claims?without=retracted") if len(row) == 4]
    lost = [
        row for row in verdicts if row[1:] == ["verdict", "supported", "no study-level support"]
    ]
    assert len(lost) == 2
    assert ["verdict", "supported", "mixed"] in [row[1:] for row in verdicts]
