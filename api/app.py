"""The application: routes, headers and errors put together from one settings object."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match

from osteokg import __version__
from osteokg.api import findings, graphs, ontology, questions, sparql, things, update
from osteokg.api.answers import page, phrase, problem, problem_of
from osteokg.api.compression import Compression
from osteokg.api.cors import OpenForReading
from osteokg.api.protection import HEADERS, Protection
from osteokg.api.settings import Settings
from osteokg.kg.catalogue import named_queries
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.files import context_file
from osteokg.kg.metadata import Counts
from osteokg.kg.store import Store
from osteokg.kg.writes import Versions

__all__ = ["create_app"]


def create_app(
    settings: Settings, store: Store, counts: Counts, versions: Versions | None = None
) -> FastAPI:
    """Return the application that serves a store; it closes the store when it ends.

    ``versions`` is what can be written to, None for a service that is read only.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await (versions or store).close()

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
    app.state.versions = versions
    app.state.kept = {}
    app.state.counts = counts
    app.include_router(sparql.router, tags=["SPARQL"])
    app.include_router(update.router, tags=["SPARQL"])
    app.include_router(graphs.router, tags=["SPARQL"])
    app.include_router(questions.router, tags=["SPARQL"])
    app.include_router(findings.router, tags=["Findings"])
    app.include_router(ontology.router, tags=["Linked data"])
    app.include_router(things.router, tags=["Linked data"])
    _add_small_routes(app)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    # The last is the outermost. None is a function of request and response: those that are hide
    # from the server that an answer ended too early.
    app.add_middleware(OpenForReading)
    app.add_middleware(Compression)
    app.add_middleware(Protection)
    _add_error_answers(app)
    return app


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
        response.headers.update(HEADERS)  # this answer passes by the middleware
        return response


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """Return the methods that a path knows (RFC 9110, section 15.5.6): each has its own route."""
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] == Match.FULL
            for route in app.routes
        )
    ]
