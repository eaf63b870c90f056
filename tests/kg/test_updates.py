"""Updates: what is refused in them, where declarations may stand, the dataset of the protocol."""

import re

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError, RequestError
from osteokg.kg.updates import declared_first, engine_operations, engine_texts, with_dataset

EX = "http://example.org/"
QUADS = f"""
<{EX}a> <{EX}p> 1 .
<{EX}g> {{ <{EX}b> <{EX}p> 2 }}
<{EX}h> {{ <{EX}c> <{EX}p> 3 }}
"""


def after(*updates: str, base: str | None = None) -> set[str]:
    """Return the quads that updates make of QUADS."""
    store = ox.Store()
    store.load(QUADS.encode(), ox.RdfFormat.TRIG)
    for update in updates:
        store.update(update, base_iri=base)
    return {str(quad) for quad in store}


# What is refused

FETCHES = [
    "LOAD <URL>",
    "load <URL>",
    "LOAD SILENT <URL> INTO GRAPH <x:g>",
    "LOADSILENT<URL>",
    "DROP ALL ; # a comment;\n LOAD <URL>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <URL> { ?s ?p ?o } }",
    "INSERT { ?s ?p ?o } WHERE { { SERVICE SILENT <URL> { ?s ?p ?o } } }",
    "DELETE { ?s ?p ?o } WHERE { FILTER(1<2)SERVICE#>\n<URL>{ ?s ?p ?o } }",
    "DROP ALL ; PREFIX load: <x:> LOAD <URL>",
]


@pytest.mark.parametrize("update", FETCHES)
def test_nothing_is_fetched(listening, update):
    address, asked = listening
    with pytest.raises((QueryRefusedError, QuerySyntaxError)):
        engine_texts(update.replace("URL", address))
    assert not asked()


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ("DROP ALL ;\n  LOAD <x:y>", "LOAD at line 2, column 3 is refused: nothing is fetched"),
        ("INSERT {} WHERE { SERVICE <x:y> {} }", "SERVICE at line 1, column 19 is refused"),
    ],
)
def test_a_refusal_says_what_and_where(update, words):
    with pytest.raises(QueryRefusedError, match=words):
        engine_texts(update)


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <x:load> <x:service> 'LOAD <x:y>' }",
        "PREFIX load: <x:> INSERT DATA { load:service load:load 'SERVICE' } # LOAD <x:y>",
        "DELETE { ?load ?service 1 } WHERE { ?load ?service 1 }",
        "INSERT DATA { GRAPH <x:LOAD> { <x:a> <x:b> '''\nLOAD <x:y>''' } }",
    ],
)
def test_words_that_only_look_like_it_are_kept(update):
    assert after(*engine_texts(update)) == after(update)


@pytest.mark.parametrize(
    ("update", "line", "column"),
    [
        ("INSERT", 1, 7),
        ("DROP ALL;\n\n  DROP NIX", 3, 11),
        ("PREFIX a: <x:>\nDROP ALL;\nPREFIX b: <y:>\n  INSERT DATA { a:a b:b }", 4, 25),
        ("LOAD <x:y> ;;", 1, 14),
        ("SELECT * {}", 1, 7),
    ],
)
def test_an_error_stands_where_it_was_written(update, line, column):
    with pytest.raises(QuerySyntaxError) as told:
        engine_texts(update)
    assert (told.value.line, told.value.column) == (line, column)


def test_parsing_carries_nothing_out(listening):
    """Else an update that is only looked at could already fetch, or take for ever."""
    address, asked = listening
    cross = " ".join(f"VALUES ?v{n} {{ {'1 ' * 60} }}" for n in range(12))
    assert engine_texts(f"INSERT {{ <x:a> <x:b> ?v0 }} WHERE {{ {cross} }}")
    with pytest.raises(QueryRefusedError):
        engine_texts(f"LOAD <{address}>")
    assert not asked()


# Declarations

PARTS = [
    f"INSERT DATA {{ <{EX}n> <{EX}p> 4 }}",
    f"PREFIX e: <{EX}> DELETE DATA {{ e:a e:p 1 }}",
    f"BASE <{EX}> PREFIX e: <{EX}> DELETE WHERE {{ GRAPH <g> {{ ?s e:p ?o }} }}",
    f"# e: declared\nPREFIX\te: # here\n <{EX}>\nCOPY DEFAULT TO e:k",
    f"PREFIX e: <{EX}own/> INSERT DATA {{ e:a e:p <rel> }}",
    f"BASE <{EX}own/> INSERT DATA {{ GRAPH <g> {{ <a> <p> <> }} }}",
    "BASE <more/> PREFIX r: <> INSERT DATA { <b> r:p r:c }",
    f"PREFIX f: <{EX}> INSERT {{ f:x f:p ?o }} WHERE {{ GRAPH f:h {{ ?s f:p ?o }} }}",
]


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5))
def test_declarations_may_stand_before_each_operation(parts):
    """An update does what its operations do alone, one after the other, with what is declared."""
    store = ox.Store()
    store.load(QUADS.encode(), ox.RdfFormat.TRIG)
    said = ""
    for part in parts:
        store.update(said + part, base_iri="x:")
        said += " ".join(re.findall(r"(?:PREFIX|BASE)[^>]*>\n?", part)) + " "
    update = " ;\n".join(parts)
    assert after(*engine_texts(update, "x:"), base="x:") == {str(quad) for quad in store}
    assert after(*engine_operations(update, "x:"), base="x:") == {str(quad) for quad in store}


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
def test_what_is_put_first_leaves_every_place_as_it_was(parts):
    update = " ; ".join(parts)
    read = declared_first(update)
    for _, operations in read[:-1]:
        assert update.startswith(operations.rstrip()[-5:], len(operations.rstrip()) - 5)
    _, last = read[-1]
    assert len(last) == len(update)
    assert [n for n, sign in enumerate(last) if sign == "\n"] == [
        n for n, sign in enumerate(update) if sign == "\n"
    ]


def test_a_fault_after_what_is_declared_anew_has_its_place():
    places = []
    for iri in ("<x:>", "<y:>"):
        with pytest.raises(QuerySyntaxError) as told:
            engine_texts(f"PREFIX a: <x:> DROP ALL ;\nPREFIX a: {iri} DROP\n all ; NO ?b")
        places.append((told.value.line, told.value.column))
    assert places[0] == places[1]
    assert places[0][0] == 3


def test_the_first_declarations_are_as_the_grammar_has_them():
    update = f"PREFIX a: <x:> PREFIX a: <{EX}> BASE <x:> BASE <{EX}> DELETE DATA {{ a:a <p> 1 }}"
    assert after(*engine_texts(update)) == after(update) != after("")


# The dataset of the protocol


@pytest.mark.parametrize(
    ("update", "by_hand"),
    [
        (
            f"INSERT {{ <{EX}n> ?p ?o }} WHERE {{ ?s ?p ?o }}",
            f"INSERT {{ <{EX}n> ?p ?o }} CLAUSES WHERE {{ ?s ?p ?o }}",
        ),
        (
            f"PREFIX where: <{EX}> INSERT {{ where:n ?p 'WHERE {{' }} # WHERE\nwhere{{ ?s ?p ?o }}",
            f"PREFIX where: <{EX}> INSERT {{ where:n ?p 'WHERE {{' }} CLAUSES WHERE {{ ?s ?p ?o }}",
        ),
        (
            "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
            "DELETE { GRAPH ?g { ?s ?p ?o } } CLAUSES WHERE { GRAPH ?g { ?s ?p ?o } }",
        ),
        (
            "DELETE # short\n WHERE { ?s ?p ?o } ; DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
            " ; ".join(["DELETE { ?s ?p ?o } CLAUSES WHERE { ?s ?p ?o }"] * 2),
        ),
        (
            f"INSERT DATA {{ <{EX}n> <{EX}p> 5 }} ; CLEAR GRAPH <{EX}h>",
            f"INSERT DATA {{ <{EX}n> <{EX}p> 5 }} ; CLEAR GRAPH <{EX}h>",
        ),
        (
            "INSERT { ?s ?p 9 } WHERE { { SELECT * WHERE { ?s ?p ?o } } FILTER(?o < 9) }",
            "INSERT { ?s ?p 9 } CLAUSES WHERE { { SELECT * WHERE { ?s ?p ?o } } FILTER(?o < 9) }",
        ),
    ],
)
@pytest.mark.parametrize(
    ("using", "named"), [(["g"], []), ([], ["h"]), (["g", "h"], []), (["g"], ["h"])]
)
def test_parameters_are_as_if_the_clauses_were_written(update, by_hand, using, named):
    clauses = [f"USING <{EX}{graph}>" for graph in using]
    clauses += [f"USING NAMED <{EX}{graph}>" for graph in named]
    given_ = [[EX + graph for graph in graphs] for graphs in (using, named)]
    assert after(*engine_texts(update, None, *given_)) == after(
        by_hand.replace("CLAUSES", " ".join(clauses))
    )


@pytest.mark.parametrize(
    "update",
    [
        f"WITH <{EX}g> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        f"DELETE {{ ?s ?p ?o }} USING <{EX}g> WHERE {{ ?s ?p ?o }}",
        f"DELETE {{ ?s ?p ?o }} using named <{EX}g> WHERE {{ ?s ?p ?o }}",
        f"DROP ALL ; WITH <{EX}g> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
    ],
)
def test_a_dataset_is_named_in_one_place(update):
    assert with_dataset(update, [], []) == update
    with pytest.raises(RequestError, match="say it in one place"):
        with_dataset(update, [f"{EX}g"], [])


@pytest.mark.parametrize(
    ("update", "graph", "words"),
    [
        ("DELETE WHERE { ?s ?p ?o }", "no iri", "names no graph"),
        ("DELETE WHERE { ?s ?p ?o }", "x:a> {}", "names no graph"),
        ("DELETEWHERE { ?s ?p ?o }", "x:g", "'DELETEWHERE' is no keyword"),
        ("DELETE { ?s ?p ?o WHERE { ?s ?p ?o }", "x:g", "braces"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(update, graph, words):
    with pytest.raises(RequestError, match=words):
        with_dataset(update, [graph], [])


def test_an_update_orders_values_of_several_kinds():
    """As the engine orders them by itself, it aborts: 9 < 10, but "10" < "5 a" < "9"."""
    numbers = [n * 37 % 100 for n in range(50)]
    values = " ".join(f'{number} "{number * 53 % 100} a"' for number in numbers)
    last = f"SELECT ?o {{ VALUES ?o {{ {values} }} }} ORDER BY DESC(?o) LIMIT 2"
    store = ox.Store()
    store.update(*engine_texts(f"INSERT {{ <http://s> <http://p> ?o }} WHERE {{ {last} }}"))
    assert {int(quad.object.value) for quad in store} == set(sorted(numbers)[-2:])
