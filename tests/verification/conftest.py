"""One protected picture for all, and for each test a home of its own that knows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import watermark
from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.credentials import Signer, create_identity
from indelible.imaging import Encoded, Pixels
from indelible.protection import ProtectedImage
from indelible.verification import Verification, Verifier, pixel_leg
from indelible.verification.coverage import Coverage, measure_coverage
from indelible.watermark import Detection, Key, View
from tests.verification.making import repost
from tests.verification.speaking import check_german

_KNOWN: dict[object, Any] = {}


@pytest.fixture(autouse=True)
def each_picture_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember detections and coverages for the whole session: many tests look at equal pixels."""
    detect = watermark.detect

    def remembered(name: str, view: View, given: object, work: Callable[[], Any]) -> Any:
        known = (name, view.shape, hash(view.pixels.tobytes()), given)
        if known not in _KNOWN:
            _KNOWN[known] = work()
        return _KNOWN[known]

    def detected(
        image: Pixels | View, key: Key | Sequence[Key], *, effort: Effort = DEFAULT_EFFORT
    ) -> Detection:
        view = image if isinstance(image, View) else View(image)
        given = effort, key if isinstance(key, Key) else tuple(key)
        found: Detection = remembered(
            "detect", view, given, lambda: detect(view, key, effort=effort)
        )
        return found

    def measured(view: View, key: Key, found: Detection, *, regions: bool) -> Coverage:
        given = (key, found.payload, regions)
        seen: Coverage = remembered(
            "measure", view, given, lambda: measure_coverage(view, key, found, regions=regions)
        )
        return seen

    monkeypatch.setattr(watermark, "detect", detected)
    monkeypatch.setattr(pixel_leg, "measure_coverage", measured)


@pytest.fixture(autouse=True)
def every_result_can_be_said_in_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at what each test finds: no sentence may be left in English."""
    verify = Verifier.verify

    def spoken(verifier: Verifier, image: Encoded, **more: Any) -> Verification:
        result = verify(verifier, image, **more)
        check_german(result)
        return result

    monkeypatch.setattr(Verifier, "verify", spoken)


@dataclass(frozen=True)
class Owner:
    """The folder with key ring, development identity and registry, and the picture made there."""

    folder: Path
    protected: ProtectedImage

    @property
    def key_file(self) -> Path:
        (path,) = self.folder.rglob("*.key")
        return path

    @property
    def registry_file(self) -> Path:
        (path,) = self.folder.rglob("*.sqlite3")
        return path


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory, photograph: NDArray[np.uint8]) -> Owner:
    """Whoever protected the picture; nobody changes this folder."""
    folder = tmp_path_factory.mktemp("owner")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDELIBLE_HOME", str(folder))
        return Owner(folder, indelible.protect(photograph, format="jpeg"))


@pytest.fixture
def at_home(owner: Owner, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a copy of the owner's folder."""
    copy = home / "indelible"
    shutil.copytree(owner.folder, copy)
    monkeypatch.setenv("INDELIBLE_HOME", str(copy))
    return copy


@pytest.fixture
def protected(owner: Owner, at_home: Path) -> ProtectedImage:
    """A protected picture, where its keys, its signer and its registry are known."""
    return owner.protected


@pytest.fixture(scope="session")
def reposted(owner: Owner) -> bytes:
    """The protected picture as a network shows it: cropped, compressed, without metadata."""
    return repost(owner.protected.data)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """A signer whom this machine does not trust."""
    return create_identity(tmp_path_factory.mktemp("stranger") / "identity").signer
