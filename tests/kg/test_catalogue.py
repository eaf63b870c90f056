"""The named questions, and the views into which IRIs are filled."""

import re

import pyoxigraph as ox
import pytest

from osteokg.kg import catalogue
from osteokg.kg.catalogue import named_queries, named_query, view
from osteokg.kg.errors import NotFoundError, RequestError


@pytest.fixture
def questions(tmp_path, monkeypatch):
    texts = {
        "null-results": "#+ title: Null results\n#+ description: Measured,\n#+   none.\nASK {}",
        "femur": "ASK {}",
    }
    paths = []
    for name, text in texts.items():
        paths.append(tmp_path / f"{name}.rq")
        paths[-1].write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "query_files", lambda: sorted(paths))


def test_questions_have_name_title_description_and_text(questions):
    femur, null = named_queries()
    assert (null.name, null.title, null.description) == (
        "null-results",
        "Null results",
        "Measured, none.",
    )
    assert null.text.endswith("ASK {}")
    assert (femur.title, femur.description) == ("femur", "")
    assert named_query("femur") == femur


def test_the_closest_question_is_named(questions):
    with pytest.raises(NotFoundError, match="Did you mean 'null-results'"):
        named_query("nul-result")
    with pytest.raises(NotFoundError, match=r"no named query 'zzz'\. 'query --list'"):
        named_query("zzz")


def test_every_view_is_a_query_and_has_a_title():
    views = catalogue.packaged("kg", "views")
    for path in sorted(views.rglob("*.rq")):
        name = path.relative_to(views).with_suffix("").as_posix()
        text = view(name, ["https://w3id.org/osteokg/vocab/Femur"])
        assert "THINGS }" not in text
        text = re.sub(r"\b(COLUMN|WORD)\b", '"site"', text)  # filled in where they are asked
        ox.Store().query(text)
        assert catalogue.header_of(text)["title"]


def test_a_view_takes_several_things_or_none():
    assert "{ <x:a> <x:b> }" in view("exists", ["x:a", "x:b"])
    assert "VALUES ?thing {  }" in view("exists")


@pytest.mark.parametrize(
    "name",
    [
        "x:a> } ?s ?p ?o #",
        "x:a>",
        "x:a b",
        "x:a\n",
        "x:a\\u003e",
        'x:a"',
        "x:{a}",
        "x:%zz",
        "relative",
        "",
        "THINGS }",
    ],
)
def test_nothing_but_an_iri_gets_into_a_view(name):
    with pytest.raises(RequestError, match="is not an IRI"):
        view("describe", [name])
