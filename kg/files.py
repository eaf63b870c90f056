"""Files: where ontology, shapes, rules, queries and evidence lie, packaged or the user's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.names import graph_iri
from osteokg.kg.problems import Problem

__all__ = [
    "PACKAGED",
    "Sources",
    "context_file",
    "digest_of",
    "evidence_in",
    "find_sources",
    "mappings_file",
    "packaged",
    "projection_files",
    "query_files",
    "rule_files",
    "shape_files",
    "violation_query_files",
]

PACKAGED = "packaged"
"""The word that stands for the packaged evidence among ``--evidence`` folders."""


def packaged(*parts: str) -> Path:
    """Return the path of something that comes with OsteoKG, e.g. ``packaged("shapes")``."""
    # Resolved, so that an editable tree names ontology/…, not the link to it under src/.
    return Path(str(files("osteokg").joinpath(*parts))).resolve()


@dataclass(frozen=True)
class Sources:
    """Name the files one version is made from: the graph of each, ontology first.

    ``imports`` are the slices of outside vocabularies, ``mappings`` the tables that lead from
    our terms to theirs.
    """

    ontology: tuple[Path, ...]
    evidence: tuple[Path, ...]
    imports: tuple[Path, ...] = ()
    mappings: tuple[Path, ...] = ()

    def graph_of(self, path: Path) -> str:
        """Return the IRI of the named graph that holds a file's triples."""
        if path in self.ontology:
            return graph_iri("ontology")
        if path in self.imports:
            return graph_iri("import", path.stem)
        if path in self.mappings:
            return graph_iri("mappings")
        return graph_iri("study", path.stem)

    def all(self) -> tuple[Path, ...]:
        """Return every file, ontology first."""
        return self.ontology + self.imports + self.mappings + self.evidence


def evidence_in(folder: Path) -> list[Path]:
    """Return the Turtle files of a folder and below, sorted; hidden ones are an editor's."""
    return sorted(path for path in folder.rglob("*.ttl") if not path.name.startswith("."))


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
    problems = _problems_of_names(found)
    if problems:
        raise DataError(problems)
    ontology = tuple(sorted(packaged("ontology").glob("*.ttl")))
    imports = tuple(sorted(packaged("ontology", "imports").glob("*.ttl")))
    evidence = tuple(sorted(found, key=lambda file: file.stem))
    return Sources(ontology, evidence, imports, (mappings_file(),))


def _problems_of_names(paths: Iterable[Path]) -> list[Problem]:
    """Return a problem for each file whose name cannot be the name of its graph."""
    by_name: dict[str, Path] = {}
    problems = []
    for path in paths:
        other = by_name.setdefault(path.stem, path)
        if other != path:
            wrong = f"{other} has the same name, and the name of a file is the name of its graph"
        elif not re.fullmatch(r"[\w.-]+", path.stem):
            wrong = "the name of a file is the name of its graph: letters, digits, hyphens"
        else:
            continue
        problems.append(Problem(f"{wrong}; rename it.", "file-name", file=path, line=1))
    return problems


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


def context_file() -> Path:
    """Return the JSON-LD context."""
    return packaged("ontology", "context.jsonld")


def mappings_file() -> Path:
    """Return the table of mappings to outside vocabularies."""
    return packaged("ontology", "mappings.sssom.tsv")


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
