"""A spawned worker: loads a snapshot by itself and answers over its standard streams."""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

from osteokg.kg.errors import UnavailableError
from osteokg.kg.worker.confinement import end_with_service, leave_network, peak_memory
from osteokg.kg.worker.limits import Limits, machine_memory
from osteokg.kg.worker.messages import Kind, decode, encode_error, frame
from osteokg.kg.worker.snapshot import Snapshot, load_stores
from osteokg.kg.worker.work import work

__all__ = ["main"]


def main(arguments: list[str]) -> NoReturn:
    """Load a snapshot, say so and answer: snapshot, limits."""
    end_with_service()
    snapshot: Snapshot = decode(arguments[0].encode())
    limits: Limits = decode(arguments[1].encode())
    incoming, outgoing = os.dup(0), os.dup(1)
    isolated = leave_network()
    try:
        stores = load_stores(snapshot)
    except (OSError, SyntaxError, ValueError) as error:
        told = UnavailableError(f"The snapshot {snapshot.path.name} cannot be loaded: {error}")
        os.write(outgoing, frame(Kind.FAILED, encode_error(told)))
        sys.exit(1)
    limits = limits.beside(peak_memory(), machine_memory())
    found = {"isolated": isolated, "size": peak_memory(), "memory": limits.memory}
    os.write(outgoing, frame(Kind.READY, json.dumps(found).encode()))
    work(incoming, outgoing, stores, limits)


if __name__ == "__main__":
    main(sys.argv[1:])
