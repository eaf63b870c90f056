"""Make the pictures of the README: serve the packaged evidence and photograph its pages.

Run as ``python docs/make_pictures.py`` where OsteoKG is installed and Chromium can be found.
"""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from osteokg.kg.catalogue import named_query

FOLDER = Path(__file__).parent / "pictures"
LARGEST = 250_000  # bytes
QUESTION = named_query("k2-alone-by-compartment").text
PAGES = {
    "start": ("/", 900),
    "evidence-map": ("/synthesis/evidence-map", 1330),
    "effect-directions": ("/synthesis/effect-directions?intervention=okg:VitaminK2", 1330),
    "contradictions": ("/synthesis/contradictions", 1200),
    "gaps": ("/synthesis/gaps", 1000),
    "without-retracted": ("/synthesis/evidence-map?without=retracted", 1330),
    "findings": ("/findings", 900),
    "finding": ("/id/finding/asawa-2004-k2-bone-resorption-femur.html", 1270),
    "question": (f"/sparql?{urlencode({'query': QUESTION})}", 960),
}
"""The pictures by name: the path of the page, and the height that shows what matters."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-color-profile=srgb", "--blink-settings=preferredColorScheme=1"),
)


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[str]:
    """Serve on a free port and give the address; the server ends with the block."""
    command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield address_of(process)
        finally:
            process.terminate()


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address that a server says it has, once somebody listens there."""
    assert process.stderr
    told = ""
    for line in process.stderr:
        told += line
        found = re.search(r"http://([\w.]+):(\d+)", line)
        if found:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection((found[1], int(found[2]))).close()
                    return found[0]
                time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{told}")


def photograph(browser: str, address: str, height: int, picture: Path, width: int = 1100) -> None:
    """Write a picture of a page, in pixels."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(browser, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"),
                *(f"--screenshot={picture}", address),
            ],
            check=True,
            capture_output=True,
        )


def browser_of_here() -> str:
    """Return the path of a browser; end the program where there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"no browser: install one of {', '.join(BROWSERS)}")
    return browser


def main() -> int:
    """Make every picture; return 1 if one is too large for a README."""
    browser = browser_of_here()
    FOLDER.mkdir(exist_ok=True)
    with server() as address:
        for name, (path, height) in PAGES.items():
            picture = FOLDER / f"{name}.png"
            photograph(browser, address + path, height, picture)
            size = picture.stat().st_size
            sys.stdout.write(f"{picture.name}: {size / 1000:.0f} kB\n")
            if size > LARGEST:
                sys.stderr.write(f"{picture.name} is larger than {LARGEST / 1000:.0f} kB\n")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
