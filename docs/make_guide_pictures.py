"""Make the pictures of the guide: casts of a terminal, and the pages that a reviewer looks at.

Run as ``python docs/make_guide_pictures.py [FOLDER]`` where OsteoKG is installed with the extra
``[tables]`` and Chromium can be found; without a folder the pictures go to ``docs/guide/pictures``.
Everything is done anew, in an empty folder, with the files that the pages of the guide show.
"""

import csv
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import httpx2
from casts import Cast, Step, Terminal
from make_pictures import browser_of_here, photograph, server

GUIDE = Path(__file__).parent / "guide"
PICTURES = GUIDE / "pictures"
BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WIDTH, HEIGHT = 820, 1000
SPECIES = "Species (rat, mouse): "
GROUP = "Group of animals, e.g. OVX + vitamin K2: "
CITED = "Sentences to cite, e.g. S012, S014-S019, all: "
PACKAGED = ("--evidence", "packaged")
FINDING = "finding/marsh-2019-ovx-raloxifene-bone-mineral-density-femur"


def shown_in(page: str) -> dict[str, str]:
    """Return the contents of the files that a page of the guide shows, tables with tabulators."""
    found: dict[str, str] = {}
    for language, name, content in BLOCK.findall((GUIDE / f"{page}.md").read_text("utf-8")):
        rows = csv.reader(io.StringIO(content)) if language == "csv" else ()
        table = "".join("\t".join(row) + "\n" for row in rows)
        found.setdefault(name, table or content)
    return found


def put(folder: Path, contents: dict[str, str], *names: str) -> None:
    """Write files of a page into a folder."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(contents[name], encoding="utf-8")


def mend(path: Path, wrong: str, right: str) -> None:
    """Put right what is wrong in a file, at its one place."""
    text = path.read_text(encoding="utf-8")
    if text.count(wrong) != 1:
        raise SystemExit(f"{path.name} has {wrong!r} {text.count(wrong)} times")
    path.write_text(text.replace(wrong, right), encoding="utf-8")


def casts(folder: Path, into: Path) -> None:
    """Add the study of the guide by table and begin one in Turtle, in a terminal."""
    surroundings = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "LC_ALL": "C.UTF-8",
    }
    work = folder / "work"
    work.mkdir()
    terminal = Terminal(work, surroundings, {r"\d\d:\d\d:\d\d": "14:02:11", r"[\d.]+ s\)": "… s)"})
    table, scaffold = shown_in("table"), shown_in("scaffold")

    put(work, table, "marsh-2019.txt", "marsh-2019.ris")
    cast = Cast("The form of a study is made from its record and text; what is not given is asked")
    terminal.run(
        cast,
        "osteokg new study --record marsh-2019.ris --source marsh-2019.txt --table tsv",
        [
            Step(SPECIES, "rat"),
            Step(GROUP, "OVX"),
            Step(GROUP, "OVX + risedronat"),
            Step(GROUP, "OVX + risedronate"),
            Step(GROUP, ""),
        ],
    )
    terminal.run(cast, "ls marsh-2019")
    (into / "form.svg").write_text(cast.drawing(), encoding="utf-8")

    put(work, table, "marsh-2019/findings.tsv")
    cast = Cast("A table with a mistake is refused, mended and imported")
    terminal.run(cast, "osteokg import marsh-2019")
    cast.note("in the spreadsheet: S8 becomes S008, in cell K9")
    mend(work / "marsh-2019" / "findings.tsv", "\tS8\n", "\tS008\n")
    terminal.run(cast, "osteokg import marsh-2019")
    terminal.run(cast, "osteokg check marsh-2019.ttl")
    (into / "import.svg").write_text(cast.drawing(), encoding="utf-8")

    put(work, scaffold, "fen-2021.txt")
    cast = Cast("A study is begun in Turtle: species, groups and sentences are asked for")
    terminal.run(
        cast,
        "osteokg new study fen-2021 --title 'Rats that do not exist' --source fen-2021.txt",
        [
            Step(SPECIES, "rat"),
            Step(GROUP, "OVX"),
            Step(GROUP, "OVX + risedronate"),
            Step(GROUP, ""),
            Step(CITED, "S002"),
            Step(CITED, ""),
        ],
    )
    terminal.run(cast, "osteokg check fen-2021.ttl", most=2)
    (into / "scaffold.svg").write_text(cast.drawing(), encoding="utf-8")
    (work / "fen-2021.ttl").unlink()

    (work / "watched").mkdir()
    study = work / "watched" / "marsh-2019.ttl"
    study.write_bytes((work / "marsh-2019.ttl").read_bytes())
    good, wrong = "okg:site okg:FemoralNeck ;", "okg:site okg:FemoralNek ;"
    cast = Cast("Evidence is checked at every save: a mistake is told, then that it is mended")
    waiting = "waiting for the next save"
    terminal.run(
        cast,
        "osteokg check --watch watched",
        [
            Step(waiting, note="saved: okg:FemoralNek", act=lambda: mend(study, good, wrong)),
            Step(waiting, note="saved: okg:FemoralNeck", act=lambda: mend(study, wrong, good)),
            Step(waiting, Step.END),
        ],
    )
    (into / "watch.svg").write_text(cast.drawing(), encoding="utf-8")
    shutil.rmtree(work / "watched")


def pages(folder: Path, into: Path) -> None:
    """Photograph the study among the others, and what its coming changed."""
    browser = browser_of_here()
    beside = (*PACKAGED, "--evidence", str(folder / "work"))
    kept = ("--data-dir", str(folder / "data"))
    with server(*PACKAGED, *kept):
        pass  # the version before the study came
    with server(*beside, *kept) as address:
        photograph(
            browser, f"{address}/id/study/marsh-2019.html", HEIGHT, into / "study.png", WIDTH
        )
        photograph(browser, f"{address}/id/{FINDING}.html", HEIGHT, into / "finding.png", WIDTH)
        version = httpx2.get(f"{address}/versions").json()["current"]
        changes = f"{address}/versions/{version}/changes"
        photograph(browser, changes, HEIGHT, into / "changes.png", WIDTH)


def main() -> int:
    """Make every picture."""
    into = Path(sys.argv[1]) if sys.argv[1:] else PICTURES
    into.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        casts(Path(folder), into)
        pages(Path(folder), into)
    for picture in sorted(into.iterdir()):
        sys.stdout.write(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
