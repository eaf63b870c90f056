"""A lock on a folder: one process at a time, let go when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from osteokg.kg.errors import RequestError

__all__ = ["Lock"]


class Lock:
    """Hold a file so that no other process can."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises RequestError naming the process that holds it."""
        # A POSIX record lock: processes that are forked do not hold it on after our death.
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(file)
        except OSError as error:
            holder = os.read(file, 100).decode(errors="replace").strip()
            os.close(file)
            raise RequestError(
                f"{path.parent} is in use by process {holder or 'unknown'}: two services cannot "
                "share a data folder. End that one, or name another folder."
            ) from error
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file: int | None = file

    def release(self) -> None:
        """Let others take the lock; once is enough, and more does no harm."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        os.lseek(file, 1000, os.SEEK_SET)  # past the text: what is locked cannot be read there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
