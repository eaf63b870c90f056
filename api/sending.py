"""What the system still holds of what was sent: bytes that the other side has not taken."""

from __future__ import annotations

import struct
import sys
from asyncio import WriteTransport

__all__ = ["untaken"]

if sys.platform == "win32":

    def _queued(_file: int) -> int:
        return 0

else:
    import fcntl
    import termios

    def _queued(file: int) -> int:
        answer = fcntl.ioctl(file, termios.TIOCOUTQ, struct.pack("i", 0))
        (size,) = struct.unpack("i", answer)
        return int(size)


def untaken(transport: WriteTransport) -> int:
    """Return the bytes written to a connection that the other side has not acknowledged.

    The system's own queue is counted as well (tcp(7), SIOCOUTQ): it is megabytes long, and as long
    as a slow reader takes from it, nothing moves in ours.
    """
    connection = transport.get_extra_info("socket")
    try:
        return transport.get_write_buffer_size() + _queued(connection.fileno())
    except (AttributeError, OSError, ValueError):  # closed meanwhile, or no such queue
        return transport.get_write_buffer_size()
