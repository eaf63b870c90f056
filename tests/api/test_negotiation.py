"""Content negotiation, held against an oracle that is written the other way round.

RFC 9110, section 12.5.1: for each offered type find the most specific range that fits it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.api.negotiation import HTML, best_format, best_type, prefers_html
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS

OFFERED = ["application/json", "text/csv", "text/turtle", "application/ld+json", HTML]
RANGES = [*OFFERED, "*/*", "text/*", "application/*", "image/png", "image/*", "*/json"]
QUALITIES = ["", ";q=1", ";q=0", ";q=0.5", "; q=0.501", ";Q=0.3", ";q=0.000", ";q=1.000"]


def quality_of(suffix: str) -> float:
    return float(suffix.lower().partition("q=")[2] or 1)


accepts = st.lists(
    st.tuples(st.sampled_from(RANGES), st.sampled_from(QUALITIES)), min_size=1, max_size=5
)
offers = st.lists(st.sampled_from(OFFERED), min_size=1, unique=True)


def oracle(accept: list[tuple[str, str]], offered: list[str]) -> str | None:
    """Return what the client likes best: by specificity first, then quality, then our order."""

    def liking(media_type: str) -> float:
        type_ = media_type.partition("/")[0]
        for fitting in (media_type, f"{type_}/*", "*/*"):
            qualities = [quality_of(q) for named, q in accept if named == fitting]
            if qualities:
                return max(qualities)
        return 0

    best = max(offered, key=liking)  # max takes the first of equals
    return best if liking(best) > 0 else None


@given(accepts, offers)
def test_the_type_that_is_liked_best_is_chosen(accept, offered):
    header = ", ".join(named + quality for named, quality in accept)
    assert best_type(header, offered) == oracle(accept, offered)


@given(accepts, offers)
def test_spaces_case_and_other_parameters_do_not_count(accept, offered):
    plain = ",".join(named + quality.replace(" ", "") for named, quality in accept)
    odd = " ,\t, ".join(
        f"{named.upper()} ;charset=utf-8{quality} ; x=1" for named, quality in accept
    )
    assert best_type(odd, offered) == best_type(plain, offered)


@given(accepts)
def test_html_is_preferred_only_if_it_is_named_and_liked_better_than_all(accept):
    header = ",".join(named + quality for named, quality in accept)
    others = [offer for offer in OFFERED if offer != HTML]
    alone = oracle(accept, [*others, HTML]) == HTML  # last of equals, so better than all
    named = any(name == HTML for name, _ in accept)
    assert prefers_html(header, others) is (alone and named)


@pytest.mark.parametrize("accept", [None, "", "   ", "*/*", "*/*;q=0.1"])
def test_a_client_without_a_wish_gets_the_first(accept):
    assert best_type(accept, OFFERED) == OFFERED[0]
    assert not prefers_html(accept, [])
    assert best_format(accept, ROW_FORMATS).name == "json"
    assert best_format(accept, GRAPH_FORMATS).name == "ttl"


@pytest.mark.parametrize(
    "accept",
    [
        "image/png",
        "text/turtle;q=0",
        "*/*;q=0",
        "nonsense",
        "text/turtle;q=2",
        "text/turtle;q=x",
        ",",
    ],
)
def test_a_client_may_want_what_is_not_there(accept):
    assert best_type(accept, ["text/turtle"]) is None
    assert best_format(accept, ROW_FORMATS) is None


@pytest.mark.parametrize(
    ("accept", "rows", "graph"),
    [
        ("application/sparql-results+json", "json", None),
        ("application/json", "json", "jsonld"),
        ("application/xml", "xml", "rdf"),
        ("text/xml", "xml", "rdf"),
        ("application/rdf+xml", None, "rdf"),
        ("text/plain", None, "nt"),
        ("text/*", "csv", "ttl"),
        ("application/*", "json", "nt"),
        ("application/x-turtle", None, "ttl"),
        ("text/csv, application/n-triples", "csv", "nt"),
        ("text/csv;q=0.2, text/tab-separated-values;q=0.3, */*;q=0.1", "tsv", "ttl"),
        ("application/ld+json;profile=\"http://www.w3.org/ns/json-ld#compacted\"", None, "jsonld"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "xml", "rdf"),
    ],
)  # fmt: skip
def test_formats_answer_to_their_names(accept, rows, graph):
    def name(chosen):
        return chosen and chosen.name

    assert (name(best_format(accept, ROW_FORMATS)), name(best_format(accept, GRAPH_FORMATS))) == (
        rows,
        graph,
    )


@given(st.text(st.sampled_from('*/;,=q.01 ax"\t-'), max_size=20))
def test_no_header_is_a_failure(accept):
    assert best_type(accept, OFFERED) in (*OFFERED, None)
    assert prefers_html(accept, OFFERED) in (True, False)


def test_a_hundred_ranges_are_read():
    """Nobody who means it sends more, and others wait meanwhile."""
    ranges = [f"image/x-{number}" for number in range(99)]
    assert best_type(", ".join([*ranges, "text/csv", "text/turtle"]), OFFERED) == "text/csv"
    assert best_type(", ".join([*ranges, "a/b", "text/turtle"]), OFFERED) is None
