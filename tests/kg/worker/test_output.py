"""What a worker writes arrives as frames, whatever it is cut into, and no more than may be."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import SizeLimitError
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.messages import PART, Frames, Kind, encode
from osteokg.kg.worker.output import Output

CSV = ROW_FORMATS[2]
ALL = "SELECT * { ?s ?p ?o }"


def sent(written):
    """Return what frames say, with parts that follow each other as one."""
    found = []
    for kind, content in Frames().feed(written.getvalue()):
        before = found.pop()[1] if found and kind is found[-1][0] is Kind.DATA else b""
        found.append((kind, before + content))
    return found


@given(sizes=st.lists(st.integers(0, PART + 10) | st.integers(0, 9000), max_size=8))
def test_an_answer_arrives_whole_and_in_parts(sizes):
    written = io.BytesIO()
    output = Output(written, Limits())
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    sink = output.begin("DESCRIBE <a:b>", GRAPH_FORMATS[0])
    for piece in pieces:
        assert sink.write(piece) == len(piece)
    output.end()
    whole = b"".join(pieces)
    assert sent(written) == [(Kind.GRAPH, b"")] + [(Kind.DATA, whole)] * bool(whole)
    parts = [content for kind, content in Frames().feed(written.getvalue()) if kind is Kind.DATA]
    assert all(len(part) <= PART for part in parts)


def test_of_an_answer_that_failed_nothing_comes_with_the_next():
    written = io.BytesIO()
    output = Output(written, Limits(rows=10))
    output.begin(ALL, CSV).write(b"s,p,o\r\n" + b"1,2,3\r\n" * 5)
    output.drop()
    output.begin(ALL, CSV).write(b"s,p,o\r\n" + b"4,5,6\r\n" * 10)
    output.end()
    output.begin_changes()
    output.begin_graph("a:gone", is_gone=True)
    output.end()
    assert sent(written) == [
        (Kind.ROWS, b""),
        (Kind.ROWS, b""),
        (Kind.DATA, b"s,p,o\r\n" + b"4,5,6\r\n" * 10),
        (Kind.GONE, encode("a:gone")),
    ]


@pytest.mark.parametrize("rows", [11, 200_000])
def test_rows_beyond_the_limit_are_refused_and_forgotten(rows):
    written = io.BytesIO()
    output = Output(written, Limits(rows=10))

    def write_all():
        output.begin(ALL, CSV)
        answer = b"s,p,o\r\n" + b"1,2,3\r\n" * rows
        for place in range(0, len(answer), 8192):
            output.write(answer[place : place + 8192])
        output.end()

    with pytest.raises(SizeLimitError, match="more than 10 rows"):
        write_all()
    output.drop()
    output.begin(ALL, CSV).write(b"s\r\n")
    output.end()
    assert sent(written)[-2:] == [(Kind.ROWS, b""), (Kind.DATA, b"s\r\n")]


def test_rows_that_the_query_itself_limits_are_not_counted():
    written = io.BytesIO()
    output = Output(written, Limits(rows=10))
    output.begin(f"{ALL} LIMIT 10", CSV).write(b"s\r\n" * 11)  # as no engine would
    output.end()
    assert sent(written)[-1] == (Kind.DATA, b"s\r\n" * 11)


def test_bytes_beyond_the_limit_are_refused():
    written = io.BytesIO()
    output = Output(written, Limits(answer_bytes=2 * PART))
    output.begin(ALL, GRAPH_FORMATS[0])
    output.write(b"x" * 2 * PART)
    with pytest.raises(SizeLimitError, match="more than 524288 bytes"):
        output.write(b"x" * 2 * PART)
    output.drop()
    assert sent(written) == [(Kind.GRAPH, b""), (Kind.DATA, b"x" * 2 * PART)]


def test_all_that_a_write_changes_is_held_against_the_limit_together():
    """Whoever takes it holds it in memory."""
    output = Output(io.BytesIO(), Limits(answer_bytes=1000))
    output.begin(ALL, CSV).write(b"x" * 900)
    output.end()

    def change(size):
        output.begin_changes()
        for name in ("a:first", "a:second"):
            output.begin_graph(name, is_gone=False)
            output.write(b"x" * size)
            output.end()

    change(500)
    with pytest.raises(SizeLimitError, match="more than 1000 bytes"):
        change(501)
