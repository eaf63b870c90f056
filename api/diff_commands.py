"""The command ``osteokg diff``: two states of the evidence, in words a reviewer reads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from osteokg.api.commands import tell_progress
from osteokg.api.differences import rendered
from osteokg.kg.comparison import Comparison, compare, json_of
from osteokg.kg.sides import side_named

__all__ = ["add_arguments", "diff"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``osteokg diff``."""
    parser.description = (
        f"{parser.description} A and B are each: 'packaged', a folder of evidence, several joined "
        "by commas ('packaged,mine'), a file; git:REVISION or git:REVISION:FOLDER; a version of "
        "--data-dir by the beginning of its id; a version whole (osteokg.nq of 'osteokg export'). "
        "Nothing is validated here: 'osteokg check' does that."
    )
    parser.set_defaults(run=diff)
    parser.add_argument("before", metavar="A", help="what was")
    parser.add_argument("after", metavar="B", help="what is or would be")
    parser.add_argument("--format", choices=tuple(_FORMS), default="text")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="the data folder whose versions are meant"
    )


def diff(arguments: argparse.Namespace) -> int:
    """Print in what two states of the evidence differ."""
    with tell_progress() as progress:
        before = side_named(arguments.before, arguments.after, arguments.data_dir, progress)
        after = side_named(arguments.after, arguments.before, arguments.data_dir, progress)
        progress("comparing")
        comparison = compare(before, after)
    sys.stdout.write(_FORMS[arguments.format](comparison))
    return 0


_FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "text": lambda comparison: rendered(comparison, "text"),
        "markdown": lambda comparison: rendered(comparison, "markdown"),
        "html": lambda comparison: rendered(comparison, "html"),
        "json": json_of,
    }
)
