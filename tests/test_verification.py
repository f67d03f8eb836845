"""Verifying: the way from bytes to a verdict, and that no bytes lead anywhere else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import random
import socket
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import indelible
from indelible import credentials, imaging, watermark
from indelible.config import user_folders
from indelible.credentials import Record, SqliteRegistry, Trust
from indelible.defaults import current
from indelible.errors import (
    ImageError,
    ImageTooLargeError,
    IndelibleError,
    MissingDependencyError,
    RegistryUnavailableError,
    UnreadableImageError,
)
from indelible.imaging import Limits
from indelible.protection import ProtectedImage
from indelible.verification import Verification
from indelible.watermark import Key

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
    elsewhere = SqliteRegistry(tmp_path / "empty.sqlite3")
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
    key = current().marking_key()
    other = indelible.protect(photograph, format="png", key=Key.generate())
    # The manifest is sound, but the pixels were marked with another id before they were signed.
    marked = watermark.embed(imaging.decode(other.data).pixels, b"intruder", key)
    signed = credentials.sign(
        imaging.encode(marked, "png"),
        "png",
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
    poisoned = SqliteRegistry(tmp_path / "poisoned.sqlite3")
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
        registry = SqliteRegistry(tmp_path / f"{len(tampered)}.sqlite3")
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
    current().marking_key()
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
        "png",
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


# --- legs that fail do not hide the others ----------------------------------------------


def test_an_unavailable_registry_is_reported_beside_the_watermark(
    protected: ProtectedImage, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"this is no database" * 100)
    for data in (protected.data, repost(protected.data)):
        result = indelible.verify(data, registry=SqliteRegistry(damaged))
        assert result.watermark.payload == protected.payload
        assert result.registry.state == "unavailable"
        assert "damaged" in (result.registry.reason or "")
        assert result.verdict == "unverified"
        assert not result.complete


def test_a_locked_registry_does_not_block_readers(protected: ProtectedImage) -> None:
    holder = sqlite3.connect(user_folders().registry)
    holder.execute("BEGIN IMMEDIATE")
    assert indelible.verify(repost(protected.data)).verdict == "recovered"
    holder.rollback()
    holder.close()


def test_a_registry_that_raises(protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = SqliteRegistry(user_folders().registry)

    def away(algorithm: str, payload: bytes) -> list[Record]:
        raise RegistryUnavailableError("away", hint="wait")

    monkeypatch.setattr(registry, "find", away)
    result = indelible.verify(protected.data, registry=registry)
    assert result.registry.state == "unavailable"
    assert result.credential.state == "trusted"


def test_without_a_codec_the_manifest_still_speaks(
    protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(data: bytes, *, limits: Limits, tolerant: bool) -> imaging.Picture:
        raise MissingDependencyError("no codec", hint="install it")

    monkeypatch.setattr(imaging, "decode", missing)
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.watermark.state == "not_checked"
    assert "no codec" in (result.watermark.reason or "")


def test_without_keys_nothing_is_made(photograph: Pixels, home: Path) -> None:
    result = indelible.verify(imaging.encode(photograph, "png"))
    assert result.verdict == "none"
    assert result.watermark.state == "not_checked"
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
    current().marking_key()
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
    assert indelible.verify(path).verdict == "authentic"
    bytes_ = path.read_bytes()
    assert indelible.verify(bytes_).verdict == "none"
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
    assert told["registry"]["manifest_id"] == protected.manifest_id
    assert told["fingerprint"] == "not_checked"


# --- hostile bytes ----------------------------------------------------------------------


@dataclass(frozen=True)
class Corpus:
    """Small protected pictures by format, and what verifies them."""

    pictures: dict[str, bytes]
    key: Key
    registry: SqliteRegistry


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, photograph: Pixels) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    key, registry = Key.generate(), SqliteRegistry(folder / "registry.sqlite3")
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
