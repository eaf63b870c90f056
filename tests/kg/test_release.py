"""A release: every file, its checksums, its descriptions, and that all of them say the same."""

import csv
import gzip
import hashlib
import io
import json

import pyoxigraph as ox
import pytest
from pyjelly.integrations.generic.parse import parse_jelly_to_graph

from osteokg.kg import release
from osteokg.kg.metadata import about
from osteokg.kg.packages import tables
from osteokg.kg.release import TYPES_OF_RELEASE, files_of_release, write_release
from osteokg.kg.table import COLUMNS
from osteokg.kg.version import canonical_quads

PACKED = ["osteokg.jelly", "osteokg.jsonld", "osteokg.nq", "osteokg.trig", "osteokg.ttl"]


@pytest.fixture(scope="module")
def folder(version, tmp_path_factory):
    written = tmp_path_factory.mktemp("release")
    write_release(version, written)
    return written


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_listed_is_written_and_nothing_else(folder):
    assert [path.name for path in sorted(folder.iterdir())] == [
        file.name for file in files_of_release()
    ]
    assert {file.media_type for file in files_of_release()} == set(TYPES_OF_RELEASE)


def test_the_quads_are_sorted_and_of_every_graph(folder, version):
    assert (folder / "VERSION").read_text() == f"{version.id}\n"
    lines = (folder / "osteokg.nq").read_bytes().splitlines()
    assert lines == sorted(set(lines))
    graphs = {line.rsplit(b" ", 2)[1] for line in lines}
    assert b"<https://w3id.org/osteokg/graph/study/quill-2001>" in graphs
    assert b"<https://w3id.org/osteokg/graph/metadata>" in graphs


def test_every_form_of_the_dataset_says_the_same(folder):
    quads = (folder / "osteokg.nq").read_bytes()
    for name, format_ in (("trig", ox.RdfFormat.TRIG), ("jsonld", ox.RdfFormat.JSON_LD)):
        read = ox.parse((folder / f"osteokg.{name}").read_bytes(), format_)
        assert canonical_quads(read) == quads
    with (folder / "osteokg.jelly").open("rb") as file:
        told = "".join(
            " ".join([*map(str, statement), ".\n"]) for statement in parse_jelly_to_graph(file)
        )
    # It writes text as it is: what stands in it is escaped by whoever reads N-Quads strictly.
    assert sorted(told.splitlines()) == sorted(map(_unescaped, quads.decode().splitlines()))
    union = {quad.triple for quad in ox.parse(quads, ox.RdfFormat.N_QUADS)}
    turtle = ox.parse((folder / "osteokg.ttl").read_bytes(), ox.RdfFormat.TURTLE)
    assert _canonical(quad.triple for quad in turtle) == _canonical(union)


def _unescaped(line):
    assert "\\u" not in line
    return line.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def _canonical(triples):
    return canonical_quads(ox.Quad(*triple) for triple in triples)


@pytest.mark.parametrize("name", PACKED)
def test_packed_files_unpack_to_the_plain_ones_and_tell_no_time(folder, name):
    packed = (folder / f"{name}.gz").read_bytes()
    assert gzip.decompress(packed) == (folder / name).read_bytes()
    assert packed[3:8] == b"\0\0\0\0\0"  # no name, and no time (RFC 1952, section 2.3)


def test_the_checksums_are_those_of_every_other_file(folder):
    told = dict(
        reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert told == found


def test_without_the_extra_there_is_no_jelly_and_nothing_tells_of_it(
    version, tmp_path, monkeypatch
):
    monkeypatch.setattr(release, "jelly_is_there", lambda: False)
    written = write_release(version, tmp_path)
    assert [path.name for path in written] == [file.name for file in files_of_release()]
    assert "jelly" not in (tmp_path / "datapackage.json").read_text()
    assert not [path for path in written if "jelly" in path.name]


def test_files_are_written_whole_or_not_at_all(version, tmp_path):
    (tmp_path / "VERSION").write_text("of before")
    (tmp_path / "notes.txt").write_text("mine")
    written = write_release(version, tmp_path)
    assert (tmp_path / "VERSION").read_text() == f"{version.id}\n"
    assert sorted(tmp_path.iterdir()) == sorted([*written, tmp_path / "notes.txt"])


# Tables


def test_the_columns_are_those_of_the_schemas(folder):
    named = {table.name: [field["name"] for field in table.schema["fields"]] for table in tables()}
    assert named["findings"] == list(COLUMNS)
    for name, columns in named.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert next(csv.reader(file)) == columns, name


def test_every_table_and_column_says_what_it_is():
    for table in tables():
        assert table.title
        assert table.description
        assert all(field["description"].endswith(".") for field in table.schema["fields"])


def test_tables_hold_what_the_evidence_says(folder):
    studies = {row["study"].rpartition("/")[2]: row for row in rows(folder, "studies")}
    assert studies["joint-7-12"]["joint"] == "true"
    assert studies["quill-2001"]["joint"] == "false"
    assert studies["quill-2001"]["cited_in"].endswith("/publication/larch-2010")
    exposures = {
        (row["arm"].rpartition("/")[2], row["agent_label"]): row
        for row in rows(folder, "exposures")
    }
    assert exposures["joint-7-12-ovx-k2", "vitamin K2"]["role"] == "treatment"
    assert exposures["joint-7-12-ovx-k2", "ovariectomy"]["role"] == "model induction"
    arms = {row["arm"] for row in rows(folder, "arms")}
    for row in rows(folder, "comparisons"):
        assert {row["target_arm"], row["reference_arm"]} <= arms
    terms = {row["term"].rpartition("/")[2]: row for row in rows(folder, "terms")}
    assert terms["Femur"]["kind"] == "site term"
    assert "http://purl.obolibrary.org/obo/UBERON_0000981" in terms["Femur"]["exact_matches"]


def test_rows_stand_once(folder):
    for table in tables():
        found = [tuple(row.values()) for row in rows(folder, table.name)]
        assert len(set(found)) == len(found), table.name
        if keys := table.schema.get("primaryKey"):
            named = [tuple(row[key] for key in keys) for row in rows(folder, table.name)]
            assert len(set(named)) == len(named), table.name


# Descriptions (the judges of .ci/run read them as well)


def test_the_descriptions_tell_of_every_file(folder, version):
    package = json.loads((folder / "datapackage.json").read_text())
    told = json.loads((folder / "croissant.json").read_text())
    about_files = {"datapackage.json", "croissant.json", "SHA256SUMS"}
    names = {path.name for path in folder.iterdir()} - about_files
    assert {resource["path"] for resource in package["resources"]} == names
    assert {file["contentUrl"] for file in told["distribution"]} == names
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert package["version"] == told["identifier"] == version.id
    assert package["licenses"][0]["path"] == told["license"] == about().license
    assert about().license == "https://creativecommons.org/licenses/by/4.0/"
    assert "datePublished" not in told  # nothing here knows it


def test_no_name_of_a_resource_is_used_twice(folder):
    package = json.loads((folder / "datapackage.json").read_text())
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)


def test_the_references_are_those_of_the_table(folder):
    bib = (folder / "references.bib").read_text()
    ris = (folder / "references.ris").read_bytes().decode()
    assert ris.count("\r\n") == ris.count("\n")
    for row in csv.DictReader(io.StringIO((folder / "publications.csv").read_text())):
        slug = row["publication"].rpartition("/")[2]
        assert f"@article{{{slug},\n" in bib
        assert f"ID  - {slug}\r\n" in ris
