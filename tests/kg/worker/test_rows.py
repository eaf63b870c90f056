"""Rows are counted from the bytes of an answer, however it is cut into parts."""

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from osteokg.kg.results import ROW_FORMATS, Query, evaluate
from osteokg.kg.worker.rows import row_count

values = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(list('},{":\\\r\n\t[]<>')),
    max_size=8,
)
rows = st.lists(st.lists(st.none() | values, min_size=2, max_size=2), max_size=6)


def literal(value):
    return "UNDEF" if value is None else str(ox.Literal(value))


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda one: one.name)
@given(rows=rows, size=st.integers(1, 9))
@example(rows=[['},{"', '},{"'], ["},{", '"},{",']], size=1)
@example(rows=[["a\r\nb", '"'], ['""\n', "\n"]], size=2)
@example(rows=[[",{},{}", None], [None, None], ['\\\\",{', "[{"]], size=1)
@example(rows=[["<result>", "<result></result>"]], size=3)
@example(rows=[["a", ",{"], [None, None], [",{},{", "}"]], size=9)
@example(rows=[[None, None], [None, None], [",{", ",{}"]], size=2)
def test_rows_are_counted(chosen, rows, size):
    lines = " ".join(f"({' '.join(map(literal, row))})" for row in rows)
    query = f"SELECT * {{ VALUES (?a ?type) {{ {lines} }} }}"
    body = evaluate(ox.Store(), Query(query, rows=chosen)).body
    counter = row_count(chosen.name)
    counted = 0
    for start in range(0, len(body), size):
        counted = counter.add(body[start : start + size])
    assert counted == len(rows)


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda one: one.name)
def test_rows_without_bindings_are_counted(chosen):
    body = evaluate(ox.Store(), Query("SELECT ?x { VALUES ?y { 1 2 3 } }", rows=chosen)).body
    assert row_count(chosen.name).add(body) == 3
