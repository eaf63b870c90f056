"""A release: the files of one version in a folder, byte-identical when written again."""

from __future__ import annotations

import os
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.entity import findings_jsonld
from osteokg.kg.files import context_file
from osteokg.kg.results import GRAPH_FORMATS, graph_bytes
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows
from osteokg.kg.version import Version

__all__ = ["export"]


async def export(version: Version, store: Store, folder: Path) -> list[Path]:
    """Write the files of a version and return their paths.

    ``findings.csv`` and ``findings.jsonld`` (the findings), ``osteokg.nq`` (every graph, sorted
    N-Quads), ``osteokg.ttl`` (the union), ``context.jsonld`` and ``VERSION`` (the content hash).
    Each file appears whole or not at all. Raises OSError where the folder cannot be written.
    """
    turtle = next(format for format in GRAPH_FORMATS if format.name == "ttl")
    named = [quad for quad in version.store if not isinstance(quad.graph_name, ox.DefaultGraph)]
    dataset = ox.Dataset(named)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS).splitlines(keepends=True)
    union = {quad.triple for quad in dataset}
    contents = {
        "VERSION": f"{version.id}\n".encode(),
        "context.jsonld": context_file().read_bytes(),
        "findings.csv": findings_csv(await findings_rows(store)).encode(),
        "findings.jsonld": (await findings_jsonld(store)).encode(),
        "osteokg.nq": b"".join(sorted(lines)),
        "osteokg.ttl": graph_bytes(union, turtle),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in contents.items():
        path = folder / name
        unfinished = folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.replace(path)
        written.append(path)
    return written
