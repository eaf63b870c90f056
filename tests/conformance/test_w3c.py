"""The W3C SPARQL 1.1 suites, asked over HTTP of a real server (``osteokg serve --plain``).

What differs is in expectations.tsv, each with its reason. A case that does better than is said
there fails, so that the list stays true. Entailment is out of scope (see suites.py).
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from judging import Term, canonical, graph_of, rows_as_graph, rows_of, value_of
from suites import OUT_OF_SCOPE, SUITES, Case, iri_of, read_cases, suites_folder

pytestmark = pytest.mark.conformance

EXPECTATIONS = Path(__file__).with_name("expectations.tsv")
ACCEPTED = {
    "srx": "application/sparql-results+xml",
    "srj": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
READ = {"ttl": "turtle", "rdf": "xml", "nt": "nt"}
PARSED = "The (query cannot be evaluated|update cannot be carried out):"
NOTHING_PARSED = "The query does not parse"


def expectations() -> dict[str, tuple[str, str]]:
    """Return what is known to differ: case → verdict (``fails``, ``form``) and reason."""
    with EXPECTATIONS.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", strict=True)
        return {row["case"]: (row["verdict"], row["reason"]) for row in rows}


class DiffersError(AssertionError):
    """Say that an answer is not the one expected."""


class Store:
    """Hold a dataset on the server; load nothing twice."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client
        self.held: object = None

    def load(self, graphs: tuple[tuple[str | None, Path], ...]) -> None:
        """Let the server hold these graphs and no others (Graph Store Protocol)."""
        if self.held == graphs:
            return
        self.held = None
        assert self.update("DROP ALL").status_code == 200
        for name, path in graphs:
            answer = self.client.post(
                "/graphs",
                params={"default": ""} if name is None else {"graph": name},
                content=_with_base(path),
                headers={"Content-Type": _TYPES[path.suffix]},
            )
            assert answer.status_code in (201, 204), answer.text
        self.held = graphs

    def ask(self, query: str, accept: str) -> httpx2.Response:
        """Post a query as it is."""
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        return self.client.post("/sparql", content=query.encode(), headers=headers)

    def update(self, update: str) -> httpx2.Response:
        """Post an update as it is."""
        self.held = None
        headers = {"Content-Type": "application/sparql-update"}
        return self.client.post("/update", content=update.encode(), headers=headers)

    def dataset(self) -> dict[str | None, list[tuple[Term, Term, Term]]]:
        """Return what the server holds now, by graph."""
        names = rows_of(
            self.ask("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", ACCEPTED["srj"]).content, "srj"
        )
        found = {}
        for name in [None, *(row["g"][1] for row in names)]:
            answer = self.client.get(
                "/graphs",
                params={"default": ""} if name is None else {"graph": name},
                headers={"Accept": "application/n-triples"},
            )
            found[name] = graph_of(answer.content, "nt")
        return {name: graph for name, graph in found.items() if graph}


_TYPES = {".ttl": "text/turtle", ".rdf": "application/rdf+xml", ".nt": "application/n-triples"}


def _with_base(path: Path) -> bytes:
    """Return a document that says where it is published, so that relative IRIs are of there."""
    base = f"@base <{iri_of(path)}> .\n" if path.suffix == ".ttl" else ""
    return base.encode() + path.read_bytes()


@pytest.fixture(scope="module")
def store(serving: Callable[..., object]) -> Iterator[Store]:
    with serving("--plain") as client:
        yield Store(client)


def test_a_case(shared: Path, case: Case | None, store: Store) -> None:
    assert case is not None, f"there are no W3C suites in {suites_folder()}"
    verdict, reason = expectations().get(case.name, ("passes", ""))
    try:
        reached = JUDGES[case.kind](store, case)
    except DiffersError:
        if verdict != "fails":
            raise
        pytest.xfail(reason)
    assert reached == verdict, f"unexpected pass: {case.name} {reached}, expectations.tsv is old"


def judge_query(store: Store, case: Case) -> str:
    store.load(case.before)
    text = case.text.read_text(encoding="utf-8")
    form = case.result.suffix[1:]
    accept = ACCEPTED.get(form, "application/n-triples, application/sparql-results+json;q=0.9")
    answer = store.ask(f"BASE <{iri_of(case.text)}> {text}", accept)
    if answer.status_code != 200:
        raise DiffersError(answer.text)
    base = iri_of(case.result)
    expected_content = case.result.read_bytes()
    if answer.headers["content-type"] == "application/n-triples":
        return judged_graphs(
            {None: graph_of(answer.content, "nt")},
            {None: graph_of(expected_content, READ[form], base)},
        )
    assert answer.headers["content-type"].partition(";")[0] == ACCEPTED.get(form, ACCEPTED["srj"])
    got = rows_of(answer.content, form if form in ACCEPTED else "srj")
    expected = rows_of(expected_content, form, base)
    if isinstance(expected, bool) or isinstance(got, bool):
        if got is not expected:
            raise DiffersError(f"{got}, not {expected}")
        return "passes"
    ordered = re.search(r"ORDER\s+BY", text.rpartition("}")[2], re.IGNORECASE) is not None
    if rows_as_graph(got, ordered) == rows_as_graph(expected, ordered):
        return "passes"
    by_value = [
        [{name: value_of(term) for name, term in row.items()} for row in rows]
        for rows in (got, expected)
    ]
    if rows_as_graph(by_value[0], ordered) == rows_as_graph(by_value[1], ordered):
        return "form"
    raise DiffersError(f"{got}, not {expected}")


def judge_update(store: Store, case: Case) -> str:
    store.load(case.before)
    text = case.text.read_text(encoding="utf-8")
    answer = store.update(f"BASE <{iri_of(case.text)}> {text}")
    if answer.status_code != 200:
        raise DiffersError(answer.text)
    expected: dict[str | None, list[tuple[Term, Term, Term]]] = {}
    for name, path in case.after:
        graph = graph_of(path.read_bytes(), READ[path.suffix[1:]], iri_of(path))
        expected.setdefault(name, []).extend(graph)
    return judged_graphs(
        store.dataset(), {name: graph for name, graph in expected.items() if graph}
    )


def judged_graphs(
    got: dict[str | None, list[tuple[Term, Term, Term]]],
    expected: dict[str | None, list[tuple[Term, Term, Term]]],
) -> str:
    if got.keys() == expected.keys():
        if all(canonical(got[name]) == canonical(expected[name]) for name in got):
            return "passes"
        if all(
            canonical((s, p, value_of(o)) for s, p, o in got[name])
            == canonical((s, p, value_of(o)) for s, p, o in expected[name])
            for name in got
        ):
            return "form"
    raise DiffersError(f"{got}, not {expected}")


def judge_good_query(store: Store, case: Case) -> str:
    return _makes_sense(store.ask(case.text.read_text(encoding="utf-8"), "*/*"))


def judge_bad_query(store: Store, case: Case) -> str:
    return _no_sense(store.ask(case.text.read_text(encoding="utf-8"), "*/*"))


def judge_good_update(store: Store, case: Case) -> str:
    store.load(())
    return _makes_sense(store.update(case.text.read_text(encoding="utf-8")))


def judge_bad_update(store: Store, case: Case) -> str:
    return _no_sense(store.update(case.text.read_text(encoding="utf-8")))


def _makes_sense(answer: httpx2.Response) -> str:
    """Tell that a text was parsed, whether or not there was something to do with it."""
    if answer.status_code != 200 and not re.match(PARSED, answer.json()["detail"]):
        raise DiffersError(answer.text)
    return "passes"


def _no_sense(answer: httpx2.Response) -> str:
    if answer.status_code != 400 or answer.json()["title"] != NOTHING_PARSED:
        raise DiffersError(f"{answer.status_code} {answer.text}")
    return "passes"


JUDGES = {
    "QueryEvaluationTest": judge_query,
    "CSVResultFormatTest": judge_query,
    "UpdateEvaluationTest": judge_update,
    "PositiveSyntaxTest11": judge_good_query,
    "NegativeSyntaxTest11": judge_bad_query,
    "PositiveUpdateSyntaxTest11": judge_good_update,
    "NegativeUpdateSyntaxTest11": judge_bad_update,
}


def test_every_suite_is_run_or_said_to_be_out_of_scope(shared: Path) -> None:
    folders = {path.parent.name for path in suites_folder().glob("*/manifest.ttl")}
    asked = {case.name.partition("/")[0] for case in read_cases(suites_folder())}
    assert folders - asked == set(OUT_OF_SCOPE)


def test_every_expectation_is_of_a_case_and_has_its_reason(shared: Path) -> None:
    names = Counter(case.name for case in read_cases(suites_folder()))
    assert [name for name, number in names.items() if number > 1] == []
    for name, (verdict, reason) in expectations().items():
        assert name in names
        assert verdict in ("fails", "form")
        assert reason.endswith("."), name
    assert SUITES.startswith("http")
