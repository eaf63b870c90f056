"""ORDER BY gives an order, whatever kinds of values it meets."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.kg.errors import QuerySyntaxError
from osteokg.kg.ordering import kinds_apart
from osteokg.kg.results import ROW_FORMATS, Query, evaluate, format_named
from osteokg.kg.sparql import tokens

XSD = "http://www.w3.org/2001/XMLSchema#"
TSV = format_named("tsv", ROW_FORMATS)

NUMBERS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.decimals(-1000, 1000, places=2).map(lambda one: f"{one:f}"),
    st.integers(-1000, 1000).map(lambda one: f"{one}.5e0"),
)
TEXTS = st.text("0123456789-. ab", max_size=4).map(lambda text: f'"{text}"')
VALUES = st.one_of(
    NUMBERS,
    TEXTS,
    TEXTS.map(lambda text: f"{text}@en"),
    TEXTS.map(lambda text: f"{text}^^<http://ex.org/own>"),
    TEXTS.map(lambda text: f"{text}^^<{XSD}integer>"),
    st.dates().map(lambda one: f'"{one}"^^<{XSD}date>'),
    st.builds(
        lambda one, zone: f'"{one.isoformat()}{zone}"^^<{XSD}dateTime>',
        st.datetimes(),
        st.sampled_from(["", "Z", "-05:00", "+14:00"]),
    ),
    st.sampled_from(["true", "false", "UNDEF", "<http://ex.org/a>", "<http://ex.org/5>"]),
)


def ordered(values, order="?o"):
    text = f"SELECT ?o {{ VALUES ?o {{ {' '.join(values)} }} }} ORDER BY {order}"
    return evaluate(ox.Store(), Query(text, rows=TSV)).body.decode().split("\n")[1:-1]


def rank(value):
    return (value != "") + (value[:1] not in ("<", "")) + (value[:1] not in ("<", ""))


@settings(max_examples=200)
@given(st.lists(VALUES, min_size=30, max_size=80))
def test_any_values_are_ordered_as_sparql_says(values):
    """Nothing, IRIs, literals; numbers among themselves by value, texts by their characters."""
    rows = ordered(values)
    assert len(rows) == len(values)
    assert all(rank(one) <= rank(other) for one, other in pairwise(rows))
    numbers = [Decimal(one) for one in rows if one[:1] in "-0123456789" and one]
    assert numbers == sorted(numbers)
    texts = [one for one in rows if one.startswith('"') and one.endswith('"')]
    assert texts == sorted(texts, key=lambda one: one[1:-1])
    down = ordered(values, "DESC(?o)")
    assert [rank(one) for one in down] == [rank(one) for one in reversed(rows)]


def test_times_with_a_zone_and_without_are_ordered_among_themselves():
    """None of the latter is known to be before or after a time of the former on the same day."""
    times = [
        f'"2020-01-01T{hour:02}:00:00{zone}"^^<{XSD}dateTime>'
        for hour in (12, 3, 21, 8)
        for zone in ("", "Z", "+14:00")
    ]
    rows = [one.partition('"^^')[0][1:] for one in ordered(times)]
    assert rows == sorted(rows, key=lambda one: (len(one) > 19, moment(one)))
    assert len(rows) == 12


def moment(time):
    return datetime.fromisoformat(time).replace(tzinfo=datetime.fromisoformat(time).tzinfo or UTC)


@pytest.mark.parametrize(
    ("query", "apart"),
    [
        ("SELECT * {} ORDER BY ?a", ["?a"]),
        (
            "SELECT * {} order\nby # why\n ?a DESC(?b) asc ( $c ) (?d) LIMIT 1",
            ["?a", "?b", "$c", "?d"],
        ),
        ("SELECT * {} ORDER BY STR(?a) ?b <http://f>(?c) DESC(?d + 1) ex:f(?e) ?f", ["?b", "?f"]),
        ("SELECT * {} ORDER BY NOT EXISTS { ?a ?b ?c } (?d) EXISTS { ?e ?f ?g }", ["?d"]),
        ("SELECT * { { SELECT * {} ORDER BY ?a } ?b ?c ?d } ORDER BY DESC(?e)", ["?a", "?e"]),
        ("SELECT * {} ORDER BY ?a VALUES ?b { 1 }", ["?a"]),
        ("INSERT { } WHERE { SELECT * {} ORDER BY ?a } ; DELETE WHERE { ?b ?c ?d }", ["?a"]),
        ('SELECT * { ?s ?p "ORDER BY ?a" } # ORDER BY ?b', []),
        ("SELECT * { ?order ?by ?a }", []),
        ("SELECT * {} ORDER BY", []),
        ("SELECT * {} ORDER BY DESC", []),
        ("SELECT * {} ORDER BY DESC(", []),
    ],
)
def test_every_order_by_a_variable_is_parted(query, apart):
    read = [one for one, _, _ in tokens(kinds_apart(query))]
    assert [read[i + 2] for i, one in enumerate(read) if one == "ISNUMERIC"] == apart


def test_a_parted_order_is_still_the_query():
    query = (
        "SELECT ?a (COUNT(*) AS ?n) { VALUES (?a ?b) { (1 2) (1 3) (2 2) ('1' 1) } } "
        "GROUP BY ?a ORDER BY DESC(?n) ?a LIMIT 2"
    )
    assert evaluate(ox.Store(), Query(query, rows=TSV)).body == b'?a\t?n\n1\t2\n"1"\t1\n'


def test_an_error_stands_where_the_asker_wrote_it():
    with pytest.raises(QuerySyntaxError) as told:
        evaluate(ox.Store(), Query("SELECT * {} ORDER BY ?a LIMIT 1 }"))
    assert (told.value.line, told.value.column) == (1, 34)
