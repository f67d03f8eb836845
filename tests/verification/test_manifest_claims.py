"""What a manifest claims about its picture's beginning, and which mark it promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible import watermark
from indelible.credentials import CredentialReport, SoftBinding
from indelible.verification.manifest_claims import (
    binds_watermark,
    claimed_creation,
    named_payloads,
    promises_watermark,
)
from indelible.watermark import Key
from tests.verification.manifests import manifest

ID = b"8 bytes."
KEY = Key.from_bytes(bytes(range(32)))


@pytest.mark.parametrize(
    ("action", "source_type", "creation"),
    [
        ("c2pa.created", "digitalCapture", "captured"),
        ("c2pa.created", "computationalCapture", "captured"),
        ("c2pa.created", "digitalCreation", "made"),
        ("c2pa.created", "trainedAlgorithmicMedia", "generated"),
        ("c2pa.created", "algorithmicMedia", "created"),
        ("c2pa.created", None, "created"),
        ("c2pa.created", "compositeCapture", "captured"),
        ("c2pa.created", "virtualRecording", "created"),
        ("c2pa.created", "no such thing", "created"),
        ("c2pa.created", "screenCapture", None),
        ("c2pa.created", "composite", None),
        ("c2pa.created", "compositeWithTrainedAlgorithmicMedia", None),
        ("c2pa.opened", "digitalCapture", "captured"),
        ("c2pa.opened", None, None),
        ("c2pa.placed", "trainedAlgorithmicMedia", None),
        ("c2pa.edited", "humanEdits", None),
    ],
)
def test_what_claims_creation(action: str, source_type: str | None, creation: str | None) -> None:
    assert claimed_creation(manifest(action, source_type=source_type)) == creation
    assert claimed_creation(None) is None


@pytest.mark.parametrize(
    ("binding", "actions", "promised"),
    [
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), (), True),
        (SoftBinding(watermark.ALGORITHM, ID), (), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id="0" * 16), (), False),
        (SoftBinding("com.example", ID, key_id=KEY.id), (), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), ("c2pa.resized",), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), ("c2pa.published",), True),
    ],
)
def test_which_manifest_promises_a_mark(
    binding: SoftBinding, actions: tuple[str, ...], promised: bool
) -> None:
    made = manifest("c2pa.created", "c2pa.cropped", "c2pa.watermarked.bound", *actions)
    report = CredentialReport("trusted", manifest=replace(made, soft_bindings=(binding,)))
    assert promises_watermark(report, (KEY,)) == promised


def test_without_a_step_of_watermarking_every_step_may_have_removed_the_mark() -> None:
    binding = SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id)
    for actions, promised in (
        (("c2pa.cropped", "c2pa.published"), False),
        (("c2pa.created", "c2pa.published"), True),
    ):
        made = replace(manifest(*actions), soft_bindings=(binding,))
        assert promises_watermark(CredentialReport("valid", manifest=made), (KEY,)) == promised


def test_which_ids_a_manifest_names() -> None:
    bindings = (
        SoftBinding("com.example", b"not ours"),
        SoftBinding(watermark.ALGORITHM, b"?", (ID,)),
        SoftBinding(watermark.ALGORITHM, b"another."),
    )
    made = replace(manifest("c2pa.created"), soft_bindings=bindings)
    assert list(named_payloads(made, ID)) == [ID, b"another."]
    assert list(named_payloads(made, None)) == [b"?", b"another."]
    intact = CredentialReport("valid", integrity="intact", manifest=made)
    assert binds_watermark(intact, ID)
    assert not binds_watermark(intact, b"not ours")
    assert not binds_watermark(replace(intact, integrity="changed"), ID)
