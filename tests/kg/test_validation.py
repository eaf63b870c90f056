"""What is wrong with the evidence is told where it stands, and as a SHACL report.

That each thing is told once is held by tests/api/test_check_command.py.
"""

import re

import pyshacl
import pytest
from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef

from osteokg.kg.dataset import Dataset, load
from osteokg.kg.errors import DataError
from osteokg.kg.files import find_sources
from osteokg.kg.problems import Problem, errors_of
from osteokg.kg.validation import (
    as_shacl_report,
    load_shapes,
    run_shapes,
    run_violation_queries,
    validate,
)
from osteokg.kg.version import prepare

OKG = Namespace("https://w3id.org/osteokg/vocab/")
FINDING = "finding:quill-2001-k2-bone-mass-femur"

# SHACL, section 3.6: what a report and a result must and may have.
REPORT_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
[] a sh:NodeShape ; sh:targetClass sh:ValidationReport ;
  sh:property [ sh:path sh:conforms ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:boolean ] ,
    [ sh:path sh:result ; sh:class sh:ValidationResult ] .
[] a sh:NodeShape ; sh:targetClass sh:ValidationResult ;
  sh:property [ sh:path sh:focusNode ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path sh:resultPath ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path sh:value ; sh:maxCount 1 ] ,
    [ sh:path sh:sourceShape ; sh:maxCount 1 ] ,
    [ sh:path sh:sourceConstraintComponent ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path sh:resultSeverity ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ;
      sh:in ( sh:Violation sh:Warning ) ] ,
    [ sh:path sh:resultMessage ; sh:minCount 1 ; sh:datatype xsd:string ] .
"""


@pytest.fixture
def changed(good, tmp_path):
    """Return the dataset of the good evidence after one replacement in one file."""

    def dataset(old: str, new: str, file: str = "quill-2001.ttl") -> Dataset:
        for path in good.glob("*.ttl"):
            text = path.read_text(encoding="utf-8")
            if path.name == file:
                assert old in text
                text = text.replace(old, new, 1)
            (tmp_path / path.name).write_text(text, encoding="utf-8")
        return prepare(find_sources([str(tmp_path)]))

    return dataset


def one(problems: list[Problem]) -> Problem:
    assert [p.line_of_text() for p in problems][1:] == []
    return problems[0]


def test_a_shape_says_what_where_and_what_to_do(changed):
    old = "okg:hedged false ;\n    okg:magnitude"
    wrong = one(validate(changed(old, "okg:hedged okg:Rat ;\n    okg:magnitude")))
    assert wrong.constraint == "DatatypeConstraintComponent"
    assert wrong.severity == "violation"
    assert wrong.file.name == "quill-2001.ttl"
    line = wrong.file.read_text(encoding="utf-8").splitlines()[wrong.line - 1]
    assert line == "    okg:hedged okg:Rat ;"
    assert wrong.focus == "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur"
    assert (wrong.path, wrong.value) == (str(OKG.hedged), str(OKG.Rat))
    assert wrong.message.startswith(f"{FINDING}: ")
    assert wrong.message.endswith("(found okg:Rat)")


def test_what_is_missing_is_told_at_the_thing(changed):
    dataset = changed("    okg:significance okg:ReportedSignificant ;\n", "")
    wrong = one(run_shapes(dataset, load_shapes()))
    line = wrong.file.read_text(encoding="utf-8").splitlines()[wrong.line - 1]
    assert line == f"{FINDING} a okg:Finding ;"
    assert "okg:significance" in wrong.message


def test_a_violation_query_names_itself(changed):
    dataset = changed("okg:magnitude 12.50", "okg:magnitude -12.50")
    wrong = one(run_violation_queries(dataset))
    assert wrong.constraint == "magnitude-sign"
    assert wrong.source_shape == "https://w3id.org/osteokg/shape/rule/magnitude-sign"


def test_a_warning_is_no_violation(changed):
    """A weight is of the whole bone, so a part of it is odd; but somebody may have cut it out."""
    old = 'okg:outcome okg:BoneMass ;\n    okg:paraphrase "Ovariectomy cost Nib'
    dataset = changed(old, old.replace("BoneMass", "BoneDryWeight"), "nib-2002.ttl")
    problems = run_violation_queries(dataset)
    assert {(p.constraint, p.severity) for p in problems} == {("compartment-of-outcome", "warning")}


# The report


def report_of(problems: list[Problem]) -> Graph:
    return Graph().parse(data=as_shacl_report(problems), format="turtle")


def assert_well_formed(report: Graph) -> None:
    shapes = Graph().parse(data=REPORT_SHAPES, format="turtle")
    conforms, _, text = pyshacl.validate(report, shacl_graph=shapes)
    assert conforms, text
    (top,) = report.subjects(RDF.type, SH.ValidationReport)
    results = set(report.subjects(RDF.type, SH.ValidationResult))
    assert set(report.objects(top, SH.result)) == results
    assert report.value(top, SH.conforms) == Literal(not results)


def test_the_report_of_nothing_conforms():
    report = report_of([])
    assert_well_formed(report)
    assert (None, SH.conforms, Literal(True)) in report


def test_a_report_says_what_the_lines_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.ttl"
    problems = [
        Problem(
            "a: wrong",
            "MinCountConstraintComponent",
            file=file,
            line=7,
            focus="https://example.org/f",
            path="https://example.org/p",
            value='"é\\n\\"x\\""@en',
            source_shape="https://w3id.org/osteokg/shape/X",
        ),
        Problem("not UTF-8", "encoding", file=file, line=3),
        Problem("cannot be read", "file", file=file),
        Problem("odd", "two-directions", severity="warning", focus="_:b", path="_:c", value="_:d"),
        Problem(
            "number", "x", focus="urn:x:y", value='"7"^^<http://www.w3.org/2001/XMLSchema#int>'
        ),
    ]
    report = report_of(problems)
    assert_well_formed(report)
    assert len(set(report.subjects(RDF.type, SH.ValidationResult))) == 5
    (result,) = report.subjects(SH.sourceConstraintComponent, SH.MinCountConstraintComponent)
    about = dict(report.predicate_objects(result))
    assert about[SH.focusNode] == URIRef("https://example.org/f")
    assert about[SH.resultPath] == URIRef("https://example.org/p")
    assert about[SH.value] == Literal('é\n"x"', lang="en")
    assert about[SH.sourceShape] == URIRef("https://w3id.org/osteokg/shape/X")
    assert about[SH.resultSeverity] == SH.Violation
    assert about[SH.resultMessage] == Literal("a: wrong")
    assert (about[OKG.file], about[OKG.line]) == (Literal("a.ttl"), Literal(7))
    (warning,) = report.subjects(SH.resultSeverity, SH.Warning)
    assert isinstance(report.value(warning, SH.focusNode), BNode)
    assert set(report.objects(None, OKG.file)) == {Literal("a.ttl")}


def test_a_warning_alone_does_not_conform_in_shacl():
    report = report_of([Problem("hm", "odd", severity="warning", focus="urn:x:y")])
    assert_well_formed(report)
    assert (None, SH.conforms, Literal(False)) in report


# Shapes and queries that are themselves wrong


def test_shapes_that_do_not_parse_are_told_with_their_line(tmp_path):
    path = tmp_path / "Shape.ttl"
    path.write_text("\n<x:a> <x:b>", encoding="utf-8")
    with pytest.raises(DataError, match=r"Shape\.ttl:2: violation \[syntax\]"):
        load_shapes([path])


@pytest.mark.parametrize(
    ("text", "line"), [("\nSELECT * {", 2), ("ASK {}", 1), ("CONSTRUCT WHERE {}", 1)]
)
def test_violation_queries_that_are_none_are_told(tmp_path, good, text, line):
    path = tmp_path / "odd.rq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"odd\.rq:{line}: violation \[query\]"):
        run_violation_queries(load(find_sources([str(good)])), [path])


def test_a_violation_query_may_leave_out_what_it_does_not_know(tmp_path, good):
    dataset = load(find_sources([str(good)]))
    path = tmp_path / "odd.rq"
    path.write_text(
        "#+ title: Studies are odd.\n#+ severity: Warning\n"
        "SELECT ?focus { ?focus a <https://w3id.org/osteokg/vocab/JointStudy> }",
        encoding="utf-8",
    )
    (found,) = run_violation_queries(dataset, [path])
    assert (found.message, found.severity) == ("study:joint-7-12: Studies are odd.", "warning")
    assert (found.file.name, found.path, found.value) == ("joint-7-12.ttl", None, None)
    path.write_text("SELECT ?focus { VALUES ?focus { UNDEF } }", encoding="utf-8")
    assert run_violation_queries(dataset, [path]) == []


def test_the_severity_of_a_shape_is_kept(good, tmp_path):
    shape = """
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        <x:s> a sh:NodeShape ; sh:targetClass <https://w3id.org/osteokg/vocab/JointStudy> ;
          sh:severity sh:Warning ; sh:message "Odd." ; sh:class <x:none> .
    """
    path = tmp_path / "s.ttl"
    path.write_text(shape, encoding="utf-8")
    (found,) = run_shapes(load(find_sources([str(good)])), load_shapes([path]))
    assert (found.severity, found.constraint) == ("warning", "ClassConstraintComponent")
    assert found.message.startswith("study:joint-7-12: Odd.")


def broken(good, folder, *pairs) -> list[Problem]:
    """Return the problems of a study in which some texts are replaced."""
    text = (good / "quill-2001.ttl").read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    for path in good.glob("*.ttl"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "quill-2001.ttl").write_text(text, "utf-8")
    return validate(prepare(find_sources([str(folder)])))


def test_a_wrong_name_hides_only_what_rests_on_it(good, tmp_path):
    """What the rules say of other things is told at once, not when the name is right."""
    finding = (good / "quill-2001.ttl").read_text("utf-8")
    first, second = [
        line.split()[0] for line in finding.splitlines() if line.endswith(" a okg:Finding ;")
    ][:2]
    outcome = re.compile(r"okg:outcome (okg:\w+) ;")
    wrong = finding[finding.index(f"{first} a") :].partition("\n\n")[0]
    null = finding[finding.index(f"{second} a") :].partition("\n\n")[0]

    problems = broken(
        good,
        tmp_path,
        (wrong, outcome.sub("okg:outcome okg:BoneMas ;", wrong)),
        (null, outcome.sub("okg:outcome okg:TrabecularArchitecture ;", null)),
    )

    told = {(problem.constraint, problem.message.split()[0]) for problem in problems}
    assert ("unknown-term", "okg:BoneMas") in told
    assert ("undirected-outcome", f"{second}:") in told
    # Of what may be missing only because it is not understood nothing is told.
    assert not {name for name, _ in told} & {"orphan", "degree-without-edge"}


def test_a_literal_where_a_thing_belongs_is_told_by_the_shapes(good, tmp_path):
    problems = broken(
        good, tmp_path, ("okg:exposure exposure:quill-2001-ovx ", 'okg:exposure "ovariectomy" ')
    )

    assert "ClassConstraintComponent" in {problem.constraint for problem in problems}


def test_of_what_has_a_gap_only_the_gap_is_told(good, tmp_path):
    problems = broken(good, tmp_path, ("okg:direction okg:Increased", 'okg:direction "?"'))

    (gap,) = errors_of(problems)
    assert gap.constraint == "marked-gap"
    assert "write okg:Increased, okg:Decreased" in gap.message


def test_a_message_names_the_other_thing(good, tmp_path):
    text = (good / "quill-2001.ttl").read_text("utf-8")
    block = text[text.index(f"{FINDING} a") :].partition("\n\n")[0]
    twin = block.replace(f"{FINDING} a", f"{FINDING}-2 a")

    problems = broken(good, tmp_path, (block, f"{block}\n\n{twin}"))

    (problem,) = [one for one in problems if one.constraint == "duplicate-finding"]
    assert problem.message.startswith(f"{FINDING}-2: {FINDING} says the same")
