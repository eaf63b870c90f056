"""The bare peer: pyoxigraph under Starlette, as anybody writes it in an afternoon.

``python bare.py FILE PORT`` serves the triples of a file: no limits, no isolation, no cache, no
log, no negotiation. Queries run in Starlette's threads.
"""

import sys

import pyoxigraph as ox
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

JSON = ox.QueryResultsFormat.JSON
store = ox.Store()


def query(request: Request) -> Response:
    """Answer a query."""
    body = store.query(request.query_params["query"]).serialize(format=JSON)
    return Response(body, media_type=JSON.media_type)


async def update(request: Request) -> Response:
    """Carry out an update."""
    await run_in_threadpool(store.update, (await request.body()).decode())
    return Response(status_code=204)


if __name__ == "__main__":
    store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_TRIPLES)
    routes = [Route("/sparql", query), Route("/update", update, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[2]), log_level="error")
