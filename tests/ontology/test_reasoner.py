"""HermiT and the OWL API on the ontology, on the real evidence, and on what is wrong on purpose."""

import csv
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.api.cli import main
from osteokg.kg.dataset import Dataset
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.names import graph_iri, okg
from osteokg.kg.reasoner import Reasoner, profile_violations
from osteokg.kg.reasoning import reason
from osteokg.kg.turtle import read
from osteokg.kg.version import prepare

pytestmark = pytest.mark.reasoner

PROJECT = Path(__file__).resolve().parents[2]
WRONG = sorted((PROJECT / "tests" / "cases" / "reasoner").glob("*.ttl"))
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")


def dataset_of(*files: Path) -> Dataset:
    """Return the ontology's files and more, without what the rules would compute."""
    ontology = find_sources().ontology
    dataset = Dataset(Sources(ontology, files))
    for file in (*ontology, *files):
        triples = read(file)
        assert isinstance(triples, list), triples
        dataset.add_file(file, triples)
    return dataset


@cache
def ontology() -> tuple[ox.Triple, ...]:
    return tuple(triple for said in dataset_of().triples_of.values() for triple in said)


@cache
def subsumptions() -> frozenset[tuple[str, str]]:
    return frozenset(Reasoner(ontology()).subsumptions())


@pytest.fixture
def invented(good):
    """Return the invented evidence with what the rules compute."""
    return prepare(find_sources([str(good)]))


def told(dataset: Dataset) -> list[str]:
    return [problem.line_of_text() for problem in reason(dataset)]


def test_the_ontology_alone_is_owl_2_dl_consistent_and_every_class_can_have_members():
    assert profile_violations(ontology()) == []
    reasoner = Reasoner(ontology())
    assert reasoner.consistent
    assert reasoner.impossible() == set()


def test_the_evidence_is_consistent_and_the_rules_compute_what_the_ontology_means(capsys):
    """On the real data: broader terms are subsumptions, defined classes have their members."""
    assert main(["reason"]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert "files judged by HermiT: 0 violations, 0 warnings." in output.err


def test_what_is_declared_after_its_use_is_what_it_is_declared_as():
    text = """
    @prefix : <https://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    :a a :C ; :p :b . :b a :C . :p a owl:ObjectProperty . :C a owl:Class .
    """
    triples = [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)]
    assert profile_violations(triples) == []


def expectations() -> list[tuple[str, str, str]]:
    with (Path(__file__).parent / "classification.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [(row["class"], row["of"], row["expected"]) for row in rows]


@pytest.mark.parametrize(("name", "above", "expected"), expectations())
def test_the_classification_is_as_expected(name, above, expected):
    declared = {triple.subject for triple in ontology() if triple.predicate == TYPE}
    assert {ox.NamedNode(okg(name)), ox.NamedNode(okg(above))} <= declared
    assert ((okg(name), okg(above)) in subsumptions()) == (expected == "yes")


def test_the_definitions_of_the_models_alone_bring_about_their_hierarchy():
    """What is asserted among the models repeats what makes them, and adds nothing."""
    kind = ox.NamedNode(okg("AnimalModelTerm"))
    models = {t.subject for t in ontology() if t.predicate == TYPE and t.object == kind}
    unsaid = [t for t in ontology() if not (t.predicate == SUBCLASS and t.subject in models)]
    assert len(ontology()) - len(unsaid) >= len(models) > 20
    names = {model.value for model in models} | {okg("AnimalModel")}
    of_models = {pair for pair in subsumptions() if set(pair) <= names}
    again = {pair for pair in Reasoner(unsaid).subsumptions() if set(pair) <= names}
    assert again == of_models


def test_a_definition_that_no_rule_follows_is_told(invented):
    graph = ox.NamedNode(graph_iri("computed", "classes"))
    finding = ox.NamedNode(
        "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-resorption-femur"
    )
    kind = ox.NamedNode(okg("AntiresorptiveFinding"))
    invented.store.remove(ox.Quad(finding, TYPE, kind, graph))
    (line,) = told(invented)
    assert "quill-2001.ttl:160: violation [not-computed]" in line
    assert (
        "quill-2001-k2-bone-resorption-femur is a okg:AntiresorptiveFinding by definition" in line
    )


def test_a_rule_that_goes_beyond_the_definition_is_told(invented):
    graph = ox.NamedNode(graph_iri("computed", "classes"))
    finding = ox.NamedNode("https://w3id.org/osteokg/id/finding/quill-2001-ovx-bone-mass-femur")
    invented.store.add(ox.Quad(finding, TYPE, ox.NamedNode(okg("CorticalFinding")), graph))
    (line,) = told(invented)
    assert "quill-2001.ttl:211: violation [not-inferred]" in line
    assert "is called a okg:CorticalFinding, which the definition does not bear out" in line


def test_broader_terms_that_are_no_subclasses_are_told_and_so_are_missing_ones(invented):
    graph = ox.NamedNode(graph_iri("computed", "closures"))
    broader = ox.NamedNode(okg("broaderTerm"))
    neck, femur, bone = (ox.NamedNode(okg(name)) for name in ("FemoralNeck", "Femur", "LongBone"))
    invented.store.add(ox.Quad(neck, broader, femur, graph))
    invented.store.remove(ox.Quad(femur, broader, bone, graph))
    missing, surplus = sorted(told(invented), key=lambda line: "not-inferred" in line)
    assert "[not-computed] okg:Femur is a kind of okg:LongBone" in missing
    assert "[not-inferred] okg:FemoralNeck has okg:Femur as broader term" in surplus


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_what_is_wrong_is_told_by_its_name_and_where_it_stands(path):
    text = path.read_text(encoding="utf-8")
    problems = reason(dataset_of(path))
    assert {one.constraint for one in problems} == set(
        re.findall(r"^# constraint: (.+)$", text, re.M)
    )
    messages = [one.message for one in problems]
    for because in re.findall(r"^# because: (.+)$", text, re.M):
        assert any(because in message for message in messages), messages
    # what takes it out of the profile may be either of two declarations
    assert any(one.file == path for one in problems) or "owl-2-dl" in text
    assert all(one.line for one in problems)


def test_one_axiom_made_a_contradiction_closes_the_gate_and_is_named(tmp_path, capsys, monkeypatch):
    """The axiom is changed in the ontology itself; its line is the one that was changed."""
    packaged = find_sources().ontology[-1]
    lines = packaged.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if line.startswith("okg:SerumCalcium a "))
    lines[number] = lines[number].replace("okg:OutcomeTerm", "okg:OutcomeTerm , okg:SiteTerm")
    changed = tmp_path / packaged.name
    changed.write_text("".join(lines), encoding="utf-8")

    def find(*arguments, **more):
        found = find_sources(*arguments, **more)
        others = tuple(path for path in found.ontology if path != packaged)
        return Sources((*others, changed), found.evidence)

    monkeypatch.setattr("osteokg.api.commands.find_sources", find)
    assert main(["reason"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3
    assert all(
        "these 3 statements cannot all be true; take one of them back" in one for one in told
    )
    assert f"{packaged.name}:{number + 1}: violation [contradiction]" in told[1]
    assert "okg:SerumCalcium a okg:SiteTerm" in " ".join(told)
    assert "( … okg:SiteTerm … okg:OutcomeTerm … )" in told[0]


def test_what_a_study_says_against_the_ontology_is_told_in_its_file(tmp_path, good, capsys):
    (tmp_path / "vole-2003.ttl").write_text(
        "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
        "@prefix finding: <https://w3id.org/osteokg/id/finding/> .\n"
        "finding:vole-2003-x a okg:Finding ;\n"
        "    okg:outcome okg:Tibia .\n"
    )
    assert main(["reason", "--evidence", str(good), str(tmp_path / "vole-2003.ttl")]) == 1
    output = capsys.readouterr()
    assert "vole-2003.ttl:4: violation [contradiction]" in output.out
    assert "finding:vole-2003-x okg:outcome okg:Tibia" in output.out
    assert "4 violations" in output.err
