"""Who a client is: one IPv4 address, or the /64 network of an IPv6 address."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from osteokg.api.settings import Networks

__all__ = ["is_among", "one_client"]


@lru_cache(maxsize=4096)
def one_client(address: str) -> str:
    """Return what counts as one client.

    Whoever has an IPv6 address has the 2⁶⁴ of its network
    (https://www.rfc-editor.org/rfc/rfc6177), so these are one. What is no address is one client.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))


def is_among(address: str, networks: Networks) -> bool:
    """Say whether an address lies in one of some networks; what is no address lies in none."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
