"""SERVICE is refused wherever it can hide, and nothing else is."""

import re
import socket

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError, RequestError
from osteokg.kg.results import Query, evaluate
from osteokg.kg.sparql import (
    is_repeatable,
    refuse_outside,
    rows_at_most,
    syntax_error,
    tokens,
    words,
)

ASKS_ELSEWHERE = {
    "plain": "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <URL> { ?s ?p ?o } }",
    "lower case": "select * { service <URL> { ?s ?p ?o } }",
    "mixed case": "SELECT * { SeRvIcE sIlEnT <URL> { ?s ?p ?o } }",
    "no space": "SELECT * {SERVICE<URL>{?s ?p ?o}}",
    "a name": "PREFIX e: <URL> SELECT * { SERVICE e: { ?s ?p ?o } }",
    "a name, glued": "PREFIX e: <URL> SELECT * { SERVICEe: { ?s ?p ?o } }",
    "an empty prefix, glued": "PREFIX : <URL> SELECT * { SERVICE:{ ?s ?p ?o } }",
    "silent, glued": "PREFIX e: <URL> SELECT * { SERVICESILENTe:{ ?s ?p ?o } }",
    "a variable": "SELECT * { BIND(<URL> AS ?where) SERVICE ?where { ?s ?p ?o } }",
    "after a number": "SELECT * { VALUES ?n {1} FILTER(?n = 1) SERVICE<URL>{ ?s ?p ?o } }",
    "behind a less-than sign": "SELECT * { FILTER(1<2)SERVICE#>\n<URL>{ ?s ?p ?o } }",
    "after a comment": "SELECT * { # a comment's end\n SERVICE # more\n <URL> { ?s ?p ?o } }",
    "after a comment, carriage return": "SELECT * { #'\r SERVICE <URL> { ?s ?p ?o } #'\r }",
    "between strings": "SELECT * { BIND('\\'' AS ?a) SERVICE <URL> { ?s ?p ?o } BIND('' AS ?b) }",
    "after a long string": 'SELECT * { BIND("""\\"""" AS ?a) SERVICE <URL> { ?s ?p ?o } }',
    "after an IRI with a hash": "SELECT * { BIND(<http://x/#> AS ?a) SERVICE <URL> { ?s ?p ?o } }",
    "in a group": "SELECT * { { { SERVICE <URL> { ?s ?p ?o } } } }",
    "in OPTIONAL": "SELECT * { OPTIONAL { SERVICE <URL> { ?s ?p ?o } } }",
    "in UNION": "SELECT * { {} UNION { SERVICE <URL> { ?s ?p ?o } } }",
    "in MINUS": "SELECT * { MINUS { SERVICE <URL> { ?s ?p ?o } } }",
    "in GRAPH": "SELECT * { GRAPH ?g { SERVICE <URL> { ?s ?p ?o } } }",
    "in EXISTS": "SELECT * { FILTER EXISTS { SERVICE <URL> { ?s ?p ?o } } }",
    "in NOT EXISTS": "SELECT * { FILTER NOT EXISTS { SERVICE <URL> { ?s ?p ?o } } }",
    "in a sub-select": "SELECT * { { SELECT * { SERVICE <URL> { ?s ?p ?o } } } }",
    "in ASK": "ASK { SERVICE <URL> { ?s ?p ?o } }",
    "in CONSTRUCT": "CONSTRUCT { ?s ?p ?o } { SERVICE <URL> { ?s ?p ?o } }",
    "in DESCRIBE": "DESCRIBE ?s { SERVICE <URL> { ?s ?p ?o } }",
    "beside a harmless one": "PREFIX service: <http://x/> ASK { ?service service:a 'service' "
    "SERVICE <URL> {} }",
}
STAYS_HERE = [
    "ASK { ?s ?p 'SERVICE <http://x/> {}' }",
    'ASK { ?s ?p "SERVICE" }',
    'ASK { ?s ?p """a " SERVICE <http://x/> {} """ }',
    "ASK { ?s ?p '''SERVICE ' <http://x/> {}''' }",
    "ASK { ?s ?p '\\' SERVICE <http://x/> {}' }",
    "ASK { ?s ?p 'x'@en-service }",
    "ASK { ?s ?p <http://x/SERVICE> }",
    "ASK { <http://x/?a=SERVICE#SERVICE> ?p ?o }",
    "ASK {} # SERVICE <http://x/> {}",
    "# SERVICE <http://x/> {}\nASK {}",
    "ASK { ?service ?SERVICE $Service }",
    "SELECT (1 AS ?service) (2 AS ?SERVICE) {}",
    "PREFIX service: <http://x/> ASK { service:a service:service service: }",
    "PREFIX SERVICE: <http://x/> ASK { GRAPH SERVICE:a { ?s ?p SERVICE:b } }",
    "PREFIX ex: <http://x/> ASK { ex:service ?p ex:a.service . ex:SERVICE ?p ex:b }",
    "PREFIX service: <http://x/> SELECT * FROM service:a FROM NAMED service:b { ?s ?p ?o }",
    "PREFIX service: <http://x/> DESCRIBE service:a service:b",
    "ASK { _:service ?p _:SERVICE }",
    "PREFIX : <http://x/> ASK { :service :p :SERVICE }",
    "SELECT (COUNT(*) AS ?services) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(?service) > 1)",
    "PREFIX a: <http://x/> ASK { ?x a:service_1-2 'é SERVICE é' ; a:\\-service 3 }",
]


@pytest.fixture
def listener():
    """A server that anybody would reach who asked it."""
    with socket.create_server(("127.0.0.1", 0)) as heard:
        heard.settimeout(0)
        yield heard


@pytest.mark.parametrize("query", ASKS_ELSEWHERE.values(), ids=ASKS_ELSEWHERE)
def test_service_is_refused_and_nobody_is_asked(listener, query):
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises((QueryRefusedError, QuerySyntaxError)):
        evaluate(ox.Store(), Query(query.replace("URL", address)))
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("query", STAYS_HERE)
def test_service_is_a_word_like_any_other_elsewhere(query):
    refuse_outside(query)
    assert evaluate(ox.Store(), Query(query)).body is not None


def test_the_refusal_says_where_and_what_to_do():
    with pytest.raises(QueryRefusedError) as refused:
        refuse_outside("# SERVICE\nASK {\n  {} SERVICE SILENT <http://x/> {} }")
    assert "SERVICE at line 3, column 6 is refused" in str(refused.value)
    assert "Ask the other endpoint from your own program" in str(refused.value)
    assert refused.value.status == 400


def test_where_the_lexer_sees_no_service_the_engine_says_where_it_stops():
    with pytest.raises(QuerySyntaxError) as refused:
        refuse_outside("PREFIX e: <http://x/>\nASK { SERVICEe:a {} }")
    assert refused.value.line == 2


@pytest.mark.parametrize(
    ("query", "line"),
    [("ASK { ?s ?p 'service' \n ?x", 2), ("SELECT ?service WHERE {} FRM", 1)],
)
def test_a_syntax_error_beside_the_word_is_a_syntax_error(query, line):
    with pytest.raises(QuerySyntaxError) as wrong:
        evaluate(ox.Store(), Query(query))
    assert wrong.value.line == line


def test_a_query_that_cannot_be_evaluated_is_the_asker_s_error():
    for query in ("ASK { FILTER(<http://x/service>(1)) }", "ASK { FILTER(<http://x/f>(1)) }"):
        with pytest.raises(RequestError, match="custom function"):
            evaluate(ox.Store(), Query(query))


# The W3C suites hold the grammar: what they write without SERVICE is never refused.


@pytest.fixture(scope="module")
def suite(shared) -> list[str]:
    """The queries of the W3C suites, those about federation left out."""
    folder = shared / "w3c" / "sparql11"
    paths = [p for p in folder.rglob("*.rq") if p.parent.name not in ("service", "syntax-fed")]
    assert len(paths) > 200
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]


@pytest.fixture(scope="module")
def parsed(suite) -> list[str]:
    """Those of them that parse."""
    return [query for query in suite if valid(query)]


def valid(query: str) -> bool:
    try:
        ox.Store().query(query, base_iri="http://base.invalid/")
    except SyntaxError:
        return False
    except RuntimeError:
        return True  # a function that nobody has
    return True


def test_no_query_of_the_suites_is_refused(suite):
    for query in suite:
        refuse_outside(query)


def test_every_query_about_federation_is_refused(shared):
    paths = [*(shared / "w3c/sparql11/service").glob("*.rq")]
    paths += (shared / "w3c/sparql11/syntax-fed").glob("*.rq")
    assert len(paths) >= 10
    for path in paths:
        with pytest.raises(QueryRefusedError):
            refuse_outside(path.read_text(encoding="utf-8"))


@given(data=st.data())
@settings(max_examples=150)
def test_the_word_may_stand_anywhere_in_a_query_of_the_suites(parsed, data):
    query = data.draw(st.sampled_from(parsed))
    names = sorted(set(re.findall(r"[?$](\w+)", query)))
    if names:
        name = data.draw(st.sampled_from(names))
        spelled = data.draw(st.sampled_from(["service", "SERVICE", "Service"]))
        query = re.sub(rf"(?<=[?$]){name}\b", spelled, query)
    comments = st.sampled_from(["# SERVICE <http://x/> {}\n", "#'service'\n", ""])
    query = data.draw(comments) + query
    if valid(query):
        refuse_outside(query)


@given(data=st.data())
@settings(max_examples=150)
def test_a_service_clause_put_into_a_query_of_the_suites_is_refused(parsed, data):
    query = data.draw(st.sampled_from(parsed))
    groups = [match.end() for match in re.finditer(r"(?i)\bWHERE\s*\{", query)]
    if not groups:
        return
    place = data.draw(st.sampled_from(groups))
    clause = data.draw(
        st.sampled_from(
            [
                " SERVICE <http://x/> {} ",
                "service silent<http://x/>{}",
                "\tSeRvIcE#'\n?x{}",
                " OPTIONAL { SERVICE <http://x/> { ?s ?p ?o } } ",
            ]
        )
    )
    with pytest.raises((QueryRefusedError, QuerySyntaxError)):
        refuse_outside(query[:place] + clause + query[place:])


# Words and places


def test_words_are_what_can_be_a_keyword():
    query = 'PREFIX a: <b#c> SELECT ?d # e\n{ f:g \'h\' "i"@j-k _:l 1.5e3 ; """m""" ex.n:o true }'
    assert [word for word, _ in words(query)] == ["PREFIX", "SELECT", "E3", "TRUE"]
    assert words("ask\n{}") == [("ASK", 0)]


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("SELECT * {", 1), ("SELECT *\n{ ?s ?p }", 2), ("INSERT DATA { <a:a> <a:b> 1 }", 1)],
)
def test_a_syntax_error_has_line_and_column(text, line):
    """Where the engine gave up, that is: a sign or a word after what is wrong."""
    with pytest.raises(QuerySyntaxError) as wrong:
        evaluate(ox.Store(), Query(text))
    assert wrong.value.line == line
    assert 1 <= wrong.value.column <= len(text.splitlines()[-1] if text else "") + 2
    assert str(wrong.value).startswith(f"line {line}, column {wrong.value.column}: ")
    assert "SERVICE" not in str(wrong.value)


def test_a_message_without_a_place_is_passed_on():
    error = syntax_error(SyntaxError("odd"))
    assert (str(error), error.line) == ("odd", None)


@given(st.text("ab1-.:_\"'<>#?@%\\é {\n/^"))
def test_tokens_are_the_text_and_words_are_words(text):
    found = list(tokens(text))
    assert "".join(token for token, _, _ in found) == text
    for token, is_word, offset in found:
        assert text.startswith(token, offset)
        assert not is_word or re.fullmatch(r"[A-Za-z_]\w*", token)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b:c d", ["d"]),
        ("a-b.c", ["a", "b", "c"]),
        ("1.5e3.x", ["e3", "x"]),
        ("é-ASK", ["ASK"]),
        ("x..y:z", ["x"]),
        ("'''a' b'' c", []),
        ('"a b\nc', ["c"]),
        ("'''a\nb''' c", ["c"]),
    ],
)
def test_words_are_what_is_no_name_and_no_string(text, expected):
    assert [token for token, is_word, _ in tokens(text) if is_word] == expected


# What may be kept


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?x) {}",
        "SELECT (now ( ) AS ?x) {}",
        "SELECT (RAND\n() AS ?x) {}",
        "SELECT (UUID() AS ?x) {}",
        "SELECT (STRUUID() AS ?x) {}",
        "SELECT (BNODE('a') AS ?x) {}",
        "SELECT (Now # when?\n () AS ?x) {}",
        "SELECT * { FILTERNOW() }",
        "SELECT * { FILTER(1<2&&RAND()>0.5) }",
        "CONSTRUCT { ?s ?p [] } { ?s ?p ?o }",
        "prefix e: <x:> construct # a list\n{ ?s e:p (1 2) } where { ?s ?p ?o }",
        "CONSTRUCT FROM <x:g> WHERE { ?s ?p _:b }",
        pytest.param("ASK {}" + " " * 65_536, id="too long to be looked through"),
    ],
)
def test_what_differs_each_time_is_not_kept(query):
    assert not is_repeatable(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o }",
        "PREFIX known: <http://x/now> SELECT * { known:rand ?now 'uuid' }",
        "DESCRIBE <http://x/bnode>",
        "SELECT (COUNT(*) AS ?rand) {} # NOW",
        "CONSTRUCT { ?s ?p ?o } { ?s ?p [] , _:b . FILTER(?o > 1) }",
        "SELECT * { ?s ?p [] }",
    ],
)
def test_what_is_the_same_each_time_may_be_kept(query):
    assert is_repeatable(query)


FIVE = "SELECT ?n { VALUES ?n { 1 2 3 4 5 } }"


@pytest.mark.parametrize(
    ("end", "most"),
    [
        ("", None),
        (" LIMIT 2", 2),
        ("limit 2 # } LIMIT 3", 2),
        (" OFFSET 1 LIMIT 2", 2),
        (" LIMIT 2 OFFSET 1 # said\n", 2),
        (" #\r LIMIT 2", 2),
        (" # } LIMIT 2", None),
        (" ORDER BY (?n<#} LIMIT 2>\n3)", None),
        (" ORDER BY (?n<#> } LIMIT 2\n3)", None),
        (" ORDER BY ?n LIMIT 2", None),  # not looked for so far
        (" GROUP BY ?n HAVING (COUNT(?n) = 1) LIMIT 2", None),
        (" VALUES ?n { 1 2 3 }", None),
        (" LIMIT 2 VALUES ?n { 1 2 3 }", None),
    ],
)
def test_a_limit_is_known_where_a_query_ends_with_it(end, most):
    assert rows_at_most(FIVE + end) == most
    found = len(list(ox.Store().query(FIVE + end)))
    assert found == (most or found) > 0


def test_a_limit_within_is_none_of_the_query():
    assert rows_at_most(f"SELECT * {{ {{ {FIVE} LIMIT 2 }} {FIVE[10:]}") is None
    assert rows_at_most("DESCRIBE <http://ex.org/a> LIMIT 2") is None
    assert rows_at_most(FIVE + " \\u0023 } LIMIT 2") is None  # a '#' where it may be written so
    assert rows_at_most(FIVE + " LIMIT " + 5000 * "1") is None
