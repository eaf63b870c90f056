"""Settings, and the port that is taken with them."""

import dataclasses
import socket
from contextlib import ExitStack

import pytest

from osteokg.api.serving import bind, listen
from osteokg.api.settings import Settings, from_environment, port_number
from osteokg.kg.errors import RequestError


def test_the_defaults_are_safe():
    assert from_environment({}) == Settings()
    assert Settings().host == "127.0.0.1"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1


def test_the_environment_is_read_in_one_place():
    given = {
        "OSTEOKG_HOST": "0.0.0.0",  # noqa: S104 - read, not bound
        "OSTEOKG_PORT": "81",
        "OSTEOKG_BASE_URL": "https://example.org/k2/",
    }
    settings = from_environment(given)
    assert (settings.host, settings.port) == (given["OSTEOKG_HOST"], 81)
    assert settings.base_url == "https://example.org/k2"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "http://127.0.0.1:8000/"),
        (Settings(host="::1", port=81), "http://[::1]:81/"),
        (Settings(base_url="https://example.org/k2"), "https://example.org/k2/"),
    ],
)
def test_a_service_says_where_it_is(settings, address):
    assert settings.address() == address


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org", "http://", "http://a b", "https://a?b"]
)
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(RequestError, match="is no address of a service"):
        from_environment({"OSTEOKG_BASE_URL": address})


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("80", 80), ("65535", 65535)])
def test_ports_are_numbers(text, port):
    assert port_number(text) == port


@pytest.mark.parametrize("text", ["", "-1", "65536", "1e3", "80 ", "http", "²"])
def test_what_is_no_port_is_told(text):
    with pytest.raises(ValueError, match="numbers from 0 to 65535"):
        port_number(text)
    with pytest.raises(RequestError, match=r"OSTEOKG_PORT: .*is no port"):
        from_environment({"OSTEOKG_PORT": text})


# The port


def test_a_bound_port_is_held_but_nobody_listens_yet():
    with ExitStack() as held:
        (one,) = bind("127.0.0.1", 0, held)
        port = one.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        listen([one])
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(RequestError, match="Address already in use"):
            bind("127.0.0.1", port, held)
    with ExitStack() as held:
        assert bind("127.0.0.1", port, held)


def test_of_two_that_take_a_port_at_once_the_later_is_told():
    with ExitStack() as held:
        first = bind("127.0.0.1", 0, held)
        second = bind("127.0.0.1", first[0].getsockname()[1], held)
        listen(second)
        with pytest.raises(RequestError, match="Address already in use"):
            listen(first)


def test_a_host_of_two_families_has_one_port():
    with ExitStack() as held:
        sockets = bind("localhost", 0, held)
        assert len({one.getsockname()[1] for one in sockets}) == 1


def test_a_host_that_none_can_be_is_told():
    with ExitStack() as held, pytest.raises(RequestError, match=r"cannot listen on x{64}, port 0"):
        bind("x" * 64, 0, held)
