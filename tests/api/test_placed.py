"""Below a path: what is changed on its way out, and what must not be."""

import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.placed import Placed
from osteokg.api.settings import Settings
from osteokg.kg.store import InProcessStore

PAGE = (
    '<a href="/findings">/findings</a> <img src="/static/x.svg"> <form action="/sparql"></form> '
    '<a href="https://example.org/">there</a> <a href="//example.org/">there</a> <a href="#here">'
    "<p>&lt;a href=&#34;/findings&#34;&gt;</p>"
)
PLACED = (
    '<a href="/k2/findings">/findings</a> <img src="/k2/static/x.svg"> '
    '<form action="/k2/sparql"></form> '
    '<a href="https://example.org/">there</a> <a href="//example.org/">there</a> <a href="#here">'
    "<p>&lt;a href=&#34;/findings&#34;&gt;</p>"
)


async def page(_request):
    links = '</void>; rel="describedby", <https://example.org/x>; rel="license"'
    return Response(PAGE, media_type="text/html", headers={"Link": links})


async def in_parts(_request):
    async def parts():
        for sign in PAGE:
            yield sign

    return StreamingResponse(parts(), media_type="text/html; charset=utf-8")


async def data(_request):
    return Response(PAGE, media_type="text/turtle")


async def redirect(request):
    return RedirectResponse(request.query_params["to"], 303)


async def unchanged(_request):
    return Response(status_code=304, headers={"Link": '</void>; rel="describedby"'})


@pytest.fixture(scope="module")
def client():
    routes = [
        Route("/page", page),
        Route("/parts", in_parts),
        Route("/data", data),
        Route("/redirect", redirect),
        Route("/unchanged", unchanged),
    ]
    with TestClient(Placed(Starlette(routes=routes), "/k2"), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/page", "/parts"])
def test_addresses_of_ours_in_a_page_lead_below_the_path_and_no_others(client, path):
    assert client.get(path).text == PLACED


def test_the_length_is_that_of_what_is_sent_for_head_too(client):
    sent = len(PLACED.encode())
    assert client.get("/page").headers["content-length"] == str(sent)
    assert client.head("/page").headers["content-length"] == str(sent)
    assert "content-length" not in client.get("/parts").headers


def test_what_is_no_page_stays_as_it_is(client):
    assert client.get("/data").text == PAGE


def test_links_in_headers_are_changed_alike(client):
    told = '</k2/void>; rel="describedby", <https://example.org/x>; rel="license"'
    assert client.get("/page").headers["link"] == told
    assert client.get("/unchanged").headers["link"] == '</k2/void>; rel="describedby"'
    assert client.get("/unchanged").content == b""


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/void", "/k2/void"),
        ("/", "/k2/"),
        ("https://example.org/", "https://example.org/"),
        ("//example.org/", "//example.org/"),
    ],
)
def test_redirects_lead_below_the_path(client, to, location):
    assert client.get("/redirect", params={"to": to}).headers["location"] == location


@pytest.mark.parametrize("path", ["/id/finding/quill-2001-k2-bone-mass-femur", "/queries", "/void"])
def test_the_service_itself_is_below_the_path_of_its_address(version, path):
    app = create_app(Settings(base_url="https://example.org/k2"), InProcessStore(version))
    browser = {"Accept": "text/html"}
    with TestClient(app, follow_redirects=False) as client:
        get, head = client.get(path, headers=browser), client.head(path, headers=browser)
        assert head.status_code == get.status_code
        assert head.headers.get("content-length") == get.headers.get("content-length")
        if get.is_redirect:
            assert head.headers["location"] == get.headers["location"] == f"/k2{path}.html"
        else:
            assert 'href="/k2/static/osteokg.css"' in get.text
