"""Names in the evidence: declared, described once, and a close one offered."""

from pathlib import Path

import pytest

from osteokg.kg.dataset import load
from osteokg.kg.files import find_sources
from osteokg.kg.names import PREFIXES
from osteokg.kg.vocabulary import check_names

HEAD = "".join(
    f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("okg", "arm", "study", "rdfs")
)
FIRST = HEAD.count("\n") + 1


@pytest.fixture
def told(tmp_path):
    """Return the problems of names in files given by name: (file, line, constraint, message)."""

    def check(**texts: str) -> list[tuple[str, int | None, str, str]]:
        for name, text in texts.items():
            (tmp_path / f"{name}.ttl").write_text(HEAD + text, encoding="utf-8")
        problems = check_names(load(find_sources([str(tmp_path)])))
        return [(p.file.name, p.line, p.constraint, p.message) for p in problems]

    return check


def test_known_names_are_no_problem(told):
    text = "study:a a okg:Study ; okg:species okg:Rat .\narm:a a okg:Arm ; rdfs:seeAlso <x:y> ."
    assert told(a=text, b="arm:b okg:partOfExperiment arm:a .") == []


@pytest.mark.parametrize(
    ("term", "meant"),
    [
        ("okg:Femurs", "Did you mean okg:Femur?"),  # the name
        ("okg:femur", "Did you mean okg:Femur?"),
        ("okg:BMD", "Did you mean okg:BoneMineralDensity?"),  # a notation
        ("okg:MK4", "Did you mean okg:Menatetrenone?"),  # a synonym
        ("okg:RiskOfFractures", "Did you mean okg:FractureIncidence?"),  # a hidden label
        (
            "okg:MedialCollateralEnthesis",
            "Find a term with 'osteokg terms search', or propose one with 'osteokg terms propose'.",
        ),
    ],
)
def test_an_unknown_term_is_told_with_what_was_probably_meant(told, term, meant):
    text = f"arm:a a okg:Arm ;\n    okg:p1 okg:Rat ;\n    okg:exposure {term} ."
    (unknown,) = [row for row in told(a=text) if term in row[3]]
    assert unknown == (
        "a.ttl",
        FIRST + 2,
        "unknown-term",
        f"{term} is not in the ontology. {meant}",
    )


def test_an_unknown_property_and_an_unknown_class_stand_on_their_lines(told):
    assert told(a="arm:a a okg:Armm ;\n    okg:exposur arm:a .") == [
        ("a.ttl", FIRST, "unknown-term", "okg:Armm is not in the ontology. Did you mean okg:Arm?"),
        (
            "a.ttl",
            FIRST + 1,
            "unknown-term",
            "okg:exposur is not in the ontology. Did you mean okg:exposure?",
        ),
    ]


def test_a_thing_that_nobody_describes_is_told_with_the_closest(told):
    text = "arm:quill-2001-ovx a okg:Arm .\nstudy:b rdfs:seeAlso arm:quill-2001-ov , arm:zz ."
    assert told(a=text) == [
        (
            "a.ttl",
            FIRST + 1,
            "unknown-thing",
            "arm:quill-2001-ov is described nowhere. Did you mean arm:quill-2001-ovx?",
        ),
        (
            "a.ttl",
            FIRST + 1,
            "unknown-thing",
            "arm:zz is described nowhere. Describe it or correct it.",
        ),
    ]


def test_only_a_thing_of_the_same_kind_is_close(told):
    (row,) = told(a="study:quill-2001 a okg:Study ; rdfs:seeAlso arm:quill-2001 .")
    assert row[3] == "arm:quill-2001 is described nowhere. Describe it or correct it."


def test_one_thing_is_described_in_one_file(told):
    rows = told(
        a="arm:x a okg:Arm .\narm:y a okg:Arm .",
        b='study:b a okg:Study .\narm:x rdfs:label "again" ;\n    rdfs:comment "and again" .',
        c="arm:x a okg:Arm .",
    )
    assert sorted(row[:3] for row in rows) == [
        ("b.ttl", FIRST + 1, "described-twice"),
        ("c.ttl", FIRST, "described-twice"),
    ]
    assert all("arm:x is described in a.ttl too" in row[3] for row in rows)


def test_a_node_without_a_name_is_told_once_where_it_is_pointed_at(told):
    rows = told(a="arm:a a okg:Arm ;\n    okg:exposure [\n        a okg:Exposure ;\n  ] .")
    assert [(line, constraint) for _, line, constraint, _ in rows] == [(FIRST + 1, "blank-node")]
    assert "give it an IRI of its own" in rows[0][3]


def test_a_node_without_a_name_that_nothing_points_at_is_told_where_it_begins(told):
    rows = told(a="arm:a a okg:Arm .\n[] a okg:Arm ;\n    okg:sex okg:Female .")
    assert [(line, constraint) for _, line, constraint, _ in rows] == [(FIRST + 1, "blank-node")]


def test_close_names_are_found_among_thousands(told):
    """A file that is left out leaves hundreds of links open; this took minutes once."""
    things = " ".join(f"arm:quill-2001-arm-number-{n} a okg:Arm ." for n in range(1000))
    links = " , ".join(f"arm:quill-2001-arm-missing-{n}" for n in range(100))
    assert len(told(a=f"{things} study:a rdfs:seeAlso {links} .")) == 100


def test_the_evidence_of_these_tests_has_no_such_problem(good: Path):
    assert check_names(load(find_sources([str(good)]))) == []
