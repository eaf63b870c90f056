"""A release: the files of one version in a folder, byte-identical when written again."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.bibliography import bibtex, ris
from osteokg.kg.biolink import kgx_files
from osteokg.kg.catalogue import named_queries
from osteokg.kg.contract.items import Page, ToldRows
from osteokg.kg.dataset import Progress
from osteokg.kg.examples import examples
from osteokg.kg.files import context_file, mappings_file
from osteokg.kg.filters import Filters
from osteokg.kg.jelly import jelly_bytes, jelly_is_there
from osteokg.kg.names import BASE
from osteokg.kg.nanopub import DATASET_FORMATS, nanopubs, nanopubs_bytes
from osteokg.kg.nanopub_index import indexes_of
from osteokg.kg.ontology import ONTOLOGY_FORMATS, ontology_bytes
from osteokg.kg.packages import Packed, croissant, data_package, sums, tables
from osteokg.kg.results import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Query,
    evaluate,
    format_named,
    graph_bytes,
    prefixes_of,
)
from osteokg.kg.selection import select
from osteokg.kg.store import InProcessStore
from osteokg.kg.table import findings_csv, findings_rows
from osteokg.kg.version import Version, canonical_quads, named_quads

__all__ = ["TYPES_OF_RELEASE", "ReleaseFile", "files_of_release", "write_release"]


@dataclass(frozen=True)
class ReleaseFile:
    """Name a file of every release: its media type, what it holds in a few words.

    ``packed`` files are there once more, compressed, with the ending ``.gz``; ``within`` is then
    the type of what is compressed. ``license`` is named where it is not that of the dataset.
    """

    name: str
    media_type: str
    words: str
    packed: bool = False
    within: str = ""
    license: str = ""


_WHOLE = (
    ReleaseFile("osteokg.nq", "application/n-quads", "Every graph, as N-Quads, sorted", True),
    ReleaseFile("osteokg.trig", "application/trig", "Every graph, as TriG", True),
    ReleaseFile("osteokg.jsonld", "application/ld+json", "Every graph, as JSON-LD", True),
    ReleaseFile("osteokg.ttl", "text/turtle", "All graphs as one, as Turtle", True),
)
_JELLY = ReleaseFile("osteokg.jelly", "application/x-jelly-rdf", "Every graph, as Jelly", True)
_OTHERS = (
    ReleaseFile("VERSION", "text/plain", "The version: a hash of the content"),
    ReleaseFile("context.jsonld", "application/ld+json", "The context of our JSON-LD"),
    ReleaseFile("findings.jsonld", "application/ld+json", "Every finding and claim, as JSON-LD"),
    ReleaseFile(
        "mappings.sssom.tsv",
        "text/tab-separated-values",
        "Mappings of terms, as SSSOM",
        license="https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    ReleaseFile(
        "nanopubs.trig", "application/trig", "Each statement as a nanopublication, and their index"
    ),
    ReleaseFile("queries.ttl", "text/turtle", "The named questions, as examples of SPARQL"),
    ReleaseFile("references.bib", "application/x-bibtex", "The publications, as BibTeX"),
    ReleaseFile("references.ris", "application/x-research-info-systems", "The same, as RIS"),
    ReleaseFile("osteokg_nodes.tsv", "text/tab-separated-values", "Biolink nodes, as KGX"),
    ReleaseFile("osteokg_edges.tsv", "text/tab-separated-values", "Biolink edges, as KGX"),
)
_ABOUT_FILES = (
    ReleaseFile("datapackage.json", "application/json", "The files, as a Data Package"),
    ReleaseFile("croissant.json", "application/ld+json", "The files, as Croissant"),
    ReleaseFile("SHA256SUMS", "text/plain", "Their checksums"),
)


TYPES_OF_RELEASE = sorted(
    {file.media_type for file in (*_WHOLE, _JELLY, *_OTHERS, *_ABOUT_FILES)}
    | {one.media_types[0] for one in ONTOLOGY_FORMATS}
    | {"text/csv", "application/gzip"}
)
"""The media types of the files that a release may have."""


def files_of_release() -> tuple[ReleaseFile, ...]:
    """Return the files that a release made here has, sorted by name; Jelly where its extra is."""
    whole = _WHOLE + ((_JELLY,) if jelly_is_there() else ())
    found = [
        *(ReleaseFile(f"{table.name}.csv", "text/csv", table.title) for table in tables()),
        *(
            ReleaseFile(f"ontology.{one.name}", one.media_types[0], f"The ontology, as {one.words}")
            for one in ONTOLOGY_FORMATS
        ),
        *whole,
        *(
            ReleaseFile(f"{file.name}.gz", "application/gzip", file.words, within=file.media_type)
            for file in whole
        ),
        *_OTHERS,
        *_ABOUT_FILES,
    ]
    return tuple(sorted(found, key=lambda file: file.name))


def write_release(
    version: Version, folder: Path, progress: Progress = lambda step: None
) -> list[Path]:
    """Write the files of a version into a folder, each whole or not at all; return their paths.

    One after the other, so that no more than one of them is held in memory. What is told of the
    files (``datapackage.json``, ``croissant.json``, ``SHA256SUMS``) comes last. Raises OSError
    where the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {file.name: file for file in files_of_release()}
    written: dict[str, Packed] = {}

    def write(name: str, content: bytes) -> None:
        progress(f"writing {name}")
        unfinished = folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.replace(folder / name)
        file, digest = known[name], hashlib.sha256(content).hexdigest()
        written[name] = Packed(name, file.media_type, file.words, len(content), digest)

    for name, content in _contents(version):
        write(name, content)
        if known[name].packed:
            write(f"{name}.gz", gzip.compress(content, 6, mtime=0))
    listed = [written[name] for name in sorted(written)]
    write("datapackage.json", data_package(version.id, listed).encode())
    write("croissant.json", croissant(version.id, listed).encode())
    write("SHA256SUMS", sums([written[name] for name in sorted(written)]).encode())
    assert written.keys() == known.keys(), "what is listed is written"
    return [folder / name for name in sorted(written)]


def _contents(version: Version) -> Iterator[tuple[str, bytes]]:
    """Yield each file with its name."""
    yield "VERSION", f"{version.id}\n".encode()
    yield "context.jsonld", context_file().read_bytes()
    yield "mappings.sssom.tsv", mappings_file().read_bytes()
    yield "queries.ttl", graph_bytes(examples(named_queries(), BASE.rstrip("/")), GRAPH_FORMATS[0])
    for one in ONTOLOGY_FORMATS:
        yield f"ontology.{one.name}", ontology_bytes(one.name)
    yield from asyncio.run(_findings(version))
    yield from _tables(version.store)
    yield from kgx_files(version.store).items()
    lines = canonical_quads(named_quads(version.store))
    yield "osteokg.nq", lines
    quads = list(ox.parse(lines, ox.RdfFormat.N_QUADS))
    del lines
    if jelly_is_there():
        yield "osteokg.jelly", jelly_bytes(sorted(quads, key=_by_graph))
    for name, format_ in (("trig", ox.RdfFormat.TRIG), ("jsonld", ox.RdfFormat.JSON_LD)):
        yield f"osteokg.{name}", _dataset_bytes(quads, format_)
    turtle = format_named("ttl", GRAPH_FORMATS)
    assert turtle is not None
    yield "osteokg.ttl", graph_bytes({quad.triple for quad in quads}, turtle)


async def _findings(version: Version) -> list[tuple[str, bytes]]:
    store = InProcessStore(version)
    try:
        rows = await select(store, Filters())
        made = await nanopubs(store)
        return [
            ("findings.csv", findings_csv(await findings_rows(store)).encode()),
            (
                "findings.jsonld",
                Page(len(rows), await ToldRows(linked=True).of(store, rows)).as_jsonld(),
            ),
            ("nanopubs.trig", nanopubs_bytes([*made, *indexes_of(made)], DATASET_FORMATS[0])),
        ]
    finally:
        await store.close()


def _by_graph(quad: ox.Quad) -> tuple[str, str]:
    return str(quad.graph_name), str(quad)


def _dataset_bytes(quads: list[ox.Quad], format_: ox.RdfFormat) -> bytes:
    ordered = sorted(quads, key=_by_graph)
    used = prefixes_of(quad.triple for quad in ordered)
    return ox.serialize(ordered, format=format_, prefixes=used) or b""


def _tables(store: ox.Store) -> list[tuple[str, bytes]]:
    """Return the tables that queries make, and the publications as references."""
    as_csv = format_named("csv", ROW_FORMATS)
    made = {
        f"{table.name}.csv": evaluate(store, Query(table.text, rows=as_csv)).body
        for table in tables()
        if table.text is not None
    }
    rows = list(csv.DictReader(io.StringIO(made["publications.csv"].decode(), newline="")))
    references = {"references.bib": bibtex(rows).encode(), "references.ris": ris(rows).encode()}
    return [*made.items(), *references.items()]
