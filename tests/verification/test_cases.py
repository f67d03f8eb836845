"""Cases that have to come out right, from a file to its verdict.

Rows of the table of verdicts alone, expired certificates and revoked ones among them, are in
test_judging.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import median_filter

import indelible
from indelible import imaging, watermark
from indelible.credentials import Signer, SoftBinding, SourceType, Trust
from indelible.errors import RegistryUnavailableError
from indelible.protection import ProtectedImage
from indelible.registry import Record, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.settings import current, user_folders
from indelible.verification import Verification
from indelible.watermark import Key
from tests.verification.making import repost, signed_anew

Pixels = NDArray[np.uint8]


def pixels_of(data: bytes) -> Pixels:
    return imaging.decode(data).pixels


def plain(pixels: Pixels, quality: int = 80) -> bytes:
    return imaging.encode(np.ascontiguousarray(pixels), "jpeg", quality=quality)


def shrunk(pixels: Pixels, height: int, width: int) -> Pixels:
    return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def registry_of_the_user() -> SqlRegistry:
    return open_registry(sqlite_url(user_folders().registry))


def names_the_origin(result: Verification, protected: ProtectedImage) -> bool:
    return result.origin is not None and result.origin.credential.manifest_id == (
        protected.manifest_id
    )


# --- authentic --------------------------------------------------------------------------


def test_a_trusted_manifest_and_an_id_that_nobody_holds(
    protected: ProtectedImage, tmp_path: Path
) -> None:
    empty = open_registry(sqlite_url(tmp_path / "empty.sqlite3"))
    result = indelible.verify(protected.data, registry=empty)
    assert (result.verdict, result.exit_code) == ("authentic", 0)
    assert result.notes


def test_a_trusted_manifest_while_the_registry_is_down(
    protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(registry: SqlRegistry, algorithm: str, payload: bytes, **_: int) -> list[Record]:
        raise RegistryUnavailableError("away", hint="wait")

    monkeypatch.setattr(SqlRegistry, "find", away)
    result = indelible.verify(protected.data)
    assert (result.verdict, result.exit_code) == ("authentic", 0)


def test_a_trusted_editors_edit_of_a_stripped_ai_picture(protected: ProtectedImage) -> None:
    edit = signed_anew(
        pixels_of(repost(protected.data)), current().signer(), source_type=SourceType.COMPOSITE
    )
    result = indelible.verify(edit)
    assert result.verdict == "authentic"
    assert result.ai.claimed
    assert result.ai.where == "recovered"


def test_a_marked_poster_in_a_trusted_cameras_photograph(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    wall = shrunk(photographs["coffee"], 800, 1200).copy()
    wall[100:612, 60:572] = pixels_of(protected.data)[:512, :512]
    result = indelible.verify(signed_anew(wall, current().signer()))
    assert result.watermark.payload == protected.payload
    assert result.watermark.area is not None
    assert result.watermark.area < 0.5
    assert result.verdict == "authentic"


def test_an_editor_shrank_the_parents_mark_away(protected: ProtectedImage) -> None:
    small = shrunk(pixels_of(protected.data), 48, 48)
    data = signed_anew(
        small,
        current().signer(),
        source_type=SourceType.HUMAN_EDITED,
        parent=protected.data,
        soft_binding=SoftBinding(watermark.ALGORITHM, protected.payload, key_id=protected.key_id),
        more=("c2pa.resized",),
    )
    result = indelible.verify(data)
    assert not result.watermark.found
    assert result.verdict == "authentic"


# --- unverified -------------------------------------------------------------------------


def test_an_untrusted_edit_whose_parent_the_mark_confirms(
    protected: ProtectedImage, stranger: Signer
) -> None:
    edit = signed_anew(
        pixels_of(protected.data),
        stranger,
        source_type=SourceType.HUMAN_EDITED,
        parent=protected.data,
    )
    assert indelible.verify(edit).verdict == "unverified"


def test_a_friend_without_keys_and_an_unknown_signer(
    home: Path, stranger: Signer, photographs: dict[str, Pixels]
) -> None:
    result = indelible.verify(signed_anew(photographs["coffee"], stranger))
    assert (result.verdict, result.exit_code) == ("unverified", 0)


def test_another_machines_development_identity(home: Path, protected: ProtectedImage) -> None:
    result = indelible.verify(protected.data, keys=(), trust=Trust.official())
    assert result.verdict == "unverified"


def test_a_real_photograph_whose_ai_edit_is_registered(
    at_home: Path, photographs: dict[str, Pixels]
) -> None:
    real = photographs["coffee"]
    edited = real.copy()
    edited[40:120, 60:160] = edited[40:120, 60:160][::-1]
    indelible.protect(edited, format="jpeg")
    result = indelible.verify(plain(real))
    assert result.verdict == "unverified"
    assert result.fingerprint.resembles
    assert result.origin is None
    assert not result.ai.claimed


def test_a_copy_that_says_it_was_resized_and_an_unknown_signer(
    protected: ProtectedImage, stranger: Signer
) -> None:
    smaller = shrunk(pixels_of(protected.data), 400, 400)
    copy = signed_anew(
        smaller,
        stranger,
        source_type=SourceType.HUMAN_EDITED,
        parent=protected.data,
        soft_binding=SoftBinding(watermark.ALGORITHM, protected.payload),
        more=("c2pa.resized",),
    )
    assert indelible.verify(copy).verdict == "unverified"


def test_the_registry_is_down_and_there_is_no_manifest(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(registry: SqlRegistry, algorithm: str, payload: bytes, **_: int) -> list[Record]:
        raise RegistryUnavailableError("away", hint="wait")

    monkeypatch.setattr(SqlRegistry, "find", away)
    result = indelible.verify(reposted)
    assert (result.verdict, result.exit_code) == ("unverified", 5)


@pytest.mark.parametrize("status", ["withdrawn", "erased"])
def test_a_record_that_was_taken_back(
    protected: ProtectedImage, reposted: bytes, status: str
) -> None:
    registry = registry_of_the_user()
    registry.set_status(protected.manifest_id, status, reason="At the depicted person's wish.")  # type: ignore[arg-type]
    result = indelible.verify(reposted, registry=registry)
    assert result.verdict == "unverified"
    assert status in result.reasons[0]
    assert "At the depicted person's wish." in result.reasons[0]
    # What the file itself proves, no registry takes back; that it did so is a note.
    authentic = indelible.verify(protected.data, registry=registry)
    assert authentic.verdict == "authentic"
    assert any(status in note for note in authentic.notes)


# --- altered ----------------------------------------------------------------------------


def test_a_recovered_picture_of_which_a_part_was_replaced(
    protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    changed = pixels_of(protected.data).copy()
    changed[100:400, 100:400] = photographs["coffee"][:300, :300]
    result = indelible.verify(plain(changed, 90))
    assert result.verdict == "altered"
    assert names_the_origin(result, protected)
    assert result.fingerprint.state == "match"


# --- suspect ----------------------------------------------------------------------------


@pytest.mark.parametrize("trusted", [False, True])
def test_signed_anew_as_captured(
    protected: ProtectedImage, stranger: Signer, trusted: bool
) -> None:
    signer = current().signer() if trusted else stranger
    assert indelible.verify(signed_anew(pixels_of(protected.data), signer)).verdict == "suspect"


COPIES: dict[str, Callable[[Pixels, Pixels], Pixels]] = {
    "as it is": lambda residual, target: residual + target,
    "flipped with its mark": lambda residual, target: residual[:, ::-1] + target,
    "onto a grey picture": lambda residual, target: residual + target.mean(axis=2, keepdims=True),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copied_mark(
    protected: ProtectedImage, photographs: dict[str, Pixels], copy: str
) -> None:
    marked = pixels_of(protected.data)
    blurred = np.stack([median_filter(marked[..., c], 3) for c in range(3)], axis=-1)
    target = shrunk(photographs["coffee"], *marked.shape[:2])
    made = COPIES[copy](2 * (marked.astype(float) - blurred), target.astype(float))
    result = indelible.verify(plain(np.clip(made, 0, 255).astype(np.uint8), 92))
    assert result.watermark.payload == protected.payload
    assert result.verdict == "suspect"
    assert result.fingerprint.state == "mismatch"


@pytest.mark.parametrize(
    "edit",
    [
        lambda x: x[:, ::-1],
        lambda x: 255 - x,
        lambda x: np.repeat(x.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
        np.rot90,
        lambda x: np.clip(x.astype(int) * 3 // 5 + 70, 0, 255).astype(np.uint8),
        lambda x: x[60:460, 120:500],
    ],
    ids=["mirrored", "inverted", "greyed", "turned", "paled", "cropped"],
)
def test_an_honest_edit_is_no_copy(
    protected: ProtectedImage, edit: Callable[[Pixels], Pixels]
) -> None:
    result = indelible.verify(plain(edit(pixels_of(protected.data))))
    assert result.verdict == "recovered"
    assert result.fingerprint.state == "match"
    assert names_the_origin(result, protected)


# --- recovered --------------------------------------------------------------------------


def test_a_record_without_a_reference(protected: ProtectedImage, reposted: bytes) -> None:
    """As 0.1 wrote them: nothing is compared, and nobody says that something was."""

    class Older:
        """A registry of records as they were."""

        def find(self, algorithm: str, payload: bytes, *, limit: int = 16) -> list[Record]:
            return [replace(record, fingerprint=None) for record in held]

        def put(self, record: Record) -> None: ...

        def get(self, manifest_id: str) -> Record | None: ...

        def has(self, algorithm: str, payload: bytes) -> bool:
            return bool(held)

        def withdraw(self, manifest_id: str) -> bool:
            return False

    registry = registry_of_the_user()
    held = registry.find(watermark.ALGORITHM, protected.payload)
    result = indelible.verify(reposted, registry=Older())
    assert result.verdict == "recovered"
    assert result.fingerprint.about == "recovered"  # by the signed one


# --- invalid, unchecked, none -------------------------------------------------------------


def test_a_broken_manifest_on_a_marked_picture(protected: ProtectedImage) -> None:
    data = protected.data.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicmedia")
    result = indelible.verify(data)
    assert result.verdict == "invalid"
    assert result.origin is not None
    assert result.origin.where == "recovered"


def test_stripped_and_no_key(home: Path, reposted: bytes) -> None:
    result = indelible.verify(reposted)
    assert (result.verdict, result.exit_code) == ("unchecked", 1)


def test_a_partners_ring_that_found_nothing(home: Path, photographs: dict[str, Pixels]) -> None:
    result = indelible.verify(plain(photographs["coffee"]), keys=[Key.generate(), Key.generate()])
    assert (result.verdict, result.exit_code) == ("none", 1)


def test_a_partners_file_is_judged_by_its_manifest(protected: ProtectedImage) -> None:
    trust = current().trust()
    result = indelible.verify(protected.data, keys=Key.generate(), trust=trust)
    assert (result.verdict, result.exit_code) == ("authentic", 0)


def test_the_owners_folder_is_not_changed_by_looking(at_home: Path, reposted: bytes) -> None:
    before = {path: path.read_bytes() for path in at_home.rglob("*") if path.is_file()}
    shutil.copy(user_folders().registry, at_home / "copy.sqlite3")
    (at_home / "copy.sqlite3").unlink()
    indelible.verify(reposted)
    after = {path: path.read_bytes() for path in at_home.rglob("*") if path.is_file()}
    assert {path.name for path in after} - {path.name for path in before} <= {
        "registry.sqlite3-wal",
        "registry.sqlite3-shm",
    }
    assert all(after[path] == content for path, content in before.items() if path in after)
