"""Measure what making a version takes, stage by stage and rule by rule, on invented evidence.

``python benchmarks/build.py [--findings N …] [--only RULE …]`` prints Markdown: processor seconds
of every stage, and of the rules and violation queries that take a tenth of a second or more. With
several sizes the last column says by what power of the size the time grows between the last two.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from evidence import write_evidence

from osteokg.kg.alignment import check_alignment
from osteokg.kg.dataset import Dataset, load
from osteokg.kg.files import find_sources, rule_files, violation_query_files
from osteokg.kg.rules import apply_rules
from osteokg.kg.targets import aimed
from osteokg.kg.validation import load_shapes, run_shapes, run_violation_queries
from osteokg.kg.version import canonical_quads, named_quads
from osteokg.kg.vocabulary import check_names

Seconds = dict[str, float]
SHOWN = 0.1
"""Rules and queries that take less are not shown."""


def measure(findings: int) -> tuple[Seconds, int]:
    """Return the seconds of each stage, rule and query at a size, and the number of quads."""
    seconds: Seconds = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        begun = time.process_time()
        result = work()
        seconds[name] = time.process_time() - begun
        sys.stderr.write(f"{findings:,} {name}: {seconds[name]:.2f} s\n")
        return result

    with tempfile.TemporaryDirectory() as folder:
        write_evidence(Path(folder), findings)
        sources = find_sources([folder])
        dataset = timed("**read**", lambda: load(sources))
    assert isinstance(dataset, Dataset)
    before = set(seconds)
    for path in rule_files():
        timed(f"rule {path.stem}", lambda path=path: apply_rules(dataset, [path]))
    seconds["**rules**"] = sum(seconds[name] for name in seconds if name not in before)
    timed("**names**", lambda: check_names(dataset) + check_alignment(dataset))
    timed("**shapes**", lambda: run_shapes(dataset, aimed(load_shapes())))
    before = set(seconds)
    for path in violation_query_files():
        timed(f"query {path.stem}", lambda path=path: run_violation_queries(dataset, [path]))
    seconds["**queries**"] = sum(seconds[name] for name in seconds if name not in before)
    timed("**hash**", lambda: canonical_quads(named_quads(dataset.store)))
    timed("**close**", dataset.close)
    return seconds, len(dataset.store)


def table(measured: Sequence[tuple[int, Seconds, int]]) -> str:
    """Return the seconds as a Markdown table, sizes side by side."""
    head = [f"{findings:,} findings" for findings, _, _ in measured]
    growing = len(measured) > 1
    lines = [f"| | {' | '.join([*head, *(['power'] if growing else [])])} |"]
    lines.append("|---|" + "--:|" * (len(head) + growing))
    lines.append(f"| quads | {' | '.join(f'{quads:,}' for _, _, quads in measured)} |")
    for name in measured[-1][1]:
        taken = [seconds[name] for _, seconds, _ in measured]
        if max(taken) < SHOWN and not name.startswith("**"):
            continue
        cells = [f"{one:,.2f}" for one in taken]
        if growing:
            times = math.log(measured[-1][0] / measured[-2][0])
            more = max(taken[-1], 1e-4) / max(taken[-2], 1e-4)
            cells.append(f"{math.log(more) / times:.1f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--findings", type=int, nargs="+", default=[1000, 3000, 10_000])
    sizes = parser.parse_args().findings
    print(table([(size, *measure(size)) for size in sizes]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
