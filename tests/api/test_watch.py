"""``osteokg check --watch``: told at every save is what is wrong now and what was mended."""

import queue
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from osteokg.api.check_commands import Watch
from osteokg.kg.files import Sources


@pytest.fixture
def evidence(good, tmp_path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "evidence"))


class Saves:
    """Save something at each look of a watch, and end it after the last."""

    def __init__(self, *steps) -> None:
        self.steps = list(steps)

    def __call__(self, _seconds: float) -> None:
        if not self.steps:
            raise KeyboardInterrupt
        step = self.steps.pop(0)
        if step:
            step()


def _names(sources) -> list[str] | str:
    return [p.stem for p in sources.evidence] if isinstance(sources, Sources) else str(sources)


ALL = ["joint-7-12", "larch-2010", "nib-2002", "quill-2001", "reed-1999"]


def collected(watch: Watch, *steps) -> list[list[str] | str]:
    """Return what a watch tells while its files are saved: the names, or an error's words."""
    told: list[list[str] | str] = []
    with pytest.raises(KeyboardInterrupt):
        told.extend(map(_names, watch.saves(Saves(*steps))))
    return told


def test_a_state_is_told_when_it_has_stood_still(evidence):
    """A file that grows from look to look, as one does that is being saved, is told once."""
    path = evidence / "new-2020.ttl"

    def grow() -> None:
        with path.open("a") as file:
            file.write("# more\n")

    told = collected(Watch([str(evidence)], []), None, grow, grow, grow, None, None, None)
    assert told == [ALL, sorted([*ALL, "new-2020"])]


def test_what_does_not_change_is_told_once(evidence):
    assert collected(Watch([str(evidence)], []), None, None, None, None) == [ALL]


def test_hidden_files_of_an_editor_are_no_evidence(evidence):
    def swap() -> None:
        (evidence / ".quill-2001.ttl.swp").write_text("x")
        (evidence / ".#quill-2001.ttl").write_text("x")

    assert collected(Watch([str(evidence)], []), None, swap, None, None) == [ALL]


def test_a_folder_that_is_gone_is_told_and_waited_for(evidence):
    away = evidence.with_name("away")
    told = collected(
        Watch([str(evidence)], []),
        None,
        lambda: evidence.rename(away),
        None,
        None,
        lambda: away.rename(evidence),
        None,
        None,
    )
    assert told[0] == told[2] == ALL
    assert "no such folder" in told[1]


INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from osteokg.api.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command as in a terminal, also where the tests run in the background."""


def test_the_command_tells_what_breaks_and_what_is_mended(command, surroundings, evidence):
    run = subprocess.Popen(
        [command[0], "-c", INTERRUPTIBLE, "check", "--watch", "--evidence", str(evidence)],
        env={**surroundings, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    assert run.stdout is not None
    reader = threading.Thread(target=lambda: [lines.put(line) for line in run.stdout or ()])
    reader.start()

    def until(words: str) -> list[str]:
        seen = []
        while not seen or words not in seen[-1]:
            seen.append(lines.get(timeout=60))
        return seen

    path = evidence / "quill-2001.ttl"
    text = path.read_text(encoding="utf-8")
    try:
        assert len(until("0 violations, 0 warnings")) == 1
        path.write_text(text.replace("okg:BoneMass ", "okg:BoneMas ", 1), encoding="utf-8")
        wrong, *_ = until("1 violations")
        assert "[unknown-term] okg:BoneMas is not in the ontology" in wrong
        path.write_text(text[: len(text) // 2], encoding="utf-8")
        broken = until("1 violations")
        assert broken[0].startswith("mended: ")
        assert "[syntax]" in broken[1]
        path.write_text(text, encoding="utf-8")
        mended, *_ = until("0 violations, 0 warnings")
        assert mended.startswith("mended: ")
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 0
    finally:
        run.kill()
        run.wait()
        reader.join()
        run.stdout.close()
    assert "Traceback" not in "".join(lines.queue)


LOSING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from osteokg.api import check_commands
from osteokg.api.cli import main

class Finalised:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

tell = check_commands._tell

def tell_and_lose(*arguments):
    tell(*arguments)
    Finalised()

check_commands._tell = tell_and_lose
sys.unraisablehook = lambda lost: print("lost", lost.exc_type.__name__, flush=True)
sys.exit(main(sys.argv[1:]))
"""
"""A Ctrl-C that comes where what it raises is dropped."""


def test_a_ctrl_c_whose_exception_is_lost_ends_the_watch(command, surroundings, evidence):
    told = subprocess.run(
        [command[0], "-c", LOSING, "check", "--watch", "--evidence", str(evidence)],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.stdout == "lost KeyboardInterrupt\n"
    assert (told.returncode, told.stderr.count("waiting for the next save")) == (0, 1)


def test_watching_is_for_people(osteokg, evidence):
    run = osteokg("check", "--watch", "--format", "sarif", "--evidence", evidence)
    assert run.returncode == 2
    assert "leave --format out" in run.stderr
