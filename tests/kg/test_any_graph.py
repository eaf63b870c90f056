"""What holds for any graph: the laws of the canonical form, and that JSON-LD loses nothing."""

import json

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from osteokg.kg.jsonld import compact, context
from osteokg.kg.names import PREFIXES
from osteokg.kg.turtle import canonical, comment_lines, line_index, read, text_of

XSD = PREFIXES["xsd"]

# Names that are CURIEs, names that are none, names of other people's.
SLUGS = st.sampled_from(["a", "b-2", "é", "a.b", "a.", "a/b", "a#b", "", "%20", "-", "a'b", "骨"])
SPACES = [*PREFIXES.values(), "https://example.org/", "urn:x:"]
IRIS = st.builds(str.__add__, st.sampled_from(SPACES), SLUGS).filter(lambda i: i.count("#") < 2)
NAMED = IRIS.map(ox.NamedNode)
KNOWN = st.sampled_from(
    sorted(
        (PREFIXES[prefix] + local if prefix in PREFIXES else definition["@id"])
        for definition in context().values()
        if isinstance(definition, dict) and definition["@id"] != "@type"
        for prefix, _, local in [definition["@id"].partition(":")]
    )
).map(ox.NamedNode)
PREDICATES = KNOWN | NAMED | st.just(ox.NamedNode(PREFIXES["rdf"] + "type"))

SIGNS = st.sampled_from("a é骨🦴\n\r\t\"'\\#<>@^.;,{}\x00\x0b\x7f\u2028\ufeff")
TEXTS = st.text(SIGNS, max_size=6) | st.sampled_from(["okg:a", "@prefix a: <b> .", "# no", '"""'])
LEXICAL = TEXTS | st.sampled_from(["true", "0", "007", "-1", "1.50", "1.", ".5", "1e3", "yes"])
LANGUAGES = st.sampled_from(["en", "de", "en-GB", "zh-Hant"])
DATATYPES = st.sampled_from(
    ["boolean", "integer", "decimal", "double", "float", "date", "gYear", "anyURI", "string"]
).map(lambda name: ox.NamedNode(XSD + name))
LITERALS = (
    TEXTS.map(ox.Literal)
    | st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXTS, LANGUAGES)
    | st.builds(lambda text, kind: ox.Literal(text, datatype=kind), LEXICAL, DATATYPES | NAMED)
)
TRIPLES = st.builds(ox.Triple, NAMED, PREDICATES, NAMED | LITERALS)
BLANK = st.sampled_from("abc").map(ox.BlankNode)
ANY_TRIPLES = st.builds(ox.Triple, NAMED | BLANK, PREDICATES, NAMED | BLANK | LITERALS)
GRAPHS = st.lists(TRIPLES, max_size=12)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("turtle") / "any.ttl"

    def write(text):
        path.write_bytes(text.encode())
        return path

    return write


@given(GRAPHS)
def test_canonical_form_says_the_same(written, triples):
    assert set(read(written(canonical(triples)))) == set(triples)


@given(GRAPHS)
def test_canonical_form_of_the_canonical_form_is_itself(written, triples):
    once = canonical(triples)
    assert canonical(read(written(once))) == once


@given(GRAPHS, st.randoms(use_true_random=False))
def test_canonical_form_does_not_depend_on_order(triples, random):
    shuffled = triples * 2
    random.shuffle(shuffled)
    assert canonical(shuffled) == canonical(triples)


@given(GRAPHS)
def test_canonical_form_has_no_comments_and_declares_the_prefixes_it_uses(written, triples):
    path = written(canonical(triples))
    assert comment_lines(path) == []
    header = path.read_text(encoding="utf-8").split("\n\n")[0]
    for line in header.splitlines():
        without = path.read_text(encoding="utf-8").replace(line + "\n", "", 1)
        if line.startswith("@prefix"):
            assert not isinstance(read(written(without)), list), f"{line} is not used"


@given(GRAPHS)
@settings(max_examples=50)
def test_every_triple_of_the_canonical_form_has_its_line(written, triples):
    path = written(canonical(triples))
    lines = path.read_text(encoding="utf-8").split("\n")
    index = line_index(path)
    for triple in triples:
        subject, predicate = text_of(triple.subject), triple.predicate.value
        place = index.triples.get((subject, predicate, text_of(triple.object)))
        if place is None:  # rdflib gives some literals another form
            assert isinstance(triple.object, ox.Literal)
            place = index.properties[subject, predicate]
        assert lines[place - 1], "a triple stands on a line"


def refuse(url, _options):
    raise AssertionError(f"{url} was asked for: a reader of our JSON-LD needs no network")


def quads_of(document: str) -> set[ox.Quad]:
    text = jsonld.to_rdf(
        json.loads(document), {"format": "application/n-quads", "documentLoader": refuse}
    )
    return canonical_of(quad.triple for quad in ox.parse(text, ox.RdfFormat.N_QUADS))


def canonical_of(triples) -> set[ox.Quad]:
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def readable(triple: ox.Triple) -> bool:
    """Return whether PyLD 3.3 leaves a literal as it is: it rewrites an xsd:double in a string."""
    value = triple.object
    return not isinstance(value, ox.Literal) or value.datatype.value != XSD + "double"


ONE = ox.Literal("1.0E0", datatype=ox.NamedNode(XSD + "double"))
READABLE = ANY_TRIPLES.filter(readable) | st.builds(ox.Triple, NAMED, PREDICATES, st.just(ONE))


@given(st.lists(READABLE, max_size=10))
@settings(max_examples=60)
def test_json_ld_says_the_same(triples):
    assert quads_of(compact(triples, [])) == canonical_of(triples)


@given(st.lists(READABLE, min_size=1, max_size=10), st.booleans())
@settings(max_examples=40)
def test_json_ld_says_the_same_from_any_root(triples, many):
    roots = [triples[0].subject.value] if isinstance(triples[0].subject, ox.NamedNode) else []
    assert quads_of(compact(triples, roots, many)) == canonical_of(triples)


@given(st.lists(ANY_TRIPLES, max_size=10))
def test_json_ld_does_not_depend_on_order(triples):
    assert compact(triples, []) == compact(reversed(triples), [])


def test_json_ld_of_a_dense_graph_stays_small():
    """Everything links to everything: nested without bound, this would be 20! nodes."""
    nodes = [ox.NamedNode(f"https://example.org/{number}") for number in range(20)]
    triples = [
        ox.Triple(one, ox.NamedNode(PREFIXES["okg"] + "explains"), other)
        for one in nodes
        for other in nodes
    ]
    roots = [node.value for node in nodes]
    assert len(compact(triples, roots)) < 60_000
    assert quads_of(compact(triples, roots)) == canonical_of(triples)
