"""Confinement: what keeps one query from taking the machine – network, memory, time, depth.

All of it is the operating system's; where a system lacks one of these, that is said.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Self

__all__ = [
    "LIMITS_MEMORY",
    "Deadline",
    "HeldMemory",
    "Yielding",
    "end_with_service",
    "leave_network",
    "limit_memory",
    "peak_memory",
    "run_deep",
    "watch",
]

LIMITS_MEMORY = sys.platform == "linux"
"""Whether the system keeps a process to a limit of memory; elsewhere it is looked at."""

_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_LESS_PRIORITY = 10
"""Nice enough to let others go first, not so nice as to starve beside a busy neighbour."""

_LEAST_TURN = 0.005
"""The timer is set to so many seconds at least: a clock that ticks rings no earlier."""

_TURN = 0.1
"""So many seconds pass between looks at what the system does not watch over for us."""


def end_with_service() -> None:
    """Leave it to the service when this process ends, where a whole group is told to end.

    It may have something to finish; when it is gone its channels are closed.
    """
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)


def leave_network() -> bool:
    """Go where there is no network, not even this machine's; return whether that was possible.

    A network namespace of its own (https://man7.org/linux/man-pages/man7/network_namespaces.7.html):
    Linux, as root or where ordinary users may have user namespaces. For a process of one thread.
    """
    if sys.platform != "linux":
        return False
    return _unshare(_NEW_NETWORK) or _unshare(_NEW_USER | _NEW_NETWORK)


def _unshare(what: int) -> bool:
    try:
        if sys.version_info >= (3, 12):
            os.unshare(what)
            return True
        library = ctypes.CDLL(None, use_errno=True)
        return int(library.unshare(what)) == 0
    except (OSError, AttributeError):
        return False


def limit_memory(room: int) -> bool:
    """Let this process have so many bytes more than it has; return whether the system sees to it.

    Beyond it the engine aborts, which ends the process by SIGABRT.
    """
    if sys.platform != "linux":  # elsewhere the limit is not kept, or the size not told
        return False
    import resource  # noqa: PLC0415 - not on every system

    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 - no file of ours
            pages = int(told.read().split()[0])
        allowed = pages * os.sysconf("SC_PAGE_SIZE") + room
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard != resource.RLIM_INFINITY:
            allowed = min(allowed, hard)
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    except (OSError, ValueError):
        return False
    return True


def peak_memory() -> int:
    """Return the most memory that this program has held so far, in bytes; 0 if nobody knows.

    Linux counts in ``ru_maxrss`` what the process held before it became this program, which is
    its maker's memory: what the program itself held is told by ``VmHWM``.
    """
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "darwin":
        return peak
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as told:  # noqa: PTH123 - no file of ours
        for line in told:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    return peak * 1024


class HeldMemory:
    """Look how many bytes this process holds, at little cost."""

    def __init__(self) -> None:
        """Begin to look; in the process itself, for what is open belongs to whoever opened it."""
        self._told: int | None = None
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._told = os.open("/proc/self/statm", os.O_RDONLY)
                self._page = os.sysconf("SC_PAGE_SIZE")

    def now(self) -> int:
        """Return the bytes, or where nobody tells them the most that there ever were."""
        if self._told is None:
            return peak_memory()
        return int(os.pread(self._told, 100, 0).split()[1]) * self._page


class Deadline:
    """End this process by SIGALRM if what is within takes longer; ``took`` are the seconds it did.

    The engine cannot be interrupted, and needs no supervisor to end so. Where there is no such
    timer the service ends the process.
    """

    def __init__(self, seconds: float) -> None:
        """Allow so many seconds."""
        self.took = 0.0
        self._seconds = seconds

    def __enter__(self) -> Self:
        """Set the timer."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
        return self

    def __exit__(self, *_raised: object) -> None:
        """Stop the timer, which tells what is left of it."""
        if sys.platform != "win32":
            self.took = self._seconds - signal.setitimer(signal.ITIMER_REAL, 0)[0]


class Yielding:
    """Let a thread give way to all others once it has used some time of the processor.

    Time that passes does not count: on a busy machine every query would give way, and none gain.
    Where a thread may not come back from giving way, it stays so. The timer goes on from one
    thing that is watched to the next, and is set anew where it rings too early for this one.
    """

    def __init__(self, seconds: float) -> None:
        """Give way after so many seconds of the processor; to be made in the main thread."""
        self.gave_way = False
        self._seconds = seconds
        self._thread = 0
        self._begun = math.inf
        if sys.platform != "win32":
            signal.signal(signal.SIGPROF, self._look)

    def begin(self) -> None:
        """Say that this is the thread; the main thread takes the signal, while it waits."""
        self._thread = threading.get_native_id() if sys.platform == "linux" else os.getpid()
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
            signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __enter__(self) -> Self:
        """Watch what is within."""
        self._begun = time.process_time()
        return self

    def __exit__(self, *_raised: object) -> None:
        """Watch no more, and come back from giving way where that is allowed."""
        self._begun = math.inf
        if self.gave_way:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._thread, 0)
                self.gave_way = False

    def _look(self, *_signal: object) -> None:
        left = self._begun + self._seconds - time.process_time()
        if left <= 0:
            self.give_way()
            left = self._seconds
        signal.setitimer(signal.ITIMER_PROF, max(min(left, self._seconds), _LEAST_TURN))

    def give_way(self) -> None:
        """Let all others go first; for a thread of a process, not the process, on Linux."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._thread, _LESS_PRIORITY)
            self.gave_way = True


def run_deep(work: Callable[[], None], stack: int) -> None:
    """Run something in a thread with so large a stack, in bytes; return at once.

    The engine reads by recursion. Its random numbers are those of the thread, so a thread that
    begins after a fork has its own. Where a system cannot give such a stack it gives a smaller
    one, which is told on stderr.
    """
    wanted = stack
    while True:
        try:
            threading.stack_size(stack)
            threading.Thread(target=work, name="queries", daemon=True).start()
        except (RuntimeError, ValueError):
            stack //= 2
            if stack < 1 << 20:
                raise
        else:
            if stack < wanted:
                sys.stderr.write(f"The stack has {stack >> 20} of {wanted >> 20} MB.\n")
            return


def watch(channel: int, most: int | None) -> None:
    """Return when nobody is at the other end of a channel any more.

    A process that holds more than ``most`` bytes is ended by SIGABRT: for systems that cannot
    limit it (None: they can).
    """
    if sys.platform == "win32":  # the service ends what it started
        while True:
            time.sleep(3600)
    import select  # noqa: PLC0415 - poll is not on every system

    poll = select.poll()
    poll.register(channel, 0)  # a hang-up is told whether asked for or not
    while not poll.poll(None if most is None else _TURN * 1000):
        if most is not None and peak_memory() > most:
            os.kill(os.getpid(), signal.SIGABRT)
