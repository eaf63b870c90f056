"""What is counted again says what the graph says, and leaving out never adds anything."""

import asyncio
from collections import Counter

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.catalogue import view
from osteokg.kg.kept import Kept
from osteokg.kg.names import VOCAB, okg
from osteokg.kg.store import InProcessStore
from osteokg.kg.synthesis import claims, gaps
from osteokg.kg.synthesis.claims import RECOUNT as AUDITS
from osteokg.kg.synthesis.evidence import Evidence, Selection
from osteokg.kg.synthesis.gaps import RECOUNT as GAPS
from osteokg.kg.synthesis.votes import RECOUNT as VOTES

OKG = f"PREFIX okg: <{VOCAB}> "


@pytest.fixture(scope="module")
def findings(version):
    rows = version.store.query(OKG + "SELECT ?f { ?f a okg:Finding }")
    return sorted(row["f"].value for row in rows)


@pytest.fixture(scope="module")
def recounted(version):
    """Return the rows of views after the rules ran again without some findings."""
    store = InProcessStore(version)
    rows = version.store.query(OKG + "SELECT ?cell { ?cell a okg:EvidenceCell }")
    cells = [row["cell"].value for row in rows]

    def run(recount, views, left_out, whole=False):
        gone = {} if whole else {"some": frozenset(left_out) or frozenset({"urn:nothing"})}
        evidence = Evidence(Kept(store), Selection(), None, gone)
        if recount is VOTES and not whole:
            return asyncio.run(evidence.recounted(recount, *views, of=cells))
        return asyncio.run(evidence.results(recount, *views))

    yield run
    asyncio.run(store.close())


def as_set(rows):
    return {frozenset(row.items()) for row in rows}


@pytest.mark.parametrize(
    ("recount", "views"),
    [
        (VOTES, ["synthesis/counts", "synthesis/votes"]),
        (GAPS, ["synthesis/gaps"]),
        (AUDITS, ["synthesis/claims", "synthesis/conclusions", "synthesis/verdicts"]),
    ],
)
def test_with_nothing_left_out_the_rules_find_what_stands_in_the_graph(recounted, recount, views):
    again = recounted(recount, views, ())
    stored = recounted(recount, views, (), whole=True)
    assert [as_set(rows) for rows in again] == [as_set(rows) for rows in stored]
    assert all(rows for rows in stored)


def test_without_retracted_the_votes_are_those_that_the_graph_holds_for_it(recounted, version):
    text = OKG + "SELECT ?f { ?f okg:retraction okg:AllSourcesRetracted }"
    retracted = [row["f"].value for row in version.store.query(text)]
    (votes,) = recounted(VOTES, ["synthesis/votes"], retracted)
    stored = view("synthesis/votes").replace("okg:AllEvidence", "okg:WithoutRetracted")
    names = ("cell", "experiment", "direction")
    assert {tuple(row[name] for name in names) for row in votes} == {
        tuple(row[name].value for name in names) for row in version.store.query(stored)
    }


def test_without_retracted_the_verdicts_are_those_that_the_graph_holds_for_it(recounted, version):
    text = OKG + "SELECT ?f { ?f okg:retraction okg:AllSourcesRetracted }"
    retracted = [row["f"].value for row in version.store.query(text)]
    (rows,) = recounted(AUDITS, ["synthesis/conclusions"], retracted)
    found = {row["proposition"]: row["value"] for row in rows if row["column"] == "verdict"}
    text = OKG + "SELECT ?p ?v { ?p a okg:Proposition ; okg:auditResultWithoutRetracted ?v }"
    assert found == {row["p"].value: row["v"].value for row in version.store.query(text)}


@given(data=st.data())
def test_leaving_out_never_makes_a_vote_nor_fills_a_gap(recounted, findings, data):
    left_out = data.draw(st.sets(st.sampled_from(findings)))
    more = left_out | data.draw(st.sets(st.sampled_from(findings)))
    votes, fewer = (recounted(VOTES, ["synthesis/votes"], some)[0] for some in (left_out, more))
    pairs = Counter((row["cell"], row["experiment"]) for row in votes)
    assert max(pairs.values(), default=1) == 1
    assert {(row["cell"], row["experiment"]) for row in fewer} <= set(pairs)
    open_, wider = (recounted(GAPS, ["synthesis/gaps"], some)[0] for some in (left_out, more))
    assert {row["gap"] for row in open_} <= {row["gap"] for row in wider}


@given(data=st.data())
def test_a_vote_is_the_direction_of_what_is_kept(recounted, findings, version, data):
    """The vote of an experiment in a cell, counted here in another way."""
    left_out = data.draw(st.sets(st.sampled_from(findings)))
    told = version.store.query(
        OKG + "SELECT * { ?finding okg:cell ?cell ; okg:direction ?direction ; okg:study ?study ;"
        " okg:comparison/okg:targetArm/okg:partOfExperiment ?experiment }"
    )
    joint = {
        row["s"].value
        for row in version.store.query(OKG + "SELECT ?s { ?s okg:jointAttribution ?m }")
    }
    signs = {okg(name) for name in ("Increased", "Decreased", "NoDifference", "Mixed")}
    seen = {}
    for row in told:
        kept = row["finding"].value not in left_out and row["direction"].value in signs
        if kept and row["study"].value not in joint:
            key = (row["cell"].value, row["experiment"].value)
            seen.setdefault(key, set()).add(row["direction"].value)
    expected = {
        key: next(iter(some)) if len(some) == 1 else okg("Mixed") for key, some in seen.items()
    }
    (votes,) = recounted(VOTES, ["synthesis/votes"], left_out)
    found = {(row["cell"], row["experiment"]): row["direction"] for row in votes}
    assert {key: found[key] for key in expected} == expected
    assert all("joint" in experiment for _, experiment in set(found) - set(expected))


def test_nothing_is_written_into_the_store_that_is_asked(ask_kept, version):
    before = len(version.store)
    for made in (gaps, claims):
        ask_kept(made, Selection(without=frozenset({"retracted"})))
    assert len(version.store) == before
    assert isinstance(version.store, ox.Store)
