"""Time stamps, from a real authority on the loopback interface."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from indelible.credentials import DevelopmentIdentity, PemSigner, Trust, read, sign
from indelible.credentials.manifests import signing
from indelible.credentials.manifests.reading import _report
from indelible.credentials.store.opening import open_store
from indelible.errors import CertificateError, SigningError
from indelible.imaging import ImageFile
from tests.credentials.authority import DAY, NOW, Authority, Leaf, freeze, key_pem, new_key, pem
from tests.credentials.conftest import library_reading, make_request, picture, sign_unchecked
from tests.credentials.timestamp_authority import TimeStampAuthority

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

AUTHORITY = Authority()
KEY = new_key()
CHAIN = pem(AUTHORITY.issue(KEY))
FIXTURES = Path(__file__).parents[1] / "fixtures"
TRUST = Trust.nobody().with_anchors(AUTHORITY.pem)


@pytest.fixture
def tsa(tmp_path: Path) -> Iterator[TimeStampAuthority]:
    authority = TimeStampAuthority(tmp_path)
    yield authority
    authority.close()


def signer(url: str | None) -> PemSigner:
    return PemSigner(CHAIN, key_pem(KEY), timestamp_url=url)


def test_the_time_comes_from_the_authority(tsa: TimeStampAuthority) -> None:
    request = make_request(when=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    data = sign(picture(), request, signer(tsa.url)).data
    asked = tsa.queries
    assert asked >= 1
    trust = TRUST.with_anchors(tsa.authority.pem, name="time", kind="tsa")
    report = read(data, trust=trust)
    assert tsa.queries == asked
    assert report.state == "trusted"
    assert report.timestamped
    assert report.timestamp_trusted
    assert report.time is not None
    assert abs(dt.datetime.fromisoformat(report.time) - dt.datetime.now(dt.UTC)) < DAY


def test_an_authority_on_no_list_is_told(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), make_request(), signer(tsa.url)).data
    report = read(data, trust=TRUST)
    assert report.state == "trusted"
    assert not report.timestamped
    assert report.timestamp_trusted is False
    assert report.clock == "time stamp of an unknown authority"
    assert any("unknown authority" in reason for reason in report.reasons)


def test_an_authority_for_signers_is_none_for_time_stamps(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), make_request(), signer(tsa.url)).data
    report = read(data, trust=TRUST.with_anchors(tsa.authority.pem, name="signers"))
    assert report.state == "trusted"
    assert (report.timestamped, report.timestamp_trusted) == (False, False)
    assert any("unknown authority" in reason for reason in report.reasons)
    unsigned = read(sign(picture(), make_request(), signer(None)).data, trust=TRUST)
    assert (unsigned.timestamped, unsigned.timestamp_trusted) == (False, None)
    assert unsigned.clock == "by the signer's own clock"


def test_a_time_stamp_authority_does_not_vouch_for_signers(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), make_request(), signer(tsa.url)).data
    trust = Trust.nobody().with_anchors(AUTHORITY.pem, name="time", kind="tsa")
    report = read(data, trust=trust)
    assert report.state == "valid"
    assert not report.signer_trusted


def test_old_manifests_need_a_listed_authority_too(tsa: TimeStampAuthority) -> None:
    """For them the library asks no list, and calls every time stamp trusted."""
    action = {"action": "c2pa.created", "when": "2020-01-01T00:00:00Z"}
    manifest = {
        "claim_version": 1,
        "claim_generator": "Acme/1",
        "claim_generator_info": [{"name": "Acme"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    data = sign_unchecked(manifest, signer(tsa.url))
    for trust, believed in (
        (TRUST, False),
        (TRUST.with_anchors(tsa.authority.pem, name="signers"), False),
        (TRUST.with_anchors(tsa.authority.pem, name="time", kind="tsa"), True),
    ):
        report = read(data, trust=trust)
        assert report.state == "trusted"
        assert (report.timestamped, report.timestamp_trusted) == (believed, believed)


def test_a_second_time_stamp_elsewhere_is_not_mistaken_for_it(tsa: TimeStampAuthority) -> None:
    data = sign(picture(), make_request(), signer(tsa.url)).data
    trust = TRUST.with_anchors(tsa.authority.pem, name="time", kind="tsa")
    reading, image = library_reading(data, trust), ImageFile(data)
    assert _report(reading, image, trust, is_own=True).timestamped
    store = reading.store.data
    assert store.count(b"c2pa.actions.v2\0") == 1
    other = open_store(store.replace(b"c2pa.actions.v2\0", b"c2pa.time-stamp\0"))
    report = _report(dataclasses.replace(reading, store=other), image, trust, is_own=True)
    assert (report.timestamped, report.timestamp_trusted) == (False, False)


def test_an_authority_that_fails_is_named(tsa: TimeStampAuthority) -> None:
    tsa.broken = True
    with pytest.raises(SigningError, match="time-stamp authority"):
        sign(picture(), make_request(), signer(tsa.url))
    url = tsa.url
    tsa.close()
    with pytest.raises(SigningError, match="time-stamp authority"):
        sign(picture(), make_request(), signer(url))
    with pytest.raises(SigningError) as caught:
        sign(picture(), make_request(), signer(url))
    assert "none" in caught.value.diagnostics()  # how to go on without
    with pytest.raises(SigningError, match="no http"):
        sign(picture(), make_request(), signer("ftp://example.org"))


def test_signing_without_a_time_stamp_warns_once(
    caplog: pytest.LogCaptureFixture, identity: DevelopmentIdentity
) -> None:
    key = new_key()
    ours = PemSigner(pem(AUTHORITY.issue(key)), key_pem(key))
    for who in (identity.signer, ours, ours):
        sign(picture(), make_request(), who)
    (record,) = [item for item in caplog.records if "without a time stamp" in item.message]
    assert "expires" in record.message


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


@pytest.mark.parametrize(
    ("file", "stamp_kind"),
    [
        ("expired.jpg", None),
        ("expired-stamped.jpg", None),
        ("expired-stamped.jpg", "manifest"),  # an authority for signers only
    ],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_expiry_is_a_question_of_trust_and_not_of_integrity(
    file: str, stamp_kind: Literal["manifest"] | None, trusted: bool
) -> None:
    trust = Trust.nobody()
    if trusted:
        trust = trust.with_anchors(fixture("expired-ca.pem"))
    if stamp_kind is not None:
        trust = trust.with_anchors(fixture("expired-tsa-ca.pem"), kind=stamp_kind, name="other")
    report = read(fixture(file), trust=trust)
    assert report.integrity == "intact"
    assert report.expired
    assert not report.signer_trusted
    assert report.standing == "untrusted"
    assert report.state != "trusted"
    assert report.reasons[0] == "Intact since it was signed."
    assert any("has expired" in reason for reason in report.reasons)


def test_what_was_changed_is_told_of_an_expired_one_too() -> None:
    report = read(fixture("expired.jpg").replace(b"\xff\xd9", b"\0\0\xff\xd9"))
    assert (report.integrity, report.expired) == ("changed", True)


def test_a_time_stamp_outlives_the_certificate() -> None:
    trust = Trust.nobody().with_anchors(fixture("expired-ca.pem"))
    trust = trust.with_anchors(fixture("expired-tsa-ca.pem"), kind="tsa", name="time")
    report = read(fixture("expired-stamped.jpg"), trust=trust)
    assert report.state == "trusted"
    assert report.timestamp_trusted
    assert (report.expired, report.integrity, report.standing) == (False, "intact", "trusted")


def test_a_certificate_that_is_not_valid_yet_has_not_expired() -> None:
    trust = Trust.nobody().with_anchors(fixture("expired-ca.pem"))
    with freeze(NOW - 10_000 * DAY):
        report = read(fixture("expired.jpg"), trust=trust)
    assert (report.expired, report.signer_trusted) == (False, False)


def test_an_expired_certificate_is_refused_before_it_signs() -> None:
    key = new_key()
    expired = Leaf(start=NOW - 20 * DAY, end=NOW - 10 * DAY)
    old = PemSigner(pem(AUTHORITY.issue(key, expired)), key_pem(key))
    with pytest.raises(CertificateError, match="expired on"):
        sign(picture(), make_request(), old)


def test_only_the_default_authority_is_done_without(
    tsa: TimeStampAuthority, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tsa.broken = True
    with pytest.raises(SigningError, match="did not answer"):
        sign(picture(), make_request(), signer(tsa.url))
    monkeypatch.setattr(signing, "DEFAULT_TIMESTAMP_URL", tsa.url)
    before = tsa.queries
    for _ in range(2):
        report = read(sign(picture(), make_request(), signer(tsa.url)).data)
        assert (report.integrity, report.timestamp_trusted) == ("intact", None)
    assert tsa.queries == before + 1  # and not asked again for each picture
    (said,) = [item for item in caplog.records if "cannot be reached" in item.getMessage()]
    assert tsa.url in said.getMessage()
    tsa.broken = False
    signing._unreachable.clear()
    data = sign(picture(), make_request(), signer(tsa.url)).data
    assert read(data, trust=TRUST).timestamp_trusted is False  # there, of an unknown one
