"""Carrier versions: a toy second one beside the first, in keys, key files, marks and rings."""

from __future__ import annotations

import itertools
import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import watermark
from indelible.errors import KeyFileError
from indelible.watermark import Key, detect, detection, embed, keys, probability, versions
from indelible.watermark.carrier import carrier_of
from indelible.watermark.search import Candidate, spectrum_of
from indelible.watermark.versions import CURRENT, CarrierVersion
from indelible.watermark.view import View

SECRET = bytes(range(100, 132))
STRANGER = Key.from_bytes(b"the key of somebody else's marks")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> CarrierVersion:
    """A second version, registered for one test."""
    version = CarrierVersion(CURRENT.number + 1)
    monkeypatch.setitem(versions.VERSIONS, version.number, version)
    return version


@pytest.fixture
def ring(toy: CarrierVersion) -> tuple[Key, Key]:
    """A key of each version, of the same secret and family."""
    return Key.from_bytes(SECRET), Key.from_bytes(SECRET, version=toy)


def rotated(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC).astype(np.uint8)


# --- the value -----------------------------------------------------------------------------------


def test_only_the_names_of_registered_versions_are_known() -> None:
    later = CarrierVersion(CURRENT.number + 1)
    assert versions.is_known(CURRENT.algorithm)
    for name in (later.algorithm, f"{CURRENT.algorithm}.1", CURRENT.algorithm.upper(), ""):
        assert not versions.is_known(name)


def test_a_registered_version_is_known(toy: CarrierVersion) -> None:
    assert versions.is_known(toy.algorithm)


def test_the_current_version_is_what_new_keys_have() -> None:
    for key in (Key.generate(), Key.from_bytes(SECRET), Key(SECRET)):
        assert key.version == CURRENT
        assert key.algorithm == CURRENT.algorithm == watermark.ALGORITHM == "org.indelible.dft.2"


def test_versions_share_nothing(toy: CarrierVersion) -> None:
    def of(version: CarrierVersion) -> tuple[object, ...]:
        seed = version.pilots_seed("default")
        return version.algorithm, version.salt, version.purpose("signs"), seed

    for one, other in itertools.combinations(versions.VERSIONS.values(), 2):
        assert not set(of(one)) & set(of(other))


def test_versions_are_registered_by_their_number(toy: CarrierVersion) -> None:
    assert all(version.number == number for number, version in versions.VERSIONS.items())
    assert CURRENT in versions.VERSIONS.values()


# --- keys ----------------------------------------------------------------------------------------


def test_one_secret_makes_unrelated_keys(ring: tuple[Key, Key]) -> None:
    """Streams of the same purpose agree as often as coins do, within 5 deviations."""
    old, new = ring
    assert old != new
    assert len({old, new, Key.from_bytes(SECRET)}) == 2
    assert old.id != new.id
    n_bytes = 1 << 14
    one, other = (np.unpackbits(key.stream("test", n_bytes)) for key in ring)
    assert abs(np.count_nonzero(one == other) - 4 * n_bytes) < 5 * np.sqrt(8 * n_bytes) / 2


def test_one_family_has_other_places_in_each_version(ring: tuple[Key, Key]) -> None:
    old, new = (carrier_of(key) for key in ring)
    assert not np.array_equal(old.pilots.lines, new.pilots.lines)
    assert abs(np.mean(old.signs == new.signs) - 0.5) < 0.02


def test_a_key_remembers_its_version(ring: tuple[Key, Key], tmp_path: Path) -> None:
    for key in ring:
        assert pickle.loads(pickle.dumps(key)) == key
        path = tmp_path / f"key {key.version.number}"
        key.save(path)
        assert json.loads(path.read_bytes())["version"] == key.version.number
        loaded = Key.load(path)
        assert loaded == key
        assert (loaded.id, loaded.version) == (key.id, key.version)


def test_a_set_of_one_secrets_keys_has_an_order(ring: tuple[Key, Key]) -> None:
    orders = {keys.as_key_ring(set(order)) for order in itertools.permutations(ring)}  # type: ignore[arg-type]
    assert len(orders) == 1


def test_a_file_of_an_unknown_version_says_so(
    ring: tuple[Key, Key], toy: CarrierVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring[1].save(tmp_path / "key")
    monkeypatch.delitem(versions.VERSIONS, toy.number)
    with pytest.raises(KeyFileError, match=r"of another version than 2: make a new key"):
        Key.load(tmp_path / "key")


def test_a_file_does_not_pass_for_another_version(ring: tuple[Key, Key], tmp_path: Path) -> None:
    ring[1].save(tmp_path / "key")
    fields = json.loads((tmp_path / "key").read_bytes())
    (tmp_path / "key").write_text(json.dumps(fields | {"version": ring[0].version.number}))
    with pytest.raises(KeyFileError, match="damaged"):
        Key.load(tmp_path / "key")


@pytest.mark.parametrize("version", [CarrierVersion(9), 1, None, [1]])
def test_what_is_no_version(version: object) -> None:
    with pytest.raises(KeyFileError, match="no version"):
        Key.from_bytes(SECRET, version=version)  # type: ignore[arg-type]


# --- marks ---------------------------------------------------------------------------------------


@pytest.mark.compiled
@pytest.mark.parametrize("mine", [0, 1])
@pytest.mark.parametrize("degrees", [0, 17])
def test_each_version_is_found_and_named(
    photograph: NDArray[np.uint8], ring: tuple[Key, Key], mine: int, degrees: float
) -> None:
    marked = rotated(embed(photograph, b"8 bytes.", ring[mine]), degrees)
    found = detect(marked, ring)
    assert found.payload == b"8 bytes."
    assert (found.key_id, found.algorithm) == (ring[mine].id, ring[mine].algorithm)
    alone = detect(marked, ring[mine])
    assert (alone.key_id, alone.algorithm) == (ring[mine].id, ring[mine].algorithm)
    other = detect(marked, ring[1 - mine])
    assert (other.found, other.algorithm) == (False, None)


@pytest.mark.compiled
def test_marks_of_two_versions_stand_in_one_picture(
    photograph: NDArray[np.uint8], ring: tuple[Key, Key]
) -> None:
    image = photograph
    for key in ring:
        image = embed(image, key.id[:8].encode(), key)
    for key in ring:
        found = detect(image, key)
        assert found.payload == key.id[:8].encode()
        assert found.algorithm == key.algorithm


@pytest.mark.compiled
def test_a_strangers_mark_of_one_version_does_not_hide_the_other(
    photograph: NDArray[np.uint8], ring: tuple[Key, Key]
) -> None:
    marked = embed(embed(photograph, b"another.", STRANGER), b"8 bytes.", ring[1])
    found = detect(rotated(marked, 17), ring)
    assert found.payload == b"8 bytes."
    assert found.algorithm == ring[1].algorithm


@pytest.mark.compiled
def test_a_map_that_was_tried_for_other_pilots_is_tried_again(
    photograph: NDArray[np.uint8], ring: tuple[Key, Key]
) -> None:
    carriers = [carrier_of(key) for key in ring]
    view = View(photograph)
    search = detection._Search(view, ring, carriers)
    part, candidate = spectrum_of(view.white), Candidate(np.eye(2), 9.0)
    for carrier in carriers:
        assert not search._tried_before(part, candidate, carrier.pilots)
        assert search._tried_before(part, candidate, carrier.pilots)


@pytest.mark.compiled
def test_each_version_in_a_ring_counts_in_the_bound(
    photograph: NDArray[np.uint8], ring: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another key doubles the hypotheses, whatever its version: an accident is twice as likely."""
    monkeypatch.setattr(probability, "SMALLEST", 0.0)
    scores: list[float] = []
    real = probability.false_positive_bound

    def seen(z: float, n_keys: int, decodes: int) -> float:
        assert (n_keys, decodes) == (len(ring), probability.DECODES)
        scores.append(z)
        return real(z, n_keys)

    monkeypatch.setattr(probability, "false_positive_bound", seen)
    found = detect(embed(photograph, b"8 bytes.", ring[1])[:300, :300], ring)
    assert found.found
    assert found.false_positive_probability == pytest.approx(2 * real(scores[-1], 1), rel=1e-9)
