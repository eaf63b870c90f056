"""Whatever ends and whoever goes away, nobody else's answer is lost and nothing is left."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from osteokg.kg.engine import Limits
from osteokg.kg.engine.processes import run_module
from osteokg.kg.errors import LimitError, SizeLimitError, UnavailableError
from osteokg.kg.results import ROW_FORMATS, Query

ENDLESS = Query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
LARGE = Query("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 200000", rows=ROW_FORMATS[3])
PATIENT = Limits(seconds=120, quick_slots=2, slow_slots=4)


def of_module(processes, name):
    return [process for process, module in processes.items() if module == name]


# Processes that end


def test_who_asks_a_version_of_an_engine_that_was_closed_is_told(run, count):
    async def asked(store):
        version = store.version
        await store.close()
        with pytest.raises(UnavailableError, match="is being ended"):
            await count(store, version=version)

    run(asked)


def test_a_worker_that_ends_while_idle_loses_no_query(run, count, engine_processes, until):
    async def asked(store):
        for _ in range(3):
            await until(lambda: store.status().idle >= 2)
            children = engine_processes(os.getpid())
            workers = [process for process in children if process not in loaders(children)]
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            while any(worker in engine_processes(os.getpid()) for worker in workers):
                pass  # a process that is being ended may still read; the loop must not hear of it
            assert set(await asyncio.gather(*(count(store) for _ in range(20)))) == {1201}

    run(asked, limits=PATIENT)


@pytest.mark.parametrize("workers", ["spawn"], indirect=True)
def test_a_worker_that_ends_while_it_loads_loses_no_query(run, count, until, monkeypatch):
    made = []

    async def killed_at_first(*arguments, **streams):
        process = await run_module(*arguments, **streams)
        made.append(process)
        if len(made) in (3, 4):  # not the two of the beginning
            os.kill(process.pid, signal.SIGKILL)
        return process

    async def asked(store):
        await until(lambda: store.status().idle == 2)
        for process in made:
            os.kill(process.pid, signal.SIGKILL)
        assert set(await asyncio.gather(*(count(store) for _ in range(20)))) == {1201}
        return store.status().restarts

    monkeypatch.setattr("osteokg.kg.engine.processes.run_module", killed_at_first)
    assert run(asked, limits=PATIENT) == 2


def loaders(processes):
    """Return the loaders among processes: what they fork has their command line and them above."""
    return [
        process
        for process in of_module(processes, "osteokg.kg.worker.loader")
        if int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        not in processes
    ]


def test_a_worker_that_ends_while_it_runs_fails_its_query_alone(run, count, until):
    async def asked(store):
        endless = asyncio.create_task(store.query(ENDLESS))
        await until(lambda: store.status().slow == 1 and store.status().at_work)
        (worker,) = store.status().at_work
        others = [asyncio.create_task(count(store)) for _ in range(10)]
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(UnavailableError, match="ended while it ran \\(SIGKILL\\)") as told:
            await endless
        assert set(await asyncio.gather(*others)) == {1201}
        return told.value

    told = run(asked, limits=PATIENT)
    assert (told.status, told.retry_after) == (503, 1)


@pytest.mark.parametrize("workers", ["fork"], indirect=True)
def test_a_loader_that_ends_loses_no_query(run, count, engine_processes, until):
    """Not those that wait, not those that begin, and not those that run."""

    async def asked(store):
        streams = [await store.stream(LARGE) for _ in range(2)]
        long = "?a ?b ?c . ?d ?e ?f FILTER(STRLEN(CONCAT(STR(?b), STR(?e))) > 0)"
        running = asyncio.create_task(
            store.query(Query(f"SELECT (COUNT(*) AS ?n) {{ {long} }}", rows=ROW_FORMATS[3]))
        )
        await until(lambda: store.status().slow)
        for restarts in range(3):
            (loader,) = loaders(engine_processes(os.getpid()))
            clients = [asyncio.create_task(count(store)) for _ in range(20)]
            await asyncio.sleep(0)
            os.kill(loader, signal.SIGKILL)
            assert set(await asyncio.gather(*clients)) == {1201}
            await until(lambda wanted=restarts + 1: store.status().restarts == wanted)
            await until(lambda: len(loaders(engine_processes(os.getpid()))) == 1)
        bodies = [b"".join([part async for part in stream.chunks]) for stream in streams]
        assert {body.count(b"\n") for body in bodies} == {200_001}
        return (await running).body

    assert run(asked, limits=PATIENT) == b"?n\n%d\n" % (1201 * 1201)


@pytest.mark.parametrize("workers", ["fork"], indirect=True)
def test_an_orphan_of_a_loader_meets_its_time(run, engine_processes, until):
    async def asked(store):
        endless = asyncio.create_task(store.query(ENDLESS))
        await until(lambda: store.status().slow == 1)
        os.kill(*loaders(engine_processes(os.getpid())), signal.SIGKILL)
        with pytest.raises(LimitError, match="longer than 3 s"):
            await endless

    run(asked, limits=Limits(seconds=3))


def test_when_the_service_is_killed_its_processes_end(workers, snapshot, engine_processes):
    program = f"""
import asyncio
from pathlib import Path
from osteokg.kg.engine import Limits, ProcessStore, Snapshot
from osteokg.kg.results import Query

async def main():
    snapshot = Snapshot("first", Path({str(snapshot.path)!r}))
    store = await ProcessStore.start(snapshot, Limits(seconds=600), workers={workers!r})
    asyncio.create_task(store.query(Query({ENDLESS.text!r})))
    while not store.status().slow or not store.status().idle:
        await asyncio.sleep(0.01)
    print("runs", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout.readline() == "runs\n"
        left = engine_processes(service.pid)
        assert len(left) >= 2
        service.kill()
    while any(is_running(process) for process in left):
        os.sched_yield()


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Clients that go away, or take their time


def test_a_client_who_goes_away_frees_his_place_at_once(run, count, engine_processes, until):
    async def asked(store):
        for _ in range(3):
            tasks = [asyncio.create_task(store.query(ENDLESS)) for _ in range(3)]
            await until(lambda: store.status().slow == 3 and len(store.status().at_work) == 3)
            at_work = store.status().at_work
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)
            assert (store.status().quick, store.status().slow) == (0, 0)
            await until(lambda ended=at_work: not any(map(is_running, ended)))
        assert store.status().stopped == {"gone": 9}
        return await count(store)

    assert run(asked, limits=PATIENT) == 1201


def test_closing_an_answer_ends_the_work_behind_it(run, until):
    async def asked(store):
        answer = await store.stream(Query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
        assert await anext(answer.chunks)
        at_work = store.status().at_work
        await answer.chunks.aclose()
        await until(lambda: not any(map(is_running, at_work)))
        unread = await store.stream(LARGE)
        await unread.chunks.aclose()
        await until(lambda: not store.status().at_work)
        status = store.status()
        assert (status.quick, status.slow) == (0, 0)
        assert (status.spool_memory, status.spool_disk) == (0, 0)

    run(asked, limits=PATIENT)


def test_readers_who_do_not_read_hold_no_worker(run, count, until):
    """Six of them before two places: their answers wait on disk and are whole in the end."""

    async def asked(store):
        answers = [await store.stream(LARGE) for _ in range(6)]
        await until(lambda: not store.status().at_work)
        assert store.status().spool_disk > 6 * 1_000_000
        assert await count(store) == 1201
        bodies = {b"".join([part async for part in answer.chunks]) for answer in answers}
        status = store.status()
        assert (status.spool_memory, status.spool_disk) == (0, 0)
        return bodies, await store.query(LARGE)

    limits = Limits(seconds=120, quick_slots=2, slow_slots=6, memory_before_disk=2_000_000)
    bodies, whole = run(asked, limits=limits)
    assert bodies == {whole.body}
    assert whole.body.count(b"\n") == 200_001


def test_a_full_spool_cuts_an_answer_where_it_can_be_seen(run, count, until):
    limits = Limits(seconds=120, spool_bytes=3_000_000, memory_before_disk=100_000)

    async def asked(store):
        first = await store.stream(LARGE)
        await until(lambda: not store.status().at_work)
        with pytest.raises(SizeLimitError, match="no more room"):
            b"".join([part async for part in first.chunks])
        assert (store.status().spool_memory, store.status().spool_disk) == (0, 0)
        return await count(store)

    assert run(asked, limits=limits) == 1201


# Versions that follow each other


def test_every_answer_comes_from_one_version_while_they_change(run, make_snapshot, until):
    """In version n there are n triples, and each says n."""
    snapshots = []
    for n in range(1, 7):
        lines = [f'<http://a/{m}> <http://b> "{n}" <http://g/{m % 2}> .\n' for m in range(n)]
        snapshots.append(make_snapshot(f"n{n}", "".join(lines).encode()))
    query = Query(
        "SELECT (COUNT(*) AS ?n) (MIN(?o) AS ?least) (MAX(?o) AS ?most) { ?s ?p ?o }",
        rows=ROW_FORMATS[2],
    )

    async def asked(store):
        seen = []
        over = False

        async def client():
            while not over:
                answer = await store.query(query)
                seen.append((answer.version, answer.body.splitlines()[1].decode()))

        clients = [asyncio.create_task(client()) for _ in range(4)]
        for snapshot in snapshots[1:]:
            await store.swap(snapshot)
            before = len(seen)  # some of what came meanwhile is of the version before
            assert store.version == snapshot.id
            await until(lambda count=before: len(seen) > count + 20)
        over = True
        await asyncio.gather(*clients)
        await store.swap(snapshots[4])
        answer = await store.query(query)
        await until(lambda: len(store.status().loaded) == 3)
        return seen, answer

    seen, answer = run(asked, of=snapshots[0], limits=PATIENT)
    assert {one for one, _ in seen} == {f"n{n}" for n in range(1, 7)}
    assert {row for version, row in seen if row != ",".join([version[1:]] * 3)} == set()
    assert (answer.version, answer.body) == ("n5", b"n,least,most\r\n5,5,5\r\n")


def test_what_runs_ends_on_the_version_it_began_with(run, make_snapshot, count):
    other = make_snapshot("other", b"<http://a> <http://b> <http://c> <http://g> .\n")

    async def asked(store):
        answer = await store.stream(LARGE)
        await store.swap(other)
        assert await count(store) == 1
        return answer.version, b"".join([part async for part in answer.chunks])

    version, body = run(asked, limits=Limits(seconds=120, kept_loaded=0))
    assert version == "first"
    assert body.count(b"\n") == 200_001


# Nothing is left


def open_files():
    """Return what is open in this process, by what it is."""
    kinds = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            kinds.append(one.readlink().name.partition(":")[0])
    return sorted(kinds)


def test_a_store_that_is_closed_leaves_nothing(engine, count, engine_processes, tmp_path, until):
    async def used():
        async with engine(limits=PATIENT) as store:
            assert await count(store) == 1201
            streams = [await store.stream(LARGE) for _ in range(3)]
            waiting = [asyncio.create_task(store.query(ENDLESS)) for _ in range(3)]
            await until(lambda: store.status().slow == 3)
            assert await anext(streams[0].chunks)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in outcomes] == [UnavailableError] * 3
        with pytest.raises(UnavailableError):
            await count(store)
        for stream in streams:
            await stream.chunks.aclose()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(tmp_path))
        asyncio.run(used())  # once, so that what Python itself opens is open
        before = open_files()
        asyncio.run(used())
    assert engine_processes(os.getpid()) == {}
    assert list(tmp_path.iterdir()) == []
    assert open_files() == before


# What a worker cannot reach


def network_of(process):
    """Return the network namespace of a process and the devices in it."""
    lines = Path(f"/proc/{process}/net/dev").read_text().splitlines()[2:]
    namespace = Path(f"/proc/{process}/ns/net").readlink()
    return namespace, [line.split(":")[0].strip() for line in lines]


def test_workers_have_no_network(run, engine_processes, until):
    ours, _ = network_of("self")

    async def asked(store):
        if not store.status().isolated:
            return False, []
        seen = []

        def all_have_left():
            # A process that has just begun has yet to leave the network: nothing was asked of it.
            seen[:] = map(network_of, engine_processes(os.getpid()))
            return len(seen) >= 2 and all(namespace != ours for namespace, _ in seen)

        await until(all_have_left)
        return True, seen

    isolated, found = run(asked, limits=PATIENT)
    if not isolated:
        pytest.skip("this system gives processes no network namespace of their own; serve says so")
    assert len(found) >= 2
    for namespace, devices in found:
        assert namespace != ours
        assert devices == ["lo"]


def test_without_network_the_engine_itself_reaches_nobody(listening):
    """Past every refusal, SERVICE and LOAD find nothing to talk to."""
    address, was_asked = listening
    program = f"""
import json
import pyoxigraph as ox
from osteokg.kg.worker.confinement import leave_network

told = [leave_network()]
for ask in (ox.Store().query, ox.Store().update):
    text = "LOAD <{address}>" if ask.__name__ == "update" else "ASK {{ SERVICE <{address}> {{}} }}"
    try:
        told.append(bool(ask(text)))
    except (OSError, RuntimeError) as error:
        told.append(str(error))
print(json.dumps(told))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    isolated, *told = json.loads(done.stdout)
    if not isolated:
        pytest.skip("this system gives processes no network namespace of their own; serve says so")
    assert [type(one) for one in told] == [str, str]
    assert not was_asked()
