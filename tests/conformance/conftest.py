import pytest
from suites import read_cases, suites_folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each case; without the suites one that is skipped or fails."""
    if "case" in metafunc.fixturenames:
        cases = read_cases(suites_folder())
        ids = [case.name for case in cases] or ["absent"]
        metafunc.parametrize("case", cases or [None], ids=ids)
