"""Whatever takes bytes from anywhere: every parser and every decoder, by name."""

from __future__ import annotations

import contextlib
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from indelible import imaging
from indelible.credentials import (
    ManifestDefinition,
    Trust,
    extract_store,
    find_signals,
    inspect_chain,
    parse_list,
    read,
    signing_chains,
)
from indelible.credentials.signals.finding import RULES
from indelible.credentials.signers.chains import load_chain
from indelible.credentials.signers.private_keys import load_private_key
from indelible.errors import ImageError, IndelibleError
from indelible.fingerprint import Reference, compare
from indelible.imaging import xmp
from indelible.imaging.exif import (
    camera,
    clean_exif,
    exif_within,
    exif_without_orientation,
    fit_exif,
    text_fields,
)
from indelible.imaging.xmp import corrected, without_address
from indelible.settings import load_settings
from indelible.watermark import Key
from tests.fuzz.harness import MEGABYTE, Allowance, Target

__all__ = ["FORMATS", "TARGETS"]

FORMATS = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
_TRUST = Trust.nobody()
# What a codec's own code, tables and threads take, whatever the picture.
_CODEC_BYTES = 32 * MEGABYTE
_TEXT_NAMES = tuple(
    {rule.where.removeprefix("PNG text ") for rule in RULES if "PNG text" in rule.where}
    | {"comment", "description", "aigc"}
)


def _each(*calls: object) -> None:
    """Call every function given, whatever those before it raise of ours."""
    first: IndelibleError | None = None
    for call in calls:
        try:
            call()  # type: ignore[operator]
        except IndelibleError as error:
            first = first or error
    if first is not None:
        raise first


def _file(data: bytes) -> None:
    """Ask a file for everything that is found without decoding it, and compare it with itself."""
    image = imaging.ImageFile(data)
    with contextlib.suppress(ValueError):  # which says that its place is ambiguous
        _ = image.manifest
    _each(
        lambda: image.media_type,
        lambda: image.xmp_packets,
        lambda: imaging.difference(image, image, xmp=True),
        lambda: imaging.with_plain_items(image),
        image.check_regular,
    )


def _decode(data: bytes) -> None:
    """Decode a picture, and look for claims in what came with it, as `verify` does."""
    metadata = imaging.decode(data, tolerant=True).metadata
    find_signals(metadata)


def _decoder(data: bytes) -> Allowance:
    """Three times the decoded picture, four channels of it where the decoder has colours."""
    try:
        header = imaging.read_header(data, tolerant=True)
    except ImageError:
        return Allowance()
    pixels = header.width * header.height
    memory = 3 * pixels * (1 if header.mode == "L" and header.format != "avif" else 4)
    return Allowance(2.0 + pixels / 10e6, memory + _CODEC_BYTES + 3 * len(data))


def _exif(data: bytes) -> None:
    cleaned, _ = clean_exif(data)
    text_fields(data)
    camera(data)
    if cleaned is not None:
        exif_without_orientation(cleaned)
        exif_within(fit_exif(cleaned, 48, 64, 6), 1_000)
        for format_ in ("jpeg", "tiff"):
            imaging.encode(_pixels(), format_, metadata=imaging.Metadata(exif=cleaned))


def _xmp(data: bytes) -> None:
    corrected(data, 48, 64)
    without_address(data)
    xmp.read_properties(data)
    xmp.with_properties(data, {xmp.CREDIT: "Somebody"})


def _claims(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    find_signals(imaging.Metadata(xmp=data, text=tuple((name, text) for name in _TEXT_NAMES)))
    fields = b"II*\0\x08\0\0\0\x02\0"
    for tag, at in ((0x010E, 64), (0x9286, 64)):
        fields += tag.to_bytes(2, "little") + b"\2\0" + len(data).to_bytes(4, "little")
        fields += at.to_bytes(4, "little")
    find_signals(imaging.Metadata(exif=fields.ljust(64, b"\0") + data))


def _pem(data: bytes) -> None:
    _each(
        lambda: load_chain(data),
        lambda: inspect_chain(data),
        lambda: load_private_key(data),
        lambda: Trust.nobody().with_anchors(data),
    )


def _key_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "0001.key")
        path.write_bytes(data)
        Key.load(path)


def _reference(data: bytes) -> None:
    compare(Reference.from_bytes(data), _pixels(), np.eye(3), period=512)


def _settings(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_bytes(data)
        load_settings(path, environ={})


def _credentials(data: bytes) -> None:
    """Read a picture's manifest; its own bytes say which kind of picture it is."""
    _each(lambda: read(data, trust=_TRUST).to_dict(), lambda: extract_store(data))


def _store(data: bytes) -> None:
    _each(
        lambda: read(_plain(), trust=_TRUST, manifest_store=data).to_dict(),
        lambda: signing_chains(data),
    )


@cache
def _pixels() -> imaging.Pixels:
    return np.full((8, 8, 3), 128, np.uint8)


@cache
def _plain() -> bytes:
    return imaging.encode(_pixels(), "png")


_ALL = (
    *(Target(f"header-{name}", _file) for name in FORMATS),
    *(Target(f"decode-{name}", _decode, _decoder) for name in FORMATS),
    Target("exif", _exif),
    Target("xmp", _xmp),
    Target("claims", _claims),
    Target("trust-list", parse_list),
    Target("pem", _pem),
    Target("key-file", _key_file),
    Target("reference", _reference),
    Target("settings", _settings),
    Target("definition", ManifestDefinition.from_json),
    Target("credentials", _credentials),
    Target("store", _store),
)

TARGETS = {target.name: target for target in _ALL}
