"""Write the reference of the curation tables (docs/guide/columns.md), from their description.

``python docs/make_columns.py`` writes what stands between the markers ``<!-- columns -->`` and
their end; ``--check`` changes nothing and exits 1 if it is stale.
"""

import sys
from pathlib import Path

from markers import main

from osteokg.kg.curation.description import Column, tables
from osteokg.kg.curation.importing import words_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.files import find_sources
from osteokg.kg.names import contract

PAGE = Path(__file__).parent / "guide" / "columns.md"
_FEW = 12


def taken(column: Column, words: Wordlist) -> str:
    """Return what a cell of a column takes."""
    several = f", several by `{column.separator}`" if column.separator else ""
    if column.target == "term":
        choices = words.choices(column.ranges)
        kinds = ", ".join(contract(one).removeprefix("okg:") for one in column.ranges)
        listed = ", ".join(f"*{one}*" for one in choices)
        return (listed if len(choices) <= _FEW else f"a term ({kinds})") + several
    if column.target == "thing":
        return f"a name ({column.kind})" + several
    if column.target == "none":
        return "text"
    type_ = column.datatype.rpartition("#")[2]
    shown = {"string": "text", "anyURI": "address", "gYear": "year", "boolean": "true, false"}
    return shown.get(type_, type_) + several


def columns() -> str:
    """Return a table of the columns for each sheet."""
    words = words_of(find_sources())
    parts = []
    for table in tables().values():
        rows = []
        for column in table.columns:
            titles = " · ".join(column.titles)
            default = f" Usual: *{column.default}*." if column.default else ""
            takes = taken(column, words).replace("|", "\\|")
            property_ = contract(column.property) if column.property else ""
            rows.append(f"| {titles} | {column.words}{default} | {takes} | {property_} |\n")
        head = "| heading (or) | what it is | takes | property |\n|---|---|---|---|\n"
        parts.append(f"## {table.name}\n\n{table.words}\n\n{head}{''.join(rows)}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(PAGE, lambda: {"columns": columns()}, "python docs/make_columns.py"))
