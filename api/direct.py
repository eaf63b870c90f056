"""Direct: a way to functions that take the request itself, beside the framework's routes."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from osteokg.kg.errors import OsteoKGError

__all__ = ["Direct"]


class Direct:
    """Lead requests to the functions of a router by path and method (ASGI middleware).

    FastAPI's way to a function passes several layers, tries every pattern twice and looks for
    what could be cut out of the request: with a function that takes it whole, that is a fifth of
    the time of a short query. Its routes still document the functions in OpenAPI, and answer
    every other method of their paths.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        router: APIRouter,
        problem_of: Callable[[Request, OsteoKGError], Response],
    ) -> None:
        """Wrap an application; tell an error of ours by ``problem_of``.

        Raises TypeError for a route with a parameter in its path, or whose function takes more
        than the request.
        """
        self._app = app
        self._problem_of = problem_of
        self._ways: dict[tuple[str, str], APIRoute] = {}
        for route in cast(list[APIRoute], router.routes):
            if route.param_convertors or list(signature(route.endpoint).parameters) != ["request"]:
                raise TypeError(f"{route.path}: the function takes more than the request.")
            self._ways.update(((route.path, method), route) for method in route.methods or ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered by the function that is for it, or by the application."""
        route = None
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            route = self._ways.get((path, scope["method"]))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        request = Request(scope, receive, send)
        if (visit := scope.get("state", {}).get("visit")) is not None:
            visit.route = route.path
        try:
            response = await route.endpoint(request)
        except OsteoKGError as error:
            response = self._problem_of(request, error)
        await response(scope, receive, send)
