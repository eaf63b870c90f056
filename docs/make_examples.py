"""Fill in what the examples of the OpenAPI document (api/examples.json) are answered.

    python docs/make_examples.py

A service of the evidence that comes with OsteoKG is asked; ``tests/api/test_examples.py`` holds
it to every example. Write an example with ``"value": null`` in its answer, then run this.
"""

import json
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from osteokg.api.examples import examples_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / ".ci"))

from service import serving


def main() -> int:
    """Write the answers."""
    examples = json.loads(examples_file().read_text(encoding="utf-8"))
    with serving() as base:
        for one in examples:
            if "answer" in one:
                one["answer"]["value"] = answered(base, one)
    text = json.dumps(examples, indent=1, ensure_ascii=False) + "\n"
    examples_file().write_text(text, encoding="utf-8")
    return 0


def answered(base: str, one: dict) -> object:
    """Return what an example is answered: JSON read, other types as text."""
    method, _, path = one["operation"].partition(" ")
    query = []
    for name, value in one.get("parameters", {}).items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", quote(value))
        else:
            query += [(name, each) for each in (value if isinstance(value, list) else [value])]
    kind, body = one["answer"]["type"], one.get("body")
    request = Request(  # noqa: S310 - ours, on this machine
        f"{base}{path}?{urlencode(query)}",
        data=body["value"].encode() if body else None,
        headers={"Accept": kind, **({"Content-Type": body["type"]} if body else {})},
        method=method,
    )
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310 - see above
            status, content = response.status, response.read()
    except HTTPError as error:
        status, content = error.code, error.read()
    if status != one["answer"]["status"]:
        raise SystemExit(f"{one['operation']}, {one['name']}: {status} {content.decode()}")
    if not kind.endswith("json"):
        return content.decode()
    told = json.loads(content)
    told.pop("request_id", None)  # another each time
    return told


if __name__ == "__main__":
    sys.exit(main())
