"""Draw every Mermaid diagram of the documents in a browser and say which cannot be drawn.

Run as ``python .ci/diagrams.py MERMAID.js [FOLDER]``: the script of the npm package ``mermaid``
(``dist/mermaid.min.js``), which code hosts draw such blocks with. With a folder the drawings are
kept there. Needs Chromium; asks nobody on the network.
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom"),
)
PAGE = """<!doctype html><meta charset="utf-8"><script src="{script}"></script>
<pre id="source">{source}</pre><div id="drawn"></div>
<script>
mermaid.initialize({{ startOnLoad: false }});
mermaid.render("drawing", document.getElementById("source").textContent)
  .then(({{ svg }}) => {{ document.getElementById("drawn").innerHTML = svg; }})
  .catch((error) => {{ document.getElementById("drawn").textContent = "WRONG " + error; }});
</script>
"""


def blocks(path: Path) -> list[tuple[int, str]]:
    """Return the Mermaid blocks of a document with the line each begins in."""
    text = path.read_text(encoding="utf-8")
    return [
        (text[: found.start()].count("\n") + 1, found[1])
        for found in re.finditer(r"^```mermaid\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def drawn(browser: str, script: Path, source: str) -> str:
    """Return the SVG of a diagram, or what is wrong with it after the word WRONG."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(
            PAGE.format(script=script.resolve().as_uri(), source=html.escape(source)),
            encoding="utf-8",
        )
        told = subprocess.run(
            [browser, *FLAGS, f"--user-data-dir={folder}/profile", page.as_uri()],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
    found = re.search(r'<div id="drawn">(.*?)</div>\s*<script>', told, re.DOTALL)
    return found[1] if found else f"WRONG nothing was drawn: {told[:500]}"


def main(script: Path, folder: Path | None) -> int:
    """Draw the diagrams; return 1 if one cannot be drawn, or a broken one can."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"no browser: install one of {', '.join(BROWSERS)}\n")
        return 1
    if drawn(browser, script, "flowchart LR\n  a -->").startswith("<svg"):
        sys.stderr.write("a broken diagram was drawn: nothing was proved\n")
        return 1
    number = wrong = 0
    for path in sorted((PROJECT / "docs").rglob("*.md")):
        for line, source in blocks(path):
            number += 1
            picture = drawn(browser, script, source)
            if not picture.startswith("<svg"):
                wrong += 1
                sys.stderr.write(f"{path.relative_to(PROJECT)}:{line}: {picture}\n")
            elif folder:
                (folder / f"{path.stem}-{line}.html").write_text(picture, encoding="utf-8")
    sys.stdout.write(f"{number} diagrams, {wrong} of them cannot be drawn\n")
    return 0 if number and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None))
