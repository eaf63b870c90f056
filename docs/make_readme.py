"""Write what the README says of numbers and commands, from the graph and the command line.

``python docs/make_readme.py`` writes the parts between the markers ``<!-- counts -->`` and
``<!-- commands -->`` and their ends; ``--check`` changes nothing and exits 1 if one is stale.
"""

import os
import re
import sys
from pathlib import Path

from markers import main

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
    # A long name has its words in a line of its own.
    told = re.findall(r"^ {4}([a-z]+)\s{2,}(\S.*)$", parser().format_help(), re.MULTILINE)
    rows = "".join(f"| `osteokg {name}` | {words} |\n" for name, words in told)
    return f"| | |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.exit(
        main(
            README,
            lambda: {"counts": counts(), "commands": commands()},
            "python docs/make_readme.py",
        )
    )
