"""What is sent to a worker arrives as it was, and nothing else does."""

from itertools import groupby
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from osteokg.kg import errors
from osteokg.kg.errors import (
    FilterError,
    LimitError,
    OsteoKGError,
    QuerySyntaxError,
    UnavailableError,
)
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Query
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.messages import (
    HEAD,
    PART,
    Frames,
    Kind,
    as_error,
    decode,
    encode,
    encode_error,
    frame,
    framed,
    parse_head,
    request_in,
)
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Update

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.lists(texts, max_size=3).map(tuple)
maybe = st.none() | texts
queries = st.builds(
    Query,
    texts,
    st.none() | st.sampled_from(ROW_FORMATS),
    st.none() | st.sampled_from(RDF_FORMATS),
    names,
    names,
    maybe,
    maybe,
    texts,
)
payloads = st.builds(
    Payload,
    st.binary(max_size=30),
    st.sampled_from([one.engine for one in RDF_FORMATS]),
    maybe,
)
writes = (
    st.builds(Update, texts, names, names, maybe)
    | st.builds(ReplaceGraph, maybe, st.lists(payloads, max_size=3).map(tuple))
    | st.builds(MergeGraph, maybe, st.lists(payloads, max_size=3).map(tuple))
    | st.builds(DropGraph, maybe)
)
others = (
    st.builds(Snapshot, texts, st.just(Path("a b/ö.nq.gz")), st.booleans(), names)
    | st.builds(Limits, seconds=st.floats(0.001, 1e6), rows=st.integers(1))
    | maybe
)


@given(queries | writes | others)
def test_a_request_arrives_as_it_was(request_):
    assert decode(encode(request_)) == request_


@given(queries | writes)
def test_a_request_arrives_in_its_frame(request_):
    ((kind, content),) = Frames().feed(framed(request_))
    assert request_in(kind, content) == request_


def test_of_a_query_that_is_not_like_most_nothing_is_remembered():
    graphs = tuple(f"http://ex.org/{number}" for number in range(5000))
    for query in (Query("ASK {}", default_graphs=graphs), Query("ASK {}", base="a:" + "b" * 5000)):
        ((kind, content),) = Frames().feed(framed(query))
        assert (kind, request_in(kind, content)) == (Kind.REQUEST, query)


def test_what_is_long_follows_as_it_is():
    text = 'INSERT DATA { <a> <b> "ä\\n" }\n' * 1000
    write = MergeGraph("http://ex.org/g", (Payload(text.encode(), ox.RdfFormat.TURTLE, None),) * 2)
    named = ReplaceGraph("http://ex.org/g", (Payload(text.encode(), ox.RdfFormat.TURTLE, text),))
    for request in (Update(text, ("http://ex.org/" + "g" * 5000,), (), text), write, named):
        sent = encode(request)
        assert decode(sent) == request
        assert text.encode() in sent


@given(st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=100)), max_size=10))
def test_frames_follow_each_other(sent):
    stream = b"".join(frame(kind, content) for kind, content in sent)
    read = []
    while stream:
        kind, length = parse_head(stream[: HEAD.size])
        read.append((kind, stream[HEAD.size :][:length]))
        stream = stream[HEAD.size + length :]
    assert read == sent


@given(st.binary(max_size=80))
def test_what_is_no_error_is_one_of_the_engine(content):
    assert isinstance(as_error(content), OsteoKGError)


@pytest.mark.parametrize(
    "error",
    [
        QuerySyntaxError("no", 3, 4),
        LimitError("too long", 5),
        FilterError("which?", "outcome", "bone", ["BoneMass"]),
        *(
            getattr(errors, name)("why")
            for name in errors.__all__
            if name not in ("DataError", "FilterError")
        ),
    ],
    ids=repr,
)
def test_an_error_arrives_with_what_it_carries(error):
    arrived = as_error(encode_error(error))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


@pytest.mark.parametrize("name", ["SystemExit", "Sequence", "Problem", "annotations", "nothing"])
def test_only_errors_of_ours_are_made(name):
    told = as_error(b'{"error": "%s", "message": "m", "carries": {}}' % name.encode())
    assert type(told) is UnavailableError


def test_nothing_else_can_be_sent():
    with pytest.raises(TypeError):
        encode(ox.NamedNode("http://a"))
    with pytest.raises(KeyError):
        decode(b'{"is": "OsteoKGError"}')


frames = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=20)), max_size=6)


def joined(frames):
    """Return frames with what follows each other of an answer as one."""
    for is_data, some in groupby(frames, key=lambda one: one[0] is Kind.DATA):
        if not is_data:
            yield from some
        elif data := b"".join(content for _, content in some):
            yield Kind.DATA, data


@given(frames=frames, size=st.integers(1, 40))
@example(frames=[(Kind.DATA, b"12"), (Kind.END, b"T")], size=5)
def test_frames_are_the_same_however_they_are_cut(frames, size):
    sent = b"".join(frame(kind, content) for kind, content in frames)
    cutter = Frames()
    parts = [sent[start : start + size] for start in range(0, len(sent), size)]
    found = [found for part in parts for found in cutter.feed(part)]
    assert list(joined(found)) == list(joined(frames))


def test_an_answer_is_given_on_as_it_comes():
    cutter = Frames()
    sent = frame(Kind.DATA, b"123456") + frame(Kind.END)
    assert cutter.feed(sent[:7]) == [(Kind.DATA, b"12")]
    assert cutter.feed(sent[7:8]) == [(Kind.DATA, b"3")]
    assert cutter.feed(sent[8:]) == [(Kind.DATA, b"456"), (Kind.END, b"")]


def test_a_long_part_is_not_cut_where_so_much_is_read_as_is_wanted():
    cutter = Frames()
    parts = [bytes([number]) * PART for number in range(4)]
    stream = b"".join(frame(Kind.DATA, part) for part in parts) + frame(Kind.END)
    assert cutter.wanted < PART  # most answers are short
    found = []
    while stream:
        wanted = cutter.wanted
        found += cutter.feed(stream[:wanted])
        stream = stream[wanted:]
    assert list(map(len, (content for _, content in found[2:]))) == [PART] * 3 + [0]
    assert b"".join(content for _, content in found) == b"".join(parts)
    assert cutter.wanted < PART


def test_what_begins_no_frame_is_refused():
    with pytest.raises(KeyError):
        Frames().feed(b"?\0\0\0\0")
