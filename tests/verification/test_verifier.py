"""Verifying: the way from bytes to a verdict, and that no bytes lead anywhere else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import json
import logging
import random
import re
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import (
    Generator,
    ManifestRequest,
    Signer,
    SoftBinding,
    SourceType,
    Trust,
    create_identity,
    new_manifest_id,
)
from indelible.errors import (
    ArgumentError,
    ImageError,
    ImageTooLargeError,
    IndelibleError,
    MissingDependencyError,
    RegistryUnavailableError,
    UnreadableImageError,
)
from indelible.imaging import Limits
from indelible.protection import ProtectedImage
from indelible.registry import Record, Registry, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.sqlite import SqliteDatabase
from indelible.settings import current, user_folders
from indelible.verification import Verification, verifier
from indelible.watermark import Key
from tests.imaging import pictures

Pixels = NDArray[np.uint8]


@pytest.fixture
def protected(photograph: Pixels) -> ProtectedImage:
    return indelible.protect(photograph, format="jpeg")


def repost(data: bytes, *, quality: int = 75, crop: bool = True) -> bytes:
    pixels = imaging.decode(data).pixels
    if crop:
        pixels = np.ascontiguousarray(pixels[37:480, 51:490])
    return imaging.encode(pixels, "jpeg", quality=quality)


def changed_in_place(protected: ProtectedImage) -> bytes:
    """Flip a bit of the compressed pixels, the manifest untouched."""
    data = bytearray(protected.data)
    data[-len(data) // 8] ^= 0x01
    return bytes(data)


# --- verdicts, for real -----------------------------------------------------------------


def test_authentic(protected: ProtectedImage) -> None:
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.credential.state == "trusted"
    assert result.credential.development
    assert result.watermark.payload == protected.payload
    assert result.watermark.false_positive_probability <= 1e-9
    assert result.registry.state == "found"
    assert result.registry.manifest_id == protected.manifest_id


def test_recovered_after_a_repost(protected: ProtectedImage) -> None:
    result = indelible.verify(repost(protected.data))
    assert result.verdict == "recovered"
    assert result.credential.state == "absent"
    assert result.registry.manifest_id == protected.manifest_id
    assert result.registry.credential_state == "trusted"
    assert result.registry.names_payload
    assert result.fingerprint == "not_checked"
    best = result.best_credential
    assert best is result.registry.credential
    assert best is not None
    assert best.development


def test_altered_in_place(protected: ProtectedImage) -> None:
    result = indelible.verify(changed_in_place(protected))
    assert result.verdict == "altered"
    assert result.credential.state == "invalid"
    assert result.credential.changed_only


def test_invalid_when_the_claim_is_changed(protected: ProtectedImage) -> None:
    data = protected.data.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicmedia")
    result = indelible.verify(data)
    assert data != protected.data
    assert result.verdict == "invalid"
    assert result.credential.failures


def test_unverified_where_the_signer_is_unknown(protected: ProtectedImage) -> None:
    for data in (protected.data, repost(protected.data)):
        result = indelible.verify(data, trust=Trust.official())
        assert result.verdict == "unverified"
        assert not (result.best_credential or result.credential).signer_trusted


def test_unverified_where_no_registry_holds_the_id(
    protected: ProtectedImage, tmp_path: Path
) -> None:
    elsewhere = open_registry(sqlite_url(tmp_path / "empty.sqlite3"))
    result = indelible.verify(repost(protected.data), registry=elsewhere)
    assert result.registry.state == "unavailable"
    assert "does not exist" in (result.registry.reason or "")
    elsewhere.put(Record(new_manifest_id(), watermark.ALGORITHM, b"another.", b"s", "image/jpeg"))
    result = indelible.verify(repost(protected.data), registry=elsewhere)
    assert result.verdict == "unverified"
    assert result.registry.state == "unknown"


def test_altered_where_the_mark_is_gone(protected: ProtectedImage) -> None:
    pixels = imaging.decode(protected.data).pixels.copy()
    pixels[130:350, 150:390] = (40, 90, 160)
    result = indelible.verify(imaging.encode(pixels, "jpeg", quality=90))
    assert result.watermark.payload == protected.payload
    assert result.watermark.regions_gone is True
    assert result.verdict == "altered"


def test_suspect_when_the_manifest_names_another_id(photograph: Pixels) -> None:
    key = current().marking_keys()[0]
    other = indelible.protect(photograph, format="png", key=Key.generate())
    # The manifest is sound, but the pixels were marked with another id before they were signed.
    marked = watermark.embed(imaging.decode(other.data).pixels, b"intruder", key)
    signed = credentials.sign(
        imaging.encode(marked, "png"),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("x"),
            soft_binding=credentials.SoftBinding(watermark.ALGORITHM, other.payload),
        ),
        current().signer(),
    )
    result = indelible.verify(signed.data)
    assert result.credential.state == "trusted"
    assert result.verdict == "suspect"


def test_suspect_when_the_registry_leads_elsewhere(
    protected: ProtectedImage, photograph: Pixels, tmp_path: Path
) -> None:
    other = indelible.protect(photograph[::-1].copy(), format="jpeg")
    (record,) = current().registry().find(watermark.ALGORITHM, other.payload)
    poisoned = open_registry(sqlite_url(tmp_path / "poisoned.sqlite3"))
    poisoned.put(
        Record(
            manifest_id=record.manifest_id,
            algorithm=watermark.ALGORITHM,
            payload=protected.payload,
            manifest_store=record.manifest_store,
            media_type=record.media_type,
        )
    )
    result = indelible.verify(repost(protected.data), registry=poisoned)
    assert result.verdict == "suspect"
    assert not result.registry.names_payload


def test_a_tampered_registry_vouches_for_nothing(protected: ProtectedImage, tmp_path: Path) -> None:
    (record,) = current().registry().find(watermark.ALGORITHM, protected.payload)
    store = record.manifest_store
    for tampered in (
        store.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicmedia"),
        store[: len(store) // 2],
        b"",
        b"nonsense",
    ):
        registry = open_registry(sqlite_url(tmp_path / f"{len(tampered)}.sqlite3"))
        registry.put(
            Record(
                manifest_id=record.manifest_id,
                algorithm=watermark.ALGORITHM,
                payload=protected.payload,
                manifest_store=tampered,
                media_type=record.media_type,
            )
        )
        result = indelible.verify(repost(protected.data), registry=registry)
        assert result.verdict in ("unverified", "suspect")


def test_none(photograph: Pixels) -> None:
    current().marking_keys()
    result = indelible.verify(imaging.encode(photograph, "png"))
    assert result.verdict == "none"
    assert result.watermark.state == "not_found"
    assert result.watermark.false_positive_probability == 1.0
    assert result.registry.state == "not_asked"


def test_another_key_finds_nothing(protected: ProtectedImage) -> None:
    result = indelible.verify(repost(protected.data), keys=Key.generate())
    assert result.verdict == "none"


def test_a_ring_of_keys(protected: ProtectedImage) -> None:
    ring = [Key.generate(), *current().detection_keys(), Key.generate()]
    result = indelible.verify(repost(protected.data), keys=ring)
    assert result.verdict == "recovered"
    assert result.watermark.key_id == protected.key_id


def test_old_keys_still_detect_after_rotation(protected: ProtectedImage) -> None:
    current().key_ring.rotate()
    assert indelible.verify(repost(protected.data)).verdict == "recovered"
    assert indelible.protect(imaging.decode(protected.data).pixels[:300, :].copy()).key_id != (
        protected.key_id
    )


def test_history_names_an_older_mark(photograph: Pixels) -> None:
    """Protected twice with one key: whichever mark is found, nothing is suspect."""
    first = indelible.protect(photograph, format="png")
    second = indelible.protect(first.data)
    # The older mark is what a detector might find instead: sign its pixels with the newer manifest.
    signed = credentials.sign(
        imaging.encode(imaging.decode(first.data).pixels, "png"),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("x"),
            soft_binding=credentials.SoftBinding(watermark.ALGORITHM, second.payload),
        ),
        current().signer(),
        parent=first.data,
    )
    result = indelible.verify(signed.data)
    assert result.watermark.payload == first.payload
    assert result.verdict == "authentic"


# --- contradictions ---------------------------------------------------------------------


def signed_anew(
    pixels: Pixels,
    signer: Signer,
    *,
    source_type: SourceType = SourceType.CAPTURED,
    parent: bytes | None = None,
    soft_binding: SoftBinding | None = None,
    more: tuple[str, ...] = (),
) -> bytes:
    """Sign pixels as a picture of one's own, or as an edit of `parent`."""
    if more:
        request: Any = credentials.ManifestDefinition(
            {
                "claim_generator_info": [{"name": "Editor"}],
                "assertions": [
                    {
                        "label": "c2pa.actions.v2",
                        "data": {
                            "actions": [
                                {"action": "c2pa.created", "digitalSourceType": source_type.uri},
                                {"action": "c2pa.watermarked.bound"},
                                *({"action": action} for action in more),
                            ]
                        },
                    },
                    *ManifestRequest(
                        credentials.new_manifest_id(),
                        Generator("Editor"),
                        soft_binding=soft_binding,
                    )._soft_binding_assertion(),
                ],
            }
        )
    else:
        request = ManifestRequest(
            credentials.new_manifest_id(),
            Generator("Editor"),
            source_type=source_type,
            soft_binding=soft_binding,
        )
    data = imaging.encode(pixels, "jpeg", quality=85)
    return credentials.sign(data, request, signer, parent=parent).data


@pytest.fixture
def stranger(tmp_path: Path) -> Signer:
    """A signer whom this machine does not trust."""
    return create_identity(tmp_path / "stranger").signer


@pytest.mark.parametrize(
    "kind", [SourceType.CAPTURED, SourceType.HUMAN_MADE, SourceType.GENERATED], ids=str
)
def test_laundering_is_suspect(
    protected: ProtectedImage, stranger: Signer, kind: SourceType
) -> None:
    pixels = imaging.decode(protected.data).pixels
    result = indelible.verify(signed_anew(pixels, stranger, source_type=kind))
    assert result.verdict == "suspect"
    assert result.exit_code == 3
    assert result.credential.state == "valid"
    # What was recovered is told, and is worth more than the claim in the file.
    assert result.origin is not None
    assert result.origin.where == "recovered"
    assert result.origin.credential.manifest_id == protected.manifest_id


def test_a_screenshot_or_composite_claims_no_creation(
    protected: ProtectedImage, stranger: Signer
) -> None:
    pixels = imaging.decode(protected.data).pixels
    for kind in (SourceType.SCREEN_CAPTURE, SourceType.COMPOSITE, SourceType.AI_EDITED):
        result = indelible.verify(signed_anew(pixels, stranger, source_type=kind))
        assert result.verdict == "unverified", kind


def test_an_honest_edit_is_no_laundering(protected: ProtectedImage, stranger: Signer) -> None:
    pixels = imaging.decode(protected.data).pixels
    edit = signed_anew(pixels, stranger, source_type=SourceType.HUMAN_EDITED, parent=protected.data)
    assert indelible.verify(edit).verdict == "unverified"


def test_a_copied_id_launders_nothing(protected: ProtectedImage, stranger: Signer) -> None:
    """It is there to be read in every copy of the original."""
    pixels = imaging.decode(protected.data).pixels
    named = SoftBinding(watermark.ALGORITHM, protected.payload, key_id=protected.key_id)
    assert indelible.verify(signed_anew(pixels, stranger, soft_binding=named)).verdict == "suspect"


def test_a_trusted_capture_of_a_generated_picture_is_suspect(protected: ProtectedImage) -> None:
    pixels = imaging.decode(protected.data).pixels
    signer = current().signer()
    assert indelible.verify(signed_anew(pixels, signer)).verdict == "suspect"
    again = signed_anew(pixels, signer, source_type=SourceType.GENERATED)
    assert indelible.verify(again).verdict == "authentic"


def test_a_promised_mark_that_is_not_there_is_suspect(photograph: Pixels, home: Path) -> None:
    key, signer = current().marking_keys()[0], current().signer()
    promised = SoftBinding(watermark.ALGORITHM, b"8 bytes.", key_id=key.id)
    plain = signed_anew(photograph, signer, soft_binding=promised)
    result = indelible.verify(plain)
    assert result.credential.state == "trusted"
    assert result.credential.soft_bindings[0].key_id == key.id
    assert result.verdict == "suspect"
    # Keys that are not here contradict nothing, nor does who cannot look.
    assert indelible.verify(plain, keys=Key.generate()).verdict == "authentic"
    assert indelible.verify(plain, keys=[]).verdict == "authentic"
    # A picture that cannot carry a mark need not carry one.
    flat = np.full((256, 256, 3), 120, np.uint8)
    assert indelible.verify(signed_anew(flat, signer, soft_binding=promised)).verdict == "authentic"
    # Changed since: that explains it.
    data = bytearray(plain)
    data[-len(data) // 8] ^= 1
    assert indelible.verify(bytes(data)).verdict == "altered"


@pytest.mark.parametrize(
    ("action", "verdict"),
    [("c2pa.resized", "authentic"), ("c2pa.drawing", "authentic"), ("c2pa.published", "suspect")],
)
def test_an_action_can_explain_that_a_mark_is_gone(
    photograph: Pixels, action: str, verdict: str
) -> None:
    key, signer = current().marking_keys()[0], current().signer()
    promised = SoftBinding(watermark.ALGORITHM, b"8 bytes.", key_id=key.id)
    data = signed_anew(photograph, signer, soft_binding=promised, more=(action,))
    assert indelible.verify(data).verdict == verdict


def test_the_best_of_several_recovered_manifests_speaks(
    protected: ProtectedImage, stranger: Signer, tmp_path: Path
) -> None:
    """In a merged registry: one that names the id, of a trusted signer, whatever the order."""
    (good,) = current().registry().find(watermark.ALGORITHM, protected.payload)
    pixels = imaging.decode(protected.data).pixels
    named = SoftBinding(watermark.ALGORITHM, protected.payload)

    def record(manifest_store: bytes, name: str) -> Record:
        return Record(name, watermark.ALGORITHM, protected.payload, manifest_store, "image/jpeg")

    def store(data: bytes) -> bytes:
        extracted = credentials.extract_store(data)
        assert extracted is not None
        return extracted

    unknown = record(store(signed_anew(pixels, stranger, soft_binding=named)), "unknown")
    other_id = record(store(signed_anew(pixels, current().signer())), "another id")
    broken = record(good.manifest_store[:-40], "broken")
    merged = tmp_path / "merged.sqlite3"
    for order in itertools.permutations([unknown, other_id, broken, good]):
        found = dataclasses.replace(
            verifier._registry_leg(
                protected.payload,
                repost(protected.data),
                registry=_Answering(merged, list(order)),
                trust=current().trust(),
            )
        )
        assert found.manifest_id == good.manifest_id
        assert set(found.others) == {"unknown", "another id", "broken"}
    left = [unknown, other_id, broken]
    for order in itertools.permutations(left):
        result = indelible.verify(repost(protected.data), registry=_Answering(merged, list(order)))
        assert result.registry.manifest_id == "unknown"
        assert result.verdict == "unverified"


class _Answering(SqlRegistry):
    """A registry that answers with given records."""

    def __init__(self, path: Path, records: list[Record]) -> None:
        super().__init__(SqliteDatabase(path))
        self._records = records

    def find(self, algorithm: str, payload: bytes, *, limit: int = 16) -> list[Record]:
        return self._records


# --- how much of the picture, and AI ----------------------------------------------------


def test_a_collage_says_how_much_of_it_is_marked(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    whole = indelible.verify(protected.data).watermark
    assert whole.area is not None
    assert whole.area > 0.6
    sheet = photographs["motorcycle"][:480, :740].copy()
    sheet[:400, :250] = imaging.decode(protected.data).pixels[:400, 100:350]
    result = indelible.verify(imaging.encode(sheet, "jpeg", quality=90))
    assert result.watermark.payload == protected.payload
    assert result.watermark.area is not None
    assert result.watermark.area < 0.5
    assert any("Only one watermark" in note for note in result.notes)


def test_a_picture_with_a_patch_says_how_much_of_it_is_marked(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    patched = imaging.decode(protected.data).pixels.copy()
    patched[40:300, 40:360] = photographs["motorcycle"][40:300, 40:360]
    result = indelible.verify(imaging.encode(patched, "jpeg", quality=90))
    assert result.verdict == "altered"
    assert any("of the picture carries the watermark" in note for note in result.notes)


def test_who_says_that_ai_made_it(
    protected: ProtectedImage, photograph: Pixels, stranger: Signer
) -> None:
    def claim(data: bytes, **options: Any) -> tuple[object, ...]:
        said = indelible.verify(data, **options).to_dict()["ai"]
        return said["claimed"], said["by"], said["where"], said["standing"]

    by = None  # nobody named the generator
    assert claim(protected.data) == (True, by, "manifest", "trusted")
    assert claim(repost(protected.data)) == (True, by, "recovered", "trusted")
    assert claim(protected.data, trust=Trust.nobody()) == (True, by, "manifest", "untrusted")
    broken = protected.data.replace(b"c2pa.created", b"c2pa.creatxd")
    nowhere: list[Key] = []
    assert claim(broken, keys=nowhere) == (True, by, "manifest", "broken")
    pixels = imaging.decode(protected.data).pixels
    edit = signed_anew(pixels, stranger, source_type=SourceType.HUMAN_EDITED, parent=protected.data)
    assert claim(edit, keys=nowhere)[:3] == (True, by, "ingredient")
    text = imaging.Metadata(
        text=(("parameters", "a cat\nSteps: 20, Sampler: Euler, CFG scale: 7"),)
    )
    plain = imaging.encode(photograph, "png", metadata=text)
    assert claim(plain) == (True, "Stable Diffusion", "metadata", "metadata")
    assert claim(imaging.encode(photograph, "png")) == (False, None, None, None)


# --- legs that fail do not hide the others ----------------------------------------------


def test_an_unavailable_registry_is_reported_beside_the_watermark(
    protected: ProtectedImage, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"this is no database" * 100)
    for data in (protected.data, repost(protected.data)):
        result = indelible.verify(data, registry=open_registry(sqlite_url(damaged)))
        assert result.watermark.payload == protected.payload
        assert result.registry.state == "unavailable"
        assert "damaged" in (result.registry.reason or "")
        # Nothing that the registry could say would change an authentic file.
        authentic = data == protected.data
        assert result.verdict == ("authentic" if authentic else "unverified")
        assert result.complete == authentic
        assert result.exit_code == (0 if authentic else 5)
        assert any("unavailable" in note for note in result.notes) == authentic


def test_a_locked_registry_does_not_block_readers(protected: ProtectedImage) -> None:
    holder = sqlite3.connect(user_folders().registry)
    holder.execute("BEGIN IMMEDIATE")
    assert indelible.verify(repost(protected.data)).verdict == "recovered"
    holder.rollback()
    holder.close()


def test_a_registry_that_raises(protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = open_registry(sqlite_url(user_folders().registry))

    def away(algorithm: str, payload: bytes) -> list[Record]:
        raise RegistryUnavailableError("away", hint="wait")

    monkeypatch.setattr(registry, "find", away)
    result = indelible.verify(protected.data, registry=registry)
    assert result.registry.state == "unavailable"
    assert result.credential.state == "trusted"


@pytest.mark.parametrize(
    "answer",
    [
        TimeoutError("slow"),
        ZeroDivisionError(),
        None,
        "records",
        [b"record"],
        itertools.repeat(None),
        [SimpleNamespace(manifest_id="a", manifest_store="text")],
        [SimpleNamespace(manifest_id="a", manifest_store=1 << 40)],
    ],
    ids=repr,
)
def test_whatever_a_foreign_registry_does_the_manifest_still_speaks(
    answer: Any, protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(sqlite_url(user_folders().registry))

    def find(algorithm: str, payload: bytes) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(registry, "find", find)
    result = indelible.verify(protected.data, registry=registry)
    assert result.registry.state == "unavailable"
    assert "the registry failed" in (result.registry.reason or "")
    assert result.verdict == "authentic"


def test_without_a_codec_the_manifest_still_speaks(
    protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(data: bytes, *, limits: Limits, tolerant: bool) -> imaging.Picture:
        raise MissingDependencyError("no codec", hint="install it")

    bare = repost(protected.data)
    monkeypatch.setattr(imaging, "decode", missing)
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.watermark.state == "not_checked"
    assert "no codec" in (result.watermark.reason or "")
    unseen = indelible.verify(bare)
    assert unseen.verdict == "unchecked"
    assert "install it" in unseen.reasons[0]


def test_without_keys_nothing_is_made(photograph: Pixels, home: Path) -> None:
    result = indelible.verify(imaging.encode(photograph, "png"))
    assert result.verdict == "unchecked"
    assert result.watermark.state == "not_checked"
    assert "key" in result.reasons[0]
    assert list(home.rglob("*.key")) == []
    assert list(home.rglob("*.sqlite3")) == []


def test_a_damaged_development_identity_is_not_fatal(
    protected: ProtectedImage, caplog: pytest.LogCaptureFixture
) -> None:
    (user_folders().identity / "development-key.pem").write_text("damaged", encoding="utf-8")
    result = indelible.verify(protected.data)
    assert result.verdict == "unverified"
    assert any("damaged" in record.getMessage() for record in caplog.records)


# --- kinds of input ---------------------------------------------------------------------


def test_animations_are_verified(photograph: Pixels) -> None:
    current().marking_keys()
    frames = [Image.fromarray(photograph[:64, :64]), Image.fromarray(photograph[64:128, :64])]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=100)
    result = indelible.verify(stream.getvalue())
    assert result.verdict == "none"
    assert any("frames" in note for note in result.notes)


def test_the_file_is_named(protected: ProtectedImage, tmp_path: Path) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(protected.data)
    assert indelible.verify(path).file == str(path)
    assert indelible.verify(str(path)).format == "jpeg"
    assert indelible.verify(protected.data).file is None


def test_a_manifest_beside_the_picture(photograph: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    signed = credentials.sign_file(
        imaging.encode(photograph, "jpeg"),
        path,
        credentials.ManifestRequest(
            credentials.new_manifest_id(), credentials.Generator("x"), embed=False
        ),
        current().signer(),
        sidecar=True,
    )
    beside = indelible.verify(path)
    assert beside.verdict == "authentic"
    assert not beside.credential.embedded
    assert beside.credential.place == "beside"
    assert "beside the picture" in beside.reasons[0]
    bytes_ = path.read_bytes()
    assert indelible.verify(bytes_).verdict == "unchecked"
    assert indelible.verify(bytes_, manifest=signed.manifest_store).verdict == "authentic"
    assert indelible.verify(bytes_, manifest=tmp_path / "photo.c2pa").verdict == "authentic"
    (tmp_path / "photo.c2pa").write_bytes(b"damaged")
    assert indelible.verify(path).verdict == "invalid"


def test_a_stale_trust_list_is_noted(photograph: Pixels) -> None:
    stale = [
        dataclasses.replace(item, next_update=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))
        for item in Trust.official().lists
    ]
    result = indelible.verify(imaging.encode(photograph, "png"), trust=Trust.of(stale))
    assert any("2020-01-02" in note for note in result.notes)


@pytest.mark.parametrize("wrap", [bytearray, memoryview, io.BytesIO])
def test_bytes_of_every_kind(protected: ProtectedImage, wrap: Callable[[bytes], Any]) -> None:
    result = indelible.verify(wrap(protected.data))
    assert result.verdict == "authentic"
    assert result.file is None


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("image", np.zeros((64, 64, 3), np.uint8)),
        ("image", Image.new("RGB", (64, 64))),
        ("image", None),
        ("image", 5),
        ("keys", "secret.key"),
        ("keys", [b"secret"]),
        ("registry", "registry.sqlite3"),
        ("trust", "ca.pem"),
        ("manifest", 5),
        ("remote_hosts", "example.com"),
        ("remote_hosts", 5),
        ("ocsp", "yes"),
        ("limits", 5),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_wrong_argument_is_named(protected: ProtectedImage, argument: str, value: Any) -> None:
    arguments = {"image": protected.data, argument: value}
    with pytest.raises(ArgumentError, match=argument) as caught:
        indelible.verify(**arguments)
    assert caught.value.argument == argument


def test_times_and_a_log_without_secrets(
    protected: ProtectedImage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "indelible"):
        result = indelible.verify(protected.data)
    assert set(result.timing) == {"credential_ms", "watermark_ms", "registry_ms", "total_ms"}
    assert sum(result.timing.values()) <= 2 * result.timing["total_ms"]
    (line,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("verified")]
    assert "authentic" in line
    assert "found" in line
    secret = next(iter(user_folders().keys.glob("*.key"))).read_bytes()
    assert all(
        part not in caplog.text for part in re.findall(r"[0-9A-Za-z+/=_-]{40,}", secret.decode())
    )


@pytest.mark.parametrize("source", [b"", b"text", Path("/nonexistent.jpg"), "/", "\0"], ids=repr)
def test_what_is_no_picture(source: Any) -> None:
    with pytest.raises(UnreadableImageError):
        indelible.verify(source)


def test_a_huge_picture_is_refused_from_its_header(photograph: Pixels) -> None:
    with pytest.raises(ImageTooLargeError):
        indelible.verify(imaging.encode(photograph, "png"), limits=Limits(max_pixels=1000))


def test_json(protected: ProtectedImage) -> None:
    told = json.loads(json.dumps(indelible.verify(repost(protected.data)).to_dict()))
    assert told["verdict"] == "recovered"
    assert told["credential"]["state"] == "absent"
    assert told["credential"]["failures"] == []
    assert told["watermark"]["found"] is True
    assert told["watermark"]["payload"] == protected.payload.hex()
    assert np.array(told["watermark"]["geometry"]).shape == (3, 3)
    assert 0.5 < told["watermark"]["area"] <= 1
    assert told["registry"]["manifest_id"] == protected.manifest_id
    assert told["registry"]["standing"] == "trusted"
    assert told["origin"]["where"] == "recovered"
    assert told["origin"]["generator"] == "Indelible 0.1.0"  # made the claim, not the picture
    assert told["ai"]["by"] is None
    assert list(told)[:3] == ["file", "verdict", "ai"]
    assert told["timing"]["watermark_ms"] > 0
    assert told["fingerprint"] == "not_checked"


# --- hostile bytes ----------------------------------------------------------------------


@dataclass(frozen=True)
class Corpus:
    """Small protected pictures by format, and what verifies them."""

    pictures: dict[str, bytes]
    key: Key
    registry: Registry


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, photograph: Pixels) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    key, registry = Key.generate(), open_registry(sqlite_url(folder / "registry.sqlite3"))
    small = photograph[:256, 100:356].copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDELIBLE_HOME", str(folder))
        pictures = {
            name: indelible.protect(small, format=name, key=key, registry=registry).data
            for name in ("jpeg", "png", "webp")
        }
    return Corpus(pictures, key, registry)


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Damage a file the way that transfers, disks and attackers do."""
    kind = draw.randrange(6)
    at = draw.randrange(len(data))
    damaged = bytearray(data)
    if kind == 0:
        return data[:at]
    if kind == 1:
        for _ in range(draw.randrange(1, 20)):
            damaged[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif kind == 2:
        damaged[at : at + draw.randrange(1, 200)] = draw.randbytes(draw.randrange(200))
    elif kind == 3:
        length = draw.randrange(1, 1000)
        damaged[at:at] = damaged[draw.randrange(len(data)) :][:length]
    elif kind == 4:
        head = draw.randrange(min(2000, len(data)))  # where lengths and types stand
        damaged[head : head + 4] = draw.choice(
            [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"]
        )
    else:
        damaged += draw.randbytes(draw.randrange(1, 500))
    return bytes(damaged)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_mutated_files_raise_only_our_errors(corpus: Corpus, format: str) -> None:
    draw = random.Random(f"mutations of {format}")
    refused = 0
    for _ in range(100):
        damaged = mutated(corpus.pictures[format], draw)
        try:
            result = indelible.verify(damaged, keys=corpus.key, registry=corpus.registry)
        except ImageError:
            refused += 1
        else:
            assert isinstance(result, Verification)
            json.dumps(result.to_dict(), allow_nan=False)
    assert 0 < refused < 100


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x01\x00WEBPVP8 "):
        with pytest.raises(IndelibleError):
            indelible.verify(prefix + data)


def test_a_transplanted_manifest_does_not_pass(photograph: Pixels) -> None:
    one = indelible.protect(photograph, format="png")
    other = imaging.encode(photograph[::-1].copy(), "png")
    result = indelible.verify(_with_manifest_of(one.data, other))
    assert result.verdict == "altered"
    assert "assertion.dataHash.mismatch" in [f.code for f in result.credential.failures]


def _with_manifest_of(source: bytes, target: bytes) -> bytes:
    """Copy the PNG chunk that holds the manifest (caBX) from one file into another."""
    start = source.index(b"caBX") - 4
    length = int.from_bytes(source[start : start + 4], "big") + 12
    after_header = 8 + 25
    return target[:after_header] + source[start : start + length] + target[after_header:]


def test_no_connection_is_opened(
    protected: ProtectedImage, photograph: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa"
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
            f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
            "</rdf:RDF></x:xmpmeta>"
        ).encode()
        pointing = imaging.encode(photograph, "jpeg", metadata=imaging.Metadata(xmp=xmp))
        result = indelible.verify(pointing)
        assert result.credential.state == "absent"
        assert result.credential.remote_url == address
        assert indelible.verify(protected.data).verdict == "authentic"
        # Not even when asked: a picture must not make this machine talk to its own network.
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        asked = indelible.verify(pointing, remote_hosts=[host])
        assert asked.credential.state == "absent"
        assert any("private" in reason for reason in asked.credential.reasons)
        assert asked.verdict == "none"
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("what", ["a stray byte", "no end", "cut"])
def test_a_picture_that_viewers_show_is_looked_at(photograph: Pixels, what: str) -> None:
    data = indelible.protect(photograph, format="jpeg").data
    damaged = {
        "a stray byte": data[:20] + b"\0" + data[20:],
        "no end": data[:-2],
        "cut": data[: len(data) * 4 // 5],
    }[what]
    result = indelible.verify(damaged)
    assert result.watermark.state == "found"
    assert result.verdict == "altered"
    assert any("JPEG file" in note for note in result.notes)
    assert any("JPEG file" in note for note in result.to_dict()["notes"])


def test_a_reason_is_one_line() -> None:
    raw = pictures.tiff(
        pictures.scene(), extra={254: (1,)}, below={256: (9,), 257: (9,), 262: (32803,)}
    )
    report = indelible.verify(raw).watermark
    assert report.state == "not_checked"
    assert report.reason is not None
    assert "camera raw file" in report.reason
    assert "\n" not in report.reason
