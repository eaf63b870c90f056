"""The application: routes, headers and errors put together from one settings object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match

from osteokg import __version__
from osteokg.api import findings, questions, sparql, things
from osteokg.api.answers import page, phrase, problem, problem_of
from osteokg.api.settings import Settings
from osteokg.kg.catalogue import named_queries
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.files import context_file, packaged
from osteokg.kg.metadata import Counts
from osteokg.kg.store import Store

__all__ = ["create_app"]

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings, store: Store, counts: Counts) -> FastAPI:
    """Return the application that serves a store; it closes the store when it ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await store.close()

    app = FastAPI(
        title="OsteoKG",
        version=__version__,
        summary="Evidence knowledge graph of preclinical bone studies",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.store = store
    app.state.kept = {}
    app.state.counts = counts
    app.include_router(sparql.router, tags=["SPARQL"])
    app.include_router(questions.router, tags=["SPARQL"])
    app.include_router(findings.router, tags=["Findings"])
    app.include_router(things.router, tags=["Linked data"])
    _add_small_routes(app)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD", "POST"])
    app.middleware("http")(_with_headers)
    _add_error_answers(app)
    return app


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _add_small_routes(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    @app.head("/", include_in_schema=False)
    async def start() -> Response:
        """Show what is in the graph and the ways in."""
        counts: Counts = app.state.counts
        version = app.state.store.version
        return page("start.html", counts=counts, queries=named_queries(), version=version)

    @app.get("/health", tags=["Operations"], summary="Whether the process answers")
    @app.head("/health", include_in_schema=False)
    async def health() -> dict[str, Any]:
        """Say that the process answers, and which version it serves."""
        return {"status": "ok", "version": app.state.store.version, "software": __version__}

    @app.get("/context.jsonld", tags=["Linked data"], summary="The JSON-LD context")
    @app.head("/context.jsonld", include_in_schema=False)
    async def context() -> Response:
        """Give the context that our JSON-LD is written with."""
        return Response(context_file().read_bytes(), media_type="application/ld+json")

    @app.get("/vocab/", include_in_schema=False)
    @app.head("/vocab/", include_in_schema=False)
    async def vocabulary(request: Request) -> Response:
        """Lead from the ontology's IRI to its file."""
        return RedirectResponse(request.scope.get("root_path", "") + "/ontology", 303)

    @app.get("/ontology", tags=["Linked data"], summary="The ontology in Turtle")
    @app.head("/ontology", include_in_schema=False)
    async def ontology() -> Response:
        """Give the ontology file."""
        content = packaged("ontology", "osteokg.ttl").read_bytes()
        return Response(content, headers={"Content-Type": "text/turtle; charset=utf-8"})


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(OsteoKGError)
    async def ours(request: Request, error: OsteoKGError) -> Response:
        return problem_of(request, error)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        response = problem(request, error.status_code, phrase(error.status_code), str(error.detail))
        response.headers.update(error.headers or {})
        if error.status_code == 405:
            response.headers["Allow"] = ", ".join(_allowed(app, request))
        return response

    @app.exception_handler(Exception)
    async def unexpected(request: Request, _error: Exception) -> Response:
        detail = "The server failed at this request; its log says why."
        response = problem(request, 500, phrase(500), detail)
        response.headers.update(_HEADERS)  # this answer passes by the middleware
        return response


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """Return the methods that a path knows (RFC 9110, section 15.5.6): each has its own route."""
    return [
        method
        for method in ("GET", "HEAD", "POST")
        if any(
            route.matches({**request.scope, "method": method})[0] == Match.FULL
            for route in app.routes
        )
    ]
