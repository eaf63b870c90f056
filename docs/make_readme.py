"""Write what the README says of numbers and commands, from the graph and the command line.

``python docs/make_readme.py`` writes the parts between the markers ``<!-- counts -->`` and
``<!-- commands -->`` and their ends; ``--check`` changes nothing and exits 1 if one is stale.
"""

import os
import re
import sys
from pathlib import Path

from osteokg.api.cli import parser
from osteokg.kg.files import find_sources
from osteokg.kg.metadata import count
from osteokg.kg.version import build

README = Path(__file__).parent.parent / "README.md"


def counts() -> str:
    """Return what the graph holds as a Markdown table; triples are left to the start page."""
    numbers = count(build(find_sources()).store).kinds
    rows = "".join(f"| {words} | {number} |\n" for words, number in numbers.items())
    return f"| | |\n|---|--:|\n{rows}"


def commands() -> str:
    """Return the commands as a Markdown table."""
    os.environ["COLUMNS"] = "200"  # one line for each
    told = re.findall(r"^ {4}([a-z]+) {2,}(.+)$", parser().format_help(), re.MULTILINE)
    rows = "".join(f"| `osteokg {name}` | {words} |\n" for name, words in told)
    return f"| | |\n|---|---|\n{rows}"


def renewed(text: str) -> str:
    """Return the README's text with the produced parts as they should be."""
    for name, part in (("counts", counts()), ("commands", commands())):
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        if text.count(start) != 1 or text.count(end) != 1:
            raise SystemExit(f"README.md needs {start.strip()} and {end.strip()}, once each.")
        before, _, rest = text.partition(start)
        text = before + start + part + end + rest.partition(end)[2]
    return text


def main() -> int:
    """Write the README, or say whether it is stale."""
    text = README.read_text(encoding="utf-8")
    right = renewed(text)
    if "--check" in sys.argv:
        if text != right:
            sys.stderr.write("README.md is stale: run 'python docs/make_readme.py'\n")
        return int(text != right)
    README.write_text(right, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
