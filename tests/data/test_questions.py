"""The named questions have the answers that a curator found to be right.

The answers lie in tests/data/answers. Each row was compared with the sentence that it stands on;
whoever changes the evidence reads the difference, and renews the file in the same commit.
"""

import csv
import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.catalogue import NamedQuery, named_queries
from osteokg.kg.files import packaged
from osteokg.kg.headers import header_of
from osteokg.kg.names import VOCAB
from osteokg.kg.results import ROW_FORMATS, Query, evaluate, format_named
from osteokg.kg.version import named_quads

ANSWERS = Path(__file__).parent / "answers"
QUESTIONS = {query.name: query for query in named_queries()}
NAMES = sorted(QUESTIONS)

ASKED_FOR = {
    "femoral-neck-strength-in-ovariectomized-rats",
    "k2-proximal-tibia-bone-mass-disagreements",
    "combinations-better-than-a-single-agent",
    "k2-alone-null-results",
    "any-part-of-the-femur",
}


@pytest.fixture(scope="session")
def turned(store: ox.Store) -> ox.Store:
    """Return the same triples, put in the other way round."""
    other = ox.Store()
    for quad in sorted(named_quads(store), key=str, reverse=True):
        other.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    return other


def answer(store: ox.Store, question: NamedQuery) -> list[str]:
    """Return the lines of the answer as SPARQL CSV, without their CRLF: git keeps text with LF."""
    asked = Query(question.text, rows=format_named("csv", ROW_FORMATS))
    return evaluate(store, asked).body.decode().split("\r\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_the_reviewed_one(name: str, store: ox.Store) -> None:
    path = ANSWERS / f"{name}.csv"
    reviewed = path.read_text(encoding="utf-8").split("\n")
    assert answer(store, QUESTIONS[name]) == reviewed, (
        "The answer has changed. Compare each changed row with its sentence; if the new answer is "
        f"right, renew the file: osteokg query {name} --format csv > tests/data/answers/{name}.csv"
    )


def test_every_question_has_an_answer_and_every_answer_a_question() -> None:
    assert [path.stem for path in sorted(ANSWERS.iterdir())] == NAMES
    assert len(NAMES) >= 12
    assert set(NAMES) >= ASKED_FOR


@pytest.mark.parametrize("name", NAMES)
def test_a_question_says_what_it_asks(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    header = header_of(QUESTIONS[name].text)
    assert header.keys() == {"title", "description"}
    assert all(header.values())
    titles = [question.title for question in QUESTIONS.values()]
    assert titles.count(header["title"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_has_rows_each_once_that_name_what_they_are_about(name: str) -> None:
    with (ANSWERS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert rows
    assert len({tuple(row) for row in rows}) == len(rows)
    assert all(row[0] for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_an_answer_does_not_depend_on_the_store(
    name: str, store: ox.Store, turned: ox.Store
) -> None:
    assert re.search(r"^ORDER BY", QUESTIONS[name].text, re.MULTILINE)
    assert answer(turned, QUESTIONS[name]) == answer(store, QUESTIONS[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_question_asks_in_words_of_the_vocabulary(name: str) -> None:
    """A name that does not exist is no error in SPARQL: it only never matches."""
    ontology = ox.parse(packaged("ontology", "osteokg.ttl").read_bytes(), ox.RdfFormat.TURTLE)
    declared = {quad.subject.value for quad in ontology if isinstance(quad.subject, ox.NamedNode)}
    used = {VOCAB + word for word in re.findall(r"\bokg:(\w+)", QUESTIONS[name].text)}
    assert used - declared == set()
