"""Run the blocks of docs/clients.md against a running service and compare what they print.

    python .ci/snippets.py PYTHON FOLDER [--write]

PYTHON has the packages that the Python blocks need, FOLDER the ones of the others under
``node_modules``. A block of code is followed by one marked ``text``: what it prints. ``--write``
writes what was printed into the page.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from service import serving

PAGE = Path(__file__).resolve().parent.parent / "docs" / "clients.md"
PRINTED = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```(python|js|r|sh)\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)


def main(python: str, folder: str, *options: str) -> int:
    """Return 0 if every block printed what the page says, 1 after naming those that did not."""
    page = PAGE.read_text(encoding="utf-8")
    commands = {
        "python": ([str(Path(python).absolute())], "snippet.py"),
        "js": (["node"], "snippet.mjs"),
        "r": (["Rscript", "--vanilla"], "snippet.R"),
        "sh": (["bash", "-euo", "pipefail"], "snippet.sh"),
    }
    right, wrong = page, 0
    blocks = list(BLOCK.finditer(page))
    languages = {block[1] for block in blocks}
    if languages != set(commands):
        raise SystemExit(f"{PAGE} has blocks in {sorted(languages)} only: nothing was proved")
    with serving() as address:
        for block in blocks:
            language, code, wanted = block.groups()
            command, name = commands[language]
            printed = run(command, name, code.replace(PRINTED, address), Path(folder))
            printed = printed.replace(address, PRINTED)
            if printed == wanted:
                continue
            title = page[: block.start()].rpartition("\n## ")[2].partition("\n")[0]
            sys.stderr.write(f"{title}, {language}: printed\n{printed}instead of\n{wanted}\n")
            wrong += 1
            right = right.replace(block[0], f"```{language}\n{code}```\n\n```text\n{printed}```")
    if "--write" in options:
        PAGE.write_text(right, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(blocks)} blocks, {wrong} of them print something else\n")
    return 1 if wrong else 0


def run(command: list[str], name: str, code: str, folder: Path) -> str:
    """Return what a block prints; end with what it says where it fails."""
    path = folder / name
    path.write_text(code, encoding="utf-8")
    found = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        done = subprocess.run(
            [*command, str(path)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            # `osteokg` is the one of this tree
            env={**os.environ, "PATH": found, "LC_ALL": "C.UTF-8"},
        )
    finally:
        path.unlink()
    if done.returncode:
        raise SystemExit(f"this block fails:\n{code}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
