"""Rules: CONSTRUCT queries in files that compute graphs from the curated ones."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset, Progress
from osteokg.kg.files import rule_files
from osteokg.kg.names import graph_iri

__all__ = ["apply_rules", "kind_of_rule"]


def kind_of_rule(path: Path) -> str:
    """Return the kind of graph a rule writes: ``20-contrast.rq`` writes computed/contrast.

    Several rules may write one graph (``20-contrast.treatment.rq``).
    """
    return re.sub(r"^\d+-", "", path.name).split(".")[0]


def apply_rules(
    dataset: Dataset, paths: list[Path] | None = None, progress: Progress = lambda step: None
) -> None:
    """Run the rules in the order of their names; each sees what the ones before it wrote.

    Raises DataError for a rule that is no CONSTRUCT query.
    """
    rules = rule_files() if paths is None else paths
    for number, path in enumerate(rules, start=1):
        progress(f"applying rules, {number} of {len(rules)}")
        computed = list(dataset.ask(path, ox.QueryTriples))
        dataset.add_graph(graph_iri("computed", kind_of_rule(path)), computed)
