"""A real service for the judges: its own process, a free port, ended when they are done."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["serving"]


@contextmanager
def serving(*arguments: str, command: str = "serve") -> Iterator[str]:
    """Start a server on a free port and give its address; ``command`` is that of ``osteokg``."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        line = [sys.executable, "-m", "osteokg.api.cli", command, "--port", "0", *arguments]
        server = subprocess.Popen(line, stderr=log)
        try:
            while server.poll() is None:
                log.seek(0)
                if told := re.search(r"(http://\S+?)/?\n", log.read()):
                    yield told[1]
                    return
                time.sleep(0.1)
            log.seek(0)
            raise SystemExit(f"the server ended:\n{log.read()}")
        finally:
            server.terminate()
            server.wait(30)
