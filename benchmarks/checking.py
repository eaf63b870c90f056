"""Measure a check of one changed file in evidence of different sizes.

``python benchmarks/checking.py FOLDER…`` copies each folder, takes it for good as it is, changes
the wording of one finding, then gives it a direction that there is not, and prints Markdown: how
many findings, how many files are looked at, and the seconds of one processor that the check of a
good change, of a wrong one and of none took (medians of three). ``packaged`` is the packaged
evidence; ``evidence.py`` invents evidence of any size.
"""

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from osteokg.kg.checking import Checked, check_files, state_of
from osteokg.kg.files import PACKAGED, find_sources, packaged
from osteokg.kg.known_good import KnownGood
from osteokg.kg.problems import errors_of

WORDING = re.compile(r'okg:wording "')
DIRECTION = re.compile(r"    okg:direction okg:\w+ ;\n")


def measured(folder: Path, held: Path) -> str:
    """Return a row of the table for a folder of evidence."""
    evidence = Path(shutil.copytree(folder, held / "evidence"))
    sources = find_sources([str(evidence)])
    known = KnownGood(held / "state.sqlite")
    known.keep({path: state_of(path) for path in sources.evidence}, [])
    findings = sum(path.read_text("utf-8").count(" a okg:Finding ") for path in sources.evidence)
    path = next(
        path
        for path in sources.evidence[len(sources.evidence) // 2 :]
        if WORDING.search(text := path.read_text("utf-8")) and DIRECTION.search(text)
    )

    def check(change: Callable[[str], str]) -> tuple[float, Checked]:
        path.write_text(change(path.read_text("utf-8")), "utf-8")
        began = time.process_time()
        checked = check_files(sources, known)
        return time.process_time() - began, checked

    good = [check(lambda text: WORDING.sub('okg:wording "so ', text, count=1)) for _ in range(3)]
    same = [check(lambda text: text) for _ in range(3)]
    wrong = [check(lambda text: DIRECTION.sub("    okg:direction okg:Upwards ;\n", text, count=1))]
    assert errors_of(good[0][1].problems) == []
    assert errors_of(wrong[0][1].problems)
    assert len(same[0][1].looked_at) == 0
    wrong += [check(lambda text: text) for _ in range(2)]
    looked_at = len(good[0][1].looked_at)
    seconds = " | ".join(f"{median(took for took, _ in rows):.2f}" for rows in (good, wrong, same))
    return f"| {findings:,} | {len(sources.evidence):,} | {looked_at} | {seconds} |"


def main() -> int:
    """Print the table."""
    print("| findings | files | looked at | good change, s | wrong change, s | no change, s |")
    print("|--:|--:|--:|--:|--:|--:|")
    for name in sys.argv[1:] or [PACKAGED]:
        folder = packaged("kg", "evidence") if name == PACKAGED else Path(name)
        with tempfile.TemporaryDirectory() as held:
            print(measured(folder, Path(held)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
