"""Write the table of treatments in docs/biolink.md, from the exported projection.

``python docs/make_biolink.py`` writes the part between ``<!-- edges -->`` and its end; ``--check``
changes nothing and exits 1 if it is stale.
"""

import csv
import io
import sys
from pathlib import Path

from markers import main

from osteokg.kg.biolink import kgx_files
from osteokg.kg.files import find_sources
from osteokg.kg.version import build

PAGE = Path(__file__).parent / "biolink.md"
NUMBERS = ("supporting", "mixed", "null", "opposing")


def rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a KGX table."""
    text = io.StringIO(content.decode(), newline="")
    return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def edges() -> str:
    """Return the edges from treatments to diseases as a Markdown table, with their numbers."""
    files = kgx_files(build(find_sources()).store)
    names = {row["id"]: row["name"] for row in rows(files["osteokg_nodes.tsv"])}
    lines = []
    for row in rows(files["osteokg_edges.tsv"]):
        if not row["category"].startswith("biolink:ChemicalOrDrugOrTreatment"):
            continue
        predicate = row["predicate"].removeprefix("biolink:").replace("_", " ")
        cells = [names[row["subject"]], predicate, names[row["object"]]]
        for number in NUMBERS:
            every = row[f"osteokg_{number}_studies"]
            kept = row[f"osteokg_{number}_studies_without_retracted"]
            cells.append(every if every == kept else f"{every} ({kept})")
        lines.append(f"| {' | '.join(cells)} |\n")
    heading = "| treatment | predicate | disease | for | mixed | null | against |\n"
    return heading + "|---|---|---|--:|--:|--:|--:|\n" + "".join(sorted(lines)) + NOTE


NOTE = """
Studies; in brackets without retracted work, where that differs. A study is mixed if it shows more
than one of benefit, none and harm; one that shows a benefit in one outcome and none in another
counts as showing some benefit. Where all numbers are 0, no outcome has a favourable direction.
"""

if __name__ == "__main__":
    sys.exit(main(PAGE, lambda: {"edges": edges()}, "python docs/make_biolink.py"))
