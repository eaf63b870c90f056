"""Turtle files: what is read, on which line it stands, what is a comment, the canonical form."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.names import VOCAB
from osteokg.kg.problems import Problem
from osteokg.kg.turtle import canonical, comment_lines, line_index, read

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
OKG = "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"


@pytest.fixture
def file(tmp_path):
    def written(content: str | bytes) -> Path:
        path = tmp_path / "study.ttl"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def problem_in(path: Path) -> Problem:
    found = read(path)
    assert isinstance(found, Problem)
    assert found.file == path
    assert found.severity == "violation"
    return found


# Reading


def test_triples_come_in_the_order_of_the_file(file):
    triples = read(file(OKG + 'okg:b okg:p 2 , 1 .\nokg:a okg:p "é"@en .'))
    assert [str(triple.object) for triple in triples] == [
        '"2"^^<http://www.w3.org/2001/XMLSchema#integer>',
        '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
        '"é"@en',
    ]


def test_an_empty_file_says_nothing(file):
    assert read(file(b"")) == []


def test_a_byte_order_mark_and_other_line_ends_are_read(file):
    text = OKG + "okg:a okg:p okg:b ;\n  okg:q okg:c ."
    plain = read(file(text))
    assert read(file("\ufeff" + text.replace("\n", "\r\n"))) == plain


def test_a_file_that_is_not_utf_8_is_a_problem_with_its_line(file):
    found = problem_in(file((OKG + "okg:a okg:p 'x' .\nokg:a okg:p 'é' .").encode("latin-1")))
    assert (found.constraint, found.line) == ("encoding", 3)
    assert "save the file as UTF-8" in found.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (OKG + "okg:a okg:p okg:b\nokg:c okg:p okg:d .", 3, "A dot is expected"),
        (OKG + "okg:a okg:p ex:b .", 2, "ex"),
        (OKG + 'okg:a okg:p "one\ntwo" .', 2, "Line jumps are not allowed"),
        (OKG + "okg:a okg:p okg:b .\n<relative> okg:p okg:b .", 3, "absolute IRI"),
        (OKG + "okg:a okg:p okg:b .\nokg:a okg:p <<( okg:a okg:p okg:b )>> .", 3, "RDF 1.2"),
        (OKG + "okg:a okg:p okg:b .\n\nokg:a okg:p 'x'@en--ltr .", 4, "RDF 1.2"),
    ],
)
def test_what_does_not_parse_is_a_problem_with_its_line(file, text, line, words):
    found = problem_in(file(text))
    assert (found.constraint, found.line) == ("syntax", line)
    assert words in found.message


def test_what_cannot_be_read_is_a_problem(tmp_path):
    found = problem_in(tmp_path / "gone.ttl")
    assert (found.constraint, found.line) == ("file", None)
    assert "No such file" in found.message


# Lines


def test_every_triple_stands_on_the_line_where_its_object_begins(file):
    index = line_index(
        file(
            OKG
            + "okg:a\n"  # 2
            + "    a okg:A ,\n"
            + "        okg:B ; # okg:p okg:no ;\n"
            + "    okg:p okg:x , okg:y\n"  # 5
            + "        , okg:z ;\n"
            + '    okg:q """one\n'
            + "    okg:p # two\n"
            + '    three""" , "four" ;\n'
            + "    okg:r 7 ,\n"  # 10
            + "        1.50 ;\n"
            + "    okg:r true .\n"
            + "\n"
            + 'okg:b okg:p "x"@en , "x"^^okg:t .\n'
        )
    )
    a, b, integer = f"{VOCAB}a", f"{VOCAB}b", "http://www.w3.org/2001/XMLSchema#"
    expected = {
        (a, RDF_TYPE, f"{VOCAB}A"): 3,
        (a, RDF_TYPE, f"{VOCAB}B"): 4,
        (a, f"{VOCAB}p", f"{VOCAB}x"): 5,
        (a, f"{VOCAB}p", f"{VOCAB}y"): 5,
        (a, f"{VOCAB}p", f"{VOCAB}z"): 6,
        (a, f"{VOCAB}q", '"one\\n    okg:p # two\\n    three"'): 7,
        (a, f"{VOCAB}q", '"four"'): 9,
        (a, f"{VOCAB}r", f'"7"^^<{integer}integer>'): 10,
        (a, f"{VOCAB}r", f'"1.50"^^<{integer}decimal>'): 11,
        (a, f"{VOCAB}r", f'"true"^^<{integer}boolean>'): 12,
        (b, f"{VOCAB}p", '"x"@en'): 14,
        (b, f"{VOCAB}p", f'"x"^^<{VOCAB}t>'): 14,
    }
    assert index.triples == expected
    assert {key: index.find(*key) for key in expected} == expected


def test_lines_are_the_same_with_any_line_end_and_a_byte_order_mark(file):
    text = OKG + 'okg:a okg:p okg:b ;\n  okg:q """x\ny""" ;\n\n  okg:r okg:c .\n'
    plain = line_index(file(text))
    assert line_index(file("\ufeff" + text)) == plain
    assert line_index(file(text.replace("\n", "\r\n"))) == plain
    assert plain.find(f"{VOCAB}a", f"{VOCAB}r", None) == 6


def test_the_closest_line_is_of_the_triple_the_property_or_the_subject(file):
    index = line_index(file(OKG + "\nokg:a\n  okg:p okg:b ;\n  okg:q okg:c ;\n  okg:q okg:d ."))
    a = f"{VOCAB}a"
    assert index.find(a, f"{VOCAB}q", f"{VOCAB}d") == 6
    assert index.find(a, f"{VOCAB}q", "something else") == 5
    assert index.find(a, f"{VOCAB}nowhere", None) == 3
    assert index.find(a, None, None) == 3
    assert index.find(f"{VOCAB}b", None, None) is None


def test_nodes_in_brackets_have_lines_too(file):
    index = line_index(
        file(
            OKG
            + "okg:a okg:p [\n"
            + "    okg:q okg:b ;\n"
            + "    okg:r ( okg:c okg:d ) ] ,\n"
            + "    okg:e .\n"
        )
    )
    assert index.find(f"{VOCAB}a", f"{VOCAB}p", "_:b0") == 2
    assert index.find("_:b0", f"{VOCAB}q", f"{VOCAB}b") == 3
    assert index.find(f"{VOCAB}a", f"{VOCAB}p", f"{VOCAB}e") == 5


def test_the_lines_before_an_error_are_known(file, tmp_path):
    index = line_index(file(OKG + "okg:a okg:p okg:b .\nokg:c okg:p !"))
    assert index.find(f"{VOCAB}a", None, None) == 2
    assert line_index(file(b"\xff\xfe")).subjects == {}
    assert line_index(tmp_path / "gone.ttl").subjects == {}


# Comments


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# one\n\n# three", [1, 3]),
        ("<http://x/#a> okg:b <http://x/b#c> . # tail\n", [1]),
        ("<http://x/\\u00e9#a> okg:b 1 .\n", []),
        ("okg:a okg:b \"# no\" , '# no' .\n", []),
        ('okg:a okg:b "\\"# no" .\n', []),
        ('okg:a okg:b """\n# no "quoted" # no\n""" .\n# 4', [4]),
        ("okg:a okg:b '''\n# no 'quoted' # no\n''' .\n# 4", [4]),
        ("okg:a\\#no okg:b okg:c#yes\n", [1]),
        ("okg:a okg:b 1 .# yes\r\nokg:a okg:b 2 .\r\n# yes\r\n", [1, 3]),
        ("\ufeff# after the mark", [1]),
    ],
)
def test_a_comment_is_found_where_turtle_has_one(file, text, lines):
    assert comment_lines(file(text)) == lines


# Canonical form; what holds for any graph is in test_any_graph.py


def test_canonical_form_is_this(file):
    written = """
        @prefix arm: <https://w3id.org/osteokg/id/arm/> .
        @prefix finding: <https://w3id.org/osteokg/id/finding/> .
        @prefix okg: <https://w3id.org/osteokg/vocab/> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        finding:b okg:direction okg:Increased ; a okg:Finding ; okg:hedged false .
        <https://example.org/x> okg:p "2005"^^xsd:gYear , 1.50 , "owl: no" , "b"@en , <urn:x:a/b> .
        arm:b a okg:Arm . arm:a rdfs:label "one\\ntwo" ; okg:exposure okg:b , okg:a ; a okg:Arm .
    """
    assert (
        canonical(read(file(written)))
        == """\
@prefix arm: <https://w3id.org/osteokg/id/arm/> .
@prefix finding: <https://w3id.org/osteokg/id/finding/> .
@prefix okg: <https://w3id.org/osteokg/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

arm:a a okg:Arm ;
    rdfs:label "one\\ntwo" ;
    okg:exposure okg:a , okg:b .

arm:b a okg:Arm .

finding:b a okg:Finding ;
    okg:direction okg:Increased ;
    okg:hedged false .

<https://example.org/x> okg:p 1.50 , "2005"^^xsd:gYear , "b"@en , "owl: no" , <urn:x:a/b> .
"""
    )


def test_nothing_is_written_for_nothing():
    assert canonical([]) == ""


def test_a_triple_told_twice_is_written_once():
    triple = ox.Triple(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal("o"))
    assert canonical([triple, triple]) == canonical([triple])
