"""Let programs of others work against a running service, and compare what they get.

    python .ci/clients.py FOLDER

FOLDER has the scripts of ``.ci/clients`` with what they need installed beside them. Each of them
fails where an answer is not what it should be. Rasqal and Raptor are Debian's ``roqet`` and
``rapper``.
"""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from service import serving

PROJECT = Path(__file__).resolve().parent.parent
FINDING = "id/finding/asawa-2004-k2-bone-resorption-femur"
OKG = "PREFIX okg: <https://w3id.org/osteokg/vocab/>"
RDFS = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
STUDIES = f"""{OKG} {RDFS}
SELECT DISTINCT ?study {{ ?f okg:outcome okg:BoneMass ; okg:study/rdfs:label ?study }}
ORDER BY ?study"""
DIRECTION = f"""{OKG}
SELECT ?direction {{ ?f okg:outcome okg:BoneResorption ; okg:direction ?direction }}"""


def main(folder: str) -> int:
    """Return 0 if every client got what it should."""
    with serving() as address:
        for script in ("jsonld.mjs", "frames.mjs", "comunica.mjs", "shacl.mjs"):
            node(folder, script, address, f"{PROJECT}/")
        rasqal(address)
        raptor(address)
    with serving("--http", command="mcp") as address:
        node(folder, "mcp.mjs", address)
    return 0


def node(folder: str, script: str, *arguments: str) -> None:
    """Run a script; end with it if it fails."""
    told(script)
    subprocess.run(["node", script, *arguments], cwd=folder, check=True, timeout=300)


def rasqal(address: str) -> None:
    """Ask the endpoint, and a document by its address, with roqet."""
    told("roqet")
    by_protocol = rows("roqet", "-q", "-r", "csv", "-p", f"{address}/sparql", "-e", STUDIES)
    same(by_protocol, direct(address, STUDIES), "studies")
    if {"study": "Mawatari 2000"} not in by_protocol:
        raise SystemExit(f"roqet did not find Mawatari 2000: {by_protocol}")
    document = f"{address}/{FINDING}.ttl"
    by_document = rows("roqet", "-q", "-r", "csv", "-D", document, "-e", DIRECTION)
    decreased = "https://w3id.org/osteokg/vocab/Decreased"
    same(by_document, [{"direction": decreased}], "the direction in a document")
    sys.stdout.write(f"{len(by_protocol)} studies by the endpoint, a direction by a document\n")


def raptor(address: str) -> None:
    """Read a thing by its name and by each suffix with rapper: always the same triples."""
    told("rapper")
    wanted = triples(fetched(f"{address}/{FINDING}.nt", "application/n-triples"))
    by_name = [("turtle", ""), ("rdfxml", ""), ("guess", "")]
    for parser, suffix in [*by_name, ("turtle", ".ttl"), ("rdfxml", ".rdf")]:
        document = f"{address}/{FINDING}{suffix}"
        read = output("rapper", "-q", "-i", parser, "-o", "ntriples", document)
        same(triples(read), wanted, f"rapper -i {parser} …{suffix}")
    if len(wanted) < 50:
        raise SystemExit(f"only {len(wanted)} triples are said of {FINDING}")
    sys.stdout.write(f"{len(wanted)} triples, five ways\n")


def told(name: str) -> None:
    """Say who asks next."""
    sys.stdout.write(f"- {name}\n")
    sys.stdout.flush()


def same(found: object, wanted: object, what: str) -> None:
    """End with both where they differ."""
    if found != wanted:
        raise SystemExit(f"{what}: {found}\nis not {wanted}")


def output(*command: str) -> str:
    """Return what a command writes."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def rows(*command: str) -> list[dict[str, str]]:
    """Return the rows of the CSV that a command writes."""
    return list(csv.DictReader(io.StringIO(output(*command), newline="")))


def direct(address: str, query: str) -> list[dict[str, str]]:
    """Return the answer to a query without any client in between."""
    told = json.loads(fetched(f"{address}/sparql?query={quote(query)}", "application/json"))
    return [{k: v["value"] for k, v in row.items()} for row in told["results"]["bindings"]]


def fetched(address: str, accept: str) -> str:
    """Return a document of the service."""
    request = Request(address, headers={"Accept": accept})  # noqa: S310 - ours, on this machine
    with urlopen(request, timeout=60) as response:  # noqa: S310 - see above
        return response.read().decode()


def triples(text: str) -> set[str]:
    r"""Return the lines of N-Triples; ``\u2013`` and the like, as Raptor writes them, resolved."""
    escape = re.compile(r"\\u([0-9A-F]{4})|\\U([0-9A-F]{8})")
    return {
        escape.sub(lambda found: chr(int(found[1] or found[2], 16)), line)
        for line in text.splitlines()
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
