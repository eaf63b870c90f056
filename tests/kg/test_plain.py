"""The plain store: any write, in one transaction, one after the other."""

import asyncio

import pyoxigraph as ox
import pytest

from osteokg.kg.errors import GoneError, NotFoundError, PreconditionError, RequestError
from osteokg.kg.plain import PlainVersions
from osteokg.kg.results import Query
from osteokg.kg.writes import DropGraph, Payload, ReplaceGraph, Update

COUNT = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
ONE = Update("INSERT DATA { GRAPH <x:g> { <x:a> <x:p> 1 } }")


def run(*steps):
    """Carry out writes, an answer after each: what was written, or the error, and the count."""

    async def all_of_them():
        versions = PlainVersions()
        told = []
        for step in steps:
            try:
                written = await versions.write(*(step if isinstance(step, tuple) else (step,)))
            except RequestError as error:
                written = error
            answer = await versions.store.query(Query(COUNT))
            count = int(answer.body.split(b'"value":"')[1].split(b'"')[0])
            assert answer.version == versions.store.version == versions.kept()[0].id
            told.append((written, count))
        await versions.close()
        return told

    return asyncio.run(all_of_them())


def test_a_write_makes_a_version_and_names_what_it_touched():
    (first, _), (same, _), (second, count) = run(
        ONE, ONE, Update("INSERT DATA { <x:a> <x:p> 1 . GRAPH <x:g> { <x:a> <x:p> 2 } }")
    )
    assert (first.created, first.changed) == (("x:g",), ("x:g",))
    assert (same.version, same.created, same.changed) == (first.version, (), ())
    assert second.version != first.version
    assert (second.created, second.changed) == ((), ("x:g",))
    assert count == 3


def test_the_default_graph_alone_makes_a_version_too():
    (first, _), (second, _) = run(
        Update("INSERT DATA { <x:a> <x:p> 1 }"), Update("INSERT DATA { <x:a> <x:p> 2 }")
    )
    assert first.version != second.version


def test_of_a_write_that_fails_nothing_stays():
    (_, one), (error, count) = run(
        ONE, Update("INSERT DATA { <x:a> <x:p> 2 } ; CREATE GRAPH <x:g>")
    )
    assert "cannot be carried out" in str(error)
    assert one == count == 1


def test_a_write_meant_for_another_version_is_refused():
    (first, _), (error, count) = run(ONE, (DropGraph("x:g"), {"0" * 64}))
    assert isinstance(error, PreconditionError)
    assert first.version in str(error)
    assert count == 1


def test_a_graph_that_is_not_there_cannot_be_dropped():
    (error, _), (_, _), (dropped, count) = run(DropGraph("x:g"), ONE, DropGraph("x:g"))
    assert isinstance(error, NotFoundError)
    assert dropped.changed == ("x:g",)
    assert count == 0


def test_writes_at_once_are_carried_out_one_after_the_other():
    async def many():
        versions = PlainVersions()
        counting = (
            "DELETE { <x:n> <x:is> ?n } INSERT { <x:n> <x:is> ?m } "
            "WHERE { <x:n> <x:is> ?n BIND(?n + 1 AS ?m) }"
        )
        begin = Payload(b"<x:n> <x:is> 0 .", ox.RdfFormat.TURTLE)
        await versions.write(ReplaceGraph(None, (begin,)))
        written = await asyncio.gather(*(versions.write(Update(counting)) for _ in range(20)))
        answer = await versions.query(Query("SELECT ?n { <x:n> <x:is> ?n }"))
        with pytest.raises(GoneError):
            await versions.query(Query("ASK {}", version="x"))
        await versions.close()
        return {one.version for one in written}, answer.body

    versions, body = asyncio.run(many())
    assert len(versions) == 20
    assert b'"value":"20"' in body
