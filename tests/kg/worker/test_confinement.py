"""What a process may take and has taken."""

import subprocess
import sys

import pytest

_MB = 1024 * 1024
_TELL = "from osteokg.kg.worker.confinement import peak_memory as p; print(p(){})"


def told(expression: str) -> int:
    """Return what another program prints of its memory, started by one that is large."""
    return int(subprocess.check_output([sys.executable, "-c", _TELL.format(expression)]))


def test_the_memory_of_who_started_a_program_is_not_its_own():
    large = bytearray(b"\1") * (400 * _MB)
    own = told("")
    assert len(large) == 400 * _MB
    assert 1 * _MB < own < 300 * _MB


def test_memory_that_was_given_back_counts_for_the_peak():
    grown = told(" * 0 or (b'\\1' * (200 << 20)) and p()")
    assert told("") + 150 * _MB < grown


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit is not kept")
def test_a_stack_that_is_smaller_than_it_should_be_is_told():
    code = """
import resource, threading
from osteokg.kg.worker.confinement import run_deep
resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
run_deep(lambda: print(threading.stack_size() >> 20), 1 << 30)
for thread in threading.enumerate():
    if thread.name == "queries":
        thread.join()
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    given = int(done.stdout)
    assert given in (512, 256, 128)
    assert done.stderr == f"The stack has {given} of 1024 MB.\n"
