"""The mapping table: our terms beside those of outside vocabularies, one row for each pair.

The table is SSSOM/TSV (https://mapping-commons.github.io/sssom/spec-formats-tsv/): a block of
metadata behind ``#``, then one row for each mapping. A row whose object is
``sssom:NoTermFound`` says that a vocabulary was searched and has no equal term.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.names import expand, prefixes
from osteokg.kg.problems import Problem

__all__ = ["COLUMNS", "NO_TERM", "MappingRow", "MappingTable", "mapping_triples", "read_mappings"]

COLUMNS = (
    *("subject_id", "subject_label", "predicate_id", "object_id", "object_label"),
    *("mapping_justification", "author_label", "object_source", "object_source_version"),
    *("mapping_date", "confidence", "comment"),
)
"""The columns, in the order of the slots of SSSOM's class Mapping."""

NO_TERM = "sssom:NoTermFound"

_PREDICATES = (
    *("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch"),
    *("skos:relatedMatch", "owl:equivalentClass"),
)
_NAMED = ("subject_id", "predicate_id", "object_id", "mapping_justification", "object_source")
_BUILT_IN = {"owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd"}
"""Prefixes that a canonical table does not declare (SSSOM, section IRI prefixes)."""

_OF_TABLES = {"bioregistry": "https://bioregistry.io/registry/", "w3id": "https://w3id.org/"}
"""Prefixes of vocabularies themselves, which no term has."""

_CURIE = re.compile(r"([A-Za-z][\w.-]*):[\w.-]+")


@dataclass(frozen=True)
class MappingRow:
    """Hold one mapping: its line in the file and its cells by column, empty ones as ``""``."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell."""
        return self.cells[column]

    def named(self) -> str:
        """Return the row in words: subject, predicate and object."""
        return f"{self['subject_id']} {self['predicate_id']} {self['object_id']}"


@dataclass(frozen=True)
class MappingTable:
    """Hold the table: the lines of its metadata without ``#``, its rows, its file."""

    path: Path
    metadata: tuple[str, ...]
    rows: tuple[MappingRow, ...]

    def stated(self, slot: str) -> str | None:
        """Return the value of a slot of the whole set, e.g. ``subject_source_version``."""
        said = (line.partition(": ") for line in self.metadata)
        return next((value.strip('"') for name, _, value in said if name == slot), None)

    def canonical(self) -> str:
        """Return the text of the table in SSSOM's canonical form.

        https://mapping-commons.github.io/sssom/spec-formats-tsv/#canonical-sssomtsv-format:
        the prefixes that are used, sorted; the columns in the order of the slots, the rows
        sorted by them; quotation marks only where they are needed. What all rows share stays in
        them, so that one row can be changed alone.
        """
        named = [row[column] for row in self.rows for column in _NAMED]
        named += [line.partition(": ")[2] for line in self.metadata]
        known = {**prefixes(), **_OF_TABLES}
        used = ({name.partition(":")[0] for name in named} & known.keys()) - _BUILT_IN
        head = ["curie_map:", *(f"  {prefix}: {known[prefix]}" for prefix in sorted(used))]
        rows = [
            "\t".join(_quoted(row[column]) for column in COLUMNS)
            for row in sorted(self.rows, key=lambda row: [row[column] for column in COLUMNS])
        ]
        lines = [f"#{line}" for line in (*head, *_without_prefixes(self.metadata))]
        return "\n".join([*lines, "\t".join(COLUMNS), *rows]) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if re.search(r'["\t\r\n]', cell) else cell


def _without_prefixes(metadata: tuple[str, ...]) -> Iterator[str]:
    inside = False
    for line in metadata:
        inside = line == "curie_map:" or (inside and line.startswith(" "))
        if not inside:
            yield line


def read_mappings(path: Path) -> MappingTable | list[Problem]:
    """Return the table in a file, or what forbids to read it: each wrong row with its line."""
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(f"cannot be read: {error}.", "mapping-file", file=path)]
    lines = text.split("\n")
    start = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter="\t", strict=True)
    rows: list[MappingRow] = []
    problems: list[Problem] = []
    columns: list[str] = []
    begins = start + 1
    try:
        for cells in reader:
            if not columns:
                columns = cells
                if missing := sorted({*_NAMED, "object_label", "subject_label"} - {*columns}):
                    wrong = f"the columns {', '.join(missing)} are missing"
                    return [_malformed(path, begins, f"{wrong}: the first row names the columns.")]
                if strange := sorted({*columns} - {*COLUMNS}):
                    wrong = f"no column is called {', '.join(strange)}"
                    return [_malformed(path, begins, f"{wrong}: take {', '.join(COLUMNS)}.")]
            elif cells and len(cells) != len(columns):
                wrong = f"the row has {len(cells)} cells, {len(columns)} columns are named"
                problems.append(_malformed(path, begins, f"{wrong}: mend the tabulators."))
            elif cells:
                told = dict(zip(columns, cells, strict=True))
                row = MappingRow(begins, {name: told.get(name, "") for name in COLUMNS})
                rows.append(row)
                problems += [_malformed(path, begins, wrong) for wrong in _wrong_in(row)]
            begins = start + reader.line_num + 1
    except csv.Error as error:
        problems.append(_malformed(path, begins, f"{error}: mend the quotes."))
    metadata = tuple(line.removeprefix("#") for line in lines[:start])
    return problems or MappingTable(path, metadata, tuple(rows))


def _malformed(path: Path, line: int, message: str) -> Problem:
    return Problem(message, "mapping-row", file=path, line=line)


def _wrong_in(row: MappingRow) -> Iterator[str]:
    """Yield what is wrong with a row by itself."""
    for column in _NAMED:
        cell = row[column]
        curie = _CURIE.fullmatch(cell)
        if curie is None:
            wrong = f"{row.named()}: {column} is '{cell}', which is no CURIE"
            yield f"{wrong}; write PREFIX:identifier."
        elif curie[1] not in prefixes().keys() | _OF_TABLES.keys() | _BUILT_IN:
            known = "ontology/prefixes.epm.json"
            yield f"{row.named()}: the prefix {curie[1]} of {column} is not in {known}; correct it."
    if row["predicate_id"] not in _PREDICATES:
        yield f"{row.named()}: the predicate is none of {', '.join(_PREDICATES)}; take one."
    try:
        sure = float(row["confidence"] or "nan")
    except ValueError:
        sure = -1
    if not 0 <= sure <= 1:
        yield f"{row.named()}: confidence is '{row['confidence']}'; write a number from 0 to 1."


def mapping_triples(table: MappingTable) -> list[tuple[ox.Triple, int]]:
    """Return what the table states between terms, each triple with its line.

    A vocabulary without an equal term is no statement about a term and yields none.
    """
    return [
        (ox.Triple(*(ox.NamedNode(expand(row[name])) for name in _NAMED[:3])), row.line)
        for row in table.rows
        if row["object_id"] != NO_TERM
    ]
