"""A call that is given every object reads nothing of the user's: no settings, no home folder."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging, protect, verify
from indelible.credentials import Generator, ManifestRequest, create_identity, new_manifest_id
from indelible.errors import ConfigurationError, KeyFileError
from indelible.registry import open_registry, sqlite_url
from indelible.settings import KeyRing, load_settings
from indelible.watermark import Key


@pytest.fixture
def broken_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that cannot be read, settings that are none, and a variable that is misspelt."""
    home = tmp_path / "home"
    home.write_text("no folder")
    settings = tmp_path / "config.toml"
    settings.write_text("[signer\nbroken")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("INDELIBLE_HOME", str(home))
    monkeypatch.setenv("INDELIBLE_CONFIG", str(settings))
    monkeypatch.setenv("INDELIBLE_NONSENSE", "x")
    with pytest.raises(ConfigurationError):
        load_settings()
    return home


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were opened or looked at below the home, as far as Python sees them."""
    seen: list[str] = []
    for name in ("open", "stat", "lstat", "listdir", "scandir", "mkdir"):
        real = getattr(os, name)

        def spied(path: Any = ".", *rest: Any, _real: Any = real, **options: Any) -> Any:
            seen.append(str(path))
            return _real(path, *rest, **options)

        monkeypatch.setattr(os, name, spied)
    return seen


def test_everything_given(
    broken_home: Path, tmp_path: Path, photograph: NDArray[np.uint8], opened: list[str]
) -> None:
    identity = create_identity(tmp_path / "identity")
    key, registry = Key.generate(), open_registry(sqlite_url(tmp_path / "registry.sqlite3"))
    # A picture without a manifest: its history is looked for, with the key that was given.
    source = imaging.encode(photograph[:256, :256], "png")
    opened.clear()
    made = protect(
        source, tmp_path / "a.jpg", signer=identity.signer, key=key, registry=registry,
        generator="Acme",
    )  # fmt: skip
    found = verify(made.data, keys=key, registry=registry, trust=identity.trust())
    assert found.verdict.value == "authentic"
    request = ManifestRequest(new_manifest_id(), Generator("Acme"))
    protect(source, signer=identity.signer, key=[key], registry=registry, manifest=request)
    assert not [path for path in opened if path.startswith(str(broken_home))]
    assert not [path for path in opened if path.endswith("config.toml")]


def test_a_process_without_settings(
    broken_home: Path, tmp_path: Path, photograph: NDArray[np.uint8]
) -> None:
    """Settings cannot even be imported, and whichever code of ours reads a variable is noticed."""
    create_identity(tmp_path / "identity")
    Key.generate().save(tmp_path / "my.key")
    (tmp_path / "picture.png").write_bytes(imaging.encode(photograph[:256, :256], "png"))
    program = textwrap.dedent(
        """
        import os, sys

        sys.modules["indelible.settings"] = None  # whoever imports it gets an ImportError
        seen = []
        look_up = os._Environ.__getitem__

        def spied(self, name):
            frame, depth = sys._getframe(1), 0
            while frame is not None and depth < 4:  # through Mapping.get, or a loop over all
                if frame.f_globals["__name__"].startswith("indelible"):
                    seen.append(name)
                frame, depth = frame.f_back, depth + 1
            return look_up(self, name)

        os._Environ.__getitem__ = spied

        from indelible import Protector
        from indelible.credentials import PemSigner
        from indelible.protection import mark_file
        from indelible.registry import open_registry, sqlite_url
        from indelible.watermark import Key

        chain, private_key = "identity/development-chain.pem", "identity/development-key.pem"
        key = Key.load("my.key")
        protector = Protector(
            signer=PemSigner.load(chain, private_key),
            key=key,
            registry=open_registry("sqlite:///registry.sqlite3"),
        )
        protector.protect("picture.png", "protected.png")
        mark_file("picture.png", "marked.png", payload=b"my own 1", key=key)
        assert not seen, seen
        assert not [name for name in sys.modules if name.startswith("indelible.settings.")]
        """
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    assert {"protected.png", "marked.png"} <= {path.name for path in tmp_path.iterdir()}


def test_what_is_missing_is_asked_for(
    broken_home: Path, tmp_path: Path, photograph: NDArray[np.uint8]
) -> None:
    identity = create_identity(tmp_path / "identity")
    given: dict[str, Any] = {
        "signer": identity.signer,
        "key": Key.generate(),
        "registry": open_registry(sqlite_url(tmp_path / "registry.sqlite3")),
        "generator": "Acme",
    }
    for name in given:
        with pytest.raises(ConfigurationError):
            protect(photograph, **{**given, name: None})
    data = imaging.encode(photograph, "png")
    with pytest.raises(ConfigurationError):
        verify(data, keys=given["key"], registry=given["registry"])


def test_a_broken_key_ring_is_nobody_elses_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photograph: NDArray[np.uint8]
) -> None:
    """The ring is broken; a call that is given a key does not look into it."""
    ring = KeyRing(tmp_path / "ring")
    own = ring.rotate()
    own.path.write_text("{}")
    monkeypatch.setenv("INDELIBLE_WATERMARK_KEYS", str(ring.folder))
    data = imaging.encode(photograph[:128, :128], "png")
    assert verify(data, keys=Key.generate()).verdict.value in ("none", "unchecked")
    with pytest.raises(KeyFileError):
        verify(data)
