"""What a protected file holds, what is refused, and what a `Protector` holds between pictures."""

from __future__ import annotations

import datetime as dt
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

import indelible
from indelible import Protector, credentials, imaging, watermark
from indelible.credentials import (
    CallbackSigner,
    DevelopmentIdentity,
    Generator,
    ManifestRequest,
    SourceType,
    Trust,
    new_manifest_id,
)
from indelible.errors import (
    ArgumentError,
    ImageTooLargeError,
    IndelibleError,
    SigningError,
    UnmarkableImageError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.imaging import Limits
from indelible.registry import open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.sqlite import SqliteDatabase
from indelible.settings import current
from indelible.watermark import Key
from tests.protection.conftest import Pixels, left_in

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_everything_in_the_file_says_the_same(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, suffix: str
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

    report = credentials.read(result.data)
    assert report.state == "valid"  # intact; the development signer is on no official list
    assert report.manifest_id == result.manifest_id
    assert [a.action for a in report.actions] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert report.source_type == "trainedAlgorithmicMedia"
    binding, hashed = report.soft_bindings
    assert binding.names(watermark.ALGORITHM, result.payload)
    assert report.manifest is not None
    assert report.manifest.fingerprint is not None
    looks = report.manifest.fingerprint
    assert hashed.names(looks.PDQ_ALGORITHM, looks.pdq)

    (record,) = registry.find(watermark.ALGORITHM, result.payload)
    assert record.manifest_id == result.manifest_id
    assert record.media_type == imaging.media_type(result.format)
    assert (record.width, record.height) == (photograph.shape[1], photograph.shape[0])
    assert record.fingerprint is not None
    assert record.fingerprint.pdq == looks.pdq


def test_kinds_of_input(photograph: Pixels, picture_file: Path) -> None:
    path = picture_file
    opened = imaging.open_image(path)
    pixels = (photograph, Image.fromarray(photograph))
    for source in (path, str(path), path.read_bytes(), opened, *pixels):
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
    wide = photograph[:150]
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter, clockwise
    stored = io.BytesIO()
    Image.fromarray(wide).save(stored, "JPEG", quality=95, exif=exif)
    lazily = Image.open(io.BytesIO(stored.getvalue()))
    result = indelible.protect(lazily, format="png")
    upright = imaging.decode(stored.getvalue()).pixels
    protected = imaging.decode(result.data).pixels
    assert protected.shape == upright.shape == (256, 150, 3)
    assert np.abs(protected.astype(int) - upright.astype(int)).mean() < 5


@pytest.mark.parametrize("mode", ["P", "LA", "1"])
def test_pillow_modes_are_converted_with_a_note(photographs: dict[str, Pixels], mode: str) -> None:
    image = Image.fromarray(photographs["astronaut"]).convert(mode)
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
    report = credentials.read(result.data)
    assert report.generator == "Acme 3"
    assert report.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert report.manifest is not None
    assert report.manifest.title == "A title"
    assert result.manifest_id != template.manifest_id  # a template may serve many pictures


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


def test_nothing_is_made_for_what_cannot_be_protected(
    picture_file: Path, tmp_path: Path, home: Path
) -> None:
    """Neither an identity, nor a key, nor a registry: the picture is opened first."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture_file.read_bytes()[:200])
    there = tmp_path / "there.png"
    there.write_bytes(b"")
    for image, output in (
        (broken, tmp_path / "out.png"),
        (picture_file, there),
        (picture_file, tmp_path / "out.xyz"),
    ):
        with pytest.raises(IndelibleError):
            indelible.protect(image, output)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_the_users_limits_hold_before_anything_is_made(
    picture_file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDELIBLE_LIMITS_MAX_PIXELS", "1000")
    with pytest.raises(ImageTooLargeError):
        indelible.protect(picture_file)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_limits_hold_for_every_kind_of_input(photograph: Pixels) -> None:
    small = Limits(max_pixels=1000)
    encoded = imaging.encode(photograph, "png")
    for source in (photograph, encoded, Image.fromarray(photograph)):
        with pytest.raises(ImageTooLargeError):
            indelible.protect(source, limits=small)


def test_every_error_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndelibleError) as caught:
        indelible.protect(tmp_path / "missing.png")
    assert caught.value.hint


# --- what a Protector holds -----------------------------------------------------------------


@pytest.fixture
def given(identity: DevelopmentIdentity, registry: SqlRegistry) -> dict[str, Any]:
    """Everything that a Protector needs."""
    return {"signer": identity.signer, "key": Key.generate(), "registry": registry}


def test_a_protector_serves_many_pictures(
    photograph: Pixels, tmp_path: Path, given: dict[str, Any], identity: DevelopmentIdentity
) -> None:
    protector = Protector(**given, generator="Acme")
    first = protector.protect(photograph, tmp_path / "a.png")
    second = protector.protect(photograph, format="jpeg", source_type="captured")
    assert first.path == tmp_path / "a.png"
    assert first.payload != second.payload
    assert first.manifest_id != second.manifest_id
    for made, source_type in ((first, "trainedAlgorithmicMedia"), (second, "digitalCapture")):
        verdict = indelible.verify(
            made.data, keys=given["key"], registry=given["registry"], trust=identity.trust()
        )
        assert verdict.verdict == "authentic"
        assert verdict.credential.generator == "Acme"
        assert verdict.credential.source_type == source_type


def test_what_is_needed_is_named(given: dict[str, Any]) -> None:
    for name in given:
        with pytest.raises(ArgumentError, match=name) as caught:
            Protector(**{**given, name: None})
        assert caught.value.argument == name
        assert caught.value.hint is not None
        assert "from_settings" in caught.value.hint


@pytest.mark.usefixtures("never_marked")
def test_more_specific_claims_win(photograph: Pixels, given: dict[str, Any]) -> None:
    """By name over a manifest's own, and those of the call over those of the Protector."""

    def claimed(protector: Protector, **of_the_call: Any) -> tuple[str | None, ...]:
        made = protector.protect(photograph, format="png", **of_the_call)
        report = credentials.read(made.data)
        assert report.manifest is not None
        return report.generator, report.source_type, report.manifest.title

    def template(name: str, source_type: SourceType) -> ManifestRequest:
        return ManifestRequest(
            new_manifest_id(), Generator(name), title=f"by {name}", source_type=source_type
        )

    own = template("Own", SourceType.AI_EDITED)
    other = template("Other", SourceType.CAPTURED)
    edited, captured = "compositeWithTrainedAlgorithmicMedia", "digitalCapture"
    held = Protector(**given, manifest=own)
    assert claimed(held) == ("Own", edited, "by Own")
    assert claimed(held, source_type="captured") == ("Own", captured, "by Own")
    assert claimed(held, manifest=other) == ("Other", captured, "by Other")
    named = Protector(**given, manifest=own, generator="Acme", source_type="generated")
    assert claimed(named, manifest=other) == ("Acme", "trainedAlgorithmicMedia", "by Other")
    assert claimed(named, manifest=other, source_type="ai-edited") == ("Acme", edited, "by Other")
    generator, source_type, title = claimed(Protector(**given))
    assert generator is not None
    assert generator.startswith(Generator.unnamed().name)
    assert (source_type, title) == ("trainedAlgorithmicMedia", None)


@pytest.mark.usefixtures("never_marked")
def test_each_picture_has_a_time_of_its_own(photograph: Pixels, given: dict[str, Any]) -> None:
    """A Protector may live for months: its manifest is a template, one of a call is not."""
    old = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    template = ManifestRequest(new_manifest_id(), Generator("Acme"), when=old)

    def years(made: indelible.ProtectedImage) -> set[str]:
        report = credentials.read(made.data)
        return {(action.when or "")[:4] for action in report.actions}

    held = Protector(**given, manifest=template)
    assert "2020" not in years(held.protect(photograph))
    assert "2020" in years(held.protect(photograph, manifest=template))
    assert "2020" in years(indelible.protect(photograph, **given, manifest=template))


@pytest.mark.usefixtures("never_marked")
def test_the_configured_generator_gives_way_to_a_pictures_manifest(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDELIBLE_GENERATOR_NAME", "Configured")
    protector = Protector.from_settings()
    made = protector.protect(photograph)
    assert credentials.read(made.data).generator == "Configured"
    request = ManifestRequest(new_manifest_id(), Generator("Own"))
    made = protector.protect(photograph, manifest=request)
    assert credentials.read(made.data).generator == "Own"


@pytest.mark.usefixtures("never_marked")
def test_settings_fill_what_is_missing(
    photograph: Pixels, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDELIBLE_LIMITS_MAX_PIXELS", "1000")
    with pytest.raises(ImageTooLargeError):
        Protector.from_settings(registry=registry).protect(photograph)
    result = Protector.from_settings(registry=registry, limits=Limits()).protect(photograph)
    assert registry.count() == 1
    assert current().existing_registry() is None
    assert result.key_id == current().marking_keys()[0].id


def test_every_part_is_filled_from_the_settings_unless_given(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDELIBLE_WATERMARK_STRENGTH", "robust")
    protector = Protector.from_settings()
    assert protector._parts.signer is current().signer()
    assert protector._parts.keys == current().marking_keys()
    assert protector._parts.registry is current().registry()
    assert protector._parts.strength == "robust"
    assert protector._parts.trust == current().trust() != Trust.official()
    given |= {"trust": Trust.nobody(), "strength": "discreet"}
    protector = Protector.from_settings(**given)  # no generator: the settings are asked for it
    assert protector._parts.signer is given["signer"]
    assert protector._parts.keys == (given["key"],)
    assert protector._parts.registry is given["registry"]
    assert protector._parts.strength == "discreet"
    assert protector._parts.trust == Trust.nobody()


def test_a_wrong_argument_is_named_before_the_users_files_are_touched(home: Path) -> None:
    with pytest.raises(ArgumentError, match="strength"):
        Protector.from_settings(strength="ultra")  # type: ignore[arg-type]
    assert list(home.rglob("*")) == []


@pytest.mark.usefixtures("never_marked")
def test_a_falsy_registry_is_a_registry(
    photograph: Pixels, given: dict[str, Any], tmp_path: Path
) -> None:
    class Empty(SqlRegistry):
        def __len__(self) -> int:
            return 0

    registry = Empty(SqliteDatabase(tmp_path / "registry-of-its-own.sqlite3"))
    indelible.protect(photograph, registry=registry)
    Protector(**{**given, "registry": registry}).protect(photograph)
    assert registry.count() == 2


# --- threads, forks, pickles ------------------------------------------------------------------


def test_threads_share_a_protector(
    photograph: Pixels, given: dict[str, Any], tmp_path: Path
) -> None:
    given["registry"] = open_registry(sqlite_url(tmp_path / "shared-registry.sqlite3"))
    protector = Protector(**given)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(protector.protect, [photograph] * 6))
    assert len({one.payload for one in made}) == 6
    assert given["registry"].count() == 6
    for one in made:
        pixels = imaging.decode(one.data).pixels
        assert watermark.detect(pixels, given["key"]).payload == one.payload


def test_a_forked_child_protects_with_its_parents_protector(
    photograph: Pixels, tmp_path: Path, given: dict[str, Any]
) -> None:
    given["registry"] = open_registry(sqlite_url(tmp_path / "shared-registry.sqlite3"))
    protector = Protector(**given)
    protector.protect(photograph)  # so that whatever is made on first use is made
    children = [
        get_context("fork").Process(
            target=protector.protect, args=(photograph, tmp_path / f"{number}.png")
        )
        for number in range(2)
    ]
    for child in children:
        child.start()
    protector.protect(photograph, tmp_path / "parent.png")
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert left_in(tmp_path) == ["0.png", "1.png", "parent.png"]
    assert given["registry"].count() == 4


_elsewhere: dict[str, credentials.Signer] = {}


def sign_elsewhere(data: bytes) -> bytes:
    """Stand for a key service: the key is not in the signer."""
    return _elsewhere["signer"].sign(data)


def test_a_protector_travels_as_what_it_was_made_from(
    photograph: Pixels, given: dict[str, Any], identity: DevelopmentIdentity
) -> None:
    _elsewhere["signer"] = identity.signer
    given["signer"] = CallbackSigner(identity.signer.certificates, sign_elsewhere)
    protector = Protector(**given, generator="Acme", source_type="ai-edited", strength="balanced")
    again = pickle.loads(pickle.dumps(protector))
    made = again.protect(photograph)
    report = credentials.read(made.data)
    assert (report.generator, report.source_type) == (
        "Acme",
        "compositeWithTrainedAlgorithmicMedia",
    )
    assert made.key_id == given["key"].id
    assert given["registry"].count() == 1
    assert pickle.dumps(again) == pickle.dumps(protector)


@pytest.mark.usefixtures("never_marked")
def test_a_protector_from_settings_travels_without_what_is_configured(
    photograph: Pixels, registry: SqlRegistry
) -> None:
    """Each process reads its own configuration: neither keys nor certificates travel."""
    protector = Protector.from_settings(registry=registry, generator="Acme")
    pickled = pickle.dumps(protector)
    assert b"PRIVATE" not in pickled
    assert b"CERTIFICATE" not in pickled
    current().key_ring.rotate()
    made = pickle.loads(pickled).protect(photograph)
    assert made.key_id == current().marking_keys()[0].id
    assert credentials.read(made.data).generator == "Acme"
    assert registry.count() == 1


@pytest.mark.parametrize(
    ("name", "part", "error"),
    [
        ("signer", lambda identity: identity.signer, SigningError),
        (
            "signer",
            lambda identity: CallbackSigner(identity.signer.certificates, lambda data: data),
            ArgumentError,
        ),
    ],
    ids=["a private key", "a lambda"],
)
def test_what_cannot_travel_says_so(
    given: dict[str, Any],
    identity: DevelopmentIdentity,
    name: str,
    part: Callable[[DevelopmentIdentity], object],
    error: type[IndelibleError],
) -> None:
    _elsewhere["signer"] = identity.signer
    given["signer"] = CallbackSigner(identity.signer.certificates, sign_elsewhere)
    protector = Protector(**{**given, name: part(identity)})
    with pytest.raises(error, match=name) as caught:
        pickle.dumps(protector)
    assert caught.value.hint
