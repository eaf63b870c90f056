"""Pages and drawings of the syntheses, from templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from osteokg.api.answers import rendered
from osteokg.api.synthesis.asked import Asked
from osteokg.api.synthesis.drawings import map_drawing, plot_drawing
from osteokg.api.synthesis.kinds import KINDS, Kind
from osteokg.kg import synthesis
from osteokg.kg.catalogue import view
from osteokg.kg.names import contract as curie
from osteokg.kg.names import okg

__all__ = ["drawing", "page_of"]

_BONE = ("CancellousBone", "CorticalBone", "EndocorticalSurface", "PeriostealSurface", "WholeBone")
"""Compartments that gaps are looked for in, in the order of the rule."""


def page_of(kind: Kind, found: Any, asked: Asked, version: str) -> str:
    """Return the page of a synthesis that shows the part of its items that is asked for."""
    items, total = kind.shown(found, asked.part)
    more: dict[str, Any] = {}
    if kind.name == "evidence-map":
        more["map"] = drawing(kind, items, asked, role="group")
    elif kind.name == "effect-directions":
        more["plots"] = [
            _plots([question], number, "group") for number, question in enumerate(items, 1)
        ]
    elif kind.name == "gaps":
        more["agents"] = _by_agent(items)
        named = {term.iri: term.label for term in asked.offered["compartment"]}
        more["bone"] = [(iri, named.get(iri, curie(iri))) for iri in map(okg, _BONE)]
    elif kind.name == "claims":
        more["groups"] = _groups(kind, found, items, asked)
    return rendered(
        f"synthesis/{kind.name}.html",
        kind=kind,
        kinds=KINDS.values(),
        found=found,
        items=items,
        total=total,
        asked=asked,
        version=version,
        switches=synthesis.SWITCHES,
        options=_options(asked),
        parts=_parts(kind, asked, total, len(items)),
        sparql={name: _sparql(text) for name, text in kind.sparql().items()},
        findings=lambda square: findings_address(square, asked),
        query_of=lambda cell: _sparql(view("synthesis/cell", [cell.iri])),
        votes_in_words=synthesis.votes_in_words,
        told=told,
        **more,
    )


def drawing(kind: Kind, items: Sequence[Any], asked: Asked, role: str = "img") -> str:
    """Return the drawing of a synthesis as SVG, an image unless it is part of a page."""
    if kind.name == "effect-directions":
        return _plots(items, 0, role)
    words = "Rows are what was given and what was measured, columns the animal models, panels the "
    words += "compartments of bone. The number is that of studies; ≠ marks findings that part."
    return rendered(
        "drawings/evidence-map.svg",
        drawing=map_drawing(items),
        role=role,
        title=f"Evidence map: {len(items)} cells{_left_out(asked)}",
        description=words,
        findings=lambda square: findings_address(square, asked),
        told=told,
    )


def _left_out(asked: Asked) -> str:
    return f", without {', '.join(asked.without)}" if asked.without else ""


def _plots(questions: Sequence[synthesis.Question], number: int, role: str) -> str:
    """Return effect direction plots under each other, as one drawing."""
    placed = []
    offset: float = 0
    for question in questions:
        plot = plot_drawing(question)
        placed.append((plot, offset))
        offset += plot.height + 12
    many = len(questions) != 1
    title = f"{len(questions)} questions" if many else questions[0].words
    return rendered(
        "drawings/effect-directions.svg",
        drawings=placed,
        width=max((plot.width for plot, _ in placed), default=0),
        height=offset,
        number=number,
        role=role,
        title=f"Effect directions: {title}",
        description="Rows are experiments, columns outcomes; the shape tells the direction, a "
        "hollow one is not counted. Under them the votes and the sign test.",
        query_of=lambda cell: _sparql(view("synthesis/cell", [cell.iri])),
    )


def findings_address(square: synthesis.Square, asked: Asked) -> str:
    """Return where the findings of a cell are listed."""
    return asked.address("/findings", cell=curie(square.cell.iri), without=None)


def told(square: synthesis.Square) -> str:
    """Return what a square says, in words."""
    votes = synthesis.votes_in_words(square.votes)
    said = f"experiments: {votes}" if votes else square.direction.replace("-", " ")
    parts = [f"{square.cell.words}: {said}", _number(square.studies, "study", "studies")]
    parts.append(_number(square.findings, "finding", "findings"))
    if square.conflict:
        parts.append(f"a finding parts with another ({square.conflict})")
    return "; ".join(parts)


def _number(things: Sequence[object], one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"


def _sparql(text: str) -> str:
    return "/sparql?" + urlencode({"query": text})


def _options(asked: Asked) -> dict[str, list[tuple[str, str, bool]]]:
    """Return what the form offers for each filter: value, words, whether it is chosen.

    What was written in another way, or several times, is offered as it was written.
    """
    options = {}
    for name, terms in asked.offered.items():
        chosen = asked.given(name)
        values = {curie(term.iri): term.label for term in terms}
        own = [(value, value, True) for value in chosen if value not in values]
        options[name] = own + [(value, label, value in chosen) for value, label in values.items()]
    return options


def _parts(kind: Kind, asked: Asked, total: int, shown: int) -> Mapping[str, Any]:
    """Return which part of the items is shown, and where the ones before and after are."""
    path = f"/synthesis/{kind.name}"
    size = asked.limit or kind.at_once or total
    limit = None if size == kind.at_once else asked.limit
    before = asked.address(path, offset=max(asked.offset - size, 0), limit=limit)
    after = asked.address(path, offset=asked.offset + shown, limit=limit)
    return {
        "first": asked.offset + 1,
        "last": asked.offset + shown,
        "before": before if asked.offset else None,
        "after": after if asked.offset + shown < total else None,
    }


_KINDS_OF_CLAIM = {
    "finding": synthesis.AddOn,
    "interaction-claim": synthesis.Claim,
    "conclusion": synthesis.Conclusion,
}
"""What the page of claims shows, by the filter ``kind`` that asks for nothing else."""

_FIRST = 10
"""Of several kinds of claims a page shows so many of each."""


@dataclass(frozen=True)
class _Group:
    """Hold what a page shows of the claims of one kind; ``more`` is where all of them are."""

    items: Sequence[object]
    total: int
    more: str | None = None


def _groups(kind: Kind, found: Any, items: Sequence[object], asked: Asked) -> dict[str, _Group]:
    """Return claims by kind: the part that is asked for of one kind, of several the first."""
    everything = kind.items(found)
    by_kind = {
        name: [one for one in everything if isinstance(one, type_)]
        for name, type_ in _KINDS_OF_CLAIM.items()
    }
    chosen = asked.given("kind")
    if len(chosen) == 1 and chosen[0] in by_kind:
        return {chosen[0]: _Group(items, len(by_kind[chosen[0]]))}
    return {
        name: _Group(
            some[:_FIRST],
            len(some),
            asked.address("/synthesis/claims", kind=name) if len(some) > _FIRST else None,
        )
        for name, some in by_kind.items()
    }


def _by_agent(
    gaps: Iterable[synthesis.Gap],
) -> dict[synthesis.Term, dict[synthesis.Term, set[str]]]:
    """Return the compartments that are gaps, by agent and model, the best known agent first."""
    found: dict[synthesis.Term, dict[synthesis.Term, set[str]]] = defaultdict(dict)
    for gap in gaps:
        found[gap.intervention].setdefault(gap.model, set()).add(gap.compartment.iri)
    return dict(sorted(found.items(), key=lambda item: sum(map(len, item[1].values()))))
