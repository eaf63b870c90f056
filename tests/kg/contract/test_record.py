"""The record: what is promised stays, or the contract gets another version."""

import pytest

from osteokg.kg.contract.record import (
    broken,
    promises,
    record_file,
    record_text,
    recorded,
)
from osteokg.kg.files import find_sources
from osteokg.kg.jsonld import context
from osteokg.kg.names import CONTRACT, VOCAB
from osteokg.kg.turtle import read


@pytest.fixture(scope="module")
def now():
    return promises(triple for path in find_sources().ontology for triple in read(path))


@pytest.fixture(scope="module")
def promised():
    return recorded(record_file().read_text(encoding="utf-8"))


def test_the_contract_is_kept_and_all_of_it_is_on_record(now, promised):
    assert [problem.message for problem in broken(promised, now)] == []
    text = record_file().read_text(encoding="utf-8")
    assert record_text(promised, now) == text, "new keys or names are not recorded: 'osteokg fmt'"


def test_keys_fields_and_iris_are_on_record(promised):
    assert ("key", "paraphrase") in promised
    assert promised["field", "Finding.comparison.targetArm.exposure"] == "an array of: an object"
    assert promised["field", "Finding.counteracts"] == "an array of: a name"
    assert promised["field", "Study.publication.issued"] == "a value"
    assert ("iri", f"{VOCAB}VitaminK2") in promised
    assert ("iri", "https://w3id.org/osteokg/id/finding/") in promised
    assert {key for what, key in promised if what == "key"} == set(context())


@pytest.mark.parametrize(
    ("what", "name"),
    [("key", "site"), ("field", "Finding.site.label"), ("iri", f"{VOCAB}Femur")],
)
def test_what_goes_away_or_changes_breaks_the_promise(now, promised, what, name):
    without = {key: meaning for key, meaning in now.items() if key != (what, name)}
    (gone,) = broken(promised, without)
    assert f"Contract {CONTRACT} promises the {what} {name} (" in gone.message
    assert "it is gone" in gone.message
    assert gone.line is not None
    line = record_file().read_text(encoding="utf-8").splitlines()[gone.line - 1]
    assert line.startswith(f"{what}\t{name}\t")
    (other,) = broken(promised, {**now, (what, name): "something else"})
    assert "it is something else now" in other.message
    # The record does not change with it.
    assert record_text(promised, without) == record_text(promised, now)


def test_what_is_new_is_added(now, promised):
    more = {**now, ("key", "colour"): "{}"}
    assert broken(promised, more) == []
    assert "key\tcolour\t{}\n" in record_text(promised, more)
