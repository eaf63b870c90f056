"""One record says the same in each of the formats that literature databases export."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from osteokg.kg.curation.bibliography import Record, read_record
from osteokg.kg.errors import RequestError

WANTED = Record(
    authors="Marsh AB, Fén C",
    title="Drugs in rats that do not exist",
    journal="J Invented Bone",
    year="2019",
    volume="7",
    issue="2",
    pages="10-19",
    doi="10.99999/invented.1",
)
RIS = """TY  - JOUR
AU  - Marsh, A. B.
AU  - Fén, Chloe
TI  - Drugs in rats that do not exist
JO  - J Invented Bone
PY  - 2019/03/01/
VL  - 7
IS  - 2
SP  - 10
EP  - 19
DO  - https://doi.org/10.99999/INVENTED.1
ER  -\x20
"""
BIBTEX = r"""@article{marsh2019,
  author = {Marsh, A. B. and F{\'e}n, Chloe},
  title = {{Drugs} in rats that do not exist.},
  journal = {J Invented Bone}, year = 2019, volume = {7}, number = {2}, pages = {10--19},
  doi = {10.99999/invented.1}
}
"""
CSL = {
    "type": "article-journal",
    "author": [{"family": "Marsh", "given": "A. B."}, {"family": "Fén", "given": "Chloe"}],
    "title": "Drugs in rats that do not exist",
    "container-title": "J Invented Bone",
    "issued": {"date-parts": [[2019, 3, 1]]},
    "volume": 7,
    "issue": "2",
    "page": "10–19",
    "DOI": "10.99999/invented.1",
}
PUBMED = """<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">99999999</PMID><Article>
<Journal><JournalIssue><Volume>7</Volume><Issue>2</Issue><PubDate><Year>2019</Year></PubDate>
</JournalIssue><Title>Journal</Title><ISOAbbreviation>J Invented Bone</ISOAbbreviation></Journal>
<ArticleTitle>Drugs in <i>rats</i> that do not exist.</ArticleTitle>
<Pagination><MedlinePgn>10-19</MedlinePgn></Pagination>
<ELocationID EIdType="doi">10.99999/invented.1</ELocationID>
<AuthorList><Author><LastName>Marsh</LastName><Initials>AB</Initials></Author>
<Author><LastName>Fén</LastName><Initials>C</Initials></Author></AuthorList>
<PublicationTypeList><PublicationType>Retracted Publication</PublicationType>
</PublicationTypeList></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>
"""
FORMS = {
    "x.ris": (RIS, WANTED),
    "x.bib": (BIBTEX, WANTED),
    "x.json": (json.dumps([CSL]), WANTED),
    "x.xml": (PUBMED, replace(WANTED, pmid="99999999", retracted=True)),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_record_is_read(name: str, tmp_path: Path) -> None:
    text, wanted = FORMS[name]
    path = tmp_path / name
    path.write_text("\ufeff" + text, "utf-8")

    record = read_record(path)

    assert record == wanted
    assert record.slug == "marsh-2019"
    assert record.label == "Marsh and Fén 2019"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.ris", RIS + RIS, "there are 2 records in it; export the one of the study"),
        ("x.ris", "", "there are 0 records in it"),
        ("x.bib", BIBTEX[:60], "the BibTeX of the entry in line 1 does not parse"),
        ("x.json", "{", "this is no JSON"),
        ("x.json", "[1]", "this is no CSL-JSON"),
        ("x.xml", "<a", "this is no XML that is read here"),
        ("x.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "this is no XML that is read here"),
        ("x.docx", "", "a record is a file of RIS (.ris), BibTeX (.bib), CSL-JSON (.json) or"),
    ],
)
def test_what_is_no_record_is_told(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")

    with pytest.raises(RequestError) as told:
        read_record(path)

    assert str(path) in str(told.value)
    assert said in str(told.value)


def test_a_record_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.ris"
    path.write_bytes(RIS.encode("latin-1"))

    with pytest.raises(RequestError, match=r"x\.ris:3: byte \d+ is not UTF-8: save it as UTF-8"):
        read_record(path)


@pytest.mark.parametrize(
    ("authors", "label"),
    [
        ("Marsh AB", "Marsh 2019"),
        ("de la Fen C, Marsh AB, Weir D", "de la Fen et al. 2019"),
        ("", "2019"),
    ],
)
def test_the_short_name_of_an_article(authors: str, label: str) -> None:
    assert Record(authors=authors, year="2019").label == label
