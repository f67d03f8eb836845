"""Addresses of resolvers: https, or this machine."""

from __future__ import annotations

import pickle

import pytest

from indelible.errors import ArgumentError
from indelible.resolution import Resolver, check_address


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://resolver.example", "https://resolver.example"),
        ("https://resolver.example/", "https://resolver.example"),
        ("https://resolver.example:8443/api/v1/", "https://resolver.example:8443/api/v1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses(address: str, kept: str) -> None:
    assert check_address(address) == Resolver(address).address == kept


@pytest.mark.parametrize(
    "address",
    ["", "resolver.example", "ftp://resolver.example", "http://resolver.example",
     "http://10.0.0.1/v1", "https://user:secret@resolver.example", "https://resolver.example/?a=b",
     "https://resolver.example/#x", "https://resolver.example?", "https://[::1", "https://",
     "http://localhost.example/", "https://a b/", 7, None],
)  # fmt: skip
def test_what_is_none(address: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Resolver(address)
    assert caught.value.argument == "resolvers"
    assert "secret" not in caught.value.message


def test_a_private_network_by_choice() -> None:
    assert Resolver("http://10.0.0.1/v1", allow_private=True).address == "http://10.0.0.1/v1"


@pytest.mark.parametrize("timeout", [0, -1, 601, float("nan")])
def test_times_that_are_none(timeout: float) -> None:
    with pytest.raises(ArgumentError, match="timeout"):
        Resolver("https://resolver.example", timeout=timeout)


def test_it_travels_without_a_token() -> None:
    made = Resolver("https://resolver.example", hosts=["other.example"], timeout=3)
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert (again.timeout, again.hosts) == (3, ("other.example",))
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(Resolver("https://resolver.example", token="a-token"))
    assert "a-token" not in repr(Resolver("https://resolver.example", token="a-token"))
