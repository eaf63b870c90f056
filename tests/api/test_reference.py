"""The API page says what the OpenAPI document says."""

from osteokg.api.reference import operations_of

DOCUMENT = {
    "paths": {
        "/findings/{kind}": {
            "get": {
                "tags": ["Findings"],
                "summary": "Findings",
                "parameters": [
                    {
                        "name": "kind",
                        "in": "path",
                        "required": True,
                        "examples": {"other": {"value": "x"}, "one": {"value": "null"}},
                    },
                    {"name": "q", "in": "query", "examples": {"one": {"value": ["bone mass"]}}},
                    {"name": "site", "in": "query", "examples": {"by-site": {"value": ["Femur"]}}},
                ],
                "responses": {"200": {"description": "Good.", "content": {"text/csv": {}}}},
            }
        },
        "/update": {"post": {"requestBody": {"content": {"application/sparql-update": {}}}}},
        "/validate": {
            "post": {
                "requestBody": {"content": {"text/turtle": {"examples": {"one": {"value": "."}}}}}
            }
        },
    }
}


def test_an_operation_is_shown_with_an_example_that_can_be_run():
    found = operations_of(DOCUMENT, "https://ex.org/k")
    (findings,), (update, validate) = found["Findings"], found["The service"]
    assert findings.example == "curl 'https://ex.org/k/findings/null?q=bone+mass'"
    assert findings.answers == [("200", "Good.", ["text/csv"])]
    assert findings.anchor == "get-findings-kind"
    assert (update.method, update.bodies) == ("POST", ["application/sparql-update"])
    assert update.example is None
    assert validate.example == (
        "curl -X POST -H 'Content-Type: text/turtle' --data-binary . https://ex.org/k/validate"
    )


def test_an_example_with_a_good_answer_is_shown_before_others():
    examples = {name: {"value": name} for name in ("by-q-1", "good", "wrong")}
    answers = {
        status: {"content": {"text/csv": {"examples": {name: {"value": "x"}}}}}
        for status, name in (("200", "good"), ("400", "wrong"))
    }
    parameters = [{"name": "q", "in": "query", "examples": examples}]
    document = {"paths": {"/x": {"get": {"parameters": parameters, "responses": answers}}}}
    ((asked,),) = operations_of(document, "https://ex.org").values()
    assert asked.example == "curl 'https://ex.org/x?q=good'"


def test_what_needs_a_value_that_nobody_gives_has_no_example():
    parameters = [{"name": "query", "in": "query", "required": True}]
    document = {"paths": {"/sparql": {"get": {"parameters": parameters}}}}
    ((asked,),) = operations_of(document, "https://ex.org").values()
    assert asked.example is None


def test_every_operation_of_the_document_is_on_the_page(server):
    document = server.get("/openapi.json").json()
    page = server.get("/docs").text
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code></h3>" in page
    assert "https://" not in page.partition("<main")[0]
