"""One class, one meaning, one status, one exit code; the tree is drawn at the top of its file."""

import re

import pytest

from osteokg.kg import errors
from osteokg.kg.problems import Problem

DRAWN = re.findall(r"[├└]── (\w+)\s.*?(?:exit (\d) · )?(\d{3})$", errors.__doc__, re.MULTILINE)


def test_the_drawing_has_every_error():
    assert {name for name, _, _ in DRAWN} | {"OsteoKGError"} == set(errors.__all__)


@pytest.mark.parametrize(("name", "code", "status"), DRAWN)
def test_an_error_is_what_is_drawn(name, code, status):
    error = getattr(errors, name)
    assert issubclass(error, errors.OsteoKGError)
    assert error.status == int(status)
    assert error.exit_code == int(code or 2)
    assert error.title


def test_a_data_error_is_one_line_per_problem():
    wrong = errors.DataError([Problem("a", "x"), Problem("b\nc", "y", severity="warning")])
    assert str(wrong) == "(computed): violation [x] a\n(computed): warning [y] b c"


def test_a_syntax_error_says_where_if_it_is_known():
    assert str(errors.QuerySyntaxError("odd", 3, 4)) == "line 3, column 4: odd"
    assert str(errors.QuerySyntaxError("odd")) == "odd"
