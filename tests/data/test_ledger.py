"""Every sentence of the review is accounted for, and found again by its digest."""

import csv
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.api.cli import main
from osteokg.kg.anchors import digest, normalise
from osteokg.kg.files import find_sources
from osteokg.kg.names import VOCAB, contract

REVIEW = "publication:iwamoto-2006"
SENTENCES = [f"S{number:03}" for number in range(1, 140)]
EVERY = 7  # of the anchored sentences, one in so many has a word changed
RUN = 9  # so many words in a row are a quotation


@pytest.fixture(scope="module")
def ledger(project: Path) -> list[dict[str, str]]:
    path = project / "docs" / "sentence-ledger.tsv"
    if not path.exists():
        pytest.skip("an unpacked sdist: docs/ is not in it")
    return rows(path)


@pytest.fixture(scope="module")
def evidence() -> ox.Store:
    """Return the evidence as written, without what is computed."""
    store = ox.Store()
    for path in find_sources().evidence:
        store.bulk_load(path.read_bytes(), ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def anchors(evidence: ox.Store) -> dict[str, dict[str, str]]:
    """Return sentence, section and digest of the review's anchors by their CURIEs."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name in ("source", "sentence", "section", "digest"):
        for quad in evidence.quads_for_pattern(None, ox.NamedNode(f"{VOCAB}{name}"), None):
            found[curie(quad.subject)][name] = (
                curie(quad.object)
                if isinstance(quad.object, ox.NamedNode)
                else getattr(quad.object, "value", "")
            )
    return {name: row for name, row in found.items() if row.get("source") == REVIEW}


@pytest.fixture(scope="module")
def source(shared: Path) -> dict[str, dict[str, str]]:
    return {row["sentence"]: row for row in rows(shared / "source" / "sentences.tsv")}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def curie(term: object) -> str:
    assert isinstance(term, ox.NamedNode)
    return contract(term.value)


def test_every_sentence_is_there_once(ledger: list[dict[str, str]]) -> None:
    assert [row["sentence"] for row in ledger] == SENTENCES


def test_a_sentence_yields_something_or_a_reason_why_not(ledger: list[dict[str, str]]) -> None:
    assert [r["sentence"] for r in ledger if bool(r["yields"]) is bool(r["reason"])] == []
    repeated = [r["sentence"] for r in ledger if len(set(r["yields"].split())) != len(yields(r))]
    assert repeated == []


def yields(row: dict[str, str]) -> list[str]:
    return row["yields"].split()


def test_the_ledger_and_the_evidence_name_the_same_statements(
    ledger: list[dict[str, str]], evidence: ox.Store, anchors: dict[str, dict[str, str]]
) -> None:
    told = {(row["sentence"], name) for row in ledger for name in yields(row)}
    held = {
        (anchors[curie(quad.object)]["sentence"], curie(quad.subject))
        for quad in evidence.quads_for_pattern(None, ox.NamedNode(f"{VOCAB}anchor"), None)
        if curie(quad.object) in anchors
    }
    assert len(held) > 250
    assert told - held == set(), "in docs/sentence-ledger.tsv only"
    assert held - told == set(), "in the evidence only"


def test_sections_and_digests_are_those_of_the_source(
    ledger: list[dict[str, str]],
    anchors: dict[str, dict[str, str]],
    source: dict[str, dict[str, str]],
) -> None:
    sections = {name: row["section"] for name, row in source.items()}
    assert {row["sentence"]: row["section"] for row in ledger} == sections
    for anchor in anchors.values():
        said = source[anchor["sentence"]]
        assert (anchor["section"], anchor["digest"]) == (said["section"], digest(said["text"]))


def test_every_anchor_is_found_in_reading_order(
    shared: Path, anchors: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    text = shared / "source" / "reading-order.txt"
    assert main(["anchors", "verify", "--source", str(text)]) == 0
    assert f"{len(anchors)} anchors: {len(anchors)} found." in capsys.readouterr().err


def test_every_anchor_is_found_or_split_in_the_pages(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shared / "source" / "review.txt"
    assert main(["anchors", "verify", "--source", str(text)]) == 0
    told = re.search(r"anchors: (\d+) found, (\d+) split\.", capsys.readouterr().err)
    assert told
    unbroken = normalise(text.read_text(encoding="utf-8"))
    whole = [
        row["sentence"]
        for row in rows(shared / "source" / "sentences.tsv")
        if normalise(row["text"]) in unbroken
    ]
    assert int(told[1]) <= len(whole)


@pytest.fixture(scope="module")
def chosen(
    anchors: dict[str, dict[str, str]], source: dict[str, dict[str, str]]
) -> dict[str, list[str]]:
    """Return the words of every so many anchored sentences."""
    anchored = sorted({row["sentence"] for row in anchors.values()})
    return {sentence: source[sentence]["text"].split() for sentence in anchored[::EVERY]}


@pytest.mark.parametrize(("name", "least"), [("reading-order.txt", 12), ("review.txt", 5)])
def test_one_changed_word_is_told(
    name: str,
    least: int,
    shared: Path,
    chosen: dict[str, list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Change one word, in turn the second, the middle one and the last but one of a sentence."""
    text = (shared / "source" / name).read_text(encoding="utf-8")
    tried = 0
    for turn, (sentence, words) in enumerate(chosen.items()):
        at = (1, len(words) // 2, len(words) - 2)[turn % 3]
        parted = [r"\s+".join(map(re.escape, part)) for part in (words[:at], words[at + 1 :])]
        place = re.search(rf"({parted[0]}\s+){re.escape(words[at])}(\s+{parted[1]})", text)
        if not place:
            continue  # torn apart by the columns, or a word hyphenated at the end of a line
        changed = f"{text[: place.end(1)]}otherwise{text[place.start(2) :]}"
        assert verify(changed) == 1, f"{sentence}: word {at + 1} was changed"
        told = capsys.readouterr().out
        assert re.search(rf"^\S.*#{sentence}: (?:changed|missing):", told, re.MULTILINE)
        tried += 1
    assert tried >= least


def verify(text: str) -> int:
    """Return the exit code of ``osteokg anchors verify`` on a text."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return main(["anchors", "verify", "--source", file.name])


def test_no_file_quotes_the_article(shared: Path, project: Path, tracked: list[Path]) -> None:
    article = words_of((shared / "source" / "reading-order.txt").read_text(encoding="utf-8"))
    said = {tuple(w for w, _ in run) for run in runs(article)}
    found = []
    for path in tracked:
        if not (project / path).is_file() or (project / path).is_symlink():
            continue
        text = (project / path).read_bytes().decode("utf-8", "ignore")
        for run in runs(words_of(text)):
            quoted = tuple(word for word, _ in run)
            if quoted in said:
                line = text.count("\n", 0, run[0][1]) + 1
                found.append(f"{path.as_posix()}:{line}: {' '.join(quoted)}")
    assert found == []


def words_of(text: str) -> list[tuple[str, int]]:
    """Return the words of a text, in lower case, and where each begins."""
    return [(match[0].lower(), match.start()) for match in re.finditer(r"[^\W_]+", text)]


def runs(words: list[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    return [words[at : at + RUN] for at in range(len(words) - RUN + 1)]
