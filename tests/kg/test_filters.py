"""Filters: what a parameter means, and that the selection is what the findings table says."""

import asyncio
from urllib.parse import parse_qsl

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import FilterError
from osteokg.kg.files import Sources
from osteokg.kg.filters import FILTERS, Filters, askable_of
from osteokg.kg.names import ID, PREFIXES, VOCAB
from osteokg.kg.rows import rows_of
from osteokg.kg.selection import SORTS, Order, select
from osteokg.kg.store import InProcessStore
from osteokg.kg.table import findings_rows
from osteokg.kg.version import Version

QUILL = f"{ID}study/quill-2001"


@pytest.fixture(scope="module")
def askable(ask):
    return ask(askable_of)


@pytest.fixture(scope="module")
def read(askable):
    return lambda text: askable.read(parse_qsl(text, keep_blank_values=True))


@pytest.fixture(scope="module")
def found(ask, read):
    """Return the ends of the IRIs of the rows that a query string leaves, in order."""

    def rows(text, *orders):
        chosen = ask(select, read(text), [Order.read(one) for one in orders])
        return [one.row.removeprefix(ID) for one in chosen]

    return rows


@pytest.fixture(scope="module")
def table(ask):
    return ask(findings_rows)


@pytest.fixture(scope="module")
def covers(version):
    """Return for each term of ours what covers it."""
    covering: dict[str, set[str]] = {}
    for quad in version.store.quads_for_pattern(None, None, None, None):
        if quad.predicate.value == VOCAB + "coveredBy":
            covering.setdefault(quad.subject.value, set()).add(quad.object.value)
    return covering


# What a value means


@pytest.mark.parametrize(
    "value",
    [
        "VitaminK2",
        "vitamin-k2",
        "vitamin K2",
        "VITAMIN K2",
        "okg:VitaminK2",
        "<https://w3id.org/osteokg/vocab/VitaminK2>",
        "https://w3id.org/osteokg/vocab/VitaminK2",
        " okg:VitaminK2 ",
    ],
)
def test_a_term_is_known_by_name_label_curie_and_iri(askable, value):
    assert askable.read([("intervention", value)]).intervention == (VOCAB + "VitaminK2",)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("direction=no-difference", "NoDifference"),
        ("direction=no difference", "NoDifference"),
        ("direction=PATO:0002300", "Increased"),
        ("contrast=treatment-effect", "TreatmentEffect"),
        ("status=not-checked", "NotChecked"),
        ("outcome=BV/TV", "BoneVolumeFraction"),
    ],
)
def test_values_are_known_by_token_synonym_and_mapping(read, text, meant):
    filters = read(text)
    (given,) = [getattr(filters, name) for name in FILTERS if getattr(filters, name)]
    assert given == (VOCAB + meant,)


@pytest.mark.parametrize(
    "value", ["quill-2001", "study:quill-2001", QUILL, "Quill 2001", "quill et al.",
              "publication:quill-2001"]
)  # fmt: skip
def test_a_study_is_known_by_slug_label_authors_and_publication(askable, value):
    assert askable.read([("study", value)]).study == (QUILL,)


def test_a_study_is_known_by_the_identifiers_of_its_article():
    # The invented articles have none: a store of one study that has both.
    store = ox.Store()
    store.load(
        f"<{QUILL}> a <{VOCAB}Study> ; <{VOCAB}publication> <x:p> . "
        f'<x:p> <{VOCAB}doi> "10.1000/ABC" ; <{VOCAB}pmid> "123" .'.encode(),
        ox.RdfFormat.TURTLE,
    )
    one = asyncio.run(askable_of(InProcessStore(Version("0", store, Sources((), ())))))
    for value in ("doi:10.1000/abc", "https://doi.org/10.1000/ABC", "PMID:123", "pmid: 123",
                  "https://pubmed.ncbi.nlm.nih.gov/123/"):  # fmt: skip
        assert one.read([("study", value)]).study == (QUILL,), value


def test_an_outside_term_is_known_by_curie_and_iri(read):
    iri = "http://purl.obolibrary.org/obo/CHEBI_28384"
    assert read("intervention=CHEBI:28384").intervention == (iri,)
    assert read(f"intervention={iri}") == read("intervention=chebi:28384")


def test_an_outside_term_that_is_known_and_covers_nothing_of_ours_leaves_nothing(askable, found):
    covering = {iri for names in askable.names.values() for iri in names}
    idle = sorted(askable.outside - covering)
    assert len(idle) > 3
    assert found(f"site={idle[0]}") == []
    assert found("site=UBERON:0000981")


def test_what_is_given_twice_means_any_and_equal_questions_are_equal(read):
    assert read("site=Tibia&site=Femur") == read("site=femur&site=okg:Tibia&model=&q= ")
    assert read("site=Tibia&site=Femur").site == (VOCAB + "Femur", VOCAB + "Tibia")
    assert not read("site=&model=")
    assert read("") == Filters()


@pytest.mark.parametrize(
    ("text", "said", "suggested"),
    [
        ("intervention=VitaminK22", "no such intervention. Did you mean okg:", "okg:VitaminK2"),
        ("site=okg:Femurr", "Did you mean okg:Femur (femur)", "okg:Femur"),
        ("study=quil-2001", "Did you mean study:quill-2001 (Quill 2001)", "study:quill-2001"),
        ("direction=up", "the graph has no such direction", None),
        ("site=VitaminK2", "that is an intervention, not a site. Ask for intervention=VitaminK2",
         None),
        ("site=CHEBI:28384", "that is an intervention, not a site", None),
        ("outcomes=BoneMass", "There is no filter 'outcomes'. Did you mean outcome?", "outcome"),
        ("colour=red", "There is no filter 'colour'. There are intervention, model,", None),
        ("site=no:such", "site=no:such: the graph has no such site.", None),
        ("intervention=CHEBI:99999999", "the graph has no such intervention", None),
        ("reference=99", "the graph has no such reference", None),
    ],
)  # fmt: skip
def test_what_is_unknown_is_refused_with_what_may_be_meant(read, text, said, suggested):
    with pytest.raises(FilterError) as caught:
        read(text)
    assert said in str(caught.value)
    name, _, value = text.partition("=")
    assert (caught.value.parameter, caught.value.value) == (name, value)
    assert suggested is None or caught.value.suggestions[0] == suggested


# What is selected


def test_without_filters_every_row_of_the_table_is_selected(found, table):
    statements = [name.replace("proposition/larch-2010-k2-bone-mass", "conclusion/larch-2010-k2#p1")
                  .replace("proposition/larch-2010-k2-bone-strength", "conclusion/larch-2010-k2#p2")
                  for name in found("")]  # fmt: skip
    assert statements == [row["finding"].removeprefix(ID) for row in table]


@pytest.mark.parametrize("column", ["intervention", "model", "site", "compartment", "outcome"])
def test_a_term_selects_the_rows_that_name_what_it_covers(ask, askable, table, covers, column):
    """The law: a filter leaves the rows whose column has something that the asked term covers."""
    asked = {cover for row in table for iri in row[f"{column}_iri"].split(";") if iri
             for cover in covers[iri]}  # fmt: skip
    assert len(asked) > 3
    for iri in sorted(asked):
        chosen = ask(select, askable.read([(column, iri)]))
        expected = [
            row for row in table
            if any(iri in covers.get(one, ()) for one in row[f"{column}_iri"].split(";"))
        ]  # fmt: skip
        assert len(chosen) == len(expected), iri
        assert {one.statement for one in chosen} == {
            row["finding"].partition("#")[0] for row in expected
        }


@pytest.mark.parametrize(
    ("name", "column"),
    [("direction", "direction"), ("contrast", "contrast"), ("status", "publication_status"),
     ("study", "study"), ("reference", "reference"), ("kind", "kind")],
)  # fmt: skip
def test_a_token_selects_the_rows_that_have_it(ask, askable, table, name, column):
    tokens = {token for row in table for token in row[column].split(";") if token}
    assert len(tokens) > 1
    for token in sorted(tokens):
        chosen = ask(select, askable.read([(name, token)]))
        expected = [row for row in table if token in row[column].split(";")]
        assert len(chosen) == len(expected), token
        assert {one.statement for one in chosen} == {
            row["finding"].partition("#")[0] for row in expected
        }


def test_a_joint_study_is_selected_by_its_own_name_too(found):
    assert found("study=joint-7-12") == ["finding/joint-7-12-k2-bone-strength-tibia"]
    assert "finding/joint-7-12-k2-bone-strength-tibia" in found("study=nib-2002")


def test_a_cell_selects_the_findings_that_stand_in_it(ask, askable, version):
    cells: dict[str, set[str]] = {}
    for quad in version.store.quads_for_pattern(None, ox.NamedNode(VOCAB + "cell"), None, None):
        cells.setdefault(quad.object.value, set()).add(quad.subject.value)
    assert len(cells) > 3
    for cell, findings in cells.items():
        chosen = ask(select, askable.read([("cell", cell)]))
        assert {one.row for one in chosen} == findings


@pytest.mark.parametrize(
    "text",
    ["", "site=Femur&site=CHEBI:28384", "study=quill-2001&q=\"less bone\" k2&q=dish", "reference=7",
     "kind=conclusion&status=not-checked", "cell=all"],
)  # fmt: skip
def test_the_parameters_of_filters_mean_the_same(askable, text):
    given = dict(parse_qsl(text))
    cells = sorted(askable.names["cell"])
    text = text.replace("all", cells[0]).replace("site=CHEBI:28384", "intervention=CHEBI:28384")
    filters = askable.read(parse_qsl(text))
    assert askable.read(filters.parameters()) == filters
    assert bool(filters.parameters()) is bool(given)


def test_the_pattern_of_findings_binds_each_finding_that_is_left(ask, askable):
    for parameters in ([], [("outcome", "BoneMass"), ("q", "k2")], [("site", "Tibia")]):
        filters = askable.read(parameters)
        prefixes = f"PREFIX okg: <{VOCAB}> PREFIX rdf: <{PREFIXES['rdf']}>"
        query = f"{prefixes} SELECT ?finding WHERE {{ {filters.of_findings()} }}"
        bound = sorted(row["finding"] for row in ask(rows_of, query))
        chosen = ask(select, filters)
        assert bound == [one.row for one in chosen if "/finding/" in one.row]
        assert bound


@given(
    st.lists(
        st.sampled_from(
            ["site=Femur", "site=Tibia", "outcome=BoneMass", "direction=increased",
             "study=quill-2001", "contrast=treatment-effect", "q=risedronate", "q=bone"]
        ),
        max_size=4,
    )
)  # fmt: skip
def test_several_filters_mean_all_and_several_values_any(found, texts):
    by_name: dict[str, set[str]] = {}
    for text in texts:
        by_name.setdefault(text.partition("=")[0], set()).update(found(text))
    expected = set.intersection(*by_name.values()) if by_name else set(found(""))
    assert set(found("&".join(texts))) == expected


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("q=dish", ["mechanism/larch-2010-k2-bone-resorption"]),
        ("q=DISH vitamin", ["mechanism/larch-2010-k2-bone-resorption"]),
        ("q=dish risedronate", []),
        ("q=%22stronger tibia%22", ["finding/joint-7-12-k2-bone-strength-tibia"]),
        ("q=dish&q=%22stronger tibia%22",
         ["finding/joint-7-12-k2-bone-strength-tibia", "mechanism/larch-2010-k2-bone-resorption"]),
        ("q=Reed", ["clinical/reed-1999-k2-bone-mass"]),
        ("q=a\"b'\\c", []),
        ("q=WORD", []),
    ],
)  # fmt: skip
def test_words_are_looked_for_in_paraphrases_labels_and_synonyms(found, text, selected):
    assert found(text) == selected


def test_a_word_of_a_broader_term_finds_what_lies_below(found):
    # No invented sentence says it; risedronate is one.
    assert "finding/quill-2001-risedronate-bone-mass-femur" in found("q=bisphosphonate")
    assert "finding/nib-2002-k2-bone-mass-femur" not in found("q=bisphosphonate")


def test_a_synonym_finds_what_is_called_otherwise(found):
    # The sentence says "vitamin K2", and so does the label.
    assert "mechanism/larch-2010-k2-bone-resorption" in found("q=menaquinone")
    assert "finding/quill-2001-risedronate-bone-mass-femur" not in found("q=menaquinone")


# In which order


@pytest.mark.parametrize("column", SORTS)
def test_an_order_and_its_reverse_hold_the_same_rows(found, column):
    up, down = found("", column), found("", f"-{column}")
    assert sorted(up) == sorted(down) == sorted(found(""))


def test_rows_are_sorted_by_what_is_printed_and_those_without_come_last(found, table):
    printed = {row["finding"].removeprefix(ID): row["outcome"] for row in table}
    names = [name for name in found("", "outcome") if name in printed]
    told = [printed[name] for name in names]
    assert told == sorted(told, key=lambda text: (not text, text.casefold()))
    years = found("study=quill-2001&study=reed-1999", "-year")
    assert years[-1] == "clinical/reed-1999-k2-bone-mass"


def test_a_second_order_counts_where_the_first_is_equal(found):
    names = found("contrast=treatment-effect", "outcome", "-finding")
    assert names[:2] == ["finding/quill-2001-risedronate-bone-mass-femur",
                         "finding/quill-2001-k2-bone-mass-femur"]  # fmt: skip


def test_an_unknown_order_is_refused():
    with pytest.raises(FilterError, match=r"not sorted by 'outcom'\. Did you mean outcome\?"):
        Order.read("outcom")
    with pytest.raises(FilterError, match="Give finding, intervention,"):
        Order.read("")
