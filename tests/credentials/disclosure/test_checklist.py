"""What a signed picture carries of a disclosure profile, checked line by line."""

from __future__ import annotations

from typing import get_args

from indelible.choices import Law
from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    Generator,
    SourceType,
    Trust,
    check_profile,
    disclosure_xmp,
    fill_request,
    read,
    sign,
)
from indelible.imaging import xmp
from tests.credentials.conftest import make_request, picture

COMPLETE = Generator("Acme Images", "2.1", provider="Acme Inc.", model="m", model_version="7")


def test_a_filled_request_meets_its_profile(identity: DevelopmentIdentity, trust: Trust) -> None:
    stamped = CallbackSigner(
        identity.signer.certificates, identity.signer.sign, timestamp_url="http://tsa.example"
    )
    request = fill_request("all", make_request(generator=COMPLETE), stamped)
    packet = disclosure_xmp("all", request, None)
    data = sign(picture(), request, identity.signer).data
    report = read(data, trust=trust)
    lines = check_profile("all", report, packet=packet, watermark_found=True)
    assert {line.profile for line in lines} == set(get_args(Law))
    missing = {line.requirement for line in lines if not line.present}
    assert missing == {"The metadata is time-stamped"}  # signed without the authority here


def test_an_unmarked_picture_fails_every_line_that_was_looked_at() -> None:
    lines = check_profile("all", read(picture()), packet=None)
    assert all(not line.present for line in lines)
    assert [line.present for line in lines if "watermark" in line.requirement] == [None, None]
    assert all(line.detail for line in lines)


def test_the_history_counts_for_what_the_newest_manifest_leaves_out(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), make_request(generator=COMPLETE), identity.signer)
    plain = make_request(
        generator=Generator("Editor"), soft_binding=None, source_type=SourceType.HUMAN_EDITED
    )
    report = read(sign(first.data, plain, identity.signer).data, trust=trust)
    lines = {line.requirement: line for line in check_profile("all", report, packet=b"junk")}
    assert lines["It says that the picture is AI-generated or AI-manipulated"].present
    assert lines["Marks that the picture had before are kept"].detail == "kept as parent"
    assert lines["Name of the provider"].detail == "Acme Inc."
    assert lines["An imperceptible watermark in the pixels"].present is None


def test_a_hostile_label_is_no_label() -> None:
    for value in ("[]", "{", "7", "[" * 10_000, '{"Label": 1}'):
        packet = xmp.with_properties(None, {xmp.AIGC: value})
        lines = check_profile("china", read(picture()), packet=packet)
        assert not lines[0].present
