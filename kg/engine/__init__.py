"""The engine: answers queries from processes that can be ended at any moment.

A loader holds one version's store and forks workers, which answer one query after the other; the
service holds the lanes, the limits and the spool, and never reads a query itself.
"""

from osteokg.kg.engine.store import WORKERS, EngineStatus, ProcessStore, Workers
from osteokg.kg.worker.limits import Limits, machine_memory
from osteokg.kg.worker.snapshot import Snapshot

__all__ = [
    "WORKERS",
    "EngineStatus",
    "Limits",
    "ProcessStore",
    "Snapshot",
    "Workers",
    "machine_memory",
]
