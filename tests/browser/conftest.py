"""A real browser before a real server, and what it must never do."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from osteokg.kg.files import packaged

PROJECT = Path(__file__).parents[2]
AXE = PROJECT / "workbench" / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
"""Runs in every page before its own scripts do."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return headless Chromium, the system's own."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is asked for

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"none of {', '.join(BROWSERS)} is here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(
    serving: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """Return a client of a server of the evidence that comes with OsteoKG.

    It has a version before the current one, in which a study was wanting.
    """
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(packaged("kg", "evidence"), folder / "before")
    (folder / "before" / "asawa-2004.ttl").unlink()
    kept = ("--data-dir", str(folder / "data"))
    with serving("--evidence", str(folder / "before"), *kept):
        pass
    with serving("--evidence", "packaged", *kept) as client:
        yield client


@pytest.fixture
def open_page(browser: Any, served: httpx2.Client) -> Iterator[Callable[..., Any]]:
    """Return what opens a page of the service: path, and options of the browser's context.

    Every test that uses it shows that no page breaks its Content-Security-Policy, fails at its own
    scripts or asks another machine for anything.
    """
    contexts, wrong = [], []
    home = urlsplit(str(served.base_url))

    def opened(path: str, **options: Any) -> Any:
        context = browser.new_context(base_url=str(served.base_url), **options)
        context.add_init_script(WATCH)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda request: check(request.url))
        page.goto(path)
        return page

    def check(url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in ("data", "blob", "about") and address.netloc != home.netloc:
            wrong.append(f"asked a stranger: {url}")

    yield opened
    for context in contexts:
        for page in context.pages:
            if context.pages and page.evaluate("typeof window.violations") == "object":
                wrong.extend(page.evaluate("window.violations"))
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """Return what lists what axe-core finds wrong with a page: rule and place, one a line."""
    if not AXE.exists():
        reason = f"{AXE.relative_to(PROJECT)} is absent: run npm ci in workbench/"
        if os.environ.get("OSTEOKG_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    script = AXE.read_text(encoding="utf-8")

    def judged(page: Any) -> list[str]:
        page.evaluate(script)  # by the protocol: no exception from the policy is needed
        found = page.evaluate("axe.run()")
        return [
            f"{violation['id']}: {node['target']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return judged
