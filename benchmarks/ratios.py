"""Ratios: what was measured as Markdown tables, and beside each goal whether it is met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["GOALS", "goals", "tables"]

OURS, AGAIN = "this service", "this service, asked again"
GOALS = (
    ("1 client, at most 1.5 × its time", "1", OURS, "bare pyoxigraph", 1 / 1.5),
    ("16 clients, no lower throughput", "16", OURS, "bare pyoxigraph", 1.0),
    ("1 client, three times its throughput", "1", OURS, "rdflib-endpoint", 3.0),
    ("16 clients, three times its throughput", "16", OURS, "rdflib-endpoint", 3.0),
    ("1 client, asked again: twice its throughput", "1", AGAIN, "Virtuoso", 2.0),
    ("16 clients, asked again: twice its throughput", "16", AGAIN, "Virtuoso", 2.0),
)
"""Words, number of clients, whose throughput, beside whose, the least that one is of the other."""

Found = dict[str, Any]


def tables(found: Found) -> Iterator[str]:
    """Give a table of answers a second for each size, and one of the servers."""
    machine = found["machine"]
    yield f"{found['rounds']} × {found['seconds']:g} s, the median; " + "; ".join(machine.values())
    for size, one in found["sizes"].items():
        rules = "" if one["computed graphs"] else ", without computed graphs"
        yield f"\n### {size}: {one['triples']:,} triples{rules}\n"
        names = list(next(iter(one["questions"].values()))["1"])
        yield f"| answers a second | clients | {' | '.join(names)} |"
        yield "|---|--:|" + "--:|" * len(names)
        for question, by_clients in one["questions"].items():
            for clients, rates in by_clients.items():
                cells = [_rate(rates[name]) for name in names]
                yield f"| {question} | {clients} | {' | '.join(cells)} |"
        keys = list(dict.fromkeys(key for each in one["servers"].values() for key in each))
        yield f"\n| | {' | '.join(one['servers'])} |"
        yield "|---|" + "--:|" * len(one["servers"])
        for key in keys:
            cells = [
                f"{each[key]:,.4g}" if key in each else "–" for each in one["servers"].values()
            ]
            yield f"| {key} | {' | '.join(cells)} |"


def _rate(rate: Found) -> str:
    failed = f" ({rate['failed']} failed)" if rate["failed"] else ""
    return f"{rate['per second']:,.4g}{failed}"


def goals(found: Found) -> Iterator[str]:
    """Give a table of the ratios that are goals; what is missed is in bold."""
    for words, clients, whose, beside, least in GOALS:
        rows = []
        for size, one in found["sizes"].items():
            cells = []
            for by_clients in one["questions"].values():
                rates = by_clients[clients]
                if beside not in rates or not rates[beside]["per second"]:
                    cells.append("–")
                    continue
                ratio = rates[whose]["per second"] / rates[beside]["per second"]
                cells.append(f"{ratio:.2f}" if ratio >= least else f"**{ratio:.2f}**")
            rows.append(f"| {size} | {' | '.join(cells)} |")
        questions = list(next(iter(found["sizes"].values()))["questions"])
        yield f"| {beside}: {words} (≥ {least:.2f}) | {' | '.join(questions)} |"
        yield "|---|" + "--:|" * len(questions)
        yield from rows
        yield ""
