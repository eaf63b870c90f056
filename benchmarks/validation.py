"""Measure what it costs to check one changed finding, in graphs of very different size.

``python benchmarks/validation.py [FINDINGS …]`` prints Markdown: for graphs of so many findings
(1000 and 10000; 100000 takes some gigabytes) the seconds of processor time that a check takes of
everything and of what a change of one finding touches. The graphs are copies of the invented study
of the tests under names of their own.
"""

import sys
import time
from pathlib import Path
from statistics import median

import pyoxigraph as ox

from osteokg.kg.dataset import Changes, Dataset, load
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.incremental import Standard, affected, neighbourhood, run_shapes_on
from osteokg.kg.names import ID, okg
from osteokg.kg.turtle import text_of
from osteokg.kg.validation import run_shapes
from osteokg.kg.vocabulary import check_names

GOOD = Path(__file__).resolve().parent.parent / "tests" / "cases" / "evidence" / "good"
STUDY = "quill-2001"
RUNS = 5
WHOLE_UP_TO = 2000
"""Everything is checked in graphs of at most so many findings; it takes its time."""


def copies(triples: list[ox.Triple], number: int) -> list[ox.Triple]:
    """Return a study's triples under the name of its copy."""

    def renamed(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> object:
        if isinstance(term, ox.NamedNode) and term.value.startswith(ID) and STUDY in term.value:
            return ox.NamedNode(term.value.replace(STUDY, f"{STUDY}-{number}"))
        return term

    return [ox.Triple(renamed(s), p, renamed(o)) for s, p, o in triples]


def dataset_of(base: Dataset, findings: int) -> Dataset:
    """Return the invented evidence with copies of its largest study beside it."""
    (study,) = (path for path in base.sources.evidence if path.stem == STUDY)
    said = base.triples_of[study]
    each = sum(text_of(triple.object) == okg("Finding") for triple in said)
    files = {
        study.with_name(f"{STUDY}-{number}.ttl"): copies(said, number)
        for number in range(max(1, findings // each))
    }
    evidence = (*base.sources.evidence, *files)
    dataset = Dataset(Sources(base.sources.ontology, evidence))
    for path in base.sources.ontology + base.sources.evidence:
        dataset.add_file(path, base.triples_of[path])
    for path, triples in files.items():
        dataset.add_file(path, triples)
    return dataset


def changed(dataset: Dataset) -> Changes:
    """Return the change of one finding: all that is said of it, as if it were new."""
    path = dataset.sources.evidence[-1]
    (finding, *_) = (
        triple.subject
        for triple in dataset.triples_of[path]
        if text_of(triple.object) == okg("Finding")
    )
    said = (triple for triple in dataset.triples_of[path] if triple.subject == finding)
    return Changes(added=tuple((path, triple) for triple in said))


def seconds(work: object) -> float:
    """Return the median processor time of some work."""
    taken = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return median(taken)


def main() -> int:
    """Measure and print."""
    sizes = [int(text) for text in sys.argv[1:]] or [1000, 10_000]
    base = load(find_sources([str(GOOD)]))
    standard = Standard.of(base)
    shapes, reach = standard.shapes, standard.reach
    write = sys.stdout.write
    write("| findings | triples | everything, s | the change, s | nodes | triples looked at |\n")
    write("|--:|--:|--:|--:|--:|--:|\n")
    first = None
    for size in sizes:
        dataset = dataset_of(base, size)
        changes = changed(dataset)
        whole = "–"
        if size <= WHOLE_UP_TO:
            started = time.process_time()
            run_shapes(dataset, shapes)
            whole = f"{time.process_time() - started:.2f}"
        shaped = seconds(lambda d=dataset, c=changes: run_shapes_on(d, c, (), shapes, reach))
        named = seconds(lambda d=dataset, c=changes: check_names(d, c, standard.names))
        nodes = affected(dataset, changes, reach)
        looked_at = len(neighbourhood(dataset, nodes, reach))
        first = first or shaped + named
        write(
            f"| {size:,} | {len(dataset.store):,} | {whole} | {shaped + named:.3f} "
            f"({(shaped + named) / first:.2f}×) | {len(nodes)} | {looked_at} |\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
