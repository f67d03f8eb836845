"""Who asks, and how often: addresses, proxies, counts in bounded memory."""

from __future__ import annotations

import pytest
from fastapi import Request

from indelible.errors import ConfigurationError
from indelible.service.failures import RefusedError
from indelible.service.limits import Counters, Quota, address_of, networks


def request(peer: str, forwarded: str | None = None) -> Request:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # no proxy of ours: not believed
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the first is the client's own
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("fe80::1%eth0", None, "fe80::/64"),
        ("testclient", None, "unknown"),
    ],
)
def test_addresses(peer: str, forwarded: str | None, expected: str) -> None:
    assert address_of(request(peer, forwarded), networks("10.0.0.0/8")) == expected


def test_a_proxy_that_is_no_network_is_named() -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        networks("10.0.0.0/8, proxy")


def test_a_quota_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"service\.public_quota"):
        Quota("often", setting="service.public_quota", storage=Counters(), name="x")


def test_every_rule_of_a_quota_counts() -> None:
    quota = Quota("2/minute; 3/day", setting="s", storage=Counters(), name="n")
    quota.spend("a", "no")
    quota.spend("a", "no")
    with pytest.raises(RefusedError) as refused:
        quota.spend("a", "no")
    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= 60
    quota.spend("b", "no")


def test_memory_is_bounded_and_those_without_a_place_share_one() -> None:
    counters = Counters(most=10)
    quota = Quota("2/minute", setting="s", storage=counters, name="n")
    for number in range(10):
        quota.spend(f"early {number}", "no")
    for number in (1, 2):
        quota.spend(f"late {number}", "no")
    with pytest.raises(RefusedError):
        quota.spend("late 3", "no")
    assert len(counters._counts) <= 11
    quota.spend("early 3", "no")


def test_counts_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("indelible.service.limits.time.time", lambda: now)
    counters = Counters()
    assert [counters.incr("k", 60) for _ in range(2)] == [1, 2]
    now += 61
    assert counters.get("k") == 0
    assert counters.incr("k", 60) == 1
    now += 61
    counters.get("other")
    assert counters._counts == {}
