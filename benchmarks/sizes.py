"""The graphs that are asked: the real one, and invented ones of about 100,000 and 1,000,000."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from evidence import write_evidence

from osteokg.kg.dataset import load
from osteokg.kg.files import PACKAGED, find_sources
from osteokg.kg.version import build

__all__ = ["SIZES", "Graph", "made"]

SIZES = {"real": 0, "100k": 1_200, "1m": 33_000}
"""Names, and so many invented findings beside the packaged ones."""

_WITH_RULES = 2_000
"""Up to so many findings the graph has what the rules compute.

They compare findings with each other: the graph would be one of pairs, not of evidence.
"""


@dataclass(frozen=True)
class Graph:
    """Hold one graph: its triples in a file, and what ``osteokg serve`` makes it from.

    ``evidence`` is empty where it has no computed graphs: then it is served ``--plain``.
    ``seconds`` says how long it took to make.
    """

    name: str
    file: Path
    triples: int
    evidence: tuple[str, ...]
    seconds: float


def made(name: str, work: Path) -> Graph:
    """Return a graph, made from scratch; what was validated is kept for ``osteokg serve``."""
    started = time.perf_counter()
    os.environ["XDG_CACHE_HOME"] = str(work / "cache")
    findings = SIZES[name]
    folder = work / f"evidence-{findings}"
    if findings and not folder.exists():
        write_evidence(folder, findings)
    evidence = (PACKAGED, str(folder)) if findings else (PACKAGED,)
    sources = find_sources(evidence)
    if findings <= _WITH_RULES:
        store = build(sources).store
    else:
        dataset = load(sources)
        dataset.close()
        store, evidence = dataset.store, ()
    file = work / f"{name}.nt"
    triples = [quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())]
    ox.serialize(triples, str(file), ox.RdfFormat.N_TRIPLES)
    return Graph(name, file, len(triples), evidence, time.perf_counter() - started)
