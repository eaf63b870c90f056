"""A release: the files of one version in a folder, byte-identical when written again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.biolink import kgx_files
from osteokg.kg.contract.items import Page, ToldRows
from osteokg.kg.files import context_file, mappings_file
from osteokg.kg.filters import Filters
from osteokg.kg.nanopub import DATASET_FORMATS, nanopubs, nanopubs_bytes
from osteokg.kg.ontology import ONTOLOGY_FORMATS, ontology_bytes
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes
from osteokg.kg.selection import select
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows
from osteokg.kg.version import Version, canonical_quads, named_quads

__all__ = ["release_files", "write_files"]


async def release_files(version: Version, store: Store) -> dict[str, bytes]:
    """Return the files of a version by name.

    ``findings.csv`` and ``findings.jsonld`` (the findings), ``osteokg.nq`` (every graph, sorted
    N-Quads), ``osteokg.ttl`` (the union), ``ontology.*`` (the ontology in every format),
    ``mappings.sssom.tsv`` (its mappings to outside vocabularies), ``nanopubs.trig`` (each
    statement as a nanopublication), ``osteokg_nodes.tsv`` and ``osteokg_edges.tsv`` (the Biolink
    projection as KGX), ``context.jsonld`` and ``VERSION`` (the content hash).
    """
    turtle = format_named("ttl", GRAPH_FORMATS)
    assert turtle is not None
    quads = canonical_quads(named_quads(version.store))
    union = {quad.triple for quad in ox.parse(quads, ox.RdfFormat.N_QUADS)}
    rows = await select(store, Filters())
    files = {
        "VERSION": f"{version.id}\n".encode(),
        "context.jsonld": context_file().read_bytes(),
        "findings.csv": findings_csv(await findings_rows(store)).encode(),
        "findings.jsonld": Page(len(rows), await ToldRows().of(store, rows)).as_jsonld(),
        "mappings.sssom.tsv": mappings_file().read_bytes(),
        **{f"ontology.{one.name}": ontology_bytes(one.name) for one in ONTOLOGY_FORMATS},
        "nanopubs.trig": nanopubs_bytes(await nanopubs(store), DATASET_FORMATS[0]),
        "osteokg.nq": quads,
        "osteokg.ttl": graph_bytes(union, turtle),
        **kgx_files(version.store),
    }
    return dict(sorted(files.items()))


def write_files(contents: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, each whole or not at all, and return their paths.

    Raises OSError where the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in contents.items():
        path = folder / name
        unfinished = folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.replace(path)
        written.append(path)
    return written
