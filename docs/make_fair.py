"""Write docs/fair.md from docs/fair.tsv, which a test takes row by row to a real service."""

import csv
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATES = {"met": "met", "publication": "not met: needs publication"}
SETS = {
    "FOOPS!": (
        "The ontology, by FOOPS!",
        (
            "The tests of [FOOPS!](https://w3id.org/foops/), an ontology pitfall scanner for the "
            "FAIR principles (Garijo, Corcho, Poveda-Villalón 2021, "
            "<http://ceur-ws.org/Vol-2980/paper321.pdf>), by its "
            "[catalogue of tests](https://github.com/oeg-upm/fair_ontologies)."
        ),
    ),
    "F-UJI": (
        "The dataset, by F-UJI",
        (
            "The metrics of [F-UJI](https://github.com/pangaea-data-publisher/fuji), the FAIRsFAIR "
            "assessment of data objects, version 0.8 "
            "(<https://doi.org/10.5281/zenodo.4081213>)."
        ),
    ),
}
BEGIN = """# How FAIR it is

A self-check by two lists that others keep: what each criterion asks, the address that shows the
answer, and whether it is met. What only publication can meet – a registry's entry, a DOI, a date –
is not met. `tests/api/test_fair.py` asks a service for every address and looks for what is said to
be there; what is not met it must not find, where it can be looked for.

Neither tool has been run on it: both ask public addresses. This page is made from
[fair.tsv](fair.tsv) by `python docs/make_fair.py`.
"""


def rows() -> list[dict[str, str]]:
    """Return the rows of the table."""
    with (HERE / "fair.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def made() -> str:
    """Return the page."""
    parts = [BEGIN]
    found = rows()
    for name, (title, source) in SETS.items():
        own = [row for row in found if row["set"] == name]
        met = sum(row["state"] == "met" for row in own)
        parts.append(f"\n## {title}\n\n{source} {met} of {len(own)} are met.\n\n")
        parts.append("| criterion | asks | shown at | state |\n|---|---|---|---|\n")
        for row in own:
            accept = "" if row["accept"] in ("", "*/*") else f" as `{row['accept']}`"
            shown = f"`{row['path']}`{accept}" if row["path"] else "–"
            state = STATES[row["state"]] + (f"; {row['note']}" if row["note"] else "")
            parts.append(f"| {row['criterion']} | {row['asks']} | {shown} | {state} |\n")
    return "".join(parts)


if __name__ == "__main__":
    (HERE / "fair.md").write_text(made(), encoding="utf-8", newline="\n")
