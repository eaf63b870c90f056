"""The application: routes, headers and errors put together from one settings object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp

from osteokg import __version__
from osteokg.api import (
    contexts,
    dumps,
    findings,
    graphs,
    harvest,
    history,
    nanopubs,
    ontology,
    openapi,
    operations,
    query_page,
    questions,
    record,
    reference,
    resources,
    searching,
    shapes,
    sparql,
    things,
    update,
    validating,
)
from osteokg.api.answers import page, phrase, problem, problem_of
from osteokg.api.direct import Direct
from osteokg.api.documents import wanted
from osteokg.api.dressing import Dressing
from osteokg.api.examples import with_examples
from osteokg.api.keeper import Doorkeeper
from osteokg.api.kept import kept
from osteokg.api.metrics import Metrics, of_cache, of_door, of_engine, of_version
from osteokg.api.placed import Placed
from osteokg.api.preparation import Preparation
from osteokg.api.quotations import source_at
from osteokg.api.rate import Buckets, RateLimit
from osteokg.api.repeats import Repeats
from osteokg.api.requests import store_for
from osteokg.api.settings import Settings
from osteokg.api.synthesis import routes as synthesis
from osteokg.api.visits import Routes, Visits
from osteokg.api.watched import WatchedStore
from osteokg.kg.cache import CachedStore
from osteokg.kg.catalogue import named_queries
from osteokg.kg.comparing import Comparisons
from osteokg.kg.engine import ProcessStore
from osteokg.kg.errors import OsteoKGError, UnavailableError
from osteokg.kg.judging import Judge
from osteokg.kg.kept import Kept
from osteokg.kg.releases import Releases
from osteokg.kg.service import counts_of
from osteokg.kg.snapshots import time_now
from osteokg.kg.store import PinnedStore, Store
from osteokg.kg.writes import Versions

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    engine: Store,
    versions: Versions | None = None,
    *,
    judge: Judge | None = None,
    truth: Callable[[], str] = lambda: "what the service was begun with",
    releases: Releases | None = None,
    comparisons: Comparisons | None = None,
) -> FastAPI:
    """Return the application that serves a store; it closes the store when it ends.

    ``versions`` is what can be written to, None for a service that has one version and is read
    only. ``judge`` says what would be wrong with a document, None where there are no shapes.
    ``truth`` tells in a few words what holds: files, a folder, what is written. ``releases`` makes
    the dumps, ``comparisons`` tells what differs between versions, each None where there are none.
    """
    # An engine elsewhere has others to serve; of what data a plain service has, nobody knows.
    own = isinstance(engine, ProcessStore) and not settings.plain
    preparation = Preparation(engine) if own else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if preparation is not None and engine.version:
            known = app.state.kept = Kept(PinnedStore(app.state.store, engine.version))
            preparation.begin(known)
        yield
        if preparation is not None:
            await preparation.end()
        await (versions or engine).close()
        if judge is not None:
            await judge.close()
        if releases is not None:
            await releases.close()
        if comparisons is not None:
            await comparisons.close()

    app = _Described(
        title="OsteoKG",
        version=__version__,
        summary="Evidence knowledge graph of preclinical bone studies",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,  # reference.router gives it
        docs_url=None,
        redoc_url=None,
        # Nothing leaves the machine, whatever its environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.metrics = Metrics()
    app.state.doorkeeper = Doorkeeper(settings)
    app.state.store = _watched(app, engine)
    app.state.source = source_at(settings.source)
    app.state.stopping = False
    app.state.versions = versions
    app.state.begun = time_now()
    app.state.judge = judge
    app.state.truth = truth
    app.state.releases = releases
    app.state.comparisons = comparisons
    app.state.kept = None
    app.state.preparation = preparation
    _add_routers(app)
    _add_small_routes(app)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    _add_error_answers(app)
    _add_layers(app)
    return app


def _add_routers(app: FastAPI) -> None:
    app.include_router(sparql.router, tags=["SPARQL"])
    app.include_router(query_page.router, tags=["SPARQL"])
    app.include_router(update.router, tags=["SPARQL"])
    app.include_router(graphs.router, tags=["SPARQL"])
    app.include_router(history.router, tags=["Versions"])
    app.include_router(validating.router, tags=["Versions"])
    app.include_router(questions.router, tags=["SPARQL"])
    app.include_router(findings.router, tags=["Findings"])
    app.include_router(resources.router, tags=["Findings"])
    app.include_router(searching.router)
    app.include_router(synthesis.router, tags=["Synthesis"])
    app.include_router(ontology.router, tags=["Linked data"])
    app.include_router(nanopubs.router, tags=["Linked data"])
    app.include_router(dumps.router, tags=["Versions"])
    app.include_router(record.router, tags=["Linked data"])
    app.include_router(contexts.router, tags=["Linked data"])
    app.include_router(shapes.router, tags=["Linked data"])
    app.include_router(harvest.router, tags=["Linked data"])
    app.include_router(things.router, tags=["Linked data"])
    app.include_router(operations.router)
    app.include_router(reference.router)


class _Described(FastAPI):
    """An application whose description has schemas and examples of what it gives."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return our layers: the outermost answers what fails, so the framework's have no use."""
        stack = super().build_middleware_stack()
        while not isinstance(stack, Visits):
            stack = stack.app  # type: ignore[attr-defined]  # as all of the framework's have it
        return stack

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = with_examples(openapi.finished(super().openapi()))
        return self.openapi_schema


def _watched(app: FastAPI, engine: Store) -> Store:
    """Return the store that everything asks: the engine's, behind a cache, under the metrics."""
    settings: Settings = app.state.settings
    metrics: Metrics = app.state.metrics
    keeper: Doorkeeper = app.state.doorkeeper
    store = engine
    metrics.add(lambda: of_version(__version__, engine.version))
    metrics.add(lambda: of_door(keeper))
    if isinstance(engine, ProcessStore):
        metrics.add(lambda: of_engine(engine.status()))
    if settings.cache_size:
        half = settings.cache_size // 2  # the other half is for what was sent
        cached = store = CachedStore(engine, half, settings.cache_largest)
        metrics.add(lambda: of_cache(cached.status()))
    slow = settings.slow_query_seconds if settings.slow_query_log else None
    return WatchedStore(store, metrics, slow)


def _add_layers(app: FastAPI) -> None:
    """Put around the routes what every request passes; the last that is added is the outermost.

    None is a function of request and response: those that are hide from the server that an answer
    ended too early.
    """
    settings: Settings = app.state.settings
    metrics: Metrics = app.state.metrics
    engine: Store = app.state.engine

    def failed(request: Request) -> Response:
        detail = "The server failed at this request; its log says why."
        return problem(request, 500, phrase(500), detail)

    def stopped(request: Request) -> Response:
        return problem_of(request, UnavailableError("The service is stopping: ask again."))

    app.add_middleware(Routes)
    app.add_middleware(Direct, router=sparql.router, problem_of=problem_of)
    if path := urlsplit(settings.base_url).path:
        app.add_middleware(Placed, path=path)
    app.add_middleware(Dressing)
    if settings.cache_size:
        app.add_middleware(
            Repeats,
            version=lambda: engine.version,
            capacity=settings.cache_size // 2,
            largest=settings.cache_largest,
        )
    if settings.rate_limit:
        buckets = Buckets(settings.rate_limit, settings.rate_burst)
        refused = metrics.note_refused_by_rate
        app.add_middleware(RateLimit, buckets=buckets, refused=refused, problem_of=problem_of)
    app.add_middleware(Visits, metrics=metrics, failed=failed, stopped=stopped)


def _add_small_routes(app: FastAPI) -> None:
    @app.get(
        "/",
        tags=["Linked data"],
        summary="The start page",
        response_class=Response,
        openapi_extra=openapi.document(["text/html"], [406], versioned=False, s303={}),
    )
    @app.head("/", include_in_schema=False)
    async def start(request: Request) -> Response:
        """Show what is in the graph and the ways in; lead who prefers RDF to its description."""
        if (suffix := wanted(request.headers.get("accept"), ("html",))) != "html":
            return RedirectResponse(f"/void.{suffix}", 303, headers={"Vary": "Accept"})
        counts = await kept(request, "counts", counts_of)
        version = store_for(request).version
        shown = page(
            "start.html",
            counts=counts,
            queries=named_queries(),
            version=version,
            dumps=bool(dumps.dumps_of(request)),
            data=record.dataset_block(request),
        )
        shown.headers["Link"] = record.links_of_dataset(request, "html")
        return shown


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(OsteoKGError)
    async def ours(request: Request, error: OsteoKGError) -> Response:
        return problem_of(request, error)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        code, headers, detail = error.status_code, dict(error.headers or {}), str(error.detail)
        if code == 404:
            docs = f"{request.scope.get('root_path', '')}/docs"
            detail = f"There is nothing at {request.url.path}. What can be asked: {docs}."
        elif code == 405:
            headers["Allow"] = ", ".join(_allowed(app, request))
            detail = f"{request.method} is not possible here, but {headers['Allow']}."
        response = problem(request, code, phrase(code), detail)
        response.headers.update(headers)
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
