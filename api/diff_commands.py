"""The command ``osteokg diff``: two states of the evidence, in words a reviewer reads."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

from osteokg.api.commands import tell_progress
from osteokg.kg.comparison import Comparison, compare
from osteokg.kg.files import packaged
from osteokg.kg.sides import side_named

__all__ = ["add_arguments", "as_json", "diff", "rendered"]


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


def rendered(comparison: Comparison, form: str) -> str:
    """Return a comparison as ``text``, ``markdown`` or ``html``, a page that needs nothing else."""
    # Nobody who asks for another command waits for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - see above

    environment = Environment(
        loader=FileSystemLoader(packaged("api", "templates")),
        autoescape=select_autoescape(),  # HTML, by the template's suffix
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain_markdown
    return environment.get_template(f"diff.{_SUFFIXES[form]}").render(diff=comparison)


_SUFFIXES = MappingProxyType({"text": "txt", "markdown": "md", "html": "html"})


def plain_markdown(text: str) -> str:
    """Return text in which no sign means anything to Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", " ".join(text.split()))


def as_json(comparison: Comparison) -> str:
    """Return a comparison as JSON, with the same facts as the other forms."""
    told = asdict(comparison)
    told["things"] = [
        {"change": change, "what": what, "things": things}
        for (change, what), things in comparison.things.items()
    ]
    told["flips"] = [change.thing for change in comparison.flips]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


_FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "text": lambda comparison: rendered(comparison, "text"),
        "markdown": lambda comparison: rendered(comparison, "markdown"),
        "html": lambda comparison: rendered(comparison, "html"),
        "json": as_json,
    }
)
