"""Versions: a write makes the next one or changes nothing; in files, and plain."""

import asyncio
import runpy
from copy import copy
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.builder import Builder, BuilderLimits
from osteokg.kg.drafting import GraphDrafter
from osteokg.kg.errors import (
    BusyError,
    DataError,
    GoneError,
    MemoryLimitError,
    NotFoundError,
    PreconditionError,
    ReadOnlyError,
    RequestError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.files import find_sources
from osteokg.kg.results import Query
from osteokg.kg.shelves import FolderShelf, PlainShelf
from osteokg.kg.versions import StoredVersions
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Update

LocalStore = runpy.run_path(str(Path(__file__).with_name("local_store.py")))["LocalStore"]
STUDY = "https://w3id.org/osteokg/graph/study/"
REED = STUDY + "reed-1999"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
OTHER = "https://example.org/notes"


class Service:
    """Versions as a server holds them, on a loop of their own."""

    def __init__(self, shelf, builder=None):
        self.loop = asyncio.Runner()
        self.shelf = shelf
        self.store = LocalStore(shelf.snapshot, shelf.find)
        self.builder = builder or Builder(shelf.beginning, BuilderLimits())
        self.versions = StoredVersions(self.store, self.builder, shelf)

    def write(self, write, if_match=None):
        return self.loop.run(self.versions.write(write, if_match))

    def update(self, text):
        return self.write(Update("PREFIX okg: <https://w3id.org/osteokg/vocab/>\n" + text))

    def ask(self, where, version=None):
        asked = Query(f"ASK {{ {where} }}", version=version)
        return b"true" in self.loop.run(self.store.query(asked)).body

    def close(self):
        self.loop.run(self.versions.close())
        self.loop.close()


class Here:
    """A builder in this process, for tests that are not about processes."""

    def __init__(self, drafter: GraphDrafter, home: Path):
        self.drafter = copy(drafter)  # what it begins with is never changed
        self.drafter.home = home

    async def draft(self, changes, folder):
        return await asyncio.to_thread(self.drafter.draft, changes, folder)

    async def accept(self):
        self.drafter.accept()

    async def close(self):
        pass


def turtle(text: str) -> tuple[Payload, ...]:
    return (Payload(text.encode(), ox.RdfFormat.TURTLE),)


def note(text: str) -> str:
    return f'INSERT DATA {{ GRAPH <{OTHER}> {{ <{OTHER}#it> <{LABEL}> "{text}" }} }}'


@pytest.fixture(scope="module")
def study(good):
    """A study that is not among the others."""
    text = (good / "reed-1999.ttl").read_text(encoding="utf-8")
    for old, new in (("reed-1999", "fern-2003"), ("Reed 1999", "Fern 2003"), ("-9", "-17")):
        text = text.replace(old, new)
    return text.replace('"9"', '"17"').replace(" 9 ", " 17 ")


@pytest.fixture(scope="module")
def drafter(good, tmp_path_factory):
    return GraphDrafter(find_sources([str(good)]), tmp_path_factory.mktemp("home"))


@pytest.fixture
def beside(good, tmp_path, drafter):
    """A service that writes beside files."""
    shelf = FolderShelf.open(tmp_path / "data", [str(good)])
    service = Service(shelf, Here(drafter, shelf.folder.path))
    yield service
    service.close()


@pytest.fixture
def building(good, tmp_path):
    """The same, with a builder in a process of its own."""
    service = Service(FolderShelf.open(tmp_path / "data", [str(good)]))
    yield service
    service.close()


# What a write makes


def test_a_write_makes_the_next_version_and_the_one_before_can_be_asked(beside):
    first = beside.store.version
    written = beside.update(note("one"))
    assert (written.created, written.changed) == ((OTHER,), (OTHER,))
    assert written.version == beside.store.version != first
    assert beside.ask(f'<{OTHER}#it> <{LABEL}> "one"')
    assert not beside.ask(f"<{OTHER}#it> ?p ?o", version=first)
    second = beside.update(note("two"))
    assert (second.created, second.changed) == ((), (OTHER,))
    now, before, begun = beside.versions.kept()
    assert (now.id, before.id, begun.id) == (second.version, written.version, first)
    assert (now.added, now.removed, now.note) == ({OTHER: 1}, {}, "written over HTTP")
    assert now.triples == before.triples + 1 == begun.triples + 2
    with pytest.raises(GoneError):
        beside.ask("?s ?p ?o", version="0" * 64)


def test_rules_run_on_what_is_written(beside, study):
    """What is computed from a study is there in the version that brings it."""
    written = beside.write(ReplaceGraph(STUDY + "fern-2003", turtle(study)))
    assert written.created == (STUDY + "fern-2003",)
    computed = STUDY.replace("study/", "computed/shortcuts")
    finding = "<https://w3id.org/osteokg/id/clinical/fern-2003-k2-bone-mass>"
    attributed = "<https://w3id.org/osteokg/vocab/attributedTo>"
    assert beside.ask(f"GRAPH <{computed}> {{ {finding} {attributed} ?study }}")
    assert beside.versions.kept()[0].added[computed] > 0


def test_the_file_of_a_graph_is_canonical_and_goes_with_it(beside, study):
    graph = STUDY + "fern-2003"
    beside.write(ReplaceGraph(graph, turtle(study)))
    path = beside.shelf.folder.path / "fern-2003.ttl"
    assert path.read_text(encoding="utf-8") == study
    written = beside.write(DropGraph(graph))
    assert (written.created, written.changed) == ((), (graph,))
    assert not path.exists()
    with pytest.raises(NotFoundError, match="There is no graph"):
        beside.write(DropGraph(graph))


def test_a_write_that_changes_nothing_makes_no_version(beside):
    first = beside.update(note("one"))
    again = beside.update(note("one"))
    assert (again.version, again.created, again.changed) == (first.version, (), ())
    assert len(beside.versions.kept()) == 2


def test_a_graph_without_a_triple_is_no_graph(beside):
    beside.update(note("one"))
    beside.update(f"DELETE WHERE {{ GRAPH <{OTHER}> {{ ?s ?p ?o }} }}")
    assert beside.shelf.folder.files() == []


def test_if_match_names_the_version_that_was_read(beside):
    first = beside.store.version
    with pytest.raises(PreconditionError, match=first):
        beside.write(Update(note("one")), ["0" * 64])
    assert not beside.ask(f"<{OTHER}#it> ?p ?o")
    beside.write(Update(note("one")), ["0" * 64, first])
    with pytest.raises(PreconditionError):
        beside.write(Update(note("two")), [first])


def test_writes_at_once_are_made_one_after_the_other(beside):
    async def both():
        return await asyncio.gather(
            *(beside.versions.write(Update(note(text))) for text in ("one", "two", "three"))
        )

    versions = [written.version for written in beside.loop.run(both())]
    assert [kept.id for kept in beside.versions.kept()][:3] == versions[::-1]
    assert beside.ask(f'<{OTHER}#it> <{LABEL}> "one" , "two" , "three"')


def test_too_many_writes_at_once_are_refused(beside, monkeypatch):
    monkeypatch.setattr("osteokg.kg.versions._WAITING", 1)

    async def both():
        writes = (beside.versions.write(Update(note(text))) for text in ("one", "two"))
        return await asyncio.gather(*writes, return_exceptions=True)

    written, refused = beside.loop.run(both())
    assert written.version == beside.store.version
    assert isinstance(refused, BusyError)
    assert refused.retry_after


# What is not written


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (REED, "held by the file reed-1999.ttl"),
        ("https://w3id.org/osteokg/graph/ontology", "the ontology"),
        ("https://w3id.org/osteokg/graph/metadata", "each version says of itself"),
        ("https://w3id.org/osteokg/graph/computed/votes", "rules compute it"),
        ("https://w3id.org/osteokg/graph/mappings", "the mappings"),
        ("https://w3id.org/osteokg/graph/other", "kept for graphs of OsteoKG's own"),
        (None, "the union of the named graphs"),
    ],
)
def test_what_files_and_rules_own_is_not_written(beside, graph, why):
    name = "DEFAULT" if graph is None else f"GRAPH <{graph}>"
    said = "<https://example.org/a> a <https://example.org/A>"
    inserted = said if graph is None else f"{name} {{ {said} }}"
    for write in (
        ReplaceGraph(graph, turtle(said + " .")),
        MergeGraph(graph, turtle(said + " .")),
        DropGraph(graph),
        Update(f"INSERT DATA {{ {inserted} }}"),
        Update(f"INSERT DATA {{ GRAPH <{OTHER}> {{ {said} }} {inserted} }}"),
    ):
        with pytest.raises(ReadOnlyError, match=why):
            beside.write(write)
    assert len(beside.versions.kept()) == 1


def test_what_is_not_valid_changes_nothing_and_every_problem_is_told(beside, study):
    before = sorted(beside.shelf.folder.path.rglob("*"))
    wrong = study.replace("okg:Increased", "okg:Inkreased").replace("okg:sex ", "okg:seks ")
    wrong = wrong.replace("okg:WholeBone", "okg:Femur")
    with pytest.raises(DataError) as error:
        beside.write(ReplaceGraph(STUDY + "fern-2003", turtle(wrong)))
    lines = wrong.splitlines()
    told = {(p.constraint, lines[(p.line or 0) - 1].strip()) for p in error.value.problems}
    assert {str(problem.file) for problem in error.value.problems} == {"fern-2003.ttl"}
    assert told >= {
        ("unknown-term", "okg:direction okg:Inkreased ;"),
        ("unknown-term", "okg:seks okg:Female ."),
        ("OrConstraintComponent", "okg:compartment okg:Femur ;"),
    }
    assert sorted(beside.shelf.folder.path.rglob("*")) == before
    assert len(beside.versions.kept()) == 1
    beside.write(ReplaceGraph(STUDY + "fern-2003", turtle(study)))


def test_what_a_write_makes_wrong_elsewhere_is_told_there(beside):
    """A second description of something that a file describes."""
    with pytest.raises(DataError, match=r"is described in reed-1999\.ttl too"):
        beside.update(
            f"INSERT DATA {{ GRAPH <{STUDY}fern> {{ "
            "<https://w3id.org/osteokg/id/study/reed-1999> okg:namedAs 'Fern' } }"
        )


def test_a_node_without_a_name_is_not_kept(beside):
    with pytest.raises(DataError, match="give it an IRI of its own") as error:
        beside.update(f"INSERT DATA {{ GRAPH <{OTHER}> {{ [] <{LABEL}> 'x' }} }}")
    assert [problem.constraint for problem in error.value.problems] == ["blank-node"]


def test_a_graph_whose_name_is_too_long_for_a_file_is_refused(beside):
    with pytest.raises(RequestError, match="too long"):
        beside.write(ReplaceGraph("https://example.org/" + "x" * 300, turtle("<a:a> a <a:b> .")))


# When something fails


def test_a_builder_that_takes_too_long_is_ended_and_nothing_has_changed(good, tmp_path):
    shelf = FolderShelf.open(tmp_path / "data", [str(good)])
    service = Service(shelf, Builder(shelf.beginning, BuilderLimits(seconds=0.05)))
    with pytest.raises(TimeLimitError, match="nothing has changed"):
        service.update(note("one"))
    assert service.builder._process is None  # noqa: SLF001 - it is gone
    assert list((tmp_path / "data" / ".staged").iterdir()) == []
    assert len(service.versions.kept()) == 1
    service.close()


def test_a_builder_that_needs_too_much_is_ended_and_the_next_begins_anew(building):
    building.builder._limits = BuilderLimits(memory=1 << 20)  # noqa: SLF001 - to fail on purpose
    with pytest.raises(MemoryLimitError, match="nothing has changed"):
        building.update(note("one"))
    building.builder._limits = BuilderLimits()  # noqa: SLF001 - to fail on purpose
    assert building.update(note("two")).created == (OTHER,)


def test_a_failure_of_ours_is_none_of_the_limits(building, capfd):
    """It is told as it is; the next draft begins as if there had been none."""
    with pytest.raises(RuntimeError, match="AttributeError in the builder"):
        building.loop.run(building.builder._ask("draft", 1, 2))  # noqa: SLF001 - wrong on purpose
    assert "AttributeError" in capfd.readouterr().err
    assert building.update(note("one")).created == (OTHER,)


def test_a_builder_that_is_killed_between_writes_begins_with_what_is_there(building):
    building.update(note("one"))
    building.builder._process.kill()  # noqa: SLF001 - to fail on purpose
    building.loop.run(building.builder._process.wait())  # noqa: SLF001 - to fail on purpose
    second = building.update(note("two"))
    assert (second.created, second.changed) == ((), (OTHER,))
    assert building.versions.kept()[0].added == {OTHER: 1}


def test_a_client_that_goes_away_leaves_a_whole_version_or_none(building):
    async def gone_after(seconds):
        task = asyncio.create_task(building.versions.write(Update(note(f"after {seconds}"))))
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])

    for seconds in (0, 0.01, 0.1, 0.3, 0.5):
        building.loop.run(gone_after(seconds))
        current = building.versions.kept()[0].id
        assert building.store.version == current == building.shelf.folder.current.version
        assert building.ask(f'<{OTHER}#it> <{LABEL}> "after {seconds}"') == (
            f"after {seconds}" in _text(building)
        )
    assert building.shelf.folder.differences() == []


def _text(service) -> str:
    return "".join(path.read_text() for path in service.shelf.folder.files())


def test_a_version_that_the_store_cannot_load_yet_is_served_at_the_next_write(beside):
    beside.store.fails = UnavailableError("not now")
    with pytest.raises(UnavailableError, match="not now"):
        beside.update(note("one"))
    beside.store.fails = None
    beside.update(note("two"))
    assert beside.ask(f'<{OTHER}#it> <{LABEL}> "one" , "two"')


def test_files_that_changed_under_the_service_are_not_taken_unseen(building, tmp_path):
    building.update(note("one"))
    path = building.shelf.folder.files()[0]
    path.write_text(path.read_text().replace("one", "eins"), encoding="utf-8")
    building.loop.run(building.builder.close())
    with pytest.raises(UnavailableError, match="changed since the service began"):
        building.update(note("two"))


# Plain


@pytest.fixture
def plain():
    service = Service(PlainShelf(keep=3))
    yield service
    service.close()


def test_a_plain_dataset_takes_any_graph_and_blank_nodes(plain):
    written = plain.update("INSERT DATA { _:a <a:p> 1 . GRAPH <a:g> { _:a <a:q> '1.50' } }")
    assert (written.created, written.changed) == (("a:g",), ("a:g",))
    assert plain.ask("?same <a:p> 1 . GRAPH <a:g> { ?same <a:q> '1.50' }")
    assert not plain.ask("?same <a:q> ?o")
    plain.loop.run(plain.builder.close())  # begun again from the snapshot
    plain.update("INSERT { GRAPH <a:h> { ?s <a:r> 2 } } WHERE { ?s <a:p> 1 }")
    assert plain.ask("?s <a:p> 1 . GRAPH <a:g> { ?s <a:q> ?o } GRAPH <a:h> { ?s <a:r> 2 }")


def test_plain_writes_at_once_are_carried_out_one_after_the_other(plain):
    counting = (
        "DELETE { <x:n> <x:is> ?n } INSERT { <x:n> <x:is> ?m } "
        "WHERE { <x:n> <x:is> ?n BIND(?n + 1 AS ?m) }"
    )
    plain.update("INSERT DATA { <x:n> <x:is> 0 }")

    async def many():
        return await asyncio.gather(*(plain.versions.write(Update(counting)) for _ in range(10)))

    assert len({written.version for written in plain.loop.run(many())}) == 10
    assert plain.ask("<x:n> <x:is> 10")


def test_a_graph_without_a_triple_is_there_where_it_was_made(plain):
    made = plain.write(ReplaceGraph("x:g", turtle("")))
    assert made.created == ("x:g",)
    assert plain.shelf.snapshot.empty_graphs == ("x:g",)
    plain.loop.run(plain.builder.close())  # begun again from the snapshot
    filled = plain.update("INSERT DATA { GRAPH <x:g> { <x:a> <x:p> 1 } }")
    assert (filled.created, filled.changed) == ((), ("x:g",))
    assert plain.shelf.snapshot.empty_graphs == ()


def test_plain_versions_are_kept_for_a_while(plain):
    first = plain.store.version
    versions = [plain.update(f"INSERT DATA {{ <a:a> <a:p> {n} }}").version for n in range(3)]
    assert [kept.id for kept in plain.versions.kept()] == versions[::-1]
    assert plain.ask("<a:a> <a:p> 0", version=versions[0])
    with pytest.raises(GoneError):
        plain.ask("?s ?p ?o", version=first)
    assert plain.versions.kept()[0].added == {"": 1}
    folder = Path(plain.shelf.snapshot.path).parent
    plain.close()
    assert not folder.exists()
    plain.close = lambda: None
