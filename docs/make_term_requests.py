"""Write the requests for terms that other ontologies lack, ready to send, from their tables.

``python docs/make_term_requests.py`` writes ``docs/term-requests/README.md`` and one file of issue
texts for each ontology; ``--check`` changes nothing and exits 1 if one is stale. A row of
``docs/term-requests/<ontology>.tsv`` is one request, a row of ``changes.tsv`` one correction;
``targets.toml`` says where they go and what the tracker asks for.
"""

import csv
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from osteokg.kg.names import expand

FOLDER = Path(__file__).parent / "term-requests"
NONE = {"definition_source": "no publication, worded by us"}
"""What stands for an empty cell, where it is not "none"."""

INTRODUCTION = """\
Terms that our evidence needs and that no file of the ontology in question has, each with a
definition in its style, and corrections to what is there. Written by `docs/make_term_requests.py`
from the tables beside this file. None has been sent: whoever sends one adds an ORCID where the
tracker wants it.
"""
Row = Mapping[str, str]


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table (tab-separated, no quoting); none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def issue(row: Row, body: str) -> str:
    """Return the text of one issue: the tracker's template with the row's values in it."""
    values = {
        name: value.replace("|", ", ") or NONE.get(name, "none") for name, value in row.items()
    }
    relation = "" if row["relation"] == "same" else f"{row['relation']} "
    values["our_term"] = relation + expand(row["our_term"])
    return body.strip("\n").format(**values)


def page(target: Mapping[str, str], requests: Iterable[Row], changes: Iterable[Row]) -> str:
    """Return the file of one ontology: every issue under a heading of its own, text in a block."""
    parts = [f"# Requests to {target['name']}\n", f"To: <{target['tracker']}>. {target['asks']}\n"]
    parts += [
        f"## {target['title'].format(**row)}\n\n```markdown\n{issue(row, target['body'])}\n```\n"
        for row in requests
    ]
    parts += [
        f"## {row['term']}: {row['change']} {row['value']}\n\n{row['justification']} "
        f"In use as {expand(row['our_term'])}.\n"
        for row in changes
    ]
    return "\n".join(parts)


def overview(targets: Mapping[str, Mapping[str, str]]) -> str:
    """Return the list of all requests, by ontology."""
    text = [f"# What we ask of other ontologies\n\n{INTRODUCTION}"]
    changes = rows(FOLDER / "changes.tsv")
    for name, target in targets.items():
        text.append(f"## [{target['name']}]({name}.md)\n")
        text.append("| term | ours | under |\n|---|---|---|")
        text += [
            f"| {row['label']} | `{row['our_term']}` | {row['parents'].replace('|', ', ')} |"
            for row in rows(FOLDER / f"{name}.tsv")
        ]
        text += [
            f"| {row['term']}: {row['change']} | `{row['our_term']}` | {row['value']} |"
            for row in changes
            if row["target"] == name
        ]
        text.append("")
    return "\n".join(text)


def files() -> dict[str, str]:
    """Return the produced files by name."""
    targets = tomllib.loads((FOLDER / "targets.toml").read_text(encoding="utf-8"))
    changes = rows(FOLDER / "changes.tsv")
    made = {"README.md": overview(targets)}
    for name, target in targets.items():
        ours = [row for row in changes if row["target"] == name]
        made[f"{name}.md"] = page(target, rows(FOLDER / f"{name}.tsv"), ours)
    return made


def main() -> int:
    """Write the files; with ``--check`` say only which are stale."""
    stale = [
        name
        for name, text in files().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        if stale:
            sys.stderr.write(
                f"stale: {', '.join(stale)}: run 'python docs/make_term_requests.py'\n"
            )
        return int(bool(stale))
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
