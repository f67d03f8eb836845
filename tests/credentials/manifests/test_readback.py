"""Nothing is published before it was read back: kinds of files that the C2PA library damages."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indelible import imaging
from indelible.credentials import (
    DevelopmentIdentity,
    Trust,
    extract_store,
    read,
    read_file,
    sidecar_path,
    sign,
    sign_file,
)
from indelible.credentials.manifests import _c2pa
from indelible.errors import SigningError, UnsupportedImageError
from indelible.imaging import ImageFile
from tests.credentials.conftest import make_request, picture
from tests.imaging import heic_files, pictures

FRAMES = [Image.fromarray(pictures.scene() // np.uint8(n + 1)) for n in range(3)]


def several(kind: str, **options: object) -> bytes:
    return pictures.saved(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:], **options)


UNFIT = {
    "pages of a TIFF file": several("TIFF"),
    "metadata of an animated AVIF file": several("AVIF", exif=pictures.exif()),
    "big-endian BigTIFF": pictures.tiff(pictures.scene(), order=">", big=True),
}
FIT = {
    "animated GIF": several("GIF"),
    "animated WebP": several("WEBP"),
    "animated PNG": several("PNG"),
    "tiles, placed from a base": pictures.tiled_avif(pictures.scene(96, 128)),
    "tiles, placed by themselves": pictures.tiled_avif(pictures.scene(96, 128), base=False),
    "HEIC": heic_files.SCENE,
    "bases for some items only": pictures.with_one_place_less_a_base(heic_files.SCENE),
    "HEIC of two pictures": heic_files.BOTH,
    "big-endian TIFF": pictures.tiff(pictures.scene(), order=">"),
    "camera raw": pictures.tiff(
        pictures.scene(), extra={254: (1,)}, below={256: (99,), 257: (99,), 262: (32803,)}
    ),
}


@pytest.mark.parametrize("data", UNFIT.values(), ids=UNFIT)
def test_what_would_be_damaged_is_refused_and_nothing_is_written(
    data: bytes, identity: DevelopmentIdentity, tmp_path: Path, trust: Trust
) -> None:
    source, output = tmp_path / "in.bin", tmp_path / "out.bin"
    source.write_bytes(data)
    with pytest.raises(UnsupportedImageError, match="Nothing was written") as caught:
        sign_file(source, output, make_request(), identity.signer, sidecar=True)
    assert "--sidecar --no-embed" in str(caught.value.hint)
    assert [path.name for path in tmp_path.iterdir()] == ["in.bin"]
    # The way out that the hint names.
    sign_file(source, output, make_request(embed=False), identity.signer, sidecar=True)
    assert output.read_bytes() == data
    assert sidecar_path(output).exists()
    assert read_file(output, trust=trust).state == "trusted"


@pytest.mark.parametrize("data", FIT.values(), ids=FIT)
def test_everything_else_is_as_it_was(
    data: bytes, identity: DevelopmentIdentity, trust: Trust
) -> None:
    signed = sign(data, make_request(), identity.signer)
    assert read(signed.data, trust=trust).state == "trusted"
    before, after = imaging.read_header(data), imaging.read_header(signed.data)
    assert before == after
    try:
        picture = imaging.decode(data)
    except UnsupportedImageError:
        assert imaging.difference(data, signed.data) is None
        return
    assert np.array_equal(picture.pixels, imaging.decode(signed.data).pixels)
    assert picture.metadata == imaging.decode(signed.data).metadata
    again = sign(signed.data, make_request(), identity.signer)
    assert read(again.data, trust=trust).ingredients[0].manifest is not None
    assert np.array_equal(picture.pixels, imaging.decode(again.data).pixels)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "tiff", "avif"])
def test_a_library_that_changes_pixels_is_caught(
    kind: str, identity: DevelopmentIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = _c2pa.sign

    def careless(job: _c2pa.SigningJob) -> tuple[bytes, bytes]:
        # It signs, correctly, another picture than it was given.
        return honest(dataclasses.replace(job, image=ImageFile(picture(kind, seed=1))))

    monkeypatch.setattr(_c2pa, "sign", careless)
    with pytest.raises(UnsupportedImageError, match="changes something else"):
        sign(picture(kind), make_request(), identity.signer)


def test_a_manifest_that_does_not_hold_is_caught(
    identity: DevelopmentIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = _c2pa.sign

    def broken(job: _c2pa.SigningJob) -> tuple[bytes, bytes]:
        signed, store = honest(job)
        return signed.replace(b"Acme Images", b"Acme Imagez"), store

    monkeypatch.setattr(_c2pa, "sign", broken)
    with pytest.raises(SigningError, match="does not hold"):
        sign(picture(), make_request(), identity.signer)


def test_another_manifest_than_was_asked_for_is_caught(
    identity: DevelopmentIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sign(picture(), make_request(), identity.signer)
    monkeypatch.setattr(_c2pa, "sign", lambda job: (other.data, other.manifest_store))
    with pytest.raises(SigningError, match="does not hold"):
        sign(picture(), make_request(), identity.signer)


def test_a_file_without_a_manifest_has_none_however_damaged() -> None:
    data = bytearray(pictures.tiff(pictures.scene()))
    data[-4:] = data[4:8]  # its last page is followed by its first
    assert read(bytes(data)).state == "absent"
    assert extract_store(bytes(data)) is None


def test_a_chain_of_pages_without_an_end_is_refused_with_the_reason(
    identity: DevelopmentIdentity,
) -> None:
    data = bytearray(pictures.tiff(pictures.scene()))
    data[-4:] = data[4:8]
    with pytest.raises(UnsupportedImageError, match="cannot take it apart"):
        sign(bytes(data), make_request(), identity.signer)
