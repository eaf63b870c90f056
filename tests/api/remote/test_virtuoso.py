"""What Virtuoso does otherwise, asked of Virtuoso itself: translated, or told, never passed on."""

import asyncio
import contextlib
import time

import pyoxigraph as ox
import pytest

from osteokg.kg.engine import Limits
from osteokg.kg.errors import QuerySyntaxError, RequestError, TimeLimitError
from osteokg.kg.files import Sources
from osteokg.kg.names import BASE, PREFIXES, graph_iri
from osteokg.kg.remote import Addresses, Endpoint, Login, RemoteStore, load_version
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS, Query, format_named
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version

pytestmark = pytest.mark.virtuoso

METADATA = graph_iri("metadata")
DATA = graph_iri("study", "long")
NUMBER = "http://www.w3.org/2001/XMLSchema#integer"
LINES = format_named("nt", GRAPH_FORMATS)
CSV = format_named("csv", ROW_FORMATS)
LIMITS = Limits(seconds=30)
ENDLESS = """SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i
  FILTER(STR(?a) < STR(?f) && STR(?i) > STR(?c)) }"""


def graphs(*more: ox.Triple) -> dict[str, list[ox.Triple]]:
    """Return a version of 12,000 numbered things with long names, and what is said of it."""
    about = ox.NamedNode(BASE)
    label = ox.NamedNode(PREFIXES["rdfs"] + "label")
    things = [
        ox.Triple(
            ox.NamedNode(f"http://ex.org/{number}"),
            label,
            ox.Literal(f"a thing with a long name, number {number:05}", language="en"),
        )
        for number in range(12_000)
    ]
    told = [
        ox.Triple(about, ox.NamedNode(PREFIXES["dcterms"] + "identifier"), ox.Literal("v1")),
        ox.Triple(
            about, ox.NamedNode(PREFIXES["void"] + "triples"), ox.Literal(len(things) + len(more))
        ),
    ]
    return {DATA: [*things, *more], METADATA: told}


async def load(engine, named):
    """Load graphs; return whether there was anything to do."""
    login = Login("dba", engine.login["OSTEOKG_STORE_PASSWORD"])
    endpoint = Endpoint(engine.url, login)
    try:
        return await load_version(
            endpoint,
            lambda name: Addresses.of(engine.url, name, None, None),
            "v1",
            named,
            lambda step: None,
        )
    finally:
        await endpoint.close()


@pytest.fixture(scope="module")
def long(of_virtuoso):
    """Return Virtuoso with more than it gives at once."""
    of_virtuoso.empty()
    assert asyncio.run(load(of_virtuoso, graphs()))
    return of_virtuoso


@pytest.fixture
def ask(long):
    """Ask a store in front of it: the lines of an answer."""

    async def asked(text, limits):
        rehearsal = InProcessStore(Version("", ox.Store(), Sources((), ())))
        store = await RemoteStore.start(Endpoint(long.url), rehearsal, limits)
        try:
            assert (store.engine, store.version) == ("Virtuoso", "v1")
            answer = await store.query(Query(text, rows=CSV, graph=LINES))
            return answer.body.decode().split()
        finally:
            await store.close()

    return lambda text, limits=LIMITS: asyncio.run(asked(text, limits))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x ?l { ?x <http://www.w3.org/2000/01/rdf-schema#label> ?l }",
        "SELECT ?x ?l { ?x <http://www.w3.org/2000/01/rdf-schema#label> ?l } LIMIT 11000",
        "CONSTRUCT WHERE { ?x ?p ?l }",
        "DESCRIBE ?x WHERE { ?x <http://www.w3.org/2000/01/rdf-schema#label> ?l }",
    ],
)
def test_an_answer_that_is_cut_at_a_cap_is_told(ask, long, text):
    cut = long.ask(text, accept="text/csv" if "SELECT" in text else "application/n-triples")
    assert cut.status_code == 200  # and says nothing of it in the body
    assert len(cut.text.splitlines()) <= 10_001
    with pytest.raises(Exception, match="10000 rows or triples at most") as raised:
        ask(text)
    assert type(raised.value).__name__ == "SizeLimitError"


def test_a_part_that_was_asked_for_is_whole(ask):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    assert len(ask(f"SELECT ?x {{ ?x {label} ?l }} LIMIT 10000")) == 10_001
    assert len(ask(f"SELECT ?x {{ ?x {label} ?l }} OFFSET 9000")) > 3000
    assert ask("SELECT (COUNT(*) AS ?n) { ?x ?p ?o }") == ["n", "12002"]
    lines = ask(f"CONSTRUCT WHERE {{ ?x {label} ?l }} LIMIT 9999")
    assert lines.count(".") == 9999


def test_long_names_are_sorted_by_what_they_say(ask, long):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    text = f"SELECT ?x {{ ?x {label} ?l }} ORDER BY DESC(?l) LIMIT 5"
    assert ask(text)[1:] == [f"http://ex.org/{number}" for number in range(11_999, 11_994, -1)]


def test_sorting_far_down_is_refused_with_a_way_that_works(ask):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    with pytest.raises(RequestError, match="into a sub-select"):
        ask(f"SELECT ?x {{ ?x {label} ?l }} ORDER BY ?l LIMIT 3 OFFSET 10500")
    found = ask(
        f"SELECT ?x {{ {{ SELECT ?x ?l {{ ?x {label} ?l }} ORDER BY ?l }} }} LIMIT 3 OFFSET 10500"
    )
    assert found[1:] == [f"http://ex.org/{number}" for number in range(10_500, 10_503)]


def test_a_path_with_two_free_ends_is_told(ask):
    with pytest.raises(RequestError, match="from an end that it knows"):
        ask("SELECT DISTINCT * { ?a <http://ex.org/next>* ?b }")


def test_the_words_of_virtuoso_are_no_sparql(ask):
    with pytest.raises(QuerySyntaxError):
        ask('SELECT * { ?x ?p ?o . ?o bif:contains "name" OPTION (score ?s) }')
    with pytest.raises(QuerySyntaxError):
        ask('define get:soft "replace" SELECT * FROM <http://127.0.0.1:9/> { ?s ?p ?o }')


def test_what_others_have_there_is_not_in_the_dataset(ask, long):
    long.update("INSERT DATA { GRAPH <http://others.org/g> { <x:a> <x:b> <x:c> } }")
    assert long.ask("ASK { <x:a> <x:b> <x:c> }").text.split() == ['"__ASK_RETVAL"', "1"]
    assert ask("ASK { <x:a> <x:b> <x:c> }") == ["false"]
    assert ask("ASK { GRAPH ?g { <x:a> <x:b> <x:c> } }") == ["false"]
    named = ask("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert named[1:] == sorted([DATA, METADATA])


# Time


def rests(engine):
    """Wait until Virtuoso works no more: half a second without a hundredth of one used."""
    for _ in range(120):
        before = used(engine)
        time.sleep(0.5)
        if used(engine) - before <= 1:
            return True
    return False


def works(engine, before):
    """Wait until Virtuoso has worked for a second."""
    for _ in range(600):
        if used(engine) - before > 100:
            return
        time.sleep(0.1)


def used(engine) -> int:
    """Return the hundredths of seconds of processor that Virtuoso has used."""
    with open(f"/proc/{engine.process.pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - no file
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))


def test_the_deadline_ends_the_work_there(ask, long):
    assert rests(long)
    with pytest.raises(TimeLimitError):
        ask(ENDLESS, Limits(seconds=1.5))
    assert rests(long)
    assert "Currently 1 threads running" in long.sql("status('');")


def test_a_client_who_goes_ends_the_work_there(long):
    async def leave():
        rehearsal = InProcessStore(Version("", ox.Store(), Sources((), ())))
        store = await RemoteStore.start(Endpoint(long.url), rehearsal, Limits(seconds=10))
        before = used(long)
        asked = asyncio.ensure_future(store.query(Query(ENDLESS)))
        await asyncio.to_thread(works, long, before)
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        ended = await asyncio.to_thread(rests, long)
        await store.close()
        return ended

    assert asyncio.run(leave())


# Loading


@pytest.mark.parametrize(
    "value",
    [
        ox.Literal("P1D", datatype=ox.NamedNode(PREFIXES["xsd"] + "duration")),
        ox.Literal("0.1234567890123456789", datatype=ox.NamedNode(PREFIXES["xsd"] + "decimal")),
    ],
)
def test_what_it_would_keep_otherwise_is_not_loaded(of_virtuoso, value):
    odd = ox.Triple(ox.NamedNode("http://ex.org/odd"), ox.NamedNode("http://ex.org/is"), value)
    of_virtuoso.empty()
    with pytest.raises(RequestError, match=r"does not keep as they are 1 of the triples") as raised:
        asyncio.run(load(of_virtuoso, graphs(odd)))
    assert str(odd) in str(raised.value)
    held = f"ASK {{ GRAPH <{METADATA}> {{ ?s <{PREFIXES['dcterms']}identifier> ?o }} }}"
    assert of_virtuoso.ask(held).text.split() == ['"__ASK_RETVAL"']


def test_a_wrong_password_is_told_and_not_shown(of_virtuoso, osteokg, surroundings, good):
    of_virtuoso.empty()
    login = {"OSTEOKG_STORE_USER": "dba", "OSTEOKG_STORE_PASSWORD": "mistaken"}
    words = ("load", "--store", of_virtuoso.url, "--evidence", str(good))
    done = osteokg(*words, env={**surroundings, **login})
    assert done.returncode == 2
    assert "does not let this login write" in done.stderr
    assert "mistaken" not in done.stderr
