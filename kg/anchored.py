"""What stands on which sentence: the anchors of the graph with the statements that name them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osteokg.kg.anchors import Anchor, Source, verify
from osteokg.kg.catalogue import view
from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import Store

__all__ = ["Anchored", "anchored_in", "quotations"]


@dataclass(frozen=True)
class Anchored:
    """Hold an anchor, the IRI of the publication it is in, and the statements that stand on it."""

    anchor: Anchor
    publication: str
    statements: Sequence[str]


async def anchored_in(store: Store) -> list[Anchored]:
    """Return every anchor of a store."""
    answer = await store.query(Query(view("anchors"), rows=ROW_FORMATS[0]))
    found: dict[str, tuple[Anchor, str, list[str]]] = {}
    for binding in json.loads(answer.body)["results"]["bindings"]:
        row = {name: term["value"] for name, term in binding.items()}
        anchor = Anchor(
            row["anchor"], row["section"], row["sentence"], row["digest"], row.get("pieces", "")
        )
        entry = found.setdefault(anchor.iri, (anchor, row["publication"], []))
        if "statement" in row:
            entry[2].append(row["statement"])
    return [Anchored(*entry) for entry in found.values()]


def quotations(anchored: Sequence[Anchored], source: Source) -> Mapping[str, str]:
    """Return the sentences of an article's text by the IRI of the anchor that names them.

    Left out are anchors whose sentence is not found there, as it was digested, in one place.
    """
    return {
        verdict.anchor.iri: source.shown(verdict.places[0])
        for verdict in verify([one.anchor for one in anchored], source)
        if verdict.status in ("found", "split")
    }
