"""What is found of an outcome: what a model did to it, and how far a treatment undid that."""

from __future__ import annotations

import random
from typing import Any, TypeAlias

__all__ = ["OPPOSITE", "Row", "harmed", "treated"]

OPPOSITE = {"Increased": "Decreased", "Decreased": "Increased"}

_DEGREES = ("PartialDegree", "FullDegree", "UnspecifiedDegree")

Row: TypeAlias = dict[str, Any]
"""A row of evidence.toml, or what is said of a finding by property."""


def harmed(outcome: Row, draw: random.Random) -> Row:
    """Draw what a model did to an outcome: most often the harm that it is known for."""
    harm = outcome.get("harm")
    if harm is None:
        return {**_reported("Altered", draw), "judgement": "Worsened"}
    drawn = draw.choices((harm, "NoDifference", OPPOSITE[harm]), (17, 2, 1))[0]
    return _reported(drawn, draw)


def treated(outcome: Row, was: str, draw: random.Random) -> Row:
    """Draw what a treatment did to an outcome that the model had moved so."""
    harm = outcome.get("harm")
    if draw.random() < 0.3:
        return {**_reported("NoDifference", draw), "degree": "NoDegree"}
    if harm is None:
        return {**_reported("Altered", draw), "judgement": "Improved"}
    drawn = draw.choices((OPPOSITE[harm], harm), (9, 1))[0]
    undone = was == OPPOSITE[drawn]
    return {**_reported(drawn, draw), "degree": draw.choice(_DEGREES) if undone else None}


def _reported(direction: str, draw: random.Random) -> Row:
    """Return a direction with the significance and the size that may be reported with it."""
    said: Row = {"direction": direction, "significance": "SignificanceNotReported"}
    if draw.random() < 0.6:
        null = direction == "NoDifference"
        said["significance"] = "ReportedNotSignificant" if null else "ReportedSignificant"
    if direction in OPPOSITE and draw.random() < 0.4:
        percent = draw.randint(5, 40)
        said["magnitude"] = f"{'' if direction == 'Increased' else '-'}{percent}.0"
        said["magnitudeText"] = f"by {percent}%"
    return said
