"""A store in this process that can say what a write would change: for tests of versions alone."""

from osteokg.kg.errors import GoneError
from osteokg.kg.results import evaluate
from osteokg.kg.worker.snapshot import load
from osteokg.kg.worker.writing import changes


class LocalStore:
    def __init__(self, snapshot, kept=lambda version: None):
        self.kept = kept
        self.snapshot = snapshot
        self.fails = None

    @property
    def version(self):
        return self.snapshot.id

    async def query(self, query):
        snapshot = self.snapshot
        if query.version not in (None, self.version):
            snapshot = self.kept(query.version)
            if snapshot is None:
                raise GoneError(query.version)
        return evaluate(load(snapshot), query)

    async def evaluate(self, write, client=""):  # noqa: ARG002 - as a store has it
        return changes(load(self.snapshot), write, self.snapshot.union)

    async def swap(self, snapshot):
        if self.fails:
            raise self.fails
        self.snapshot = snapshot

    async def close(self):
        pass
