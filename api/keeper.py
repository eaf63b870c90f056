"""The doorkeeper: who is in, from where, and how those left that did not leave by themselves."""

from __future__ import annotations

import logging
from collections import Counter

from osteokg.api.addresses import is_among
from osteokg.api.settings import Settings

__all__ = ["Doorkeeper"]

_TURNED_AWAY = 64
"""So many connections that were refused may stay at once until they have read why."""


class Doorkeeper:
    """Count connections, all in all and by client, and refuse those over the bounds.

    ``refused`` counts those refused by what was full, ``cut`` those closed by what they owed.
    """

    def __init__(self, settings: Settings) -> None:
        """Take the bounds from the settings."""
        self._settings = settings
        self._by_client: Counter[str] = Counter()
        self.present = 0
        self.turned_away = 0
        self.refused: Counter[str] = Counter(house=0, address=0)
        self.cut: Counter[str] = Counter(head=0, body=0, rest=0, reading=0, malformed=0, pipeline=0)
        self._log = logging.getLogger("osteokg.door")

    def enter(self, client: str) -> tuple[int, str] | None:
        """Count a connection in, or return status and reason if it is one too many."""
        if self.present >= self._settings.connections:
            self.refused["house"] += 1
            return 503, "All connections are taken: try again in a moment."
        most = self._settings.connections_per_address
        proxy = is_among(client.partition("/")[0], self._settings.trusted_proxies)
        if self._by_client.get(client, 0) >= most and not proxy:
            self.refused["address"] += 1
            return 429, f"There are {most} connections from your address: use fewer, for longer."
        self.present += 1
        self._by_client[client] += 1
        return None

    def turn_away(self) -> bool:
        """Say whether a connection that was refused may stay until it has read why."""
        if self.turned_away >= _TURNED_AWAY:
            return False
        self.turned_away += 1
        return True

    def leave(self, client: str) -> None:
        """Count a connection out."""
        self.present -= 1
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]

    def told(self, client: str, request_id: str, status: int, size: int) -> None:
        """Log an answer that the door gave itself."""
        self._log.info(
            "door",
            extra={
                "said": {"request": request_id, "status": status, "bytes": size, "client": client}
            },
        )
