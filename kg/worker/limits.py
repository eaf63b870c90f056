"""Limits: what one query, one worker and all of them together may take."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from osteokg.kg.errors import RequestError

__all__ = ["Limits", "machine_memory"]

_MB = 1 << 20
_ROOM = 0.75
"""This share of the machine's memory may be given to workers; the rest is for everything else."""
_LEAST = 96 * _MB
"""With less than this a worker answers nothing."""

_MAY_BE_NONE = {"waiting", "kept_loaded", "first_bytes", "promote_after"}


@dataclass(frozen=True)
class Limits:
    """Hold what may be taken; where a limit ends an answer, the client is told which.

    Of one query: ``seconds`` (``write_seconds`` for a write), ``memory`` besides the store and
    ``stack``, in bytes, ``rows`` (solutions or triples), ``answer_bytes``, ``whole_bytes`` for an
    answer that is held in memory. Of all answers that wait for their readers: ``spool_bytes`` on
    disk, ``spool_memory``; ``memory_before_disk`` of one. Nothing of an answer is sent before
    ``first_bytes`` of it are there or its end.

    ``quick_slots`` queries run at once; one that has run for ``promote_after`` seconds moves to
    one of ``slow_slots``, and after ``give_way_after`` seconds of the processor all others go
    first. So many as ``waiting`` more wait for a slot, ``waiting_seconds`` at
    most. ``kept_loaded`` earlier versions are held loaded.
    """

    seconds: float = 10
    write_seconds: float = 60
    memory: int = 1024 * _MB
    stack: int = 512 * _MB
    rows: int = 1_000_000
    answer_bytes: int = 256 * _MB
    whole_bytes: int = 64 * _MB
    spool_bytes: int = 2048 * _MB
    spool_memory: int = 64 * _MB
    memory_before_disk: int = 8 * _MB
    first_bytes: int = 1_000_000
    promote_after: float = 0.05
    give_way_after: float = 0.25
    quick_slots: int = 4
    slow_slots: int = 8
    waiting: int = 512
    waiting_seconds: float = 10
    kept_loaded: int = 2

    def __post_init__(self) -> None:
        """Raise RequestError for a limit that nothing could be done under."""
        for name, value in vars(self).items():
            least = 0 if name in _MAY_BE_NONE else 1
            is_time = isinstance(value, float) or name.endswith("seconds")
            if value < least and not (is_time and value > 0):
                raise RequestError(f"The limit {name} is {value}: it must be {least} at least.")

    def sentences(self) -> list[str]:
        """Return the limits as sentences, for people who ask."""
        long = f"{self.promote_after * 1000:g} ms"
        return [
            f"A query runs {self.seconds:g} s at most, and a write {self.write_seconds:g} s.",
            f"A query takes {self.memory // _MB} MB of memory at most.",
            f"An answer has {self.rows} rows or triples and {self.answer_bytes // _MB} MB at most.",
            "An answer that would be larger is refused or visibly cut, never shortened.",
            f"At most {self.quick_slots} queries begin at once; others wait.",
            f"At most {self.slow_slots} go on for longer than {long}.",
            "When others wait for more, one of the client who has taken most time is stopped.",
        ]

    def within(self, machine: int, processors: int) -> Limits:
        """Return these limits for a machine of so many bytes and processors.

        Slots × what a worker may take stays below its memory. Slots cost little else, for long
        queries give way to all others: on a small machine each may take less. Two more begin at
        once than there are processors: they have work while the service reads what others said.
        """
        quick = min(self.quick_slots, processors + 2)
        return replace(self, quick_slots=quick).beside(0, machine)

    def beside(self, store: int, machine: int) -> Limits:
        """Return these limits where each worker also takes so many bytes for the store.

        A forked worker shares it at first, and has copied most of it after some scans.
        """
        slots = self.quick_slots + self.slow_slots
        share = max(int(machine * _ROOM) // slots - store, _LEAST)
        stack = min(self.stack, share // 3)
        return replace(self, stack=stack, memory=min(self.memory, share - stack))


def machine_memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or its container's."""
    found = [1 << 62]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            found.append(int(Path(path).read_text(encoding="ascii")))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return min(found)
