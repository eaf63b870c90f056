"""Statuses from feeds: what is matched, what holds, what is written, what is told."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from osteokg.kg.errors import DataError
from osteokg.kg.status_feed import read_feed
from osteokg.kg.statuses import plan_import
from osteokg.kg.turtle import canonical, read

DAY = date(2026, 1, 31)
# As Crossref describes it: https://www.crossref.org/documentation/retrieve-metadata/retraction-watch/
# In the published file a comma follows the last column.
HEADER = (
    "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,"
    "RetractionDate,RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,"
    "OriginalPaperPubMedID,RetractionNature,Reason,Paywalled,Notes,"
)


def watched(
    record, nature, *, doi="unavailable", pmid="0", day="3/1/2019 0:00", title="A bone, lost"
):
    """Return a row of the Retraction Watch data."""
    return (
        f'{record},"{title}",(HSC) Medicine;,"Somewhere, Far",Bone,Press,Japan,S Quill;,,'
        f"Research Article;,{day},10.5555/notice.{record},0,1/1/2001 0:00,{doi},{pmid},{nature},"
        '+Reason;,No,"said ""so""",'
    )


@pytest.fixture
def evidence(tmp_path) -> dict[str, Path]:
    """Return a file for each of four publications: by DOI, by PMID, by both, by none."""
    found = {}
    for name, said in {
        "quill": 'okg:doi "10.5555/Quill.2001"',
        "nib": 'okg:pmid "1234567"',
        "reed": 'okg:doi "10.5555/reed" ; okg:pmid "7654321"',
        "larch": 'rdfs:label "Larch 2010"',
    }.items():
        found[name] = tmp_path / f"{name}-2001.ttl"
        found[name].write_text(
            "@prefix okg: <https://w3id.org/osteokg/vocab/> .\n"
            "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
            f"<https://w3id.org/osteokg/id/publication/{name}-2001> a okg:PrimaryArticle ;\n"
            f"    {said} ; okg:publicationStatus okg:NotChecked .\n",
            encoding="utf-8",
        )
    return found


@pytest.fixture
def planned(evidence, tmp_path):
    """Return a function that plans the import of rows, of the one layout or the other."""

    def plan(*rows: str, header: str = HEADER, **options):
        path = tmp_path / "feed.csv"
        path.write_bytes("\r\n".join([header, *rows, ""]).encode("utf-8-sig"))
        return plan_import(evidence.values(), read_feed(path), path, DAY, **options)

    return plan


def outcomes(plan) -> dict[str, tuple[str, str]]:
    return {
        one.publication.iri.rpartition("/")[2]: (one.kind, one.notice.status)
        for one in plan.outcomes
    }


def refused(planned, *rows: str, **options) -> list[str]:
    with pytest.raises(DataError) as caught:
        planned(*rows, **options)
    return [problem.line_of_text().partition("feed.csv")[2] for problem in caught.value.problems]


def test_rows_are_matched_by_doi_and_pmid_whatever_their_case(planned):
    plan = planned(
        watched(1, "Retraction", doi="https://doi.org/10.5555/QUILL.2001"),
        watched(2, "Expression of concern", pmid="1234567"),
        watched(3, "Correction", doi="10.5555/reed", pmid="7654321"),
    )
    assert outcomes(plan) == {
        "quill-2001": ("changed", "retracted"),
        "nib-2001": ("changed", "expression-of-concern"),
        "reed-2001": ("changed", "corrected"),
    }


def test_a_title_matches_nothing(planned):
    plan = planned(
        watched(1, "Retraction", title="Larch 2010"), watched(2, "Retraction", doi="10.1234/x")
    )
    assert plan.outcomes == ()
    assert plan.texts == {}
    assert plan.nameless == (2,)
    assert [notice.about() for notice in plan.unmatched] == ["DOI 10.1234/x"]
    (unknown,) = plan.without_identifier
    assert unknown.iri.endswith("larch-2001")


def test_what_is_written_has_source_and_day_in_canonical_form(planned, evidence):
    (text,) = planned(watched(7, "Retraction", doi="10.5555/quill.2001")).texts.values()
    evidence["quill"].write_text(text, encoding="utf-8")
    assert canonical(read(evidence["quill"])) == text
    assert "okg:publicationStatus okg:Retracted ;" in text
    assert 'okg:statusSeen "2026-01-31"^^xsd:date ;' in text
    assert '"https://doi.org/10.5555/notice.7"^^xsd:anyURI' in text
    notice = "Retraction Watch, record 7: retraction of 2019-03-01 (doi 10.5555/notice.7)."
    assert f'okg:statusNotice "{notice}"' in text


def test_importing_again_changes_nothing(planned, evidence):
    rows = [watched(7, "Retraction", doi="10.5555/quill.2001")]
    for path, text in planned(*rows).texts.items():
        path.write_text(text, encoding="utf-8")
    again = planned(*rows)
    assert again.texts == {}
    assert outcomes(again) == {"quill-2001": ("already", "retracted")}


def test_a_milder_notice_does_not_lift_a_graver_one(planned, evidence):
    text = evidence["quill"].read_text("utf-8").replace("NotChecked", "Retracted")
    evidence["quill"].write_text(text, encoding="utf-8")
    plan = planned(watched(1, "Correction", doi="10.5555/quill.2001", day="1/1/2024 0:00"))
    assert outcomes(plan) == {"quill-2001": ("kept", "corrected")}
    assert plan.texts == {}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        (
            [("Correction", 2005), ("Expression of concern", 2010), ("Retraction", 2015)],
            "retracted",
        ),
        ([("Retraction", 2010), ("Correction", 2012)], "retracted"),
        ([("Retraction", 2015), ("Expression of concern", 2015)], "retracted"),
        ([("Retraction", 2010), ("Reinstatement", 2012)], "current"),
        ([("Reinstatement", 2012), ("Retraction", 2010)], "current"),
        ([("Retraction", 2010), ("Reinstatement", 2012), ("Retraction", 2014)], "retracted"),
        ([("Reinstatement", 2012), ("Correction", 2013)], "corrected"),
    ],
)
def test_of_several_notices_the_one_that_stands_holds(planned, rows, status):
    plan = planned(
        *(
            watched(at, nature, doi="10.5555/quill.2001", day=f"1/1/{year} 0:00")
            for at, (nature, year) in enumerate(rows)
        )
    )
    assert outcomes(plan) == {"quill-2001": ("changed", status)}
    assert plan.outcomes[0].rows == len(rows)


def test_of_one_day_nobody_knows_which_came_last(planned):
    (told,) = refused(
        planned,
        watched(1, "Retraction", doi="10.5555/quill.2001"),
        watched(2, "Reinstatement", doi="10.5555/quill.2001"),
    )
    assert "rows of one day (2019-03-01) call it retracted and current" in told


def test_ambiguous_matches_are_errors_and_nothing_is_written(planned, evidence):
    before = {path: path.read_bytes() for path in evidence.values()}
    told = refused(
        planned,
        watched(1, "Retraction", doi="10.5555/quill.2001", pmid="1234567"),
        watched(2, "Retraction", doi="10.5555/reed", pmid="1111"),
        watched(3, "Retraction", doi="10.5555/other", pmid="7654321"),
    )
    assert [line.partition(" violation")[0] for line in told] == [":2:", ":3:", ":4:"]
    assert "more than one publication (quill-2001, nib-2001)" in told[0]
    assert "reed-2001 has PMID 7654321" in told[1]
    assert "reed-2001 has DOI 10.5555/reed" in told[2]
    assert before == {path: path.read_bytes() for path in evidence.values()}


def test_every_wrong_row_is_told_at_once_by_its_line(planned):
    told = refused(
        planned,
        watched(1, "Withdrawal", doi="10.5555/quill.2001"),
        watched(4, "Retraction", pmid="1234567", day="31/31/2019"),
        "5,too,short",
    )
    assert [line.partition(" violation")[0] for line in told] == [":2:", ":3:", ":4:"]
    assert "RetractionNature is 'Withdrawal', none of retraction, expression of concern" in told[0]
    assert "'31/31/2019' is no day" in told[1]
    assert "3 cells, 21 columns" in told[2]


def test_a_row_that_names_ours_badly_forbids_the_import(planned):
    told = refused(
        planned,
        watched(1, "Retraction", doi="10.5555/quill.2001; 10.5555/quill.2002"),
        watched(2, "Retraction", doi="10.5555/reed", pmid="PMC12"),
        watched(3, "Retraction", pmid="PMC12"),
    )
    assert [line.partition(" violation")[0] for line in told] == [":2:", ":3:"]
    assert "OriginalPaperDOI: '10.5555/quill.2001; 10.5555/quill.2002' is no DOI" in told[0]
    assert "OriginalPaperPubMedID: 'PMC12' is no PubMed identifier" in told[1]


def test_a_row_of_many_lines_is_told_where_it_begins(planned):
    long_title = watched(1, "Retraction", doi="10.1234/x", title="one\ntwo\nthree")
    (told,) = refused(planned, long_title, watched(2, "Withdrawal"))
    assert told.startswith(":5: violation")


def test_rows_of_others_that_name_no_identifier_do_not_stand_in_the_way(planned):
    plan = planned(
        watched(1, "Retraction", doi="10.1/short", pmid="0"),
        watched(2, "Retraction", doi="10.5555/quill.2001"),
        watched(3, "Correction", pmid="PMC99"),
    )
    assert outcomes(plan) == {"quill-2001": ("changed", "retracted")}
    assert [(row.line, row.wrong) for row in plan.unread] == [
        (2, "OriginalPaperDOI: '10.1/short' is no DOI: write 10.…/…, or nothing."),
        (
            4,
            "OriginalPaperPubMedID: 'PMC99' is no PubMed identifier: write its digits, or nothing.",
        ),
    ]


def test_signs_that_are_not_utf8_matter_where_they_are_used(evidence, tmp_path):
    path = tmp_path / "feed.csv"
    row = watched(1, "Retraction", doi="10.5555/quill.2001", title="M@ller").encode()
    path.write_bytes(HEADER.encode() + b"\n" + row.replace(b"@", b"\xfc") + b"\n")
    plan = plan_import(evidence.values(), read_feed(path), path, DAY)
    assert outcomes(plan) == {"quill-2001": ("changed", "retracted")}
    path.write_bytes(HEADER.encode() + b"\n" + row.replace(b"quill", b"qu\xefll") + b"\n")
    with pytest.raises(DataError, match=r"feed\.csv:2: .* a sign in OriginalPaperDOI is not UTF-8"):
        read_feed(path)


@pytest.mark.parametrize(
    ("day", "read_as"),
    [("7/15/24 0:00", "2024-07-15"), ("7/15/24", "2024-07-15"), ("2/1/98 0:00", "1998-02-01")],
)
def test_a_year_that_a_spreadsheet_has_shortened_is_the_last_that_has_been(planned, day, read_as):
    plan = planned(watched(1, "Retraction", doi="10.5555/quill.2001", day=day))
    assert str(plan.outcomes[0].notice.published) == read_as


def test_no_notice_is_of_a_day_to_come(planned):
    ahead = (datetime.now(UTC).year + 1) % 100
    plan = planned(watched(1, "Retraction", doi="10.5555/quill.2001", day=f"1/1/{ahead:02}"))
    published = plan.outcomes[0].notice.published
    assert published.year == datetime.now(UTC).year + 1 - 100


LIST = "PMID\tStatus\tNotice\tSource\tDate"


def test_a_plain_list_is_read_too(planned):
    plan = planned(
        "1234567\tRetracted\tLetter of the editor\thttps://example.org/notice\t2020-05-01",
        "99\tcorrected\t\t\t",
        header=LIST,
    )
    assert outcomes(plan) == {"nib-2001": ("changed", "retracted")}
    assert 'okg:statusNotice "Letter of the editor"' in next(iter(plan.texts.values()))
    assert len(plan.unmatched) == 1


def test_a_status_without_a_source_is_refused_unless_one_is_given(planned):
    (told,) = refused(planned, "1234567\tretracted\t\t\t", header=LIST)
    assert "no source says so" in told
    plan = planned("1234567\tretracted\t\t\t", header=LIST, source="https://example.org/list")
    assert '"https://example.org/list"^^xsd:anyURI' in next(iter(plan.texts.values()))


@pytest.mark.parametrize("day", ["", "2021-01-01"])
def test_only_a_dated_row_puts_a_publication_back(planned, evidence, day):
    text = evidence["nib"].read_text("utf-8").replace("NotChecked", "Retracted")
    evidence["nib"].write_text(text, encoding="utf-8")
    plan = planned(f"1234567\tcurrent\t\thttps://example.org\t{day}", header=LIST)
    assert outcomes(plan) == {"nib-2001": ("changed" if day else "kept", "current")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"title,status\nx,retracted\n", "neither the columns of the Retraction Watch data"),
        (b"", "neither the columns of the Retraction Watch data"),
        (b"doi,status\n\xe9,retracted\n", "is not UTF-8"),
        (b'doi,status\n"10.1/x,retracted\n', "mend the quotation marks"),
        (b"doi,status\n10.5555/quill.2001,gone\n", "status is 'gone', none of current, corrected"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, content, words):
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_feed(path)


def test_a_file_with_a_comment_is_not_rewritten(planned, evidence):
    with evidence["quill"].open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    with pytest.raises(DataError, match=r"quill-2001\.ttl:5: violation \[comment\]"):
        planned(watched(1, "Retraction", doi="10.5555/quill.2001"))
