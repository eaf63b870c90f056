"""``osteokg terms``: a term that is proposed is there for evidence beside it."""

import json
import shutil
from pathlib import Path

import pytest

from osteokg.kg.errors import DataError
from osteokg.kg.files import find_sources
from osteokg.kg.names import graph_iri, okg
from osteokg.kg.shelves import FolderShelf

ZOLEDRONATE = (
    *("terms", "propose", "zoledronic acid", "--parent", "bisphosphonate"),
    *("--definition", "A bisphosphonate with an imidazole ring in its side chain."),
)


@pytest.fixture
def evidence(good, tmp_path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "evidence"))


def test_search_tells_by_which_name(told):
    code, out, err = told("terms", "search", "femur", "neck", "--kind", "site")
    assert (code, err) == (0, "")
    assert out.startswith("okg:FemoralNeck  femoral neck  (SiteTerm, synonym 'femur neck')\n")
    code, out, _ = told("terms", "search", "risedronat", "--format", "json", "--limit", "1")
    (row,) = json.loads(out)
    assert (row["term"], row["by"], row["matched"]) == ("okg:Risedronate", "label", "risedronate")
    code, _, err = told("terms", "search", "x", "--kind", "bones")
    assert code == 2
    assert "There is no kind 'bones'. There are okg:" in err
    code, out, err = told("terms", "search", "qqqqq")
    assert (code, out) == (0, "")
    assert "No term has such a name" in err


def test_a_proposed_term_serves_the_evidence_beside_it(told, evidence):
    path = evidence / "lab.terms.ttl"
    into = ("--into", path, "--evidence", evidence)
    code, out, _ = told(*ZOLEDRONATE, *into)
    assert code == 1
    assert "lab.terms.ttl:7: violation [MinCountConstraintComponent] okg:ZoledronicAcid" in out
    assert not path.exists()
    code, out, _ = told(*ZOLEDRONATE, "--nature", "material", *into)
    assert code == 0, out
    assert "okg:ZoledronicAcid is written into" in out
    quill = evidence / "quill-2001.ttl"
    text = quill.read_text(encoding="utf-8")
    quill.write_text(text.replace("okg:agent okg:Risedronate", "okg:agent okg:ZoledronicAcid"))
    code, out, err = told("check", "--evidence", evidence)
    assert (code, "ZoledronicAcid" in out) == (0, False), out + err
    query = "SELECT ?f { ?f okg:intervention/okg:coveredBy okg:Bisphosphonate }"
    asked = evidence.parent / "asked.rq"
    asked.write_text("PREFIX okg: <https://w3id.org/osteokg/vocab/> " + query)
    code, out, _ = told("query", asked, "--format", "csv", "--evidence", evidence)
    assert "quill-2001-risedronate-bone-mass-femur" in out, "what follows for its parent"


def test_a_table_may_use_a_proposed_term(told, evidence, tmp_path):
    into = ("--into", evidence / "lab.terms.ttl", "--evidence", evidence)
    assert told(*ZOLEDRONATE, "--nature", "material", *into)[0] == 0
    quill = evidence / "quill-2001.ttl"
    text = quill.read_text(encoding="utf-8")
    quill.write_text(text.replace("okg:agent okg:Risedronate", "okg:agent okg:ZoledronicAcid"))
    on = ("--evidence", evidence)
    table = tmp_path / "tables" / "quill-2001"
    assert told("export", table.parent, "--study", "quill-2001", *on)[0] == 0
    code, out, err = told("import", table, "--into", evidence, *on)
    assert (code, out.endswith("quill-2001.ttl: unchanged\n")) == (0, True), out + err
    quill.unlink()
    code, out, err = told("import", table, "--into", tmp_path / "new", *on)
    assert (code, "quill-2001.ttl: new: " in out) == (0, True), out + err


def test_a_single_file_is_checked_with_the_terms_beside_it(told, evidence, good, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    into = ("--into", alone / "lab.terms.ttl", "--evidence", evidence)
    assert told(*ZOLEDRONATE, "--nature", "material", *into)[0] == 0
    text = (good / "quill-2001.ttl").read_text(encoding="utf-8").replace("quill-2001", "rush-2002")
    text = text.replace("okg:agent okg:Risedronate", "okg:agent okg:ZoledronicAcid")
    (alone / "rush-2002.ttl").write_text(text, encoding="utf-8")
    _, out, err = told("check", alone / "rush-2002.ttl", "--evidence", good)
    assert "unknown-term" not in out, out + err
    (alone / "lab.terms.ttl").unlink()
    _, out, _ = told("check", alone / "rush-2002.ttl", "--evidence", good)
    assert "[unknown-term] okg:ZoledronicAcid" in out


def test_near_duplicates_are_told_and_need_a_word(told, evidence):
    words = ("terms", "propose", "risedronat", "--parent", "bisphosphonate", "--nature", "material")
    words += ("--definition", "Another salt of the same acid.", "--evidence", evidence)
    into = ("--into", evidence / "lab.terms.ttl")
    code, out, _ = told(*words, *into)
    assert code == 1
    assert "'risedronat' is much like okg:Risedronate" in out
    assert "Nothing was written" in out
    code, out, _ = told(*words, *into, "--anyway")
    assert (code, (evidence / "lab.terms.ttl").exists()) == (0, True), out


def test_near_duplicates_are_looked_for_where_the_proposal_goes(told, tmp_path):
    into = ("--nature", "material", "--into", tmp_path / "lab.terms.ttl")
    assert told(*ZOLEDRONATE, *into)[0] == 0
    before = (tmp_path / "lab.terms.ttl").read_bytes()
    again = ("terms", "propose", "zoledronic acids", *ZOLEDRONATE[3:], "--nature", "material")
    code, out, _ = told(*again, *into[2:])
    assert code == 1
    assert "'zoledronic acids' is much like okg:ZoledronicAcid (label 'zoledronic acid')" in out
    code, out, _ = told(*again, "--into", tmp_path / "more.terms.ttl")
    assert (code, "is much like okg:ZoledronicAcid" in out) == (1, True), "a file beside it"
    assert (tmp_path / "lab.terms.ttl").read_bytes() == before
    assert not (tmp_path / "more.terms.ttl").exists()


def test_a_wrong_term_beside_the_evidence_is_told_at_its_own_line(told, evidence):
    (evidence / "lab.terms.ttl").write_text(
        "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "\n"
        'okg:Strontium a okg:InterventionTerm ; rdfs:label "strontium"@en .\n',
        encoding="utf-8",
    )
    code, out, _ = told("check", "--evidence", evidence)
    assert code == 1
    assert {line.partition(": ")[0].rpartition("/")[2] for line in out.splitlines()} == {
        "lab.terms.ttl:4"
    }


def test_names_that_texts_use_are_suggested_and_never_added(told, evidence):
    table = evidence.parent / "names.csv"
    table.write_text("name,term\nos femoris,okg:Femur\nfemur,okg:Femur\n", encoding="utf-8")
    code, out, err = told("terms", "suggest", table)
    assert (code, out) == (0, "okg:Femur (femur): texts say 'os femoris'\n")
    assert "1 names are new; none was added" in err
    table.write_text("name,term\nx,okg:Nowhere\n", encoding="utf-8")
    code, out, _ = told("terms", "suggest", table)
    assert (code, "names.csv:2: violation [term] there is no term 'okg:Nowhere'" in out) == (
        1,
        True,
    )


def test_a_data_folder_stands_beside_terms_and_takes_none_in(told, evidence, tmp_path):
    into = ("--into", evidence / "lab.terms.ttl", "--evidence", evidence)
    assert told(*ZOLEDRONATE, "--nature", "material", *into)[0] == 0
    code, _, err = told("init", tmp_path / "data", "--evidence", evidence)
    assert code == 2
    assert "terms are not copied into a data folder" in err
    sources = find_sources([str(evidence)])
    shelf = FolderShelf.open(tmp_path / "data", [str(evidence)])
    try:
        drafter = shelf.beginning().begin()
        graph = graph_iri("study", "new-2020")
        about = "<https://w3id.org/osteokg/id/publication/new-2020>"
        said = f"{about} <{okg('publicationStatus')}> <{okg('ZoledronicAcid')}> .\n"
        with pytest.raises(DataError) as caught:
            drafter.draft({graph: said.encode()}, shelf.stage())
        assert "unknown-term" not in {problem.constraint for problem in caught.value.problems}
    finally:
        shelf.close()
    assert [path.name for path in sources.terms] == ["lab.terms.ttl"]
