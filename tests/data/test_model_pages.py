"""What docs/ tells of the model, the ontology and the Biolink projection is so."""

import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.names import PREFIXES, VOCAB

PAGES = ("model.md", "ontology.md", "biolink.md")
TURTLE = re.compile(r"^```turtle\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPARQL = re.compile(r"^```sparql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"`(?:[^`\n]*[\s/])?okg:([A-Za-z]\w*)`")
FILES = re.compile(r"`((?:kg|docs|ontology|shapes|\.ci|tests)/[\w./-]+)`")


@pytest.mark.parametrize("script", ["make_model.py", "make_biolink.py"])
def test_the_produced_parts_are_up_to_date(script: str, docs: Path) -> None:
    result = subprocess.run(
        [sys.executable, docs / script, "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_the_example_is_what_the_files_and_the_rules_say(docs: Path, store: ox.Store) -> None:
    blocks = TURTLE.findall((docs / "model.md").read_text(encoding="utf-8"))
    assert len(blocks) == 2
    for block in blocks:
        quads = list(ox.parse(block, ox.RdfFormat.TURTLE))
        assert quads
        assert all(ox.Quad(*quad.triple) in store for quad in quads)
    curated, computed = (set(ox.parse(block, ox.RdfFormat.TURTLE)) for block in blocks)
    finding = PREFIXES["finding"] + "mawatari-2000-k2-bone-mass-proximal-tibial-metaphysis"
    directions = {q.object.value for q in curated if q.predicate.value == VOCAB + "direction"}
    assert directions == {VOCAB + "Increased", VOCAB + "Decreased"}
    assert [q.object.value for q in computed if q.predicate.value == VOCAB + "counteracts"] == [
        PREFIXES["finding"] + "mawatari-2000-ovx-bone-mass-proximal-tibial-metaphysis"
    ]
    assert {q.subject.value for q in computed} == {finding}


def test_the_queries_on_the_page_find_the_same_findings(docs: Path, store: ox.Store) -> None:
    queries = SPARQL.findall((docs / "model.md").read_text(encoding="utf-8"))
    ours, outside = ({row["finding"].value for row in store.query(query)} for query in queries)
    assert len(ours) > 5
    assert outside == ours


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str, docs: Path, store: ox.Store) -> None:
    text = (docs / page).read_text(encoding="utf-8")
    for name in OURS.findall(text):
        about = store.quads_for_pattern(ox.NamedNode(VOCAB + name), None, None, None)
        assert any(about), f"okg:{name} is not in the ontology"
    for path in FILES.findall(text):
        assert (docs.parent / path).exists(), path
    links = [target for target in re.findall(r"\]\(([^):]+)\)", text) if "//" not in target]
    for target in links:
        file, _, anchor = target.partition("#")
        assert (docs / file).exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", (docs / file).read_text("utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


def test_the_pages_name_enough_to_be_checked(docs: Path) -> None:
    text = "".join((docs / page).read_text(encoding="utf-8") for page in PAGES)
    assert len(set(OURS.findall(text))) > 10
    assert len(set(FILES.findall(text))) > 5
