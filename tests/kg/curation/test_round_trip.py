"""What a file of evidence states is what its tables state, whatever it states."""

import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.curation.description import tables
from osteokg.kg.curation.reading import read_book
from osteokg.kg.curation.statements import statements_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.curation.writing import (
    book_of,
    delimited_files,
    grids_of,
    workbook_of,
    write_files,
)
from osteokg.kg.errors import RequestError
from osteokg.kg.names import ID, PREFIXES, VOCAB
from osteokg.kg.turtle import canonical, read

STEM = "quill-2001"
TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
XSD = PREFIXES["xsd"]
COLUMNS = [
    (table, column)
    for table in tables().values()
    if table.kind
    for column in table.columns
    if column.property
]
KINDS = sorted({table.kind for table, _ in COLUMNS})


@st.composite
def things(draw: st.DrawFn, kind: str | None = None) -> ox.NamedNode:
    """Draw names of things: the study's own, another's, and some that look like either."""
    stems = [STEM, STEM + "-", STEM + "-" + STEM + "-", "larch-2010-", "", "quill-20011-"]
    tails = ["a", "b-2", "a-versus-b-2", "s001", "x", ""]
    slug = draw(st.sampled_from(stems)) + draw(st.sampled_from(tails))
    return ox.NamedNode(f"{ID}{kind or draw(st.sampled_from(KINDS))}/{slug or 'none'}")


TEXTS = st.one_of(
    st.sampled_from(["-", "?", "true", "not stated", " a", "a;b", "a|b", '"a"', "=1+1", "1-2", ""]),
    st.text(max_size=8),
)
LITERALS = st.one_of(
    TEXTS.map(ox.Literal),
    TEXTS.map(lambda text: ox.Literal(text, language="en")),
    st.sampled_from(["boolean", "integer", "decimal", "gYear", "date", "anyURI", "string"]).flatmap(
        lambda name: st.sampled_from(["true", "1", "0.50", "2001", "2001-01-02", "x:y", "é"]).map(
            lambda text: ox.Literal(text, datatype=ox.NamedNode(XSD + name))
        )
    ),
)
TERMS = [
    "Femur", "SiteNotStated", "CompartmentNotStated", "NotApplicable", "Increased", "BoneMass",
    "VitaminK2", "Ovariectomy", "ShamOperation", "ModelInduction", "Treatment", "Control", "Study",
    "JointStudy", "PrimaryArticle", "SignificanceNotReported", "NotReported", "RegimenNotStated",
    "WeightNotStated", "NotChecked", "NoSuchTerm",
]  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> ox.Triple:
    """Draw what a column could say, or could not."""
    table, column = draw(st.sampled_from(COLUMNS))
    subject = draw(things(table.kind))
    assert column.property is not None
    predicate = ox.NamedNode(column.property)
    if draw(st.integers(0, 3)) == 0 and table.type:
        return ox.Triple(subject, TYPE, ox.NamedNode(table.type))
    wild = draw(st.integers(0, 9)) == 0
    if column.target == "thing" and not wild:
        return ox.Triple(subject, predicate, draw(things(column.kind)))
    if column.target == "literal" and not wild:
        return ox.Triple(subject, predicate, draw(LITERALS))
    term = ox.NamedNode(VOCAB + draw(st.sampled_from(TERMS)))
    return ox.Triple(subject, predicate, draw(st.sampled_from([term, draw(LITERALS)])))


@st.composite
def typed(draw: st.DrawFn) -> list[ox.Triple]:
    """Draw statements, most of their subjects with the class that their sheet has."""
    drawn = draw(st.lists(statements(), max_size=25, unique=True))
    types = {table.kind: table.type for table, _ in COLUMNS}
    for triple in list(drawn):
        subject = triple.subject
        assert isinstance(subject, ox.NamedNode)
        kind = subject.value.removeprefix(ID).partition("/")[0]
        class_ = types[kind] or VOCAB + {"study": "Study", "publication": "PrimaryArticle"}[kind]
        if draw(st.integers(0, 9)):
            drawn.append(ox.Triple(subject, TYPE, ox.NamedNode(class_)))
    return list(dict.fromkeys(drawn))


@given(typed())
def test_any_statements_read_back_from_cells(words: Wordlist, stated: list[ox.Triple]) -> None:
    book = book_of(STEM, stated, words)

    again = statements_of(book, words)

    assert set(again.triples) == set(stated)


@given(typed())
def test_any_statements_read_back_from_files(
    words: Wordlist, tmp_path_factory: pytest.TempPathFactory, stated: list[ox.Triple]
) -> None:
    folder = tmp_path_factory.mktemp("tables") / STEM
    files = delimited_files(grids_of(book_of(STEM, stated, words)))
    write_files({folder / name: content for name, content in files.items()})
    folder.mkdir(exist_ok=True)

    book, problems = read_book(folder)

    assert not [problem for problem in problems if problem.constraint != "table-heading"]
    assert set(statements_of(book, words).triples) == set(stated)


@given(typed())
def test_any_statements_read_back_from_a_workbook(
    words: Wordlist, tmp_path_factory: pytest.TempPathFactory, stated: list[ox.Triple]
) -> None:
    grids = grids_of(book_of(STEM, stated, words))
    if not grids:
        return
    path = tmp_path_factory.mktemp("tables") / f"{STEM}.xlsx"
    path.write_bytes(workbook_of(grids, words))

    book, problems = read_book(path)

    assert problems == []
    assert set(statements_of(book, words).triples) == set(stated)


def test_the_invented_studies_need_no_sheet_of_other_statements(
    good: Path, words: Wordlist
) -> None:
    for path in sorted(good.glob("*.ttl")):
        triples = read(path)
        assert isinstance(triples, list)
        book = book_of(path.stem, triples, words)

        labels = [row for row in book.rows("other") if row.text("property") != "rdfs:label"]
        assert labels == [], path  # theirs are labels without a language
        assert canonical(statements_of(book, words).triples) == path.read_text("utf-8")


def test_generated_evidence_reads_back(
    tmp_path: Path, words: Wordlist, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = project / "benchmarks" / "evidence.py"
    if not generator.exists():
        pytest.skip("there is no generator of evidence in benchmarks/")
    monkeypatch.setattr(sys, "path", [str(generator.parent), *sys.path])
    from evidence import write_evidence  # noqa: PLC0415 - found by now

    for path in write_evidence(tmp_path, 60, seed=8):
        triples = read(path)
        assert isinstance(triples, list)
        book = book_of(path.stem, triples, words)
        assert book.rows("other") == []
        assert set(statements_of(book, words).triples) == set(triples)


def test_a_node_without_a_name_is_told(words: Wordlist) -> None:
    node = ox.Triple(ox.BlankNode(), TYPE, ox.NamedNode(VOCAB + "Arm"))

    with pytest.raises(RequestError, match="quill-2001 has nodes without a name"):
        book_of(STEM, [node], words)
