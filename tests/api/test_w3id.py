"""The redirects for w3id.org: they lead every kind of name to what the service answers."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest

from osteokg.kg.names import BASE
from osteokg.kg.version import named_quads

HOST = "https://graph.example.org"
RULE = re.compile(r"RewriteRule (?P<pattern>\S+) (?P<target>\S+) \[R=303,L\]")


@pytest.fixture(scope="module")
def rules(project: Path) -> list[tuple[re.Pattern[str], str]]:
    text = (project / "deploy" / "w3id" / "osteokg" / ".htaccess").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0] == "RewriteEngine on"
    found = [RULE.fullmatch(line) for line in lines[1:]]
    assert all(found), "a rule of another form than this test reads"
    return [(re.compile(one["pattern"]), one["target"]) for one in found]


def redirected(rules: list[tuple[re.Pattern[str], str]], iri: str) -> str | None:
    """Return where Apache sends a name, as mod_rewrite does in a folder: the first rule that fits.

    The query goes on with it.
    """
    assert iri.startswith(BASE)
    parts = urlsplit(iri.removeprefix(BASE))
    for pattern, target in rules:
        if found := pattern.search(parts.path):
            address = re.sub(r"\$(\d)", lambda number: found[int(number[1])], target)
            return address + (f"?{parts.query}" if parts.query else "")
    return None


def kind_of(iri: str) -> str:
    """Return what a name begins with, and for a thing its kind: one of each is asked for."""
    path = re.split("[?#]", iri.removeprefix(BASE))[0]
    first, _, rest = path.partition("/")
    return f"{first}/{rest.partition('/')[0]}" if first == "id" else first


@pytest.fixture(scope="module")
def names(version, server) -> dict[str, str]:
    """Return a name of every kind: of the graph, of what describes it, and of its questions."""
    found = {
        term.value
        for quad in named_quads(version.store)
        for term in (*quad.triple, quad.graph_name)
        if isinstance(term, ox.NamedNode)
    }
    for path in ("/void.ttl", "/queries.ttl", "/shapes.ttl"):
        for quad in ox.parse(server.get(path).content, ox.RdfFormat.TURTLE):
            found |= {term.value for term in quad.triple if isinstance(term, ox.NamedNode)}
    ours = sorted(name for name in found if name.startswith(BASE))
    return {kind_of(name): name for name in ours if not name.startswith(f"{BASE}biolink/")}


def test_every_kind_of_name_leads_to_an_answer(rules, names, server):
    assert {"", "vocab", "graph", "source", "version", "query", "shape", "void"} <= names.keys()
    assert {"id/finding", "id/publication", "id/arm", "id/anchor", "sparql"} <= names.keys()
    for name in names.values():
        target = redirected(rules, name.partition("#")[0])
        assert target is not None, f"{name} leads nowhere"
        assert target.startswith(f"{HOST}/")
        response = server.get(target.removeprefix(HOST), follow_redirects=True)
        assert response.status_code == 200, f"{name} leads to {target}"


def test_no_rule_is_in_vain(rules, names):
    more = [f"{BASE}.well-known/void", f"{BASE}ontology", f"{BASE}dumps/current/osteokg.nq"]
    used = set()
    for name in [*names.values(), *more]:
        path = urlsplit(name.removeprefix(BASE)).path
        used.add(next(number for number, (rule, _) in enumerate(rules) if rule.search(path)))
    assert used == set(range(len(rules)))


def test_what_is_ours_and_nothing_else_is_redirected(rules, server):
    assert redirected(rules, f"{BASE}metrics") is None
    assert redirected(rules, f"{BASE}update") is None
    assert redirected(rules, f"{BASE}sparql?query=ASK%20%7B%7D") == (
        f"{HOST}/sparql?query=ASK%20%7B%7D"
    )


def test_the_readme_names_addresses_that_are_there(project, rules, server):
    readme = (project / "deploy" / "w3id" / "osteokg" / "README.md").read_text()
    named = re.findall(rf"<({BASE}[^>]*)>", readme)
    assert len(named) >= 5
    for name in named:
        target = redirected(rules, name)
        assert target is not None
        response = server.get(target.removeprefix(HOST), follow_redirects=True)
        assert response.status_code == 200, name
