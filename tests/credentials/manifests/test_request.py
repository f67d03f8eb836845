"""The typed manifest model: what it writes, what it refuses, and that the library accepts it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from indelible.credentials import (
    AiDisclosure,
    Assertion,
    DevelopmentIdentity,
    Generator,
    ManifestRequest,
    PictureFingerprint,
    Region,
    SoftBinding,
    SourceType,
    TrainingMining,
    Trust,
    new_manifest_id,
    read,
    sign,
)
from indelible.errors import ManifestError
from tests.credentials.conftest import ALGORITHM, PAYLOAD, make_request, picture

EVERYTHING: dict[str, Any] = {
    "generator": Generator(
        "Acme Images",
        "2.1",
        provider="Acme Inc.",
        model="acme-diffusion",
        model_version="7",
        model_identifier="acme/diffusion@7",
    ),
    "title": "A picture",
    "unique_id": "job-42",
    "disclosure": AiDisclosure(model_name="acme-diffusion", model_identifier="acme/diffusion@7"),
    "training": TrainingMining(data_mining=None, ai_inference="allowed"),
    "prompt_sha256": hashlib.sha256(b"a prompt").hexdigest(),
    "regions": (Region(0.25, 0, 0.5, 1, "the sky"),),
    "assertions": (Assertion("com.example.review", {"by": ["a", "b"], "score": 1.5}),),
    "thumbnail": True,
}


@pytest.mark.parametrize("source_type", list(SourceType))
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_the_library_accepts_everything_that_the_model_can_say(
    source_type: SourceType, kind: str, identity: DevelopmentIdentity, trust: Trust
) -> None:
    request = make_request(source_type=source_type, **EVERYTHING)
    signed = sign(picture(kind), request, identity.signer, parent=picture("webp"))
    report = read(signed.data, trust=trust)
    assert (report.state, report.source_type) == ("trusted", source_type.value)
    manifest = report.manifest
    assert manifest is not None
    assert manifest.title == "A picture"
    assert manifest.provider == "Acme Inc."
    assert manifest.unique_id == "job-42"
    assert manifest.model == "acme-diffusion"
    assert manifest.model_identifier == "acme/diffusion@7"
    assert manifest.prompt_sha256 == EVERYTHING["prompt_sha256"]
    assert "cawg.training-mining" in manifest.assertions
    assert "com.example.review" in manifest.assertions
    assert len(signed.manifest_store) < 40_000


def test_a_photograph_says_that_it_was_captured_and_may_not_be_mined(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    request = ManifestRequest(
        new_manifest_id(),
        Generator("Camera"),
        source_type=SourceType.CAPTURED,
        training=TrainingMining(),
    )
    report = read(sign(picture(), request, identity.signer).data, trust=trust)
    assert report.source_type == "digitalCapture"
    assert report.soft_bindings == ()
    assert report.manifest is not None
    assert set(report.manifest.assertions) == {"c2pa.actions.v2", "cawg.training-mining"}
    entries = TrainingMining().data()["entries"]
    assert {value["use"] for value in entries.values()} == {"notAllowed"}


def test_the_prompt_stays_private_unless_it_is_given() -> None:
    request = make_request(prompt_sha256="0" * 64)
    assert '"prompt"' not in str(request.definition(has_parent=False)).replace("'", '"')
    told = make_request(prompt="a cat")
    assert "a cat" in str(told.definition(has_parent=False))


def test_a_model_is_disclosed_without_asking() -> None:
    request = make_request(generator=Generator("Acme", model="m"))
    labels = [item["label"] for item in request.definition(has_parent=False)["assertions"]]
    assert "c2pa.ai-disclosure" in labels
    human = make_request(generator=Generator("Acme", model="m"), source_type=SourceType.CAPTURED)
    labels = [item["label"] for item in human.definition(has_parent=False)["assertions"]]
    assert "c2pa.ai-disclosure" not in labels


def test_every_assertion_is_created_and_none_gathered() -> None:
    assertions = make_request(**EVERYTHING).definition(has_parent=False)["assertions"]
    assert all(item["created"] is True for item in assertions)


def test_times_are_written_in_utc() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    request = make_request(when=dt.datetime(2026, 11, 22, 1, 30, tzinfo=zone))
    assert request.timestamp == "2026-11-21T23:30:00Z"


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest_id": "urn:uuid:1"},
        {"manifest_id": "urn:c2pa:" + "٣" * 8 + "-0000-4000-8000-000000000000"},
        {"when": dt.datetime(2026, 1, 1)},  # noqa: DTZ001 - the point
        {"prompt_sha256": "abc"},
    ],
)
def test_requests_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ManifestError):
        make_request(**changes)


def test_parts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ManifestError):
        Generator("  ")
    for box in ((-0.1, 0, 1, 1), (0.5, 0, 0.6, 1), (0, 0, 0, 1), (float("nan"), 0, 1, 1)):
        with pytest.raises(ManifestError):
            Region(*box)
    for label in ("", "review", "com..x", "com.example.räv", "com.example.x y"):
        with pytest.raises(ManifestError):
            Assertion(label, {})
    with pytest.raises(ManifestError):
        TrainingMining(ai_training="maybe").data()


@pytest.mark.parametrize("content", [{"x": object()}, {"x": float("nan")}, {"x": "y" * 1_000_000}])
def test_assertions_that_cannot_be_written_are_refused(content: dict[str, Any]) -> None:
    request = make_request(assertions=(Assertion("com.example.x", content),))
    with pytest.raises(ManifestError):
        request.definition(has_parent=False)


def test_bindings_are_compared_in_every_reading() -> None:
    binding = SoftBinding(ALGORITHM, b"AAECAwQFBgc=", (PAYLOAD,))
    assert binding.names(ALGORITHM, PAYLOAD)
    assert not binding.names("another", PAYLOAD)
    assert not binding.names(ALGORITHM, b"other")


def test_what_describes_a_product_does_not_outlive_its_name() -> None:
    base = Generator("Acme", "2", provider="Acme Inc.", model="m", model_version="7")
    assert base.overridden() == base
    assert base.overridden(version="3") == replace(base, version="3")
    assert base.overridden(name="Acme") == base
    other = base.overridden(name="Other")
    assert (other.name, other.version, other.provider, other.model) == ("Other", None, None, "m")
    model = base.overridden(model="n", model_identifier="n@1")
    assert (model.model, model.model_version, model.model_identifier) == ("n", None, "n@1")
    assert model.version == "2"


def test_a_fingerprint_is_signed_and_read_again(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    fingerprint = PictureFingerprint(bytes(range(32)), 87, b"reference" * 300)
    request = make_request(fingerprint=fingerprint)
    report = read(sign(picture("jpeg"), request, identity.signer).data, trust=trust)
    assert report.state == "trusted"
    assert report.manifest is not None
    assert report.manifest.fingerprint == fingerprint
    assert report.soft_bindings[0].names(ALGORITHM, PAYLOAD)
    assert report.soft_bindings[1].names(PictureFingerprint.PDQ_ALGORITHM, fingerprint.pdq)


@pytest.mark.parametrize(
    ("pdq", "quality", "reference"),
    [
        (bytes(31), 50, b"r"),
        (bytes(32), 101, b"r"),
        (bytes(32), -1, b"r"),
        (bytes(32), 50, b""),
        (bytes(32), 50, bytes(4097)),
    ],
)
def test_a_fingerprint_of_the_wrong_size_is_refused(
    pdq: bytes, quality: int, reference: bytes
) -> None:
    with pytest.raises(ManifestError):
        PictureFingerprint(pdq, quality, reference)


@pytest.mark.parametrize(
    "change",
    [
        {"pdq": "zz" * 32},
        {"pdq": None},
        {"pdqQuality": True},
        {"pdqQuality": "50"},
        {"reference": "?"},
        {"reference": "A" * 10_000_000},
        {"reference": None},
    ],
)
def test_what_somebody_else_signed_under_its_label_is_no_fingerprint(
    change: dict[str, object],
) -> None:
    data = PictureFingerprint(bytes(32), 50, b"r").data()
    assert PictureFingerprint.of_data(data) is not None
    assert PictureFingerprint.of_data(data | change) is None
    assert PictureFingerprint.of_data([data]) is None
