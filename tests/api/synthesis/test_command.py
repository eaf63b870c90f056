"""``osteokg synthesis`` on the invented evidence."""

import json
from xml.etree import ElementTree as ET

import pytest


@pytest.fixture
def synthesis(told, good):
    return lambda *arguments: told("synthesis", *arguments, "--evidence", good)


def test_a_table_for_people(synthesis):
    code, out, err = synthesis("evidence-map", "--outcome", "BoneMass", "--without", "retracted")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[:4] == ["contrast", "intervention", "comparator", "model"]
    assert "no-difference" in lines[2]
    assert lines[-1] == "(1 rows)"
    told = "vitamin K2 in ovariectomized rat: bone mass, cancellous bone: mixed → no-difference"
    assert told in err.splitlines()


def test_json_is_that_of_the_service(synthesis, version):
    code, out, _ = synthesis("contradictions", "--format", "json")
    told = json.loads(out)
    assert (code, told["version"], told["total"]) == (0, version.id, 1)
    assert told["items"][0]["kind"] == "disagreement"


def test_csv_and_drawing(synthesis):
    code, out, _ = synthesis("gaps", "--intervention", "VitaminK2", "--format", "csv")
    assert code == 0
    assert out.startswith("gap,intervention,model,compartment,")
    code, out, _ = synthesis("effect-directions", "--format", "svg")
    assert code == 0
    assert ET.fromstring(out).get("role") == "img"  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gaps", "--format", "svg"), "There is no drawing of gaps"),
        (("gaps", "--without", "old"), "'old' cannot be left out"),
        (("claims", "--model", "Cat"), "no such model"),
    ],
)
def test_a_wrong_command_is_told(synthesis, arguments, said):
    code, out, err = synthesis(*arguments)
    assert (code, out) == (2, "")
    assert said in err
