"""A crawl: every link of ours, on pages, in RDF, in headers and in data blocks, leads somewhere.

From `/`, `/findings`, `/void` and the description of `/sparql`; our names (https://w3id.org/…) are
asked for here, as the redirects of w3id.org will have it. At the root of an address and below a
path, behind a proxy that takes the path off. The gate follows some of every form of address;
`pytest -m crawl` follows all there are.
"""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urldefrag, urljoin

import httpx2
import pyoxigraph as ox
import pytest

from osteokg.kg.names import BASE

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TURTLE = {"Accept": "text/turtle, */*;q=0.5"}
BEGIN = ("/", "/findings", "/void", "/sparql")
RDF = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
# Names that are written with, and lead nowhere themselves: fragments are of the document they are
# in; constraints and rules name what a report tells of.
NAMES_ONLY = re.compile(r"/(shape/(rule|constraint)/|biolink/|\.well-known/genid/)")


class Links(HTMLParser):
    """Collect where a page leads, and its data blocks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.blocks: list[str] = []
        self._in_block = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.found |= {told[name] for name in ("href", "src", "action") if told.get(name)}
        self._in_block = tag == "script" and told.get("type") == "application/ld+json"

    def handle_endtag(self, _tag):
        self._in_block = False

    def handle_data(self, data):
        if self._in_block:
            self.blocks.append(data)


SUFFIXED = re.compile(r"\.(html|ttl|nt|rdf|jsonld|csv|rq|tsv|json|xml|owl|ofn)$")


def form_of(address: str) -> str:
    """Return what addresses of one form share: a kind of thing and suffix, a route."""
    path, query, _ = address.partition("?")
    suffix = found[0] if (found := SUFFIXED.search(path)) else ""
    parts = path.split("/")[3:]
    kind = "/".join(parts[: 2 if "id" in parts or "graph" in parts else 1])
    return f"{kind} {len(parts)}{suffix}{query}"


class Crawl:
    """Follow every link below an address: once as a browser, a name once more for data.

    Of addresses those come first of whose form the fewest were asked for.
    """

    def __init__(self, client: httpx2.Client, base: str, most: int) -> None:
        self.client = client
        self.base = base
        self.most = most
        self.seen: set[str] = set()
        self.broken: list[str] = []
        self.waiting: dict[str, dict[str, str]] = {}
        self.asked: Counter[str] = Counter()

    def run(self) -> None:
        for path in BEGIN:
            self.take([self.base + path], self.base, "where it begins")
        while self.waiting and len(self.seen) < self.most:
            form = min(self.waiting, key=lambda one: self.asked[one])
            address, namer = self.waiting[form].popitem()
            if not self.waiting[form]:
                del self.waiting[form]
            self.asked[form] += 1
            self.seen.add(address)
            self.visit(address, BROWSER, namer)
            if not SUFFIXED.search(address) and "?" not in address:
                self.visit(address, TURTLE, namer)

    def visit(self, address: str, headers: dict[str, str], namer: str) -> None:
        response = self.client.get(address, headers=headers)
        for _ in range(20):  # dumps are made when asked for; each answer waits a while for them
            if response.status_code == 503 and "retry-after" in response.headers:
                response = self.client.get(address, headers=headers)
        if response.is_redirect:
            self.take([response.headers["location"]], address, address)
        elif response.status_code != 200:
            self.broken.append(f"{response.status_code} {address}, named by {namer}")
        else:
            self.take(self.links_in(response), address, address)

    def links_in(self, response: httpx2.Response) -> Iterator[str]:
        yield from re.findall(r"<([^>]+)>", response.headers.get("link", ""))
        kind = response.headers["content-type"].split(";")[0]
        if kind == "text/html":
            page = Links(response.text)
            yield from page.found
            for block in page.blocks:
                yield from _addresses_in(json.loads(block))
        elif kind in RDF:
            for quad in ox.parse(response.content, RDF[kind]):
                for term in quad.triple:
                    if isinstance(term, ox.NamedNode):
                        yield term.value

    def take(self, found: list[str] | Iterator[str], at: str, namer: str) -> None:
        for link in found:
            whole = urldefrag(urljoin(at, link)).url
            if whole.startswith(BASE):
                whole = f"{self.base}/{whole.removeprefix(BASE)}"
            ours = whole == self.base or whole.startswith(f"{self.base}/")
            if whole.startswith("/") or (not ours and whole.startswith(_origin(self.base))):
                self.broken.append(f"{link} leads out of {self.base}, named by {namer}")
            elif ours and whole not in self.seen and not NAMES_ONLY.search(whole):
                self.waiting.setdefault(form_of(whole), {}).setdefault(whole, namer)


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3]) + "/"


def _addresses_in(told: object) -> Iterator[str]:
    if isinstance(told, dict):
        for value in told.values():
            yield from _addresses_in(value)
    elif isinstance(told, list):
        for value in told:
            yield from _addresses_in(value)
    elif isinstance(told, str) and re.match(r"https?://\S+$", told):
        yield told


@contextmanager
def proxy_before(path: str, behind: str) -> Iterator[str]:
    """Let a proxy take a path off before it passes requests on to who is behind it."""

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{path}/"):  # nothing of ours may lead here
                self.send_error(404, "not below the path")
                return
            named = {"Accept": self.headers["Accept"], "Accept-Encoding": "identity"}
            with httpx2.Client(trust_env=False, timeout=60) as client:
                answer = client.get(behind + self.path.removeprefix(path), headers=named)
            self.send_response(answer.status_code)
            for name in ("content-type", "location", "link"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("most", [400, pytest.param(100_000, marks=pytest.mark.crawl)])
def test_no_link_of_ours_is_broken(server, most):
    crawl = Crawl(server, str(server.base_url).rstrip("/"), most)
    crawl.run()
    assert crawl.broken == []
    forms = {form.partition("?")[0] for form in crawl.asked}
    assert {"id/finding 3.html", "id/arm 3.jsonld", "vocab 2.rdf", "graph/study 3.ttl"} <= forms
    assert {"dumps 3.csv", "version 2", "query 2", "shape 2", "source 2", "graphs 1"} <= forms
    if most > 400:
        assert not crawl.waiting
        assert len(crawl.seen) > 2000
    paths = {address.removeprefix(crawl.base) for address in crawl.seen}
    assert {"/robots.txt", "/sitemap.xml"}.isdisjoint(paths)  # nobody links to these
    for path in ("/shapes", "/queries.ttl", "/mappings.sssom.tsv", "/context/1.jsonld", "/dumps"):
        assert path in paths, path


def test_nor_below_a_path(serving, good):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with proxy_before("/bone/k2", f"http://127.0.0.1:{port}") as base:
        arguments = ("--evidence", str(good), "--port", str(port), "--base-url", base)
        with serving(*arguments) as client:
            crawl = Crawl(client, base, most=100)
            crawl.run()
            assert crawl.broken == []
            assert len(crawl.seen) == 100
            thing = client.get("/vocab/Femur", headers=TURTLE)
            assert thing.headers["location"] == "/bone/k2/vocab/Femur.ttl"
            slash = client.get("/findings/")  # the framework itself leads to the path without it
            assert slash.headers["location"] == "/bone/k2/findings"
            page = client.get("/vocab/Femur.html")
            assert 'href="/bone/k2/static/osteokg.css"' in page.text
            assert '</bone/k2/vocab/Femur.ttl>; rel="alternate"' in page.headers["link"]
            assert f"{base}/sparql" in client.get("/void.ttl").text
