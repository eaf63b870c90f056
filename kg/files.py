"""Files: where ontology, shapes, rules, queries and evidence lie, packaged or the user's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote

from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.names import CONTRACT, GRAPH, graph_iri
from osteokg.kg.problems import Problem

__all__ = [
    "PACKAGED",
    "TERMS",
    "Origin",
    "Sources",
    "context_file",
    "dataset_file",
    "digest_of",
    "digest_of_file",
    "evidence_in",
    "file_of_graph",
    "find_sources",
    "frame_file",
    "graph_of_file",
    "mappings_file",
    "packaged",
    "projection_files",
    "query_files",
    "rule_files",
    "shape_files",
    "sources_of",
    "statistics_files",
    "table_files",
    "text_in",
    "violation_query_files",
]

TERMS = ".terms.ttl"
"""How the name of a file among the evidence ends that adds terms to the ontology."""

PACKAGED = "packaged"
"""The word that stands for the packaged evidence among ``--evidence`` folders."""


def packaged(*parts: str) -> Path:
    """Return the path of something that comes with OsteoKG, e.g. ``packaged("shapes")``."""
    # Resolved, so that an editable tree names ontology/…, not the link to it under src/.
    return Path(str(files("osteokg").joinpath(*parts))).resolve()


Origin: TypeAlias = Literal["packaged-files", "evidence-folder", "data-folder"]


@dataclass(frozen=True)
class Sources:
    """Name the files one version is made from: the graph of each, ontology first.

    Terms that another laboratory adds stand in files named ``….terms.ttl`` beside its evidence and
    count as ontology. ``imports`` are the slices of outside vocabularies, ``mappings`` the tables
    that lead from our terms to theirs; ``written`` are those of the evidence that lie in a
    service's data folder.
    """

    ontology: tuple[Path, ...]
    evidence: tuple[Path, ...]
    imports: tuple[Path, ...] = ()
    mappings: tuple[Path, ...] = ()
    written: frozenset[Path] = frozenset()

    def graph_of(self, path: Path) -> str:
        """Return the IRI of the named graph that holds a file's triples."""
        if path in self.ontology:
            return graph_iri("ontology")
        if path in self.imports:
            return graph_iri("import", path.stem)
        if path in self.mappings:
            return graph_iri("mappings")
        return graph_of_file(path.name)

    @property
    def terms(self) -> tuple[Path, ...]:
        """Return the files of the ontology that lie among the evidence."""
        return tuple(path for path in self.ontology if path.name.endswith(TERMS))

    @property
    def given(self) -> tuple[Path, ...]:
        """Return the files that lie among the evidence, terms included."""
        return self.evidence + self.terms

    def graphs(self) -> dict[str, Path]:
        """Return the file of each graph of evidence."""
        return {self.graph_of(path): path for path in self.evidence}

    def origin_of(self, path: Path) -> Origin:
        """Return where a file is from: whoever wants it otherwise changes it there."""
        if path in self.written:
            return "data-folder"
        ours = any(path.is_relative_to(packaged(*at)) for at in (("ontology",), ("kg", "evidence")))
        return "packaged-files" if ours else "evidence-folder"

    def all(self) -> tuple[Path, ...]:
        """Return every file, ontology first."""
        return self.ontology + self.imports + self.mappings + self.evidence


_LONGEST = 255 - len(".ttl")
"""Bytes of a file's name, in every file system that is in use."""

_SLUG = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_WRITTEN_OUT = re.compile(rb"[^a-z0-9_.-]")


def graph_of_file(name: str) -> str:
    """Return the IRI of the graph that a file holds, by the file's name.

    ``iwamoto-2005.ttl`` holds ``…/graph/study/iwamoto-2005``; a name with percent signs is a
    whole IRI written with them.
    """
    stem = name.removesuffix(".ttl")
    return unquote(stem) if "%" in stem else graph_iri("study", stem)


def file_of_graph(graph: str) -> str:
    """Return the name of the file that holds a graph: the other way round.

    Two graphs never share a file, even where capital letters make no difference to a file system.
    Raises RequestError for an IRI too long to be written so.
    """
    slug = graph.removeprefix(GRAPH + "study/")
    if slug != graph and _SLUG.fullmatch(slug):
        stem = slug
    else:
        stem = _WRITTEN_OUT.sub(lambda sign: b"%%%02X" % ord(sign[0]), graph.encode()).decode()
    if len(stem) > _LONGEST:
        raise RequestError(
            f"<{graph}> is too long to name a graph here: a graph is a file, and the name of a "
            f"file has at most {_LONGEST} signs, where a capital letter or '/' counts as three."
        )
    return stem + ".ttl"


def evidence_in(folder: Path) -> list[Path]:
    """Return the Turtle files of a folder and below, sorted; hidden ones are an editor's."""
    return sorted(
        path
        for path in folder.rglob("*.ttl")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def find_sources(folders: Sequence[str] = (), more: Iterable[Path] = ()) -> Sources:
    """Return the files of a version: packaged ontology, evidence of the folders given.

    Without folders the evidence is the packaged one; the word ``packaged`` among the folders
    stands for it, so that other evidence can be served beside it. ``more`` adds single files.
    Raises RequestError for a folder that does not exist or has no Turtle file, DataError for a
    file name that is taken or cannot be the name of a graph.
    """
    found: dict[Path, None] = {}
    for folder in folders or (PACKAGED,):
        path = packaged("kg", "evidence") if folder == PACKAGED else Path(folder)
        if not path.is_dir():
            raise RequestError(
                f"--evidence {folder}: no such folder. Name a folder of Turtle files, "
                f"or '{PACKAGED}' for the evidence that comes with OsteoKG."
            )
        files_ = evidence_in(path)
        if not files_:
            raise RequestError(f"--evidence {folder}: there is no Turtle file (*.ttl) in it.")
        found.update(dict.fromkeys(file.resolve() for file in files_))
    found.update(dict.fromkeys(file.resolve() for file in more))
    return sources_of(found)


def sources_of(evidence: Iterable[Path], written: Iterable[Path] = ()) -> Sources:
    """Return the packaged ontology and what leads out of it, and these files of evidence.

    ``written`` are further ones, those of a data folder.

    Raises DataError for a file name that is taken or cannot be the name of a graph.
    """
    in_data_folder = frozenset(written)
    found = [*evidence, *in_data_folder]
    problems = _problems_of_names(found)
    if problems:
        raise DataError(problems)
    terms = sorted(path for path in found if path.name.endswith(TERMS))
    found = [path for path in found if path not in set(terms)]
    ontology = (*sorted(packaged("ontology").glob("*.ttl")), *terms)
    imports = tuple(sorted(packaged("ontology", "imports").glob("*.ttl")))
    ordered = tuple(sorted(found, key=lambda file: file.stem))
    return Sources(ontology, ordered, imports, (mappings_file(),), in_data_folder)


def _problems_of_names(paths: Iterable[Path]) -> list[Problem]:
    """Return a problem for each file whose name cannot be the name of its graph."""
    by_name: dict[str, Path] = {}
    problems = []
    for path in paths:
        other = by_name.setdefault(path.stem, path)
        if other != path:
            wrong = f"{other} has the same name, and the name of a file is the name of its graph"
        elif not re.fullmatch(r"[\w.-]+", path.stem) and not _is_written_out(path.name):
            wrong = "the name of a file is the name of its graph: letters, digits, hyphens"
        else:
            continue
        problems.append(Problem(f"{wrong}; rename it.", "file-name", file=path, line=1))
    return problems


def _is_written_out(name: str) -> bool:
    """Return whether a file's name is the one that its graph's IRI gives it."""
    try:
        return "%" in name and file_of_graph(graph_of_file(name)) == name
    except RequestError:
        return False


def shape_files() -> list[Path]:
    """Return the SHACL files, one per class."""
    return sorted(packaged("shapes").glob("*.ttl"))


def violation_query_files() -> list[Path]:
    """Return the violation queries, any row of which is a problem.

    Those of ``shapes/rules`` hold across nodes of the evidence, those of ``shapes/ontology`` for
    the ontology.
    """
    folders = (packaged("shapes", name) for name in ("ontology", "rules"))
    return sorted(path for folder in folders for path in folder.glob("*.rq"))


def rule_files() -> list[Path]:
    """Return the CONSTRUCT rules in the order in which they run (by the number in the name)."""
    return sorted(packaged("kg", "rules").glob("*.rq"))


def query_files() -> list[Path]:
    """Return the named questions."""
    return sorted(packaged("kg", "queries").glob("*.rq"))


def projection_files(name: str) -> list[Path]:
    """Return the CONSTRUCT rules of a projection into another model, in the order they run."""
    return sorted(packaged("kg", "projections", name).glob("*.rq"))


def dataset_file() -> Path:
    """Return what is told of the dataset whatever its version."""
    return packaged("kg", "record", "dataset.ttl")


def statistics_files() -> list[Path]:
    """Return the CONSTRUCT queries that count what a version holds, as VoID."""
    return sorted(packaged("kg", "record").glob("*.rq"))


def table_files() -> list[Path]:
    """Return the schemas of the tables of a release; the query of a table lies beside its own."""
    return sorted(packaged("kg", "dumps").glob("*.schema.json"))


def context_file(version: str = CONTRACT) -> Path:
    """Return the JSON-LD context of a version of the contract."""
    return packaged("ontology", "context", f"{version}.jsonld")


def frame_file(name: str) -> Path:
    """Return the path of a JSON-LD frame, e.g. ``frame_file("Finding")``."""
    return packaged("ontology", "frames", f"{name}.jsonld")


def mappings_file() -> Path:
    """Return the table of mappings to outside vocabularies."""
    return packaged("ontology", "mappings.sssom.tsv")


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """Return the SHA-256 of the files' names and bytes and of further text, in hex."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode())
        total.update(content)
    for text in more:
        total.update(f"\n{len(text)} {text}".encode())
    return total.hexdigest()


def text_in(path: Path) -> str:
    """Return the text in a file of a user's. Raises RequestError for what is not UTF-8, OSError."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RequestError(
            f"{path}:{line}: byte {error.start} is not UTF-8: save it as UTF-8."
        ) from error
