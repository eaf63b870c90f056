"""Judge KGX files by the Biolink model's own means, without network.

Run as ``python .ci/biolink.py NODES.tsv EDGES.tsv`` where biolink-model, bmt and kgx are installed.
Three judges: the model's classes take each node and edge (slots, value lists, what is required);
the Biolink Model Toolkit says whether the ends of an edge are in the predicate's domain and range
and whether an edge's category allows its predicate; KGX validates the graph. The model is the one
in the biolink-model package; both tools would fetch it otherwise.
"""

import csv
import json
import sys
from importlib.resources import files
from pathlib import Path

import biolink_model.datamodel.pydanticmodel_v2 as model
from bmt import Toolkit
from pydantic import ValidationError

SCHEMA = files("biolink_model") / "schema" / "biolink_model.yaml"
# KGX makes a toolkit when it is imported, and a toolkit fetches the model unless told where it is.
Toolkit.__init__.__defaults__ = (str(SCHEMA), {"predicate mappings": []})

from kgx import config  # noqa: E402 - see above
from kgx.graph.nx_graph import NxGraph  # noqa: E402 - see above
from kgx.validator import Validator  # noqa: E402 - see above

OURS = {"okg": "https://w3id.org/osteokg/vocab/", "osteokg": "https://w3id.org/osteokg/id/"}
Record = dict[str, str | list[str]]


def records(path: Path, toolkit: Toolkit) -> list[Record]:
    """Return the rows of a KGX TSV without empty cells, multivalued slots as lists.

    Columns that begin with ``osteokg_`` are ours and left out: the model says nothing of them.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    several = {
        name
        for name in rows[0]
        if (slot := toolkit.get_element(name.replace("_", " "))) and slot.multivalued
    }
    return [
        {
            name: value.split("|") if name in several else value
            for name, value in row.items()
            if value and not name.startswith("osteokg_")
        }
        for row in rows
    ]


def local_name(curie: str) -> str:
    """Return what follows the prefix of a CURIE."""
    return curie.partition(":")[2]


def problems_of_classes(found: list[Record]) -> list[str]:
    """Return where the class that a record names does not take it."""
    problems = []
    for record in found:
        for category in record["category"]:
            class_ = getattr(model, local_name(category), None)
            if class_ is None:
                problems.append(f"{record['id']}: {category} is no class of the model")
                continue
            try:
                class_(**record)
            except ValidationError as error:
                problems += [
                    f"{record['id']}: {one['loc']}: {one['msg']}" for one in error.errors()
                ]
    return problems


def problems_of_ends(nodes: list[Record], edges: list[Record], toolkit: Toolkit) -> list[str]:
    """Return where an edge's ends or category do not fit its predicate."""
    kinds = {node["id"]: [local_name(one) for one in node["category"]] for node in nodes}
    problems = []
    for edge in edges:
        slot = toolkit.get_element(local_name(edge["predicate"]).replace("_", " "))
        if slot is None or not toolkit.is_predicate(slot.name):
            problems.append(f"{edge['id']}: {edge['predicate']} is no predicate of the model")
            continue
        for category in edge["category"]:
            usage = toolkit.get_element(category).slot_usage.get("predicate")
            above = toolkit.get_ancestors(slot.name, reflexive=True)
            if usage and usage.subproperty_of and usage.subproperty_of not in above:
                problems.append(f"{edge['id']}: {category} does not allow {slot.name}")
            for end in ("subject", "object"):
                ranges = [toolkit.view.induced_slot(end, toolkit.get_element(category).name).range]
                ranges += [slot.domain if end == "subject" else slot.range]
                problems += [
                    f"{edge['id']}: {end} {edge[end]} is no {wanted}"
                    for wanted in filter(None, ranges)
                    if edge[end] in kinds and not fits(kinds[edge[end]], wanted, toolkit)
                ]
        for end in ("subject", "object"):
            if edge[end] not in kinds:
                problems.append(f"{edge['id']}: {end} {edge[end]} is no node")
    return problems


def fits(categories: list[str], wanted: str, toolkit: Toolkit) -> bool:
    """Return whether a category is, or stands below, a class or mixin."""
    return any(
        wanted in toolkit.get_ancestors(category, reflexive=True, mixin=True)
        for category in categories
    )


def problems_of_kgx(nodes: list[Record], edges: list[Record]) -> list[str]:
    """Return what KGX finds wrong in the graph; our own prefixes are made known to it."""
    prefixes = files("biolink_model") / "prefixmaps" / "biolink_model_prefix_map.json"
    known = json.loads(prefixes.read_text(encoding="utf-8"))
    config.jsonld_context_map["biolink"] = {**known, **OURS}
    graph = NxGraph()
    for node in nodes:
        graph.add_node(node["id"], **node)
    for edge in edges:
        graph.add_edge(edge["subject"], edge["object"], edge["id"], **edge)
    validator = Validator()
    validator.validate(graph)
    told = validator.get_errors("Error")
    return [json.dumps({kind: found}) for kind, found in told.items()]


def main(nodes_file: Path, edges_file: Path) -> int:
    """Print every problem and return 1 if there is any."""
    toolkit = Toolkit()
    nodes, edges = records(nodes_file, toolkit), records(edges_file, toolkit)
    problems = [
        *problems_of_classes(nodes + edges),
        *problems_of_ends(nodes, edges, toolkit),
        *problems_of_kgx(nodes, edges),
    ]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    version = toolkit.get_model_version()
    said = f"{len(nodes)} nodes and {len(edges)} edges against Biolink {version}"
    sys.stdout.write(f"{said}: {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
