"""Operations: whether it lives, whether it answers, its numbers, who asks too often."""

import asyncio
import json
import re

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from osteokg import __version__
from osteokg.api.addresses import is_among, one_client
from osteokg.api.app import create_app
from osteokg.api.rate import Buckets
from osteokg.api.settings import Settings, from_environment
from osteokg.kg.errors import TimeLimitError, UnavailableError

ASK = "/sparql?query=ASK%20%7B%7D"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def client(asked):
    """Make clients of an application, each with a store that tells what it was asked."""

    def make(store=None, *, address="127.0.0.1", **given):
        app = create_app(Settings(**given), store or asked())
        return TestClient(app, client=(address, 5000), raise_server_exceptions=False)

    return make


class Broken:
    """A store whose every query fails, as told."""

    version = "0" * 64

    def __init__(self, error):
        self.error = error
        self.asked = 0

    async def query(self, _query):
        self.asked += 1
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error

    stream = query

    async def close(self):
        pass


def numbers(client, **headers) -> dict[str, float]:
    """Return the samples at /metrics by name and labels, as Prometheus writes them."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


# Health and readiness


def test_health_asks_nobody(client):
    store = Broken(UnavailableError("the engine is gone"))
    response = client(store).get("/health")
    assert response.json() == {"status": "ok", "version": "0" * 64, "software": __version__}
    assert store.asked == 0


def test_ready_is_who_answers_a_query(client, asked):
    store = asked()
    one = client(store)
    for _ in range(2):
        response = one.get("/ready")
        assert response.json() == {"status": "ready", "version": "0" * 64, "software": __version__}
    assert len(store.queries) == 2, "an answer that was kept shows nothing of the engine"


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (Broken(None), "A query was not answered within 0.2 s."),
        (Broken(UnavailableError("the engine is gone")), "not answered: the engine is gone"),
        (Broken(TimeLimitError("10 s are over")), "not answered: 10 s are over"),
    ],
)
def test_who_answers_no_query_is_not_ready_and_says_why(client, store, words):
    response = client(store, ready_seconds=0.2).get("/ready")
    assert response.status_code == 503
    assert words in response.json()["detail"]
    assert response.headers["retry-after"] == "1"


def test_a_wrong_answer_is_not_ready(client, asked):
    response = client(asked(b'{"head":{},"boolean":false}')).get("/ready")
    assert response.status_code == 503
    assert "was answered otherwise" in response.json()["detail"]


def test_a_failure_that_nobody_foresaw_is_not_ready(client):
    assert client(Broken(ZeroDivisionError("secret"))).get("/ready").status_code == 500


def test_a_service_that_stops_is_not_ready(client):
    one = client()
    one.app.state.stopping = True
    response = one.get("/ready")
    assert response.status_code == 503
    assert "is stopping" in response.json()["detail"]
    assert one.get("/health").status_code == 200


def test_a_real_server_is_ready(server):
    response = server.get("/ready")
    assert response.json()["version"] == server.get("/health").json()["version"]


# Numbers


def test_queries_are_counted_by_what_came_of_them(server, until):
    page = (
        'osteokg_http_requests_total{method="GET",route="/id/{kind}/{slug}.{suffix}",status="200"}'
    )
    before = numbers(server)
    counted = "ASK { ?asked ?nowhere ?else }"  # else it might be a repeat
    for query in (counted, counted, "SELECT", "ASK { SERVICE <x:y> {} }"):
        server.get("/sparql", params={"query": query})
    server.post("/sparql", data={"query": counted})
    server.get("/id/finding/quill-2001-k2-bone-mass-femur.ttl?asked=nowhere-else")
    # A request is counted when it has been answered.
    until(lambda: numbers(server).get(page, 0) > before.get(page, 0))
    after = numbers(server)

    def more(name):
        return after[name] - before.get(name, 0)

    assert more('osteokg_queries_total{origin="client",outcome="answered"}') == 2
    assert more('osteokg_queries_total{origin="client",outcome="query syntax"}') == 1
    assert more('osteokg_queries_total{origin="client",outcome="query refused"}') == 1
    assert more('osteokg_queries_total{origin="page",outcome="answered"}') >= 1
    assert more("osteokg_http_repeats_total") == 1
    assert more('osteokg_query_seconds_count{origin="client"}') == 4
    assert more('osteokg_http_requests_total{method="GET",route="/sparql",status="200"}') == 2
    assert more('osteokg_http_requests_total{method="GET",route="/sparql",status="400"}') == 2
    assert more('osteokg_cache_queries_total{result="hits"}') >= 1
    assert after["osteokg_connections"] >= 1
    assert after["osteokg_http_requests_in_progress"] == 1, "the one that asks"
    assert after["process_open_fds"] > 0
    info = [name for name in after if name.startswith("osteokg_info")]
    version = server.get("/health").json()["version"]
    assert info == [f'osteokg_info{{data="{version}",software="{__version__}"}}']


def test_there_are_no_more_names_than_routes(client):
    """Whatever strangers ask for, memory is not theirs to fill."""
    one = client()
    for n in range(50):
        one.get(f"/nowhere/{n}")
        one.request(f"X{n}", "/health")
    names = [name for name in numbers(one) if name.startswith("osteokg_http_requests_total")]
    assert len(names) == 2
    assert all('route="other"' in name or 'method="other"' in name for name in names)


def test_two_applications_count_for_themselves(client):
    first, second = client(), client()
    first.get(ASK)
    name = 'osteokg_queries_total{origin="client",outcome="answered"}'
    assert numbers(first)[name] == 1
    assert name not in numbers(second)


def test_the_numbers_are_given_as_openmetrics_too(client):
    response = client().get("/metrics", headers={"Accept": OPENMETRICS})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("address", "given", "headers", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("::1", {}, {}, 200),
        ("::ffff:127.0.0.1", {}, {}, 200),
        ("192.0.2.1", {}, {}, 403),
        ("unknown", {}, {}, 403),
        ("127.0.0.1", {}, {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("127.0.0.1", {}, {"Via": "1.1 proxy"}, 403),
        ("192.0.2.1", {"OSTEOKG_METRICS_FROM": "192.0.2.0/24"}, {}, 200),
        ("127.0.0.1", {"OSTEOKG_METRICS_FROM": "192.0.2.0/24"}, {}, 403),
        ("127.0.0.1", {"OSTEOKG_METRICS_FROM": ""}, {}, 403),
    ],
)
def test_the_numbers_are_for_those_who_may_read_them(asked, address, given, headers, status):
    app = create_app(from_environment(given), asked())
    response = TestClient(app, client=(address, 5000)).get("/metrics", headers=headers)
    assert response.status_code == status
    if status == 403:
        assert "--metrics-from" in response.json()["detail"]
        assert "osteokg_" not in response.text


def test_a_failure_is_counted_as_one(client):
    one = client(Broken(ZeroDivisionError("secret")))
    assert one.get(ASK).status_code == 500
    assert numbers(one)['osteokg_queries_total{origin="client",outcome="failed"}'] == 1


# The rate limit


def test_who_asks_too_often_is_told_when_to_ask_again(client):
    one = client(rate_limit=0.01, rate_burst=3)
    answers = [one.get(ASK) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        '"requests";r=2',
        '"requests";r=1',
        '"requests";r=0',
        '"requests";r=0',
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"requests";q=3;w=300'}
    refused = answers[-1]
    assert 90 <= int(refused.headers["retry-after"]) <= 100
    assert refused.json()["title"] == "Too many requests"
    assert "0.01 requests a second, after the first 3" in refused.json()["detail"]
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert numbers(one)["osteokg_rate_limited_total"] == 1


def test_the_limit_is_each_client_s_own(asked):
    app = create_app(Settings(rate_limit=0.01, rate_burst=1), asked())

    def status(address):
        return TestClient(app, client=(address, 5000)).get(ASK).status_code

    assert [status("192.0.2.1"), status("192.0.2.1"), status("192.0.2.2")] == [200, 429, 200]
    assert [status("2001:db8::1"), status("2001:db8::2"), status("2001:db8:1::1")] == [
        200,
        429,
        200,
    ]


def test_who_watches_over_the_service_may_ask_as_often_as_it_must(client):
    one = client(rate_limit=0.01, rate_burst=1)
    for path in ("/health", "/ready", "/metrics") * 3:
        response = one.get(path)
        assert response.status_code == 200
        assert "ratelimit" not in response.headers


def test_without_the_option_nobody_is_limited(client):
    assert "ratelimit" not in client().get(ASK).headers


@pytest.mark.parametrize(
    ("trusted", "statuses"), [(True, [200, 200, 429]), (False, [200, 429, 429])]
)
def test_behind_a_trusted_proxy_the_client_is_whom_it_names(opened, trusted, statuses):
    given = {"OSTEOKG_TRUSTED_PROXIES": "127.0.0.1"} if trusted else {}
    proxies = from_environment(given).trusted_proxies
    server = opened(rate_limit=0.01, rate_burst=1, trusted_proxies=proxies)
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.address[1]}", trust_env=False) as one:
        asked = [
            one.get(ASK, headers={"X-Forwarded-For": f"{forged}{address}"}).status_code
            for forged, address in (
                ("", "192.0.2.1"),
                ("", "192.0.2.2"),
                ("198.51.100.9, ", "192.0.2.1"),
            )
        ]
    assert asked == statuses


@given(
    st.floats(0.1, 100),
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 5), st.sampled_from("ab")), max_size=80),
)
@settings(max_examples=200)
def test_no_client_gets_more_than_burst_and_rate_allow(rate, burst, steps):
    """In any time, at most the burst and what the rate adds; and who waits as told may ask."""
    now = [0.0]
    buckets = Buckets(rate, burst, lambda: now[0])
    times = {"a": [], "b": []}
    for pause, client in steps:
        now[0] += pause
        standing = buckets.take(client)
        if standing.allowed:
            times[client].append(now[0])
            assert standing.left >= 0
        else:
            assert standing.wait > 0
    for granted in times.values():
        for first, start in enumerate(granted):
            for count, end in enumerate(granted[first:], start=1):
                assert count <= burst + (end - start) * rate + 1e-6


@given(st.floats(0.1, 100), st.integers(1, 20))
def test_who_waits_as_told_may_ask_again(rate, burst):
    now = [0.0]
    buckets = Buckets(rate, burst, lambda: now[0])
    for _ in range(burst):
        assert buckets.take("a").allowed
    standing = buckets.take("a")
    assert not standing.allowed
    now[0] += standing.wait + 1e-6
    assert buckets.take("a").allowed


def test_what_is_remembered_of_clients_is_bounded():
    buckets = Buckets(1, 1)
    for n in range(20_000):
        buckets.take(str(n))
    assert len(buckets) == 10_000


# Addresses


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a" * 1000, "unknown"),
    ],
)
def test_a_client_is_an_address_or_the_network_of_one(address, client):
    assert one_client(address) == client


def test_networks_hold_addresses():
    networks = from_environment({"OSTEOKG_METRICS_FROM": "10.0.0.0/8, ::1"}).metrics_from
    assert [is_among(one, networks) for one in ("10.1.2.3", "::ffff:10.1.2.3", "::1")] == [True] * 3
    assert [is_among(one, networks) for one in ("11.1.2.3", "::2", "", "x")] == [False] * 4


# Ids


@pytest.mark.parametrize("given_id", ["7f3a", "a.b-c_d", "X" * 128])
def test_an_id_that_a_proxy_gave_is_kept(client, given_id):
    response = client().get("/nowhere", headers={"X-Request-ID": given_id})
    assert response.headers["x-request-id"] == given_id
    assert response.json()["request_id"] == given_id


@pytest.mark.parametrize("given_id", ["", " ", "a b", "é", "-a", "a\tb", "X" * 129, '"', "<b>"])
def test_an_id_that_is_none_is_replaced(client, given_id):
    response = client().get("/nowhere", headers={"X-Request-ID": given_id.encode()})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])
    assert json.loads(response.text)["request_id"] == response.headers["x-request-id"]


def test_a_page_of_another_origin_may_read_id_and_standing(client):
    response = client().get(ASK, headers={"Origin": "https://example.org"})
    exposed = response.headers["access-control-expose-headers"].lower().split(", ")
    assert {"x-request-id", "ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)
