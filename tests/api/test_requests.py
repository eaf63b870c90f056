"""What a request says is read once, and as it was meant; nothing that comes is a failure."""

import asyncio
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from fastapi import Request
from hypothesis import example, given, settings
from hypothesis import strategies as st

from osteokg.api.representations import tags_in, versions_in
from osteokg.api.requests import (
    asked_version,
    decode,
    decode_body,
    in_address,
    media_type,
    only,
    rdf_format,
    type_of_body,
)
from osteokg.kg.errors import MediaTypeError, RequestError
from osteokg.kg.results import RDF_FORMATS

EXAMPLES = 300
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
odd = st.sampled_from(["%", "%25", "%2B", "+", " ", "&", "=", ";", "#", "é", "\x00", "\r\n", "𝔘"])
pairs = st.lists(st.tuples(texts | odd, texts | odd), max_size=6)
signs = st.text(st.sampled_from('%&=+;0123456789abcdefABCDEFW/"*,. \t\\ü'), max_size=24)


def request(address: bytes = b"", **headers: str) -> Request:
    """Return a request as a server hands it over."""
    return Request(
        {
            "type": "http",
            "query_string": address,
            "headers": [
                (name.replace("_", "-").encode(), value.encode("latin-1", "replace"))
                for name, value in headers.items()
            ],
        }
    )


@settings(max_examples=EXAMPLES)
@given(pairs)
@example([("query", "ASK { ?s ?p '%2B%25+' }")])
def test_a_form_is_decoded_once(sent):
    """Body and address alike; what looks encoded in a value stays as it is."""
    encoded = urlencode(sent)
    assert decode(encoded) == sent
    assert in_address(request(encoded.encode())) == sent
    assert asyncio.run(decode_body(encoded.encode())) == sent


@settings(max_examples=EXAMPLES)
@given(signs | texts)
@example("a=%5Cx41%0&b=\\x41%41")
@example("a=%C3%A4%2&b=%ff")
def test_any_signs_are_decoded_as_the_library_does(sent):
    try:
        expected = parse_qsl(sent, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(RequestError, match="not UTF-8"):
            decode(sent)
    else:
        assert decode(sent) == expected


@settings(max_examples=EXAMPLES)
@given(pairs)
def test_how_much_is_escaped_does_not_count(sent):
    whole = "&".join(
        "=".join("".join(f"%{byte:02x}" for byte in part.encode()) for part in pair)
        for pair in sent
    )
    assert decode(whole) == sent


@settings(max_examples=EXAMPLES)
@given(signs)
def test_any_form_is_read_or_refused(encoded):
    for read in (
        lambda: decode(encoded),
        lambda: in_address(request(encoded.encode("latin-1"))),
        lambda: asyncio.run(decode_body(encoded.encode("latin-1"))),
    ):
        try:
            told = read()
        except RequestError as error:
            assert "UTF-8" in str(error)  # noqa: PT017 - either is right
        else:
            assert all(isinstance(name + value, str) for name, value in told)


def test_a_large_form_is_decoded_like_a_small_one():
    query = "ASK {} # " + "é+%&" * 30_000
    assert asyncio.run(decode_body(f"query={quote_plus(query)}".encode())) == [("query", query)]


def test_nobody_needs_a_thousand_parameters():
    assert len(decode("a=1&" * 999 + "a=1")) == 1000
    with pytest.raises(RequestError, match="more than 1000 parameters"):
        decode("a=1&" * 1000)


@settings(max_examples=EXAMPLES)
@given(pairs, st.sampled_from(["query", "version", "é"]))
def test_a_parameter_is_given_once_or_refused(sent, name):
    others = [(key, value) for key, value in sent if key != name]
    assert only(others, name) is None
    assert only([*others, (name, "a"), *others], name) == "a"
    with pytest.raises(RequestError, match="give it once"):
        only([(name, "a"), *sent, (name, "b")], name)


@pytest.mark.parametrize("language", ["1.0", "1.1", "1.2", "1.2-basic"])
def test_a_version_of_the_language_is_none_of_the_data(language):
    assert asked_version([("version", language)]) is None
    assert asked_version([("version", "0a" * 32)]) == "0a" * 32
    with pytest.raises(RequestError, match="is no version"):
        asked_version([("version", f"{language}0")])
    assert asked_version([]) is None


charsets = st.sampled_from(["utf-8", "UTF-8", "utf8", "us-ascii"])
KNOWN = sorted(
    name
    for format_ in RDF_FORMATS
    for name in format_.media_types
    if name.partition("/")[2] not in ("xml", "json", "plain")
)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(KNOWN),
    st.sampled_from(["{}", " {} ", "{};", "{}; charset={}", '{} ;x=1;CHARSET = "{}"', "{};q='é'"]),
    charsets,
)
def test_the_type_of_a_body_is_read_whatever_stands_around_it(name, form, charset):
    for spelled in (name, name.upper(), name.title()):
        content_type = form.format(spelled, charset)
        assert type_of_body(content_type) == name
        assert media_type(request(content_type=content_type)) == name
    found = next(format_ for format_ in RDF_FORMATS if name in format_.media_types)
    assert rdf_format(name) is found.engine


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(["latin-1", "utf-16", "x", "utf-8x"]), signs)
def test_what_is_not_utf_8_is_refused(charset, name):
    with pytest.raises(MediaTypeError, match="in UTF-8"):
        type_of_body(f"text/turtle; charset={charset}")
    try:
        rdf_format(type_of_body(name))
    except MediaTypeError:
        return
    assert type_of_body(name) in KNOWN


opaque = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f'), max_size=8
)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(st.sampled_from(["", "W/"]), opaque), min_size=1, max_size=5), st.data())
def test_every_entity_tag_is_read(tags, data):
    """RFC 9110, section 8.8.3: any number, weak or not, over one line or several."""
    between = data.draw(st.sampled_from([",", ", ", " ,\t", ", , "]))
    header = between.join(f'{weak}"{tag}"' for weak, tag in tags)
    told = tags_in(request(if_none_match=header), "if-none-match")
    assert told == {f'"{tag}"' for _, tag in tags}
    assert versions_in(told) == {tag.partition(".")[0] for _, tag in tags}


@settings(max_examples=EXAMPLES)
@given(signs)
def test_no_condition_is_a_failure(header):
    told = tags_in(request(if_match=header), "if-match")
    assert told == {"*"} or all(tag[0] == tag[-1] == '"' for tag in told)
    assert tags_in(request(), "if-match") is None
