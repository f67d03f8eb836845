"""PDQ: the reference's bits, and what they mean."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import fingerprint
from indelible.errors import FingerprintError, UnsupportedImageError
from indelible.fingerprint import Pdq
from indelible.fingerprint._kernels import hashing
from tests import naive
from tests.fingerprint.pictures import VECTORS, pictures, reference_hashes

PICTURES = pictures()
KNOWN: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))


@pytest.mark.parametrize("name", PICTURES)
def test_bits_and_quality_are_the_references(name: str) -> None:
    found, known = fingerprint.pdq(PICTURES[name]), KNOWN[name]
    assert (found.hex(), found.quality) == (known["hash"], known["quality"])
    if PICTURES[name].shape[:2] != (64, 64):  # which the reference blurs for these alone
        hashes = fingerprint.dihedral(PICTURES[name]).hashes()
        assert [each.hex() for each in hashes] == known["dihedral"]


@pytest.mark.compiled
@pytest.mark.skipif(
    importlib.util.find_spec("pdqhash") is None,
    reason="pdqhash is not installed (pip install pdqhash; it is built from source)",
)
def test_the_package_itself(photographs: dict[str, NDArray[np.uint8]]) -> None:
    pdqhash = importlib.import_module("pdqhash")
    for image in photographs.values():
        known = reference_hashes(image, pdqhash)
        found = fingerprint.pdq(image)
        assert (found.hex(), found.quality) == (known["hash"], known["quality"])
        hashes = [each.hex() for each in fingerprint.dihedral(image).hashes()]
        assert hashes == known["dihedral"]


@pytest.mark.compiled
def test_against_the_obvious(photograph: NDArray[np.uint8]) -> None:
    """In double precision the reduced picture is the same but for rounding."""
    reduced = np.empty((64, 64), np.float32)
    hashing.reduce(photograph, reduced)
    np.testing.assert_allclose(reduced, naive.pdq_reduced(photograph), atol=0.05)
    terms = np.empty((16, 16), np.float32)
    hashing.transform(reduced, naive.pdq_matrix().astype(np.float32), terms)
    matrix = naive.pdq_matrix()
    np.testing.assert_allclose(terms, matrix @ reduced @ matrix.T, atol=0.05)
    assert abs(hashing.quality(reduced) - naive.pdq_quality(reduced)) <= 1


@pytest.mark.compiled
def test_grey_and_alpha(photograph: NDArray[np.uint8]) -> None:
    grey = photograph[..., 1]
    colours = np.repeat(grey[..., None], 3, axis=2)
    assert fingerprint.pdq(grey) == fingerprint.pdq(colours)
    opaque = np.dstack([photograph, np.zeros(photograph.shape[:2], np.uint8)])
    assert fingerprint.pdq(opaque) == fingerprint.pdq(photograph)
    assert fingerprint.pdq(np.asfortranarray(photograph)) == fingerprint.pdq(photograph)


@pytest.mark.compiled
def test_turned_and_mirrored_pictures_are_found(photograph: NDArray[np.uint8]) -> None:
    hashes = fingerprint.dihedral(photograph).hashes()
    for turns in range(4):
        for flipped in (photograph, photograph[:, ::-1]):
            turned = fingerprint.pdq(np.rot90(flipped, turns))
            assert min(fingerprint.distance(turned, each) for each in hashes) <= 24


@pytest.mark.compiled
def test_near_copies_are_near_and_others_far(
    photograph: NDArray[np.uint8], photographs: dict[str, NDArray[np.uint8]]
) -> None:
    own = fingerprint.pdq(photograph)
    darker = (photograph * 0.7).astype(np.uint8)
    assert fingerprint.distance(own, fingerprint.pdq(darker)) <= fingerprint.MATCHING
    assert fingerprint.distance(own, fingerprint.pdq(photograph[::2, ::2])) <= fingerprint.MATCHING
    for image in photographs.values():
        if image is not photograph:
            assert fingerprint.distance(own, fingerprint.pdq(image)) > 80


@pytest.mark.parametrize("shape", [(4, 100, 3), (100, 4), (1, 1, 4)])
def test_too_small(shape: tuple[int, ...]) -> None:
    assert fingerprint.pdq(np.full(shape, 99, np.uint8)) == Pdq(bytes(32), 0)


def test_no_picture() -> None:
    with pytest.raises(UnsupportedImageError):
        fingerprint.pdq(np.zeros((9, 9, 2), np.uint8))


def test_hexadecimal() -> None:
    found = fingerprint.pdq(PICTURES["noise 300 x 451"])
    assert Pdq.from_hex(found.hex(), found.quality) == found
    assert Pdq.from_hex(found.hex().upper(), found.quality) == found


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64, " " * 64, "é" * 64, "0x" * 32])
def test_other_text(text: str) -> None:
    with pytest.raises(FingerprintError):
        Pdq.from_hex(text)


def test_distance() -> None:
    assert fingerprint.distance(bytes(32), b"\xff" * 32) == 256
    assert fingerprint.distance(Pdq(bytes(32), 3), b"\x01" + bytes(31)) == 1
    with pytest.raises(FingerprintError):
        fingerprint.distance(bytes(32), bytes(31))


@pytest.mark.parametrize(("digest", "quality"), [(bytes(31), 0), (bytes(32), -1), (bytes(32), 101)])
def test_other_values(digest: bytes, quality: int) -> None:
    with pytest.raises(FingerprintError):
        Pdq(digest, quality)
