"""The loader: holds one version's store, forks workers from it, kills and reaps them.

It is the parent, so a process that it kills is always the one that was meant. It has one thread,
so a fork is whole. It is told what to do over a control channel, five bytes for each order, and
tells what happened in lines of JSON; when that channel is closed, everything ends.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from contextlib import suppress

from osteokg.kg.worker.confinement import end_with_service, leave_network, peak_memory
from osteokg.kg.worker.limits import Limits, machine_memory
from osteokg.kg.worker.messages import decode
from osteokg.kg.worker.snapshot import Snapshot, Stores, load_stores
from osteokg.kg.worker.work import work

__all__ = ["FORK", "KILL", "LAST_WORDS", "ORDER", "main"]

LAST_WORDS = 4096
"""So many bytes of what a worker says on stderr are read when it has ended."""

ORDER = struct.Struct(">cI")
"""What an order is: what to do, and with the worker of which number."""

FORK, KILL = b"F", b"K"
"""Fork a worker with the channel that comes along; kill one."""


class Loader:
    """Hold the stores of a version and the workers forked from it."""

    def __init__(self, control: socket.socket, stores: Stores, limits: Limits) -> None:
        """Take orders from a control channel."""
        self._control = control
        self._stores = stores
        self._limits = limits
        self._processes: dict[int, int] = {}  # number to process id
        self._words: dict[int, int] = {}  # number to where its last words are read
        self._woken, waking = os.pipe()
        for end in (self._woken, waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
        self._waking = waking

    def run(self) -> None:
        """Do as told until nobody is there to tell."""
        try:
            while True:
                waited_for = [self._control.fileno(), self._woken]
                ready, _, _ = select.select(waited_for, [], [])
                if self._woken in ready:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                    self._reap()
                if self._control.fileno() in ready and not self._obey():
                    return
        finally:
            for process in self._processes.values():
                os.kill(process, signal.SIGKILL)
            for process in self._processes.values():
                os.waitpid(process, 0)

    def tell(self, **what: object) -> None:
        """Tell the service something."""
        self._control.sendall(json.dumps(what).encode() + b"\n")

    def _obey(self) -> bool:
        order, channels, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        while order and len(order) < ORDER.size:
            more = self._control.recv(ORDER.size - len(order))
            order = order + more if more else b""
        if not order:
            return False
        what, number = ORDER.unpack(order)
        process = self._processes.get(number)
        if what == FORK and channels:
            self._fork(number, channels[0])
        elif what == KILL and process is not None:
            os.kill(process, signal.SIGKILL)
        return True

    def _fork(self, number: int, channel: int) -> None:
        self._words[number], said = os.pipe()
        try:
            process = os.fork()
            if process == 0:
                self._become_worker(channel, said)
        except OSError as error:
            os.close(self._words.pop(number))
            self.tell(ended=number, why=f"no process could be started: {error.strerror}")
            return
        finally:
            os.close(channel)
            os.close(said)
        self._processes[number] = process
        self.tell(started=number, process=process)

    def _become_worker(self, channel: int, said: int) -> None:
        try:
            os.dup2(said, 2)
            os.set_blocking(2, False)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(self._woken)
            os.close(self._waking)
            for heard in self._words.values():
                os.close(heard)
            work(channel, channel, self._stores, self._limits)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        numbers = {process: number for number, process in self._processes.items()}
        while self._processes:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            number = numbers[process]
            del self._processes[number]
            with os.fdopen(self._words.pop(number), "rb") as heard:
                words = heard.read(LAST_WORDS).decode(errors="replace")
            self.tell(ended=number, status=os.waitstatus_to_exitcode(status), words=words)


def main(arguments: list[str]) -> int:
    """Load a snapshot and take orders: control channel's descriptor, snapshot, limits."""
    end_with_service()
    control = socket.socket(fileno=int(arguments[0]))
    control.setblocking(True)
    snapshot: Snapshot = decode(arguments[1].encode())
    limits: Limits = decode(arguments[2].encode())
    isolated = leave_network()
    try:
        stores = load_stores(snapshot)
    except (OSError, SyntaxError, ValueError) as error:
        line = {"failed": f"The snapshot {snapshot.path.name} cannot be loaded: {error}"}
        control.sendall(json.dumps(line).encode() + b"\n")
        return 1
    gc.collect()
    gc.freeze()  # what is collected no more is not copied for workers
    limits = limits.beside(peak_memory(), machine_memory())
    loader = Loader(control, stores, limits)
    loader.tell(ready=True, isolated=isolated, size=peak_memory(), memory=limits.memory)
    with suppress(BrokenPipeError, ConnectionResetError):
        loader.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
