"""Derived copies: from a file to the verdict about it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

import indelible
from indelible import Verdict, credentials, imaging
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.errors import (
    ArgumentError,
    ImageTooLargeError,
    IndelibleError,
    ManifestError,
    OutputExistsError,
    UnsupportedImageError,
)
from indelible.imaging import Limits
from indelible.protection import DerivedImage, ProtectedImage, Protector
from indelible.registry import open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.watermark import Key
from tests.protection.conftest import Pixels, left_in


@dataclass(frozen=True)
class House:
    """A generator's house: its key, its registry, whom it trusts, and a protected portrait."""

    protector: Protector
    key: Key
    registry: SqlRegistry
    trust: Trust
    identity: DevelopmentIdentity
    original: ProtectedImage

    def verdict(self, data: bytes) -> indelible.Verification:
        return indelible.verify(data, keys=self.key, registry=self.registry, trust=self.trust)

    @property
    def derive(self) -> Callable[..., DerivedImage]:
        return partial(
            indelible.derive,
            signer=self.identity.signer,
            keys=self.key,
            registry=self.registry,
            trust=self.trust,
        )


@pytest.fixture(scope="module")
def house(
    photographs: dict[str, Pixels],
    identity: DevelopmentIdentity,
    tmp_path_factory: pytest.TempPathFactory,
) -> House:
    key = Key.generate()
    path = tmp_path_factory.mktemp("house") / "registry.sqlite3"
    registry = open_registry(sqlite_url(path))
    protector = Protector(
        signer=identity.signer, key=key, registry=registry, generator="Acme Images"
    )
    portrait = np.ascontiguousarray(photographs["astronaut"][:400, 60:460])
    original = protector.protect(portrait, format="png")
    return House(protector, key, registry, identity.trust(), identity, original)


@pytest.mark.parametrize(
    ("asked", "size", "actions"),
    [
        ({"width": 300}, (300, 300), ["c2pa.resized.proportional"]),
        (
            {"crop": (60, 10, 320, 300), "format": "jpeg"},
            (320, 300),
            ["c2pa.cropped", "c2pa.converted"],
        ),
        (
            {"width": 320, "height": 240, "fit": "cover", "format": "webp"},
            (320, 240),
            ["c2pa.cropped", "c2pa.resized.proportional", "c2pa.converted"],
        ),
        ({"width": 400, "height": 300, "fit": "fill"}, (400, 300), ["c2pa.resized"]),
        ({"width": 400, "height": 300}, (300, 300), ["c2pa.resized.proportional"]),
        ({"width": 640}, (640, 640), ["c2pa.resized.proportional"]),
        ({"format": "avif"}, (400, 400), ["c2pa.converted"]),
        ({}, (400, 400), ["c2pa.transcoded"]),
    ],
)
def test_a_signed_copy_is_authentic(
    house: House, asked: dict[str, Any], size: tuple[int, int], actions: list[str]
) -> None:
    copy = house.derive(house.original.data, **asked)
    assert (copy.width, copy.height) == size
    assert imaging.read_header(copy.data).width == size[0]
    assert copy.payload == house.original.payload
    assert copy.signed

    result = house.verdict(copy.data)
    assert result.verdict is Verdict.AUTHENTIC
    assert result.watermark.payload == house.original.payload
    report = result.credential
    assert [step.action for step in report.actions] == ["c2pa.opened", *actions]
    assert report.soft_bindings[0].names(house.key.algorithm, house.original.payload)
    (parent,) = report.ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == house.original.manifest_id
    assert parent.failures == ()
    assert result.ai is not None  # what its history says goes on being said

    assert copy.manifest_id is not None
    record = house.registry.get(copy.manifest_id)
    assert record is not None
    assert record.payload == b""  # the watermark's id stays the original's
    found = house.registry.find(house.key.algorithm, house.original.payload)
    assert [one.manifest_id for one in found] == [house.original.manifest_id]


def test_a_copy_of_a_copy(house: House) -> None:
    first = house.derive(house.original.data, width=380, format="jpeg")
    second = house.derive(first.data, crop=(20, 20, 300, 350), format="webp")
    result = house.verdict(second.data)
    assert result.verdict is Verdict.AUTHENTIC
    depth, one = 0, result.credential.manifest
    while one is not None and one.ingredients:
        depth, one = depth + 1, one.ingredients[0].manifest
    assert depth == 2
    assert one is not None
    assert one.manifest_id == house.original.manifest_id


def test_without_a_signer_the_record_remains(house: House, tmp_path: Path) -> None:
    copy = indelible.derive(
        house.original.data, width=400, format="jpeg", keys=house.key, registry=house.registry
    )
    assert not copy.signed
    assert not credentials.has_manifest(copy.data)
    assert any("only the record" in note for note in copy.notes)
    result = house.verdict(copy.data)
    assert result.verdict is Verdict.RECOVERED
    assert result.registry.manifest_id == house.original.manifest_id
    elsewhere = open_registry(sqlite_url(tmp_path / "elsewhere.sqlite3"))
    copy = indelible.derive(house.original.data, width=400, keys=house.key, registry=elsewhere)
    assert any("does not hold" in note for note in copy.notes)


def test_below_what_a_mark_survives(house: House) -> None:
    copy = house.derive(house.original.data, width=32, format="jpeg")
    assert copy.payload is None
    assert any("watermark is not found" in note for note in copy.notes)
    result = house.verdict(copy.data)
    assert result.verdict is Verdict.AUTHENTIC
    assert all(one.key_id is None for one in result.credential.soft_bindings)
    bare = indelible.derive(house.original.data, width=32, keys=house.key)
    assert any("no watermark that was found" in note for note in bare.notes)


def test_never_suspect_whatever_the_size(house: House) -> None:
    for width in (40, 64, 96, 128, 200):
        copy = house.derive(house.original.data, width=width, format="jpeg", quality=60)
        assert house.verdict(copy.data).verdict is Verdict.AUTHENTIC, width
        bare = imaging.encode(imaging.decode(copy.data).pixels, "jpeg")
        kinds = (Verdict.RECOVERED, Verdict.NONE, Verdict.UNVERIFIED)
        assert house.verdict(bare).verdict in kinds, width


def test_a_signer_nobody_trusts(house: House, other_identity: DevelopmentIdentity) -> None:
    copy = indelible.derive(
        house.original.data, width=300, signer=other_identity.signer, keys=house.key
    )
    assert house.verdict(copy.data).verdict is Verdict.UNVERIFIED


def test_a_source_that_lost_its_manifest_finds_it_again(house: House) -> None:
    bare = imaging.encode(imaging.decode(house.original.data).pixels, "jpeg", quality=80)
    copy = house.derive(bare, width=400)
    (parent,) = credentials.read(copy.data).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == house.original.manifest_id
    assert house.verdict(copy.data).verdict is Verdict.AUTHENTIC


def test_a_manifest_beside_the_source(house: House, tmp_path: Path) -> None:
    path = tmp_path / "portrait.png"
    pixels = imaging.decode(house.original.data).pixels
    path.write_bytes(imaging.encode(pixels, "png"))
    sidecar = credentials.ManifestRequest(
        credentials.new_manifest_id(), credentials.Generator("Acme Images"), embed=False
    )
    credentials.sign_file(
        path, tmp_path / "copy.png", sidecar, house.identity.signer, sidecar=True, trust=house.trust
    )
    copy = indelible.derive(
        tmp_path / "copy.png", width=300, signer=house.identity.signer, keys=house.key
    )
    (parent,) = credentials.read(copy.data).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == sidecar.manifest_id


def test_a_source_without_credentials(house: House, photographs: dict[str, Pixels]) -> None:
    plain = imaging.encode(photographs["coffee"], "png")
    copy = house.derive(plain, width=300)
    report = credentials.read(copy.data)
    assert report.source_type is None  # nobody knows how it came to be
    assert [one.relationship for one in report.ingredients] == ["parentOf"]
    assert copy.payload is None
    assert copy.notes == ()
    assert house.verdict(copy.data).verdict is Verdict.AUTHENTIC


# --- what nobody should sign over -----------------------------------------------------------------


def test_a_changed_source_is_not_vouched_for(house: House, tmp_path: Path) -> None:
    signed = house.protector.protect(imaging.decode(house.original.data).pixels, format="jpeg")
    store = credentials.extract_store(signed.data)
    assert store is not None
    tampered = bytearray(signed.data)
    tampered[-200] ^= 1  # in the compressed picture
    output = tmp_path / "copy.png"
    with pytest.raises(ManifestError, match="does not hold"):
        house.derive(bytes(tampered), output, width=300)
    assert left_in(tmp_path) == []
    copy = indelible.derive(bytes(tampered), output, width=300, keys=house.key)
    assert not copy.signed


def test_another_mark_than_the_manifest_names(
    house: House, photographs: dict[str, Pixels], identity: DevelopmentIdentity
) -> None:
    other = house.protector.protect(photographs["coffee"], format="png")
    request = credentials.ManifestRequest(
        credentials.new_manifest_id(),
        credentials.Generator("Forger"),
        soft_binding=credentials.SoftBinding(
            house.key.algorithm, house.original.payload, key_id=house.key.id
        ),
    )
    bare = imaging.encode(imaging.decode(other.data).pixels, "png")
    forged = credentials.sign(bare, request, identity.signer).data
    assert house.verdict(forged).verdict is Verdict.SUSPECT
    with pytest.raises(ManifestError, match="another watermark id"):
        house.derive(forged, width=300)
    unmarked = imaging.encode(photographs["coffee"], "png")
    forged = credentials.sign(unmarked, request, identity.signer).data
    assert house.verdict(forged).verdict is Verdict.SUSPECT
    with pytest.raises(ManifestError, match="carries none"):
        house.derive(forged, width=300)


def test_a_copied_mark_is_not_vouched_for(house: House, photographs: dict[str, Pixels]) -> None:
    marked = imaging.decode(house.original.data).pixels.astype(np.int16)
    residual = marked - photographs["astronaut"][:400, 60:460].astype(np.int16)
    coffee = np.ascontiguousarray(photographs["coffee"][:400, :400]).astype(np.int16)
    forged = np.clip(coffee + 2 * residual, 0, 255).astype(np.uint8)
    file = imaging.encode(forged, "png")
    assert house.verdict(file).verdict is Verdict.SUSPECT
    with pytest.raises(ManifestError, match="another picture"):
        house.derive(file, width=400)
    # Who has no registry cannot know; the copy then vouches for no mark, and stays suspect.
    copy = indelible.derive(file, width=400, signer=house.identity.signer, keys=house.key)
    assert all(one.key_id is None for one in credentials.read(copy.data).soft_bindings)
    assert house.verdict(copy.data).verdict is Verdict.SUSPECT


# --- kinds of pictures ----------------------------------------------------------------------------


def test_profile_orientation_and_alpha(photograph: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stored = io.BytesIO()
    Image.fromarray(photograph[:150]).save(stored, "JPEG", exif=exif, icc_profile=profile)
    copy = indelible.derive(stored.getvalue(), crop=(10, 20, 100, 200), width=50, keys=())
    assert (copy.width, copy.height) == (50, 100)
    decoded = imaging.decode(copy.data)
    assert decoded.metadata.icc_profile == profile
    assert b"a description" in (decoded.metadata.exif or b"")
    shown = imaging.decode(stored.getvalue()).pixels[20:220, 10:110]
    small = np.asarray(Image.fromarray(shown).resize((50, 100), Image.Resampling.LANCZOS))
    assert np.abs(decoded.pixels.astype(int) - small.astype(int)).mean() < 8
    stripped = indelible.derive(stored.getvalue(), strip=True, keys=())
    assert imaging.decode(stripped.data).metadata.exif is None

    alpha = np.zeros((256, 256, 1), np.uint8)
    alpha[:, 128:] = 255
    pixels = np.concatenate([photograph, alpha], axis=2)
    pixels[:, :128, :3] = (255, 0, 0)  # what nobody sees must not shine through
    clear = indelible.derive(imaging.encode(pixels, "png"), width=64, keys=())
    red = imaging.decode(clear.data).pixels
    assert red.shape == (64, 64, 4)
    assert red[:, 33, 0].mean() < 250
    flat = indelible.derive(imaging.encode(pixels, "png"), format="jpeg", keys=())
    assert any("transparency" in note for note in flat.notes)


def _deep_png(values: Any) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    height, width = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bits_and_animations() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64)
    copy = indelible.derive(_deep_png(ramp), width=32, keys=())
    assert any("16 bits" in note for note in copy.notes)
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    animated = io.BytesIO()
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedImageError, match="2 frames"):
        indelible.derive(animated.getvalue(), width=16, keys=())


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"width": True},
        {"width": 10**9},
        {"crop": (0, 0, 10)},
        {"crop": (0, 0, 0, 10)},
        {"crop": "0,0,1,1"},
        {"fit": "crop"},
        {"quality": 101},
        {"signer": "me"},
        {"keys": "secret"},
    ],
)
def test_wrong_arguments(picture_file: Path, wrong: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"keys": (), **wrong}
    with pytest.raises(ArgumentError):
        indelible.derive(picture_file, **asked)


def test_refusals(picture_file: Path, photograph: Pixels) -> None:
    with pytest.raises(ArgumentError, match="not a file"):
        indelible.derive(photograph)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedImageError, match="does not lie within"):
        indelible.derive(picture_file, crop=(200, 0, 100, 100), keys=())
    with pytest.raises(ImageTooLargeError):
        indelible.derive(picture_file, width=5000, keys=(), limits=Limits(max_pixels=10**6))
    for hostile in (b"", b"\x89PNG\r\n\x1a\n", b"no picture"):
        with pytest.raises(IndelibleError):
            indelible.derive(hostile, width=10, keys=())


# --- several at once ------------------------------------------------------------------------------


def test_sizes_for_srcset(house: House, tmp_path: Path) -> None:
    source = tmp_path / "portrait.png"
    source.write_bytes(house.original.data)
    folder = tmp_path / "sizes"
    folder.mkdir()
    made = indelible.derive_many(
        source,
        folder,
        widths=[1024, 160, 320, 2048],
        format="webp",
        signer=house.identity.signer,
        keys=house.key,
        registry=house.registry,
        trust=house.trust,
    )
    assert [copy.width for copy in made] == [160, 320, 400]  # nothing is enlarged
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["portrait-160.webp", "portrait-320.webp", "portrait-400.webp"]
    for copy in made:
        assert house.verdict(copy.data).verdict is Verdict.AUTHENTIC
    with pytest.raises(OutputExistsError):
        indelible.derive_many(source, folder, widths=[160], format="webp", keys=())


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".."])
def test_names_stay_in_their_folder(picture_file: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(IndelibleError):
        indelible.derive_many(picture_file, tmp_path, widths=[16], name=name, keys=())


@pytest.mark.parametrize("widths", [[], [0], "12", 5, range(1, 100)])
def test_wrong_widths(picture_file: Path, widths: Any) -> None:
    with pytest.raises(ArgumentError):
        indelible.derive_many(picture_file, widths=widths, keys=())
