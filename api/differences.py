"""Differences of two states of the evidence, as text, Markdown or a page of their own."""

from __future__ import annotations

import re
from types import MappingProxyType

from osteokg.kg.comparison import Comparison
from osteokg.kg.files import packaged

__all__ = ["plain_markdown", "rendered"]


def rendered(comparison: Comparison, form: str) -> str:
    """Return a comparison as ``text``, ``markdown`` or ``html``, a page that needs nothing else."""
    import jinja2  # noqa: PLC0415 - nobody who asks for another command waits for it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(packaged("api", "templates")),
        autoescape=jinja2.select_autoescape(),  # HTML, by the template's suffix
        undefined=jinja2.StrictUndefined,
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
