"""Content negotiation: choose what to send from what a client accepts.

RFC 9110, section 12.5.1, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar

from osteokg.kg.results import Format

__all__ = ["HTML", "best_format", "best_type", "prefers_html", "remembering"]

HTML = "text/html"

_RANGES = 100
"""So many media ranges are read; what a client accepts after them it does not need."""

_REMEMBERED = 256
_LONGEST = 500
"""Headers of at most so many signs are remembered: there are few of them, sent again and again."""

_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


@dataclass(frozen=True)
class _Range:
    type: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """Return how closely the range names a type: 0 not at all, 3 exactly."""
        type_, _, subtype = media_type.partition("/")
        if self.type == "*" and self.subtype == "*":
            return 1
        if self.type != type_:
            return 0
        if self.subtype == "*":
            return 2
        return 3 if self.subtype == subtype else 0


def _ranges(accept: str | None) -> list[_Range]:
    """Return the media ranges of an Accept header; a missing or empty one accepts anything."""
    if accept is None or not accept.strip():
        return [_Range("*", "*", 1.0)]
    ranges = []
    for item in accept.split(",", _RANGES)[:_RANGES]:
        name, *parameters = (part.strip() for part in item.split(";"))
        type_, slash, subtype = name.lower().partition("/")
        if not slash or not type_ or not subtype:
            continue
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                value = value.strip()
                quality = float(value) if _QUALITY.fullmatch(value) else 0.0
        ranges.append(_Range(type_, subtype, quality))
    return ranges


def _quality(ranges: Sequence[_Range], media_type: str) -> float:
    """Return the quality that the most specific fitting range gives a type, 0 if none fits."""
    fitting = [(range_.specificity(media_type), range_.quality) for range_ in ranges]
    best = max((specificity for specificity, _ in fitting), default=0)
    if best == 0:
        return 0.0
    return max(quality for specificity, quality in fitting if specificity == best)


Offer = TypeVar("Offer", bound=Hashable)
Chosen = TypeVar("Chosen")


def remembering(
    choose: Callable[[str | None, Sequence[Offer]], Chosen],
) -> Callable[[str | None, Sequence[Offer]], Chosen]:
    """Let a function of header and offer remember what it chose."""
    remembered = lru_cache(_REMEMBERED)(choose)

    @wraps(choose)
    def chosen(accept: str | None, offered: Sequence[Offer]) -> Chosen:
        short = accept is None or len(accept) <= _LONGEST
        return (remembered if short else choose)(accept, tuple(offered))

    return chosen


@remembering
def best_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the offered media type that a client likes best, None if it accepts none.

    Among equals the order of ``offered`` decides.
    """
    ranges = _ranges(accept)
    rated = [(_quality(ranges, media_type), media_type) for media_type in offered]
    best = max((quality for quality, _ in rated), default=0.0)
    if best <= 0:
        return None
    return next(media_type for quality, media_type in rated if quality == best)


@remembering
def best_format(accept: str | None, offered: Sequence[Format]) -> Format | None:
    """Return the format whose media type (any of its names) a client likes best, or None."""
    by_type: dict[str, Format] = {}
    # A format's first name before any second name: application/xml asks for XML results only
    # where nothing is named more closely.
    for position in range(max(len(format_.media_types) for format_ in offered)):
        for format_ in offered:
            if position < len(format_.media_types):
                by_type.setdefault(format_.media_types[position], format_)
    chosen = best_type(accept, list(by_type))
    return None if chosen is None else by_type[chosen]


@remembering
def prefers_html(accept: str | None, others: Sequence[str]) -> bool:
    """Return whether HTML is named by the client and liked better than every other type."""
    ranges = _ranges(accept)
    if not any(range_.type == "text" and range_.subtype == "html" for range_ in ranges):
        return False
    html = _quality(ranges, HTML)
    return html > 0 and all(_quality(ranges, other) < html for other in others)
