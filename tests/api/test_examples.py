"""Every example of the OpenAPI document, asked as it stands there, is answered as it says."""

import json
from urllib.parse import quote

import pytest

WRITING = {"/update", "/graphs"}
TOKEN = "not-a-secret-of-anybody"  # noqa: S105 - of a server that lives for a moment


def asked(path, operation, name):
    """Return how a client that reads the document makes the request of an example."""
    parameters, headers, content = [], {}, None
    for one in operation["parameters"]:
        if (example := one.get("examples", {}).get(name)) is None:
            assert not one.get("required"), f"{path}, {name}: {one['name']} is needed"
        elif one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(example["value"]))
        else:
            assert isinstance(example["value"], list) == (one["schema"]["type"] == "array")
            values = example["value"] if isinstance(example["value"], list) else [example["value"]]
            parameters += [(one["name"], value) for value in values]
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        if (example := body.get("examples", {}).get(name)) is not None:
            headers["Content-Type"], content = kind, example["value"]
    return path, parameters, headers, content


def names_of(operation):
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    answers = [
        content
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
    ]
    places = (*operation["parameters"], *bodies, *answers)
    return list(dict.fromkeys(name for place in places for name in place.get("examples", ())))


def answers_of(operation, name):
    return [
        (int(status), kind, content["examples"][name]["value"])
        for status, answer in operation["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if name in content.get("examples", {})
    ]


def run(client, method, path, operation, name):
    address, parameters, headers, content = asked(path, operation, name)
    wanted = answers_of(operation, name)
    accept = wanted[0][1] if wanted else "*/*"
    sent = {"data": content} if isinstance(content, dict) else {"content": content}
    response = client.request(
        method, address, params=parameters or None, headers={**headers, "Accept": accept}, **sent
    )
    told = f"{method} {response.url}: {response.status_code} {response.text[:500]}"
    assert str(response.status_code) in operation["responses"], told
    if not wanted:
        assert response.status_code < 400, told
        return
    ((status, kind, value),) = wanted
    assert response.status_code == status, told
    assert response.headers["content-type"].partition(";")[0] == kind
    if kind.endswith("json"):
        found = response.json()
        found.pop("request_id", None)  # another each time
        assert found == value, "if that is as it should be: python docs/make_examples.py"
    else:
        assert response.text == value, "if that is as it should be: python docs/make_examples.py"


def test_every_example_of_reading_is_answered_as_it_says(packaged_server):
    paths = packaged_server.get("/openapi.json").json()["paths"]
    ran = 0
    for path, item in paths.items():
        for method, operation in item.items():
            if path in WRITING and method != "get":
                continue
            for name in names_of(operation):
                run(packaged_server, method.upper(), path, operation, name)
                ran += 1
    assert ran > 100


def test_every_example_of_writing_is_answered(serving, tmp_path):
    """One after the other, as they build on each other."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    with serving("--plain", "--write-token-file", str(token)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        paths = client.get("/openapi.json").json()["paths"]
        order = [
            ("/graphs", "put"),
            ("/graphs", "post"),
            ("/update", "post"),
            ("/graphs", "delete"),
        ]
        graph = {"graph": "http://example.org/notes"}
        sizes = []
        for path, method in order:
            operation = paths[path][method]
            (name,) = names_of(operation)
            run(client, method.upper(), path, operation, name)
            there = client.get("/graphs", params=graph, headers={"Accept": "application/n-triples"})
            sizes.append(len(there.text.splitlines()) if there.status_code == 200 else 0)
        assert sizes == [1, 2, 3, 0]


def test_what_needs_a_value_has_an_example(packaged_server):
    """But a version and a trusty URI: these change with every word of the evidence."""
    without = set()
    for path, item in packaged_server.get("/openapi.json").json()["paths"].items():
        for operation in item.values():
            needed = [one for one in operation["parameters"] if one.get("required")]
            if needed and not names_of(operation):
                without.add(path)
    assert without == {"/version/{version}", "/np/{name}", "/np/{name}.{suffix}"}


@pytest.mark.parametrize(
    "path",
    [
        "/findings",
        "/studies",
        "/terms",
        "/things",
        "/cells",
        "/sparql",
        "/id/{kind}/{slug}.{suffix}",
    ],
)
def test_the_main_operations_show_what_they_answer(packaged_server, path):
    operation = packaged_server.get("/openapi.json").json()["paths"][path]["get"]
    shown = [one for name in names_of(operation) for one in answers_of(operation, name)]
    assert any(status == 200 and len(json.dumps(value)) > 100 for status, _, value in shown)
