"""POST /validate: the report on a document, in every form; nothing is stored."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pyoxigraph as ox
import pytest

TURTLE = {"Content-Type": "text/turtle"}
STUDY = "https://w3id.org/osteokg/graph/study/"


@pytest.fixture(scope="module")
def fern(good) -> str:
    """A study that is not among the others, without a fault."""
    text = (good / "reed-1999.ttl").read_text(encoding="utf-8")
    for old, new in (("reed-1999", "fern-2003"), ("Reed 1999", "Fern 2003"), ("2010-9", "2010-17")):
        text = text.replace(old, new)
    return text.replace(" 9 ", " 17 ")


def judged(server, document, accept="application/json", **parameters):
    headers = {**TURTLE, "Accept": accept}
    return server.post("/validate", content=document, headers=headers, params=parameters)


def lines_of(answer) -> set[tuple[int | None, str]]:
    return {(problem["line"], problem["constraint"]) for problem in answer.json()["problems"]}


def test_a_good_document_conforms_and_is_not_stored(server, fern):
    before = server.get("/versions").json()
    answer = judged(server, fern)
    assert answer.status_code == 200
    assert answer.json() == {"conforms": True, "problems": []}
    assert server.get("/versions").json() == before
    query = "ASK { <https://w3id.org/osteokg/id/study/fern-2003> ?p ?o }"
    assert server.get("/sparql", params={"query": query}).json()["boolean"] is False


def test_every_problem_is_told_with_its_line_in_the_document(server, fern):
    document = "# a comment of mine\n\n" + fern.replace("okg:Increased", "okg:Inkreased")
    document = document.replace("okg:WholeBone", "okg:Femur")
    lines = document.splitlines()
    answer = judged(server, document)
    assert answer.json()["conforms"] is False
    assert lines_of(answer) >= {
        (lines.index("    okg:direction okg:Inkreased ;") + 1, "unknown-term"),
        (lines.index("    okg:compartment okg:Femur ;") + 1, "OrConstraintComponent"),
    }
    assert {problem["file"] for problem in answer.json()["problems"]} == {"fern-2003.ttl"}


def test_rules_run_before_the_document_is_judged(server, fern):
    """A rule across nodes, which needs what is computed from the document and the others."""
    document = fern.replace("okg:species okg:Human", "okg:species okg:Rat")
    assert "clinical-species" in {
        constraint for _, constraint in lines_of(judged(server, document))
    }


def test_a_document_on_a_known_study_takes_its_place(server, good):
    known = (good / "reed-1999.ttl").read_text(encoding="utf-8")
    assert judged(server, known).json()["conforms"] is True
    elsewhere = judged(server, known, graph=STUDY + "other").json()
    assert "described-twice" in {problem["constraint"] for problem in elsewhere["problems"]}


def test_what_it_would_make_wrong_elsewhere_is_told(server, good):
    """Without its anchor the statements of other studies stand on nothing."""
    text = (good / "larch-2010.ttl").read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    removed = "\n\n".join(one for one in blocks if not one.startswith("anchor:larch-2010-s004"))
    files = {
        problem["file"]
        for problem in judged(server, removed, graph=STUDY + "larch-2010").json()["problems"]
    }
    assert "reed-1999.ttl" in files


def test_a_document_that_does_not_parse_is_told_where(server, fern):
    line = fern.splitlines().index("study:fern-2003 a okg:Study ;") + 1
    answer = judged(server, fern.replace("a okg:Study ;", "a okg:Study ; ;; ]"))
    assert (line, "syntax") in lines_of(answer)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/ld+json", "application/ld+json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_the_report_comes_in_every_form(server, fern, accept, kind):
    answer = judged(server, fern.replace("okg:Increased", "okg:Inkreased"), accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert "Inkreased" in answer.text
    if accept == "text/turtle":
        shacl = "http://www.w3.org/ns/shacl#"
        said = {
            (quad.predicate.value.removeprefix(shacl), quad.object.value)
            for quad in ox.parse(answer.content, ox.RdfFormat.TURTLE)
            if isinstance(quad.object, ox.Literal)
        }
        assert ("conforms", "false") in said


def test_other_formats_are_read(server, fern):
    quads = list(ox.parse(fern, ox.RdfFormat.TURTLE))
    for kind, format_ in (
        ("application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    ):
        content = ox.serialize(quads, format=format_)
        headers = {"Content-Type": kind, "Accept": "application/json"}
        answer = server.post("/validate", content=content, headers=headers)
        assert answer.json() == {"conforms": True, "problems": []}, kind
        answer = server.post("/validate", content=content[:-20] + b"<<", headers=headers)
        assert {problem["constraint"] for problem in answer.json()["problems"]} == {"syntax"}


def test_what_is_no_rdf_is_not_read(server):
    answer = server.post("/validate", content="a,b", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 415


def test_a_document_is_no_larger_than_a_query(server):
    answer = server.post("/validate", content=b"#" * 1_000_001, headers=TURTLE)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["ontology", "computed/votes", "metadata"])
def test_a_document_is_not_judged_as_a_graph_of_ours(server, fern, name):
    graph = "https://w3id.org/osteokg/graph/" + name
    assert judged(server, fern, graph=graph).status_code == 400


def test_a_graph_that_is_no_iri_is_refused(server, fern):
    answer = judged(server, fern, graph="\x9d a")
    assert answer.status_code == 400
    assert "no IRI" in answer.json()["detail"]


def test_a_plain_service_has_nothing_to_judge_by(plain, fern):
    assert judged(plain, fern).status_code == 404


def test_the_judge_knows_the_current_version(serving, good, tmp_path, fern):
    """What was written since it began counts."""
    token = tmp_path / "token"
    token.write_text("correct-horse-battery-staple\n", encoding="utf-8")
    token.chmod(0o600)
    arguments = ("--data-dir", str(tmp_path / "data"), "--write-token-file", str(token))
    with serving("--evidence", str(good), *arguments) as client:
        client.headers["Authorization"] = "Bearer correct-horse-battery-staple"
        assert judged(client, fern).json()["conforms"] is True
        graph = {"graph": STUDY + "elm-2004"}
        assert client.put("/graphs", params=graph, content=fern, headers=TURTLE).status_code == 201
        told = judged(client, fern).json()["problems"]
        assert "described-twice" in {problem["constraint"] for problem in told}


def test_a_document_is_judged_while_versions_are_made(serving, good, tmp_path, fern):
    """What is read to judge by does not move meanwhile."""
    token = tmp_path / "token"
    token.write_text("correct-horse-battery-staple\n", encoding="utf-8")
    token.chmod(0o600)
    arguments = ("--data-dir", str(tmp_path / "data"), "--write-token-file", str(token))
    with (
        serving("--evidence", str(good), *arguments) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        client.headers["Authorization"] = "Bearer correct-horse-battery-staple"
        done = threading.Event()

        def write() -> list[int]:
            told = []
            while not done.is_set():
                text = f"<https://example.org/it> <https://example.org/count> {len(told)} ."
                graph = {"graph": "https://example.org/it"}
                told.append(client.put("/graphs", params=graph, content=text, headers=TURTLE))
            return [answer.status_code for answer in told]

        writing = beside.submit(write)
        try:
            answers = [judged(client, fern) for _ in range(6)]
        finally:
            done.set()
        assert [answer.json() for answer in answers] == [{"conforms": True, "problems": []}] * 6
        assert set(writing.result()) == {201, 204}
