"""Judge the descriptions of a release by Frictionless and mlcroissant; then break them.

A judge that takes everything proves nothing: a table with a wrong cell, a file of another size
and a record set without its column must be refused.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import frictionless
import mlcroissant

# No date of publication is told, for a release is the same whenever it is made.
KNOWN = {"http://mlcommons.org/croissant/citeAs", "https://schema.org/datePublished"}


def wrong_in_package(folder: Path) -> list[str]:
    """Return what Frictionless finds wrong: files, checksums, tables, keys between tables."""
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    return [f"{task.place}: {error.message}" for task in report.tasks for error in task.errors] + [
        error.message for error in report.errors
    ]


def wrong_in_croissant(folder: Path) -> list[str]:
    """Return what mlcroissant finds wrong, and what it cannot read of the tables."""
    try:
        dataset = mlcroissant.Dataset(folder / "croissant.json")
    except mlcroissant.ValidationError as error:
        return [str(error)]
    warnings = dataset.metadata.ctx.issues.warnings
    found = [text for text in warnings if not any(name in text for name in KNOWN)]
    for records in json.loads((folder / "croissant.json").read_text())["recordSet"]:
        try:
            first = next(iter(dataset.records(records["@id"])), None)
        except Exception as error:  # noqa: BLE001 - whatever it cannot read is wrong
            found.append(f"{records['@id']}: {error}")
            continue
        if first is None or len(first) != len(records["field"]):
            found.append(f"{records['@id']}: its records cannot be read")
    return found


def main(release: str) -> int:
    """Return 1 for a release that is refused, or a broken one that is not."""
    folder = Path(release)
    wrong = wrong_in_package(folder) + wrong_in_croissant(folder)
    subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=folder, check=True
    )
    for name, old, new in (
        ("arms.csv", b"/arm/", b"/armm/"),
        ("findings.csv", b",decreased,", b",fallen,"),
    ):
        with tempfile.TemporaryDirectory() as scratch:
            broken = Path(shutil.copytree(folder, Path(scratch, "broken")))
            (broken / name).write_bytes((broken / name).read_bytes().replace(old, new, 1))
            if not wrong_in_package(broken):
                wrong.append(f"Frictionless lets a broken {name} pass")
    with tempfile.TemporaryDirectory() as scratch:
        broken = Path(shutil.copytree(folder, Path(scratch, "broken")))
        told = (broken / "croissant.json").read_text().replace('"column": "arm"', '"column": "x"')
        (broken / "croissant.json").write_text(told)
        if not wrong_in_croissant(broken):
            wrong.append("mlcroissant lets a column pass that is not there")
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
