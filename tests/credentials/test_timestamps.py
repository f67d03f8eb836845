"""Time stamps, from a real authority on the loopback interface."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indelible.credentials import PemSigner, Trust, read, sign
from indelible.errors import CertificateError, SigningError
from tests.credentials.authority import DAY, NOW, Authority, Leaf, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture
from tests.credentials.timestamp_authority import TimeStampAuthority

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

AUTHORITY = Authority()
KEY = new_key()
CHAIN = pem(AUTHORITY.issue(KEY))
FIXTURES = Path(__file__).parent / "fixtures"
TRUST = Trust.nobody().with_anchors(AUTHORITY.pem)


@pytest.fixture
def tsa(tmp_path: Path) -> Iterator[TimeStampAuthority]:
    authority = TimeStampAuthority(tmp_path)
    yield authority
    authority.close()


def signer(url: str) -> PemSigner:
    return PemSigner(CHAIN, key_pem(KEY), timestamp_url=url)


def test_the_time_comes_from_the_authority(tsa: TimeStampAuthority) -> None:
    request = make_request(when=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    data = sign(picture(), "jpeg", request, signer(tsa.url)).data
    asked = tsa.queries
    assert asked >= 1
    trust = TRUST.with_anchors(tsa.authority.pem, name="time", kind="tsa")
    report = read(data, "jpeg", trust=trust)
    assert tsa.queries == asked
    assert report.state == "trusted"
    assert report.timestamp_trusted
    assert report.time is not None
    assert abs(dt.datetime.fromisoformat(report.time) - dt.datetime.now(dt.UTC)) < DAY


def test_an_authority_on_no_list_is_told(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), "jpeg", make_request(), signer(tsa.url)).data
    report = read(data, "jpeg", trust=TRUST)
    assert report.state == "trusted"
    assert not report.timestamp_trusted
    assert any("time-stamp authority" in reason for reason in report.reasons)


def test_a_time_stamp_authority_does_not_vouch_for_signers(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), "jpeg", make_request(), signer(tsa.url)).data
    trust = Trust.nobody().with_anchors(AUTHORITY.pem, name="time", kind="tsa")
    report = read(data, "jpeg", trust=trust)
    assert report.state == "valid"
    assert not report.signer_trusted


def test_an_authority_that_fails_is_named(tsa: TimeStampAuthority) -> None:
    tsa.broken = True
    with pytest.raises(SigningError, match="time-stamp authority"):
        sign(picture(), "jpeg", make_request(), signer(tsa.url))
    url = tsa.url
    tsa.close()
    with pytest.raises(SigningError, match="time-stamp authority"):
        sign(picture(), "jpeg", make_request(), signer(url))
    with pytest.raises(SigningError, match="no http"):
        sign(picture(), "jpeg", make_request(), signer("ftp://example.org"))


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def test_without_a_time_stamp_a_signature_ends_with_its_certificate() -> None:
    trust = Trust.nobody().with_anchors(fixture("expired-ca.pem"))
    report = read(fixture("expired.jpg"), "jpeg", trust=trust)
    assert report.state == "invalid"
    assert "signingCredential.expired" in [item.code for item in report.failures]
    assert any("expired" in reason and "time stamp" in reason for reason in report.reasons)


def test_a_time_stamp_outlives_the_certificate() -> None:
    trust = Trust.nobody().with_anchors(fixture("expired-ca.pem"))
    trust = trust.with_anchors(fixture("expired-tsa-ca.pem"), kind="tsa", name="time")
    report = read(fixture("expired-stamped.jpg"), "jpeg", trust=trust)
    assert report.state == "trusted"
    assert report.timestamp_trusted


def test_an_expired_certificate_is_refused_before_it_signs() -> None:
    key = new_key()
    expired = Leaf(start=NOW - 20 * DAY, end=NOW - 10 * DAY)
    old = PemSigner(pem(AUTHORITY.issue(key, expired)), key_pem(key))
    with pytest.raises(CertificateError, match="expired on"):
        sign(picture(), "jpeg", make_request(), old)
