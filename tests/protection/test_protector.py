"""Protecting: what a protected file holds, and that a failure at any step leaves nothing."""

from __future__ import annotations

import dataclasses
import io
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import Generator, ManifestRequest, SourceType, new_manifest_id
from indelible.errors import (
    ArgumentError,
    BindingConflictError,
    EmbeddingFailedError,
    ImageTooLargeError,
    IndelibleError,
    ManifestError,
    OutputError,
    OutputExistsError,
    RegistryError,
    RegistryUnavailableError,
    SigningError,
    UnmarkableImageError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.files import StagedFile
from indelible.imaging import Limits
from indelible.registry import Record, SqliteRegistry
from indelible.settings.defaults import current
from indelible.watermark import Detection, Key

Pixels = NDArray[np.uint8]


@pytest.fixture
def registry(tmp_path: Path) -> SqliteRegistry:
    return SqliteRegistry(tmp_path / "registry.sqlite3", busy_milliseconds=50)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "registry" not in path.name)


# --- what a protected picture holds -----------------------------------------------------


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_everything_in_the_file_says_the_same(
    photograph: Pixels, tmp_path: Path, registry: SqliteRegistry, suffix: str
) -> None:
    key = Key.generate()
    output = tmp_path / f"protected.{suffix}"
    result = indelible.protect(photograph, output, key=key, registry=registry)
    assert result.path == output
    assert output.read_bytes() == result.data
    assert len(result.payload) == 8
    assert result.key_id == key.id

    decoded = imaging.decode(result.data)
    assert decoded.format == result.format
    assert decoded.pixels.shape == photograph.shape
    assert watermark.detect(decoded.pixels, key).payload == result.payload

    report = credentials.read(result.data, result.format)
    assert report.state == "valid"  # intact; the development signer is on no official list
    assert report.manifest_id == result.manifest_id
    assert [a.action for a in report.actions] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert report.source_type == "trainedAlgorithmicMedia"
    (binding,) = report.soft_bindings
    assert binding.names(watermark.ALGORITHM, result.payload)

    (record,) = registry.find(watermark.ALGORITHM, result.payload)
    assert record.manifest_id == result.manifest_id
    assert record.media_type == imaging.media_type(result.format)
    assert (record.width, record.height) == (photograph.shape[1], photograph.shape[0])


def test_kinds_of_input(photograph: Pixels, photograph_path: dict[str, Path]) -> None:
    path = photograph_path["astronaut"]
    for source in (path, str(path), path.read_bytes(), photograph, Image.fromarray(photograph)):
        result = indelible.protect(source)
        assert result.format == "png"
        assert result.path is None
        assert indelible.verify(result.data).verdict == "authentic"


def test_kinds_of_output(photograph: Pixels, tmp_path: Path) -> None:
    stream = io.BytesIO()
    result = indelible.protect(photograph, stream, format="jpeg")
    assert stream.getvalue() == result.data
    named = indelible.protect(photograph, tmp_path / "no-suffix", format="webp")
    assert named.format == "webp"


@pytest.mark.parametrize("channels", ["grey", "rgba"])
def test_grey_and_alpha(photograph: Pixels, channels: str) -> None:
    if channels == "grey":
        pixels: Pixels = photograph[:, :, 1].copy()
    else:
        alpha = np.full((*photograph.shape[:2], 1), 200, np.uint8)
        pixels = np.concatenate([photograph, alpha], axis=2)
    result = indelible.protect(pixels, format="png")
    decoded = imaging.decode(result.data).pixels
    assert decoded.shape == pixels.shape
    if channels == "rgba":
        assert np.array_equal(decoded[:, :, 3], pixels[:, :, 3])
    assert indelible.verify(result.data).verdict == "authentic"


def test_metadata_stay_unless_stripped(photograph: Pixels) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    profile = _srgb_profile()
    source = io.BytesIO()
    Image.fromarray(photograph).save(source, "JPEG", quality=95, exif=exif, icc_profile=profile)
    kept = imaging.decode(indelible.protect(source.getvalue()).data).metadata
    assert kept.icc_profile == profile
    assert b"a description" in (kept.exif or b"")
    stripped = imaging.decode(indelible.protect(source.getvalue(), strip=True).data).metadata
    assert stripped.icc_profile == profile
    assert stripped.exif is None


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_pillow_images_are_turned_upright(photograph: Pixels) -> None:
    wide = photograph[:300]
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter, clockwise
    stored = io.BytesIO()
    Image.fromarray(wide).save(stored, "JPEG", quality=95, exif=exif)
    lazily = Image.open(io.BytesIO(stored.getvalue()))
    result = indelible.protect(lazily, format="png")
    upright = imaging.decode(stored.getvalue()).pixels
    protected = imaging.decode(result.data).pixels
    assert protected.shape == upright.shape == (512, 300, 3)
    assert np.abs(protected.astype(int) - upright.astype(int)).mean() < 5


@pytest.mark.parametrize("mode", ["P", "LA", "1"])
def test_pillow_modes_are_converted_with_a_note(photograph: Pixels, mode: str) -> None:
    image = Image.fromarray(photograph).convert(mode)
    result = indelible.protect(image, format="png")
    assert any(f"mode {mode}" in note for note in result.notes)


def test_what_the_manifest_is_told(photograph: Pixels) -> None:
    template = ManifestRequest(
        new_manifest_id(),
        Generator("replaced"),
        title="A title",
        unique_id="order-17",
        source_type=SourceType.AI_EDITED,
    )
    result = indelible.protect(
        photograph, manifest=template, generator=Generator("Acme", version="3")
    )
    report = credentials.read(result.data, result.format)
    assert report.generator == "Acme 3"
    assert report.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert report.manifest is not None
    assert report.manifest.title == "A title"
    assert result.manifest_id != template.manifest_id  # a template may serve many pictures


def test_a_signed_input_keeps_its_history(photograph: Pixels) -> None:
    first = indelible.protect(photograph, generator=Generator("First"), key=Key.generate())
    second = indelible.protect(first.data, generator=Generator("Second"), key=Key.generate())
    report = credentials.read(second.data, second.format)
    assert report.generator == "Second"
    (parent,) = report.ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id


def test_protecting_again_after_an_edit_with_one_key(photograph: Pixels) -> None:
    """The newest mark wins; what the older one led to is history, for bare pixels, too."""
    first = indelible.protect(photograph)
    small = imaging.decode(first.data).pixels[::2, ::2]
    small = np.ascontiguousarray(small)
    second = indelible.protect(small)
    assert indelible.verify(second.data).watermark.payload == second.payload
    (parent,) = credentials.read(second.data, second.format).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id


def test_protecting_twice_with_one_key(photograph: Pixels) -> None:
    first = indelible.protect(photograph)
    second = indelible.protect(first.data)
    verdict = indelible.verify(second.data)
    assert verdict.verdict == "authentic"
    assert verdict.watermark.payload == second.payload


def test_a_stripped_input_keeps_the_history_that_its_watermark_leads_to(
    photograph: Pixels,
) -> None:
    first = indelible.protect(photograph, generator=Generator("First"))
    stripped = imaging.encode(imaging.decode(first.data).pixels, "png")
    current().key_ring.rotate()
    second = indelible.protect(stripped, generator=Generator("Second"))
    (parent,) = credentials.read(second.data, second.format).ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id
    assert indelible.verify(second.data).verdict == "authentic"


@pytest.mark.parametrize("damage", [b"trainedAlgorithmicMedia", b"org.indelible.dft.1"])
def test_a_recovered_history_must_be_sound(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    first = indelible.protect(photograph)
    stripped = imaging.encode(imaging.decode(first.data).pixels, "png")
    (record,) = current().registry().find(watermark.ALGORITHM, first.payload)
    store = bytearray(record.manifest_store)
    store[store.rindex(damage)] ^= 1
    damaged = dataclasses.replace(record, manifest_store=bytes(store))
    real = SqliteRegistry.find

    def find(self: SqliteRegistry, algorithm: str, value: bytes) -> Sequence[Record]:
        return [damaged] if value == first.payload else real(self, algorithm, value)

    monkeypatch.setattr(SqliteRegistry, "find", find)
    current().key_ring.rotate()
    second = indelible.protect(stripped)
    assert credentials.read(second.data, second.format).ingredients == ()


def test_a_damaged_history_is_only_dropped_when_asked(photograph: Pixels) -> None:
    signed = indelible.protect(photograph, format="png").data
    start = signed.index(b"caBX") + 4
    damaged = imaging.encode(photograph, "png")
    length = int.from_bytes(signed[start - 8 : start - 4], "big")
    store = signed[start : start + length // 2]
    chunk = b"caBX" + store
    check = zlib.crc32(chunk).to_bytes(4, "big")
    damaged = damaged[:33] + len(store).to_bytes(4, "big") + chunk + check + damaged[33:]
    assert credentials.read(damaged, "png").state == "unreadable"
    with pytest.raises(ManifestError, match="cannot be read"):
        indelible.protect(damaged)
    assert indelible.verify(indelible.protect(damaged, strip=True).data).verdict == "authentic"


def test_a_disclosure_profile_is_filled_and_written(photograph: Pixels) -> None:
    acme = Generator("Acme", version="2", provider="Acme Inc.")
    for format in ("jpeg", "png", "webp"):
        result = indelible.protect(photograph, generator=acme, profile="china", format=format)
        xmp = imaging.decode(result.data).metadata.xmp or b""
        assert b"TC260" in xmp
        assert b"trainedAlgorithmicMedia" in xmp
        assert indelible.verify(result.data).verdict == "authentic"


def test_a_profile_that_cannot_be_met_leaves_nothing(
    photograph: Pixels, tmp_path: Path, registry: SqliteRegistry
) -> None:
    with pytest.raises(ManifestError, match="time-stamp"):
        indelible.protect(photograph, tmp_path / "out.png", profile="eu", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


# --- the development identity -----------------------------------------------------------


def test_first_use_makes_an_identity_and_says_so_once(
    photograph: Pixels, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    indelible.protect(photograph)
    indelible.protect(photograph)
    notices = [r.getMessage() for r in caplog.records if "development identity" in r.getMessage()]
    assert len(notices) == 1
    assert str(current().folders.config) in notices[0]
    secrets_ = [p for p in home.rglob("*") if p.is_file() and p.suffix in (".key", ".pem")]
    assert secrets_
    assert {oct(p.stat().st_mode & 0o777) for p in secrets_} == {"0o600"}
    assert oct(current().folders.registry.stat().st_mode & 0o777) == "0o600"


# --- refusals ---------------------------------------------------------------------------


def test_animations_are_refused_with_a_reason(photograph: Pixels, tmp_path: Path) -> None:
    frames = [Image.fromarray(photograph[:64, :64]), Image.fromarray(photograph[64:128, :64])]
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"a.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
        with pytest.raises(UnsupportedImageError, match="animated"):
            indelible.protect(path)
        with Image.open(path) as lazily, pytest.raises(UnsupportedImageError, match="animated"):
            indelible.protect(lazily)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b"", UnreadableImageError),
        (b"a text file", UnreadableImageError),
        (Path("/nonexistent.png"), UnreadableImageError),
        (np.zeros((8, 8), np.float32), UnsupportedImageError),
        (np.zeros((8, 8, 2), np.uint8), UnsupportedImageError),
        (np.zeros((2, 8, 8, 3), np.uint8), UnsupportedImageError),
        (np.zeros((0, 8, 3), np.uint8), UnreadableImageError),
        (np.zeros((16, 16, 3), np.uint8), UnmarkableImageError),
        (17, ArgumentError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_what_is_no_picture(source: Any, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        indelible.protect(source, tmp_path / "out.png")
    assert left_in(tmp_path) == []
    assert current().existing_registry() is None


def test_limits_hold_for_every_kind_of_input(photograph: Pixels) -> None:
    small = Limits(max_pixels=1000)
    encoded = imaging.encode(photograph, "png")
    for source in (photograph, encoded, Image.fromarray(photograph)):
        with pytest.raises(ImageTooLargeError):
            indelible.protect(source, limits=small)


def test_an_existing_output_is_left_alone(photograph: Pixels, tmp_path: Path) -> None:
    output = tmp_path / "there.png"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        indelible.protect(photograph, output)
    assert output.read_bytes() == b"precious"
    assert current().existing_registry() is None
    assert indelible.protect(photograph, output, overwrite=True).path == output
    assert indelible.verify(output).verdict == "authentic"


@pytest.mark.parametrize("name", ["out.xyz", "out.txt"])
def test_unknown_output_suffix(photograph: Pixels, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedImageError, match="suffix"):
        indelible.protect(photograph, tmp_path / name)


def test_a_missing_folder(photograph: Pixels, tmp_path: Path, registry: SqliteRegistry) -> None:
    with pytest.raises(OutputError):
        indelible.protect(photograph, tmp_path / "missing" / "out.png", registry=registry)
    assert registry.count() == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(photograph: Pixels, tmp_path: Path, registry: SqliteRegistry) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError):
        indelible.protect(photograph, folder / "out.png", registry=registry)
    assert registry.count() == 0


# --- a failure at any step leaves nothing -----------------------------------------------


class FailingSigner:
    """A signer whose key service is down."""

    def __init__(self, signer: credentials.Signer) -> None:
        self.algorithm = signer.algorithm
        self.certificates = signer.certificates
        self.timestamp_url: str | None = None

    def sign(self, data: bytes) -> bytes:
        raise SigningError("the key service is down")


def test_signing_fails(photograph: Pixels, tmp_path: Path, registry: SqliteRegistry) -> None:
    with pytest.raises(SigningError, match="key service"):
        indelible.protect(
            photograph,
            tmp_path / "out.png",
            signer=FailingSigner(current().signer()),
            registry=registry,
        )
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_the_mark_is_not_found_again(
    photograph: Pixels, tmp_path: Path, registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watermark, "detect", lambda image, key: Detection(found=False))
    with pytest.raises(EmbeddingFailedError, match="not found"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_a_locked_registry(photograph: Pixels, tmp_path: Path, registry: SqliteRegistry) -> None:
    indelible.protect(photograph, registry=registry)
    held = sqlite3.connect(registry.path)
    held.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryUnavailableError, match="locked"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    held.rollback()
    held.close()
    assert left_in(tmp_path) == []
    assert registry.count() == 1


def test_a_full_disk_under_the_registry(
    photograph: Pixels, tmp_path: Path, registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(record: Record) -> None:
        raise RegistryUnavailableError("the disk is full")

    monkeypatch.setattr(registry, "put", full)
    with pytest.raises(RegistryUnavailableError, match="full"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


@pytest.mark.parametrize("failure", [OutputError("gone"), KeyboardInterrupt(), MemoryError()])
def test_the_last_step_fails(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqliteRegistry,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
) -> None:
    def fail(staged: StagedFile) -> None:
        assert registry.count() == 1  # registered by now
        raise failure

    monkeypatch.setattr(StagedFile, "publish", fail)
    with pytest.raises(type(failure)):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_a_stream_that_fails(photograph: Pixels, registry: SqliteRegistry) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError("no space left")

    with pytest.raises(OutputError, match="no space"):
        indelible.protect(photograph, Full(), format="png", registry=registry)
    assert registry.count() == 0


def test_a_stream_that_takes_little_at_a_time(photograph: Pixels) -> None:
    class Slow(io.BytesIO):
        def write(self, data: Any) -> int:
            return super().write(bytes(data[:50_000]))

    stream = Slow()
    assert indelible.protect(photograph, stream, format="png").data == stream.getvalue()


def test_withdrawing_fails_too(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqliteRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(staged: StagedFile) -> None:
        raise OutputError("gone")

    def unavailable(manifest_id: str) -> bool:
        raise RegistryUnavailableError("gone, too")

    monkeypatch.setattr(StagedFile, "publish", fail)
    monkeypatch.setattr(registry, "withdraw", unavailable)
    with pytest.raises(OutputError, match="gone"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert any("keeps urn:c2pa:" in record.getMessage() for record in caplog.records)


# --- ids --------------------------------------------------------------------------------


def test_an_id_that_is_held_is_redrawn(
    photograph: Pixels, registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = indelible.protect(photograph, registry=registry).payload
    draws = iter([held, held, b"\x01" * 8])
    monkeypatch.setattr(
        "indelible.protection.protector.secrets.token_bytes", lambda count: next(draws)
    )
    assert indelible.protect(photograph, registry=registry).payload == b"\x01" * 8
    assert registry.count() == 2


def test_an_id_that_is_taken_meanwhile_is_redrawn(
    photograph: Pixels, tmp_path: Path, registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[[Record], None] = registry.put
    refused: list[bytes] = []

    def racing(record: Record) -> None:
        if not refused:
            refused.append(record.payload)
            raise BindingConflictError("taken")
        put(record)

    monkeypatch.setattr(registry, "put", racing)
    result = indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert result.payload not in refused
    assert left_in(tmp_path) == ["out.png"]
    report = credentials.read(result.data, "png")
    assert report.soft_bindings[0].names(watermark.ALGORITHM, result.payload)


def test_a_registry_that_lies_does_not_hang(
    photograph: Pixels, registry: SqliteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "has", lambda algorithm, payload: True)
    with pytest.raises(RegistryError, match="in a row"):
        indelible.protect(photograph, registry=registry)


# --- death ------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("step", ["has", "stage", "put", "publish", "published"])
def test_killed_at_any_step(
    photograph_path: dict[str, Path], tmp_path: Path, home: Path, step: str
) -> None:
    """No half file, no visible file without its entry, whenever the process dies."""
    source = photograph_path["chelsea"]
    indelible.protect(source)  # makes the identity, so that the first sync is the output's
    program = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        import indelible
        from indelible.files import StagedFile
        from indelible.registry import SqliteRegistry

        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        step = {step!r}
        if step == "has":
            SqliteRegistry.has = die
        if step == "stage":
            os.fsync = die
        if step == "put":
            put = SqliteRegistry.put
            SqliteRegistry.put = lambda *a: (put(*a), die())
        if step == "publish":
            StagedFile.publish = die
        indelible.protect(Path({str(source)!r}), {str(tmp_path / "out.png")!r})
        die()
        """
    )
    died = subprocess.run(
        [sys.executable, "-c", program], check=False, env=dict(os.environ), capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    output = tmp_path / "out.png"
    assert output.exists() == (step == "published")
    if output.exists():
        assert indelible.verify(output).verdict == "authentic"
    # At most a hidden temporary file is left beside it, and the next call is not in its way.
    assert all(name.startswith(".indelible-") for name in left_in(tmp_path) if name != "out.png")
    assert indelible.protect(source, output, overwrite=True).path == output
    assert indelible.verify(output).verdict == "authentic"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(photograph_path: dict[str, Path], tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import itertools, sys
        from pathlib import Path
        import indelible
        source = Path({str(photograph_path["chelsea"])!r}).read_bytes()
        for number in itertools.count():
            indelible.protect(source, Path({str(tmp_path)!r}, f"{{number}}.png"))
            print(number, flush=True)
        """
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert worker.stdout is not None
    for _ in range(4):
        worker.stdout.readline()
    time.sleep(0.03)
    worker.kill()
    worker.communicate()
    visible = [path for path in tmp_path.iterdir() if path.suffix == ".png"]
    assert len(visible) >= 4
    for path in visible:
        assert indelible.verify(path).verdict == "authentic"


def test_every_error_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndelibleError) as caught:
        indelible.protect(tmp_path / "missing.png")
    assert caught.value.hint


def test_lossless_webp_stays_that_unless_a_quality_is_given(photograph: Pixels) -> None:
    stored = imaging.encode(photograph[:256, :256].copy(), "webp", lossless=True)
    kept = indelible.protect(stored)
    assert imaging.read_header(kept.data).lossless
    assert not imaging.read_header(indelible.protect(stored, quality=90).data).lossless
    assert not imaging.read_header(indelible.protect(photograph, format="webp").data).lossless


def test_what_a_file_loses_is_in_the_result(photograph: Pixels) -> None:
    stored = imaging.encode(photograph, "jpeg") + b"\0\0\0\x18ftypmp42" + bytes(50)
    result = indelible.protect(stored)
    assert any("a video" in note for note in result.notes)
    assert any("a video" in note for note in result.to_dict()["notes"])


def test_a_partners_mark_is_left_alone(photograph: Pixels, home: Path) -> None:
    partner = Key.generate()
    indelible.protect(photograph)  # makes the user's own key
    current().key_ring.add(partner, detect_only=True)
    theirs = watermark.embed(photograph, b"partners", partner)
    result = indelible.protect(theirs, format="png")
    assert result.key_id != partner.id
    pixels = imaging.decode(result.data).pixels
    assert watermark.detect(pixels, partner).payload == b"partners"
    own = next(key for key in current().detection_keys() if key != partner)
    assert watermark.detect(pixels, own).payload == result.payload
    for keys in ([own, partner], [partner, own]):  # whichever mark is the louder one
        found = indelible.verify(result.data, keys=keys)
        assert (found.verdict, found.watermark.payload) == ("authentic", result.payload)
