"""Show pages with data blocks to a browser: it must take them and complain of nothing.

Run as ``python .ci/data_blocks.py OSTEOKG``, the command of the environment. The content security
policy lets no script stand in a page; a data block is none
(https://html.spec.whatwg.org/multipage/scripting.html#data-block). Needs Chromium.
"""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom"),
)
PAGES = ("/", "/void", "/ontology", "/vocab/Femur.html")
POLICY = "default-src 'none'; script-src 'self'"


@contextlib.contextmanager
def serving(command: str) -> Iterator[str]:
    """Serve the packaged evidence on a free port; give its address."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen([command, "serve", "--port", "0"], stderr=log)
        try:
            for _ in range(600):
                log.seek(0)
                if found := re.search(r"^OsteoKG version .* (http://\S+)/\n", log.read(), re.M):
                    yield found[1]
                    return
                time.sleep(0.1)
            raise SystemExit("the server did not start")
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def refused() -> Iterator[str]:
    """Serve a page whose script its policy refuses: whoever sees no complaint of it sees none."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>x</title><script>document.title = 'run'</script>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shown(browser: str, address: str) -> tuple[str, list[str]]:
    """Return a page as the browser has it, and what it complained of."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [browser, *FLAGS, f"--user-data-dir={folder}", address],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
    return told.stdout, [line for line in told.stderr.splitlines() if "CONSOLE" in line]


def main(command: str) -> int:
    """Return 1 for a page that is complained of or has no block that parses."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"no browser: install one of {', '.join(BROWSERS)}\n")
        return 1
    with refused() as address:
        _, complaints = shown(browser, address)
        if not any("Content Security Policy" in line for line in complaints):
            sys.stderr.write("no complaint of a script that is refused: nothing was proved\n")
            return 1
    wrong = 0
    with serving(command) as address:
        for path in PAGES:
            page, complaints = shown(browser, address + path)
            found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
            if complaints or found is None or "@type" not in json.loads(found[1]):
                wrong += 1
                sys.stderr.write(f"{path}: {complaints or 'no data block'}\n")
    sys.stdout.write(f"{len(PAGES)} pages with data blocks, {wrong} of them wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else str(Path(sys.executable).with_name("osteokg"))))
