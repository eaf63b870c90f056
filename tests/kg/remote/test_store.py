"""A store in front of an endpoint that misbehaves in every way that was seen, and some more."""

import asyncio
import contextlib
import json
import threading

import pytest

from osteokg.kg.engine import Limits
from osteokg.kg.errors import (
    BusyError,
    GoneError,
    LimitError,
    NotAcceptableError,
    QueryRefusedError,
    QuerySyntaxError,
    RequestError,
    SizeLimitError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.names import BASE
from osteokg.kg.remote import Login
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS, Query, format_named

ONE = {"a": {"type": "literal", "value": "x"}}
SELECT = Query("SELECT ?a { ?a ?b ?c }")
CONSTRUCT = Query("CONSTRUCT WHERE { ?a ?b ?c }", graph=format_named("nt", GRAPH_FORMATS))
VIRTUOSO = {"Server": "Virtuoso/07.20.3229 (Linux) x86_64-pc-linux-gnu  "}


async def query(store, asked):
    return await store.query(asked)


# What leaves


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (Query("SELECT * {"), QuerySyntaxError),
        (Query("SELECT * { SERVICE <http://x/> { ?s ?p ?o } }"), QueryRefusedError),
        (Query("SELECT * { SERVICE SILENT <http://x/> { ?s ?p ?o } }"), QueryRefusedError),
        (Query('define get:soft "soft" SELECT * FROM <http://x/> { ?s ?p ?o }'), QuerySyntaxError),
        (Query("SELECT * { ?s bif:contains 'x' OPTION (score ?x) }"), QuerySyntaxError),
        (Query("INSERT DATA { <a:a> <a:b> <a:c> }"), QuerySyntaxError),
        (Query("SELECT * {}", rows=None), NotAcceptableError),
        (Query("CONSTRUCT WHERE { ?s ?p ?o }", graph=None), NotAcceptableError),
        (Query("ASK {}", named_graphs=("no IRI",)), RequestError),
        (Query("ASK {}", version="another"), GoneError),
    ],
)
def test_what_is_refused_never_leaves(fake, opened, asked, error):
    with pytest.raises(error):
        opened(query, asked)
    assert all("identifier" in form["query"] for form in fake.asked)


def test_a_query_is_posted_as_a_form_with_its_dataset_and_base(fake, opened):
    fake.says(fake.rows())
    asked = Query(
        "SELECT ?a { <x> ?b ?a }",
        default_graphs=("http://g/1",),
        named_graphs=("http://g/2",),
        base="http://b/",
    )
    opened(query, asked)
    (method, _, headers), form = fake.seen[-1], fake.asked[-1]
    assert (method, headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
    assert headers["Accept"] == "application/sparql-results+json"
    assert form == {
        "query": "BASE <http://b/>\nSELECT ?a { <x> ?b ?a }",
        "default-graph-uri": "http://g/1",
        "named-graph-uri": "http://g/2",
    }


def test_what_was_read_once_is_not_read_again(fake, opened, rehearsal):
    fake.says(fake.rows(ONE))

    async def thrice(store):
        await store.query(SELECT)
        await store.query(SELECT)
        with contextlib.suppress(NotAcceptableError):
            await store.query(Query(SELECT.text, rows=None))

    opened(thrice)
    assert [asked.rows is None for asked in rehearsal.asked] == [False, True]


# What comes back


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda each: each.name)
def test_rows_are_written_by_us_in_the_format_asked_for(fake, opened, chosen):
    fake.says(fake.rows(ONE, {"z": ONE["a"]}, variables=("z", "a")), "text/plain")
    answer = opened(query, Query(SELECT.text, rows=chosen))
    assert answer.format == chosen
    expected = {
        "csv": b"a\r\nx\r\n\r\n",
        "tsv": b'?a\n"x"\n\n',
        "json": json.dumps(
            {"head": {"vars": ["a"]}, "results": {"bindings": [ONE, {}]}}, separators=(",", ":")
        ).encode(),
        "xml": b'<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head>'
        b'<variable name="a"/></head><results><result><binding name="a"><literal>x</literal>'
        b"</binding></result><result></result></results></sparql>",
    }
    assert answer.body == expected[chosen.name]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ('{"head":{},"boolean":true}', b"true"),
        ('{"head":{},"boolean":false}', b"false"),
        (
            (
                '{"head":{"vars":["__ASK_RETVAL"]},"results":{"bindings":[{"__ASK_RETVAL":{"type":'
                '"typed-literal","datatype":"http://www.w3.org/2001/XMLSchema#integer","value":"1"}}]}}'
            ),
            b"true",
        ),
        ('{"head":{"vars":["__ASK_RETVAL"]},"results":{"bindings":[]}}', b"false"),
        (
            '{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"0"}}]}}',
            b"false",
        ),
    ],
)
def test_yes_and_no_in_any_form(fake, opened, body, answer):
    fake.says(body)
    assert opened(query, Query("ASK {}", rows=ROW_FORMATS[2])).body == answer


def test_an_ask_that_says_neither_is_no_answer(fake, opened):
    fake.says(fake.rows())
    with pytest.raises(UnavailableError, match="neither yes nor no"):
        opened(query, Query("ASK {}"))


def test_a_graph_is_sorted_and_each_triple_once(fake, opened):
    fake.says(
        "# comment\n<x:b>\t<x:p>\t_:b1 .\n<x:a> <x:p> <x:o> .\n<x:a> <x:p> <x:o> .",
        "application/n-triples",
    )
    body = opened(query, CONSTRUCT).body
    assert body == b"<x:a> <x:p> <x:o> .\n<x:b> <x:p> _:b1 .\n"


def test_a_graph_in_turtle_is_read_as_well(fake, opened):
    fake.says("@prefix x: <http://x/> . x:a x:p x:o .", "text/turtle; charset=utf-8")
    assert opened(query, CONSTRUCT).body == b"<http://x/a> <http://x/p> <http://x/o> .\n"


@pytest.mark.parametrize(
    ("body", "content_type", "asked"),
    [
        ("<html><body>Please <b>sign in</b></body></html>", "text/html", SELECT),
        ("<html><body>Please <b>sign in</b></body></html>", "text/html", CONSTRUCT),
        ("Virtuoso 22023 Error SR066", "text/plain", SELECT),
        ("Virtuoso 22023 Error SR066", "text/plain", CONSTRUCT),
        ('{"head":{"vars":["a"]},"results":{"bindings":[', "application/json", SELECT),
        ("<x:a> <x:p> ", "application/n-triples", CONSTRUCT),
        ("a,b\r\n", "text/csv", CONSTRUCT),
        ('{"head":{},"boolean":true}', "application/json", SELECT),
    ],
)
def test_with_status_200_an_error_is_still_an_error(fake, opened, body, content_type, asked):
    fake.says(body, content_type)
    with pytest.raises(UnavailableError):
        opened(query, asked)


def test_a_connection_that_breaks_in_the_middle_gives_no_answer(fake, opened):
    fake.says('{"head":{"vars":["a"]},"results":{"bindings":[]}}', size=1000)
    with pytest.raises(UnavailableError, match="broke off"):
        opened(query, SELECT)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, "Virtuoso 37000 Error SP031: no", RequestError, "no"),
        (500, "oops", UnavailableError, "oops"),
        (503, '{"detail": "busy \\u00e9"}', LimitError, "busy é"),
        (504, "", TimeLimitError, "does not say why"),
        (429, "slowly", BusyError, "slowly"),
        (401, "", UnavailableError, "OSTEOKG_STORE_USER"),
        (302, "", UnavailableError, "no SPARQL endpoint"),
        (404, "<html><title>x</title><p>Not&nbsp;here</p></html>", UnavailableError, "404"),
        (206, '{"head":{},"results":{"bindings":[]}}', LimitError, "part"),
    ],
)
def test_what_a_status_means(fake, opened, status, body, error, words):  # noqa: PLR0917 - fixtures
    fake.says(body, "application/problem+json" if body[:1] == "{" else "text/plain", status=status)
    with pytest.raises(error, match=words):
        opened(query, SELECT)


def test_nobody_answers(opened):
    with pytest.raises(UnavailableError, match="does not answer"):
        opened(query, SELECT, url="http://127.0.0.1:9/sparql")  # the port of discard, closed


# What Virtuoso says


@pytest.mark.parametrize(
    ("headers", "error", "words"),
    [
        (
            {"X-SQL-State": "S1TAT", "X-SQL-Message": "RC...: interrupted by result timeout."},
            TimeLimitError,
            "only a part",
        ),
        ({"X-SQL-State": "40001", "X-SQL-Message": "deadlock"}, LimitError, "deadlock"),
        ({"X-SPARQL-MaxRows": "10000"}, SizeLimitError, "10000"),
    ],
)
def test_a_part_is_never_passed_on_as_the_whole(fake, opened, headers, error, words):
    fake.headers = VIRTUOSO
    fake.says(fake.rows(ONE), headers=headers)
    with pytest.raises(error, match=words):
        opened(query, SELECT)


def test_an_answer_as_long_as_it_was_asked_for_is_whole(fake, opened):
    fake.headers = VIRTUOSO
    fake.says(fake.rows(ONE), headers={"X-SPARQL-MaxRows": "1"})
    asked = Query(f"{SELECT.text} LIMIT 1", rows=ROW_FORMATS[2])
    assert opened(query, asked).body == b"a\r\nx\r\n"


@pytest.mark.parametrize(("cap", "is_whole"), [("3", False), ("4", True), ("", True)])
def test_a_graph_that_is_cut_without_a_word_is_found_out(fake, opened, cap, is_whole):
    fake.headers = VIRTUOSO
    graph = "".join(f"<x:a> <x:p> <x:{number}> .\n" for number in range(4))
    fake.says(graph, "application/n-triples")
    own = fake.script

    def script(form):
        if "VALUES" not in form["query"]:
            return own(form)
        many = [{"a": {"type": "literal", "value": "1"}}] * 2000
        said = type(own(form))(fake.rows(*many))
        said.headers = {"X-SPARQL-MaxRows": cap} if cap else {}
        return said

    fake.script = script
    if is_whole:
        assert opened(query, CONSTRUCT).body == graph.encode()
        return
    with pytest.raises(SizeLimitError, match="3 rows or triples"):
        opened(query, CONSTRUCT)


def test_rows_that_come_twice_where_they_may_not_are_told(fake, opened):
    fake.headers = VIRTUOSO
    fake.says(fake.rows(ONE, ONE))
    with pytest.raises(RequestError, match="DISTINCT"):
        opened(query, Query("SELECT ?a { ?a <x:p>* <x:b> }"))
    assert opened(query, Query("SELECT ?a { ?a <x:p> <x:b> }")).body
    with pytest.raises(RequestError, match=r"COUNT\(DISTINCT"):
        opened(query, Query("SELECT (COUNT(*) AS ?a) { ?a <x:p>* <x:b> }"))


def test_virtuoso_is_given_the_time_and_no_dataset_twice(fake, opened):
    fake.headers = VIRTUOSO
    fake.says(fake.rows())
    opened(query, SELECT)
    assert fake.asked[-1] == {"query": SELECT.text, "timeout": "5000"}
    with pytest.raises(RequestError, match="say it once"):
        opened(query, Query("SELECT ?a FROM <x:g> { ?a ?b ?c }", default_graphs=("x:h",)))


# Time, size and clients who go


def test_the_deadline_ends_the_work_there(fake, opened):
    fake.says("", hold=threading.Event(), size=10)
    with pytest.raises(TimeLimitError, match=r"0\.2 s"):
        opened(query, SELECT, limits=Limits(seconds=0.2))
    assert fake.left.wait(10)


def test_a_client_who_goes_ends_the_work_there(fake, opened):
    begun = threading.Event()
    fake.says("", hold=threading.Event(), size=10)
    own = fake.script

    def script(form):
        if form["query"] == SELECT.text:
            begun.set()
        return own(form)

    fake.script = script

    async def leave(store):
        asked = asyncio.ensure_future(store.query(SELECT))
        assert await asyncio.to_thread(begun.wait, 10)
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        return await asyncio.to_thread(fake.left.wait, 10)

    assert opened(leave)


def test_a_client_who_goes_amid_a_long_answer_ends_the_work_there(fake, opened):
    start = '{"head":{"vars":["a"]},"results":{"bindings":['
    many = ",".join([json.dumps(ONE)] * 50_000)
    fake.says(start + many, hold=threading.Event(), size=10**9)

    async def leave(store):
        answer = await store.stream(SELECT)
        assert answer.size is None
        assert await anext(answer.chunks)
        await answer.chunks.aclose()
        return await asyncio.to_thread(fake.left.wait, 10)

    assert opened(leave, limits=Limits(seconds=30, first_bytes=1000))


@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        (Limits(rows=10), SELECT),
        (Limits(answer_bytes=100), SELECT),
        (Limits(whole_bytes=100), SELECT),
    ],
)
def test_an_answer_over_a_limit_is_told_and_not_cut(fake, opened, limits, asked):
    fake.says(fake.rows(*[ONE] * 20))
    with pytest.raises(SizeLimitError):
        opened(query, asked, limits=limits)


def test_when_all_places_are_taken_others_wait_and_then_are_told(fake, opened):
    fake.says("", hold=threading.Event(), size=10)
    limits = Limits(seconds=30, quick_slots=1, slow_slots=1, waiting=1, waiting_seconds=0.2)

    async def crowd(store):
        asked = [asyncio.ensure_future(store.query(SELECT)) for _ in range(4)]
        done, others = await asyncio.wait(asked, timeout=2)
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return [type(one.exception()) for one in done]

    assert opened(crowd, limits=limits) == [BusyError, BusyError]


# Which version is there


def holding(fake, version, triples=7):
    """Let the endpoint hold a version, whole if it has 7 triples; return how to change it."""
    held = {"id": version, "triples": triples}

    def number(value):
        term = {"type": "literal", "value": str(value)}
        return fake.rows({"n": term}, variables=("n",))

    said = type(fake.script({"query": ""}))

    def script(form):
        text = form["query"]
        if "identifier" in text:
            found = [{"id": {"type": "literal", "value": held["id"]}}] if held["id"] else []
            return said(fake.rows(*found, variables=("id",)))
        if "void#triples" in text:
            return said(number(5))
        if "COUNT(*)" in text:
            return said(number(2 if "metadata" in text else held["triples"]))
        if "during" in held:
            held["id"] = held["during"]
        return said(fake.rows(ONE))

    fake.script = script
    return held


async def seen(condition):
    """Wait, ten seconds at most, until a condition holds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come about")


async def version_of_answer(store, asked=SELECT):
    return store.version, (await store.query(asked)).version


def test_a_version_that_is_there_whole_is_known(fake, opened):
    holding(fake, "v1")
    assert opened(version_of_answer) == ("v1", "v1")


@pytest.mark.parametrize(("version", "triples"), [("v1", 8), ("v1", 6), ("", 7)])
def test_a_version_that_is_not_there_whole_is_none(fake, opened, version, triples):
    holding(fake, version, triples)
    assert opened(version_of_answer) == ("", "")


@pytest.mark.parametrize("then", ["v2", ""])
def test_data_replaced_while_it_answers_give_no_answer_of_the_version(fake, opened, then):
    held = holding(fake, "v1")

    async def asked(store):
        held["during"] = then
        with pytest.raises(UnavailableError, match="replaced") as raised:
            await store.query(SELECT)
        return raised.value.retry_after, store.version

    assert opened(asked) == (1, then)


def test_a_new_version_is_seen_without_being_asked(fake, opened):
    held = holding(fake, "v1")

    async def watched(store):
        assert store.version == "v1"
        held["id"] = "v2"
        await seen(lambda: store.version == "v2")
        return (await store.query(Query(SELECT.text, version="v2"))).version

    assert opened(watched, every=0.01) == "v2"


def test_an_endpoint_that_is_gone_for_a_while_is_asked_again(fake, opened):
    held = holding(fake, "v1")
    own = fake.script

    async def watched(store):
        fake.script = lambda form: type(own(form))("no", status=500)
        await seen(lambda: len(fake.asked) >= 20)
        held["id"], fake.script = "v2", own
        await seen(lambda: store.version == "v2")
        return store.version

    assert opened(watched, every=0.01) == "v2"


# The login


def test_a_login_is_told_only_when_asked_for_and_never_shown(fake, opened, caplog):
    fake.says(fake.rows(ONE))
    login = Login("user", "pass word")
    opened(query, SELECT, login=login)
    assert all("Authorization" not in headers for _, _, headers in fake.seen)
    assert "pass word" not in repr(login)
    fake.headers = {"WWW-Authenticate": 'Basic realm="x"'}
    fake.says("", status=401)
    with pytest.raises(UnavailableError, match="login") as raised:
        opened(query, SELECT, login=login)
    assert fake.seen[-1][2]["Authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
    assert "pass word" not in f"{raised.value}{caplog.text}"


def test_a_token_goes_along(fake, opened):
    fake.says(fake.rows(ONE))
    opened(query, SELECT, login=Login("", "", "tell"))
    assert fake.seen[-1][2]["Authorization"] == "Bearer tell"


def test_it_is_the_path_of_the_metadata_that_is_looked_at(fake, opened):
    opened(query, SELECT)
    assert f"GRAPH <{BASE}graph/metadata>" in fake.asked[0]["query"]
