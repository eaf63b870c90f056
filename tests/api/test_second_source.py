"""A second source, of another laboratory and class of interventions, goes in by table.

It is invented (tests/cases/tables/weir-2022), and served instead of the packaged evidence and
beside it. Code, ontology and shapes know nothing of it.
"""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pytest

from osteokg.api.cli import main

Serving = Callable[..., AbstractContextManager[httpx2.Client]]

QUESTION = """
PREFIX okg: <https://w3id.org/osteokg/vocab/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?finding ?model ?contrast ?direction ?intervention ?value {
  ?finding okg:study <https://w3id.org/osteokg/id/study/weir-2022> ;
    okg:contrast/rdfs:label ?contrast ; okg:model/rdfs:label ?model ;
    okg:direction/rdfs:label ?direction .
  OPTIONAL { ?finding okg:comparison/okg:targetArm/okg:exposure ?exposure .
    ?exposure okg:role okg:Treatment ; okg:agent/rdfs:label ?intervention .
    OPTIONAL { ?exposure okg:doseValue ?value } }
} ORDER BY ?finding ?intervention
"""


@pytest.fixture(scope="module")
def second(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import the tables of the second source and return the folder of its evidence."""
    folder = tmp_path_factory.mktemp("second") / "evidence"
    tables = project / "tests" / "cases" / "tables" / "weir-2022"
    assert main(["import", str(tables), "--into", str(folder)]) == 0
    return folder


def asked(client: httpx2.Client, query: str) -> list[dict[str, str]]:
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    answer.raise_for_status()
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_it_is_imported_without_a_warning(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = project / "tests" / "cases" / "tables" / "weir-2022"

    assert main(["import", str(tables), "--into", str(tmp_path)]) == 0

    told = capsys.readouterr()
    assert told.err == "1 study written: 0 violations, 0 warnings.\n"
    assert told.out.endswith(
        "new: 8 findings, 6 arms, 6 exposures, 5 anchors, 1 study, 1 publication, 1 experiment, "
        "6 comparisons, 1 explanation, 1 claim, 2 components\n"
    )


def test_it_is_served_instead_of_the_packaged_evidence(second: Path, serving: Serving) -> None:
    with serving("--evidence", str(second)) as client:
        rows = asked(client, QUESTION)
        studies = asked(
            client, "SELECT ?s { ?s a/<http://www.w3.org/2000/01/rdf-schema#subClassOf>* "
            "<https://w3id.org/osteokg/vocab/Study> }"
        )  # fmt: skip
        page = client.get("/id/claim/weir-2022-both-more", follow_redirects=True)

    assert [row["s"] for row in studies] == ["https://w3id.org/osteokg/id/study/weir-2022"]
    told = [
        (
            row["finding"].removeprefix("https://w3id.org/osteokg/id/finding/weir-2022-"),
            row["contrast"],
            row["direction"],
            row["intervention"],
            row["value"],
        )
        for row in rows
    ]
    assert told == [
        ("both-tb-th", "add-on effect", "increased", "estrogen", ""),
        ("both-tb-th", "add-on effect", "increased", "testosterone", "8"),
        ("e-resorption", "treatment effect", "decreased", "estrogen", ""),
        ("e-tb-th", "treatment effect", "increased", "estrogen", ""),
        ("orx-resorption", "model effect", "increased", "", ""),
        ("orx-tb-th", "model effect", "decreased", "", ""),
        ("t2-tb-th", "treatment effect", "no difference", "testosterone", "2"),
        ("t8-against-t2", "dose comparison", "increased", "testosterone", "8"),
        ("t8-tb-th", "treatment effect", "increased", "testosterone", "8"),
    ]
    assert {row["model"] for row in rows} == {"orchidectomized rat"}
    assert "Both hormones did more for the trabeculae" in page.text


def test_it_is_served_beside_the_packaged_evidence(second: Path, serving: Serving) -> None:
    with serving("--evidence", "packaged", "--evidence", str(second)) as client:
        findings = list(csv.DictReader(io.StringIO(client.get("/findings.csv").text)))

    studies = {row["study"] for row in findings}
    assert {"weir-2022", "asawa-2004"} <= studies
    theirs = [row for row in findings if row["study"] == "weir-2022"]
    assert {row["source"] for row in theirs} == {"weir-2022"}
    legend = next(row for row in theirs if row["finding"].endswith("/weir-2022-both-tb-th"))
    assert legend["anchors"] == "FIG4#S5"
    assert legend["significance"] == "reported-significant"
    assert legend["intervention"] == "estrogen + testosterone"
