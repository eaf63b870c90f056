"""The findings table: the columns that others rely on, joined and ordered as they are told."""

import csv
import io
import re

import pytest

from osteokg.kg.table import COLUMNS, findings_csv, findings_rows

ID = "https://w3id.org/osteokg/id/"
OKG = "https://w3id.org/osteokg/vocab/"


@pytest.fixture(scope="module")
def rows(ask):
    return ask(findings_rows)


@pytest.fixture(scope="module")
def row(rows):
    """Return one row by the end of its IRI, without its empty columns."""

    def one(name):
        (found,) = [r for r in rows if r["finding"] == f"{ID}{name}"]
        return {column: value for column, value in found.items() if value}

    return one


def test_the_header_is_the_contract_s(shared):
    contract = (shared / "design" / "contracts.md").read_text(encoding="utf-8")
    header = re.search(r"`(finding, kind, .*?)`", contract)[1].split(", ")
    assert list(COLUMNS[: len(header)]) == header


def test_every_row_has_every_column(rows):
    assert all(tuple(row) == COLUMNS for row in rows)


def test_there_is_a_row_for_each_statement_in_order(rows):
    names = [row["finding"].removeprefix(ID) for row in rows]
    assert names == [
        "claim/quill-2001-additive",
        "clinical/reed-1999-k2-bone-mass",
        "conclusion/larch-2010-k2#p1",
        "conclusion/larch-2010-k2#p2",
        "conclusion/larch-2010-more",
        "explanation/quill-2001-k2-bone-mass",
        "finding/joint-7-12-k2-bone-strength-tibia",
        "finding/nib-2002-k2-bone-mass-femur",
        "finding/nib-2002-ovx-bone-mass-femur",
        "finding/quill-2001-k2-bone-mass-femur",
        "finding/quill-2001-k2-bone-mass-femur-vs-risedronate",
        "finding/quill-2001-k2-bone-mass-femur-vs-sham",
        "finding/quill-2001-k2-bone-resorption-femur",
        "finding/quill-2001-k2-bone-strength-tibia",
        "finding/quill-2001-k2-risedronate-bone-mass-femur",
        "finding/quill-2001-k2-risedronate-bone-mass-femur-vs-risedronate",
        "finding/quill-2001-ovx-bone-mass-femur",
        "finding/quill-2001-risedronate-bone-mass-femur",
        "mechanism/larch-2010-k2-bone-resorption",
    ]


def test_a_finding_has_every_fact_in_its_column(row):
    assert row("finding/quill-2001-k2-bone-mass-femur") == {
        "finding": f"{ID}finding/quill-2001-k2-bone-mass-femur",
        "kind": "finding",
        "contrast": "treatment-effect",
        "study": "quill-2001",
        "reference": "7",
        "model": "ovariectomized rat",
        "intervention": "vitamin K2",
        "comparator": "untreated model",
        "site": "femur",
        "compartment": "cancellous bone",
        "outcome": "bone mass",
        "direction": "increased",
        "degree": "partial",
        "significance": "reported-significant",
        "wording": 'spared, "so to say", a part',
        "presupposed": "false",
        "hedged": "false",
        "publication_status": "retracted",
        "anchors": "RESULTS#S001;RESULTS#S002",
        "judgement": "none",
        "inferred": "false",
        "scope_uncertain": "false",
        "joint": "false",
        "dose": "30 mg/kg",
        "time_pattern": "early",
        "regimen": "preventive",
        "magnitude": "12.50%",
        "counteracts": f"{ID}finding/quill-2001-ovx-bone-mass-femur",
        "benefit": "benefit-shown",
        "source": "larch-2010",
        "study_iri": f"{ID}study/quill-2001",
        "model_iri": f"{OKG}OvariectomizedRat",
        "intervention_iri": f"{OKG}VitaminK2",
        "comparator_iri": f"{OKG}UntreatedModel",
        "site_iri": f"{OKG}Femur",
        "compartment_iri": f"{OKG}CancellousBone",
        "outcome_iri": f"{OKG}BoneMass",
        "paraphrase": "Vitamin K2 spared some of that bone.",
    }


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "finding/quill-2001-ovx-bone-mass-femur",  # the inducing procedure against the control
            {"intervention": "ovariectomy", "comparator": "sham operation", "presupposed": "true"},
        ),
        ("finding/nib-2002-ovx-bone-mass-femur", {"comparator": "not stated"}),
        (
            "finding/quill-2001-k2-risedronate-bone-mass-femur",  # labels sorted, IRIs like them
            {
                "contrast": "combination-effect",
                "intervention": "risedronate + vitamin K2",
                "intervention_iri": f"{OKG}Risedronate;{OKG}VitaminK2",
                "regimen": "not-stated;preventive",
            },
        ),
        (
            "finding/quill-2001-k2-risedronate-bone-mass-femur-vs-risedronate",
            {"contrast": "add-on-effect", "comparator": "risedronate"},
        ),
        (
            "finding/quill-2001-k2-bone-mass-femur-vs-risedronate",
            {"contrast": "head-to-head", "comparator": "risedronate", "degree": None},
        ),
        (
            "finding/quill-2001-k2-bone-mass-femur-vs-sham",
            {"contrast": "treated-versus-sham", "comparator": "sham operation", "benefit": None},
        ),
        (
            "finding/joint-7-12-k2-bone-strength-tibia",  # studies by number, all columns so
            {
                "study": "quill-2001;nib-2002",
                "reference": "7;12",
                "publication_status": "retracted;not-checked",
                "study_iri": f"{ID}study/quill-2001;{ID}study/nib-2002",
                "joint": "true",
                "benefit": "no-benefit-shown",
            },
        ),
        ("finding/nib-2002-k2-bone-mass-femur", {"inferred": "true", "scope_uncertain": "true"}),
        (
            "finding/quill-2001-k2-bone-resorption-femur",
            {"explains": f"{ID}finding/quill-2001-k2-bone-mass-femur"},
        ),
        (
            "explanation/quill-2001-k2-bone-mass",
            {
                "claim_type": "primary",
                "explains": f"{ID}finding/quill-2001-k2-bone-mass-femur",
                "study": "quill-2001",
                "hedged": "true",
                "contrast": None,
                "outcome": None,
                "presupposed": None,
            },
        ),
        (
            "claim/quill-2001-additive",  # about what its combined finding is about
            {
                "kind": "interaction-claim",
                "claim_type": "additive",
                "intervention": "risedronate + vitamin K2",
                "comparator": "risedronate",
                "outcome": "bone mass",
                "study": "quill-2001",
                "contrast": None,
            },
        ),
        (
            "conclusion/larch-2010-k2#p1",
            {
                "claim_type": "modest",
                "hedge": "seems",
                "direction": "increased",
                "model": "ovariectomized rat",
                "study": None,
                "source": "larch-2010",
            },
        ),
        (
            "conclusion/larch-2010-k2#p2",
            {"direction": "no-difference", "site": "not stated", "model": None},
        ),
        ("conclusion/larch-2010-more", {"claim_type": "needs-study", "direction": None}),
        (
            "clinical/reed-1999-k2-bone-mass",
            {
                "kind": "clinical",
                "population": "women with osteoporosis",
                "intervention": "vitamin K2",
                "study": "reed-1999",
                "publication_status": "not-checked",
                "presupposed": None,
            },
        ),
        (
            "mechanism/larch-2010-k2-bone-resorption",
            {"kind": "mechanism", "intervention": "vitamin K2", "site": None, "study": None},
        ),
    ],
)  # fmt: skip
def test_a_row_tells(row, name, facts):
    found = row(name)
    assert {column: found.get(column) for column in facts} == facts


def test_booleans_are_never_empty_where_they_apply(rows):
    for row in rows:
        columns = ["hedged", "inferred", "scope_uncertain"]
        columns += ["presupposed", "joint"] if row["kind"] == "finding" else []
        assert {row[column] for column in columns} <= {"true", "false"}, row["finding"]


def test_labels_and_iris_go_together(rows):
    for row in rows:
        for column in ("model", "intervention", "site", "compartment", "outcome"):
            labels = re.split(r";| \+ ", row[column]) if row[column] else []
            assert len(labels) == len([iri for iri in row[f"{column}_iri"].split(";") if iri])


def test_csv_is_what_rfc_4180_says(rows):
    text = findings_csv(rows)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert '"spared, ""so to say"", a part"' in text
    assert "\n" not in text.replace("\r\n", "")
    assert list(csv.DictReader(io.StringIO(text, newline=""), strict=True)) == rows


def test_csv_carries_line_ends_inside_a_field():
    one = {**dict.fromkeys(COLUMNS, ""), "wording": 'a\r\nb\n"c"'}
    text = findings_csv([one])
    assert list(csv.DictReader(io.StringIO(text, newline=""), strict=True)) == [one]
