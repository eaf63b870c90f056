"""Rules: CONSTRUCT queries in files that compute graphs from the curated ones."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset
from osteokg.kg.errors import DataError
from osteokg.kg.files import rule_files
from osteokg.kg.names import graph_iri
from osteokg.kg.problems import Problem

__all__ = ["apply_rules", "kind_of_rule"]


def kind_of_rule(path: Path) -> str:
    """Return the kind of graph a rule writes: ``20-contrast.rq`` writes computed/contrast.

    Several rules may write one graph (``20-contrast.treatment.rq``).
    """
    return re.sub(r"^\d+-", "", path.name).split(".")[0]


def apply_rules(dataset: Dataset, paths: list[Path] | None = None) -> None:
    """Run the rules in the order of their names; each sees what the ones before it wrote.

    A rule sees the union of all graphs. Raises DataError for a rule that does not parse.
    """
    for path in rule_files() if paths is None else paths:
        graph = graph_iri("computed", kind_of_rule(path))
        try:
            rows = dataset.store.query(
                path.read_text(encoding="utf-8"), use_default_graph_as_union=True
            )
        except SyntaxError as error:
            line = re.search(r"at (\d+):", str(error))
            raise DataError(
                [
                    Problem(
                        message=f"the rule does not parse: {error}",
                        constraint="rule-syntax",
                        file=path,
                        line=int(line.group(1)) if line else None,
                    )
                ]
            ) from error
        if not isinstance(rows, ox.QueryTriples):
            raise DataError(
                [
                    Problem(
                        message="a rule must be a CONSTRUCT query.",
                        constraint="rule-form",
                        file=path,
                        line=1,
                    )
                ]
            )
        dataset.add_graph(graph, list(rows))
