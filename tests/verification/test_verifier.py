"""Verifying: the way from a file to a verdict, with real pictures."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import logging
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import median_filter

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import Signer, SoftBinding, SourceType, Trust
from indelible.errors import ArgumentError, ImageTooLargeError, RegistryError
from indelible.limits import Limits
from indelible.protection import ProtectedImage
from indelible.registry import Record, Registries, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.sqlite import SqliteDatabase
from indelible.settings import current, user_folders
from indelible.verification import Verifier
from indelible.watermark import Key
from tests.verification.conftest import Owner
from tests.verification.making import changed_in_place, signed_anew

Pixels = NDArray[np.uint8]


def test_authentic(protected: ProtectedImage) -> None:
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.credential.state == "trusted"
    assert result.credential.development
    assert result.watermark.payload == protected.payload
    assert result.watermark.false_positive_probability <= 1e-9
    assert result.registry.state == "found"
    assert result.registry.manifest_id == protected.manifest_id


def test_recovered_after_a_repost(protected: ProtectedImage, reposted: bytes) -> None:
    result = indelible.verify(reposted)
    assert result.verdict == "recovered"
    assert result.credential.state == "absent"
    assert result.registry.manifest_id == protected.manifest_id
    assert result.registry.credential_state == "trusted"
    assert result.registry.names_payload
    assert (result.fingerprint.state, result.fingerprint.about) == ("match", "recovered")
    assert result.origin is not None
    assert result.origin.credential is result.registry.credential
    assert result.origin.credential.development


def test_altered_in_place(protected: ProtectedImage) -> None:
    result = indelible.verify(changed_in_place(protected))
    assert result.verdict == "altered"
    assert result.credential.state == "invalid"
    assert result.credential.changed_only


def test_invalid_when_the_claim_is_changed(protected: ProtectedImage) -> None:
    data = protected.data.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicmedia")
    result = indelible.verify(data)
    assert data != protected.data
    assert result.verdict == "invalid"
    assert result.credential.failures


def test_unverified_where_the_signer_is_unknown(protected: ProtectedImage, reposted: bytes) -> None:
    for data in (protected.data, reposted):
        result = indelible.verify(data, trust=Trust.official())
        assert result.verdict == "unverified"
        assert result.origin is not None
        assert not result.origin.credential.signer_trusted


def test_none(at_home: Path, photographs: dict[str, Pixels]) -> None:
    result = indelible.verify(imaging.encode(photographs["coffee"], "png"))
    assert result.verdict == "none"
    assert result.watermark.state == "not_found"
    assert result.watermark.false_positive_probability == 1.0
    assert result.registry.state == "not_asked"


def test_another_key_finds_nothing(protected: ProtectedImage, reposted: bytes) -> None:
    result = indelible.verify(reposted, keys=Key.generate())
    assert result.verdict == "none"


def test_a_ring_of_keys(protected: ProtectedImage, reposted: bytes) -> None:
    ring = [Key.generate(), *current().detection_keys(), Key.generate()]
    result = indelible.verify(reposted, keys=ring)
    assert result.verdict == "recovered"
    assert result.watermark.key_id == protected.key_id


def test_old_keys_still_detect_after_rotation(protected: ProtectedImage, reposted: bytes) -> None:
    current().key_ring.rotate()
    assert indelible.verify(reposted).verdict == "recovered"
    assert indelible.protect(imaging.decode(protected.data).pixels[:300, :].copy()).key_id != (
        protected.key_id
    )


def test_history_names_an_older_mark(at_home: Path, photograph: Pixels) -> None:
    """Protected twice with one key: whichever mark is found, nothing is suspect."""
    first = indelible.protect(photograph, format="png")
    second = indelible.protect(first.data)
    # The older mark is what a detector might find instead: sign its pixels with the newer manifest.
    signed = credentials.sign(
        imaging.encode(imaging.decode(first.data).pixels, "png"),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("x"),
            soft_binding=credentials.SoftBinding(watermark.ALGORITHM, second.payload),
        ),
        current().signer(),
        parent=first.data,
    )
    result = indelible.verify(signed.data)
    assert result.watermark.payload == first.payload
    assert result.verdict == "authentic"


def test_without_keys_nothing_is_made(photograph: Pixels, home: Path) -> None:
    result = indelible.verify(imaging.encode(photograph, "png"))
    assert result.verdict == "unchecked"
    assert result.watermark.state == "not_checked"
    assert "key" in result.reasons[0]
    assert list(home.rglob("*.key")) == []
    assert list(home.rglob("*.sqlite3")) == []


def test_a_damaged_development_identity_is_not_fatal(
    protected: ProtectedImage, caplog: pytest.LogCaptureFixture
) -> None:
    (user_folders().identity / "development-key.pem").write_text("damaged", encoding="utf-8")
    result = indelible.verify(protected.data)
    assert result.verdict == "unverified"
    assert any("damaged" in record.getMessage() for record in caplog.records)


# --- contradictions ---------------------------------------------------------------------


def test_suspect_when_the_manifest_names_another_id(at_home: Path, photograph: Pixels) -> None:
    key = current().marking_keys()[0]
    other = indelible.protect(photograph, format="png", key=Key.generate())
    # The manifest is sound, but the pixels were marked with another id before they were signed.
    marked = watermark.embed(imaging.decode(other.data).pixels, b"intruder", key)
    signed = credentials.sign(
        imaging.encode(marked, "png"),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("x"),
            soft_binding=credentials.SoftBinding(watermark.ALGORITHM, other.payload),
        ),
        current().signer(),
    )
    result = indelible.verify(signed.data)
    assert result.credential.state == "trusted"
    assert result.verdict == "suspect"


def test_suspect_when_the_registry_leads_elsewhere(
    protected: ProtectedImage, photograph: Pixels, tmp_path: Path, reposted: bytes
) -> None:
    other = indelible.protect(photograph[::-1].copy(), format="jpeg")
    (record,) = current().registry().find(watermark.ALGORITHM, other.payload)
    poisoned = open_registry(sqlite_url(tmp_path / "poisoned.sqlite3"))
    poisoned.put(
        Record(
            manifest_id=record.manifest_id,
            algorithm=watermark.ALGORITHM,
            payload=protected.payload,
            manifest_store=record.manifest_store,
            media_type=record.media_type,
        )
    )
    result = indelible.verify(reposted, registry=poisoned)
    assert result.verdict == "suspect"
    assert not result.registry.names_payload


@pytest.mark.parametrize(
    "kind", [SourceType.CAPTURED, SourceType.HUMAN_MADE, SourceType.GENERATED], ids=str
)
def test_laundering_is_suspect(
    protected: ProtectedImage, stranger: Signer, kind: SourceType
) -> None:
    pixels = imaging.decode(protected.data).pixels
    result = indelible.verify(signed_anew(pixels, stranger, source_type=kind))
    assert result.verdict == "suspect"
    assert result.exit_code == 3
    assert result.credential.state == "valid"
    # What was recovered is told, and is worth more than the claim in the file.
    assert result.origin is not None
    assert result.origin.where == "recovered"
    assert result.origin.credential.manifest_id == protected.manifest_id


def test_a_screenshot_or_composite_claims_no_creation(
    protected: ProtectedImage, stranger: Signer
) -> None:
    pixels = imaging.decode(protected.data).pixels
    for kind in (SourceType.SCREEN_CAPTURE, SourceType.COMPOSITE, SourceType.AI_EDITED):
        result = indelible.verify(signed_anew(pixels, stranger, source_type=kind))
        assert result.verdict == "unverified", kind


def test_an_honest_edit_is_no_laundering(protected: ProtectedImage, stranger: Signer) -> None:
    pixels = imaging.decode(protected.data).pixels
    edit = signed_anew(pixels, stranger, source_type=SourceType.HUMAN_EDITED, parent=protected.data)
    assert indelible.verify(edit).verdict == "unverified"


def test_a_copied_id_launders_nothing(protected: ProtectedImage, stranger: Signer) -> None:
    """It is there to be read in every copy of the original."""
    pixels = imaging.decode(protected.data).pixels
    named = SoftBinding(watermark.ALGORITHM, protected.payload, key_id=protected.key_id)
    assert indelible.verify(signed_anew(pixels, stranger, soft_binding=named)).verdict == "suspect"


def test_a_trusted_capture_of_a_generated_picture_is_suspect(protected: ProtectedImage) -> None:
    pixels = imaging.decode(protected.data).pixels
    signer = current().signer()
    assert indelible.verify(signed_anew(pixels, signer)).verdict == "suspect"
    again = signed_anew(pixels, signer, source_type=SourceType.GENERATED)
    assert indelible.verify(again).verdict == "authentic"


def test_a_promised_mark_that_is_not_there_is_suspect(at_home: Path, photograph: Pixels) -> None:
    key, signer = current().marking_keys()[0], current().signer()
    promised = SoftBinding(watermark.ALGORITHM, b"8 bytes.", key_id=key.id)
    plain = signed_anew(photograph, signer, soft_binding=promised)
    result = indelible.verify(plain)
    assert result.credential.state == "trusted"
    assert result.credential.soft_bindings[0].key_id == key.id
    assert result.verdict == "suspect"
    # Keys that are not here contradict nothing, nor does who cannot look.
    assert indelible.verify(plain, keys=Key.generate()).verdict == "authentic"
    assert indelible.verify(plain, keys=[]).verdict == "authentic"
    # A picture that cannot carry a mark need not carry one.
    flat = np.full((256, 256, 3), 120, np.uint8)
    assert indelible.verify(signed_anew(flat, signer, soft_binding=promised)).verdict == "authentic"
    # Changed since: that explains it.
    data = bytearray(plain)
    data[-len(data) // 8] ^= 1
    assert indelible.verify(bytes(data)).verdict == "altered"


@pytest.mark.parametrize(
    ("action", "verdict"),
    [("c2pa.resized", "authentic"), ("c2pa.drawing", "authentic"), ("c2pa.published", "suspect")],
)
def test_an_action_can_explain_that_a_mark_is_gone(
    at_home: Path, photograph: Pixels, action: str, verdict: str
) -> None:
    key, signer = current().marking_keys()[0], current().signer()
    promised = SoftBinding(watermark.ALGORITHM, b"8 bytes.", key_id=key.id)
    data = signed_anew(photograph, signer, soft_binding=promised, more=(action,))
    assert indelible.verify(data).verdict == verdict


# --- what goes in, and what comes out --------------------------------------------------


def test_the_file_is_named(protected: ProtectedImage, tmp_path: Path) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(protected.data)
    assert indelible.verify(path).file == str(path)
    assert indelible.verify(str(path)).format == "jpeg"
    assert indelible.verify(protected.data).file is None


@pytest.mark.parametrize("wrap", [bytearray, memoryview, io.BytesIO])
def test_bytes_of_every_kind(protected: ProtectedImage, wrap: Callable[[bytes], Any]) -> None:
    result = indelible.verify(wrap(protected.data))
    assert result.verdict == "authentic"
    assert result.file is None


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("image", np.zeros((64, 64, 3), np.uint8)),
        ("image", Image.new("RGB", (64, 64))),
        ("image", None),
        ("image", 5),
        ("keys", "secret.key"),
        ("keys", [b"secret"]),
        ("registry", "registry.sqlite3"),
        ("trust", "ca.pem"),
        ("manifest", 5),
        ("remote_hosts", "example.com"),
        ("remote_hosts", 5),
        ("ocsp", "yes"),
        ("effort", "extreme"),
        ("limits", 5),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_wrong_argument_is_named(protected: ProtectedImage, argument: str, value: Any) -> None:
    arguments = {"image": protected.data, argument: value}
    with pytest.raises(ArgumentError, match=argument) as caught:
        indelible.verify(**arguments)
    assert caught.value.argument == argument


def test_a_stale_trust_list_is_noted(photograph: Pixels) -> None:
    stale = [
        dataclasses.replace(item, next_update=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))
        for item in Trust.official().lists
    ]
    result = indelible.verify(imaging.encode(photograph, "png"), trust=Trust.of(stale))
    assert any("2020-01-02" in note for note in result.notes)


def test_times_and_a_log_without_secrets(
    protected: ProtectedImage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "indelible"):
        result = indelible.verify(protected.data)
    legs = ("credential", "watermark", "registry", "fingerprint", "total")
    assert set(result.timing) == {f"{leg}_ms" for leg in legs}
    assert sum(result.timing.values()) <= 2 * result.timing["total_ms"]
    (line,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("verified")]
    assert "authentic" in line
    assert "found" in line
    secret = next(iter(user_folders().keys.glob("*.key"))).read_bytes()
    assert all(
        part not in caplog.text for part in re.findall(r"[0-9A-Za-z+/=_-]{40,}", secret.decode())
    )


def test_json(protected: ProtectedImage, reposted: bytes) -> None:
    told = json.loads(json.dumps(indelible.verify(reposted).to_dict()))
    assert told["verdict"] == "recovered"
    assert told["credential"]["state"] == "absent"
    assert told["credential"]["failures"] == []
    assert told["watermark"]["found"] is True
    assert told["watermark"]["payload"] == protected.payload.hex()
    assert np.array(told["watermark"]["geometry"]).shape == (3, 3)
    assert 0.5 < told["watermark"]["area"] <= 1
    assert told["registry"]["manifest_id"] == protected.manifest_id
    assert told["registry"]["standing"] == "trusted"
    assert told["origin"]["where"] == "recovered"
    assert told["origin"]["generator"] == "Indelible 0.1.0"  # made the claim, not the picture
    assert told["ai"]["by"] is None
    assert list(told)[:3] == ["file", "verdict", "ai"]
    assert told["timing"]["watermark_ms"] > 0
    assert told["fingerprint"]["state"] == "match"


# --- a verifier of one's own ------------------------------------------------------------


@pytest.fixture
def verifier(owner: Owner) -> Verifier:
    """A verifier of the owner's key and registry, whose signer it does not trust."""
    key, registry = Key.load(owner.key_file), open_registry(sqlite_url(owner.registry_file))
    return Verifier(keys=key, registry=registry, trust=None)


def test_a_verifier_is_used_for_many_pictures(
    verifier: Verifier,
    protected: ProtectedImage,
    reposted: bytes,
    photographs: dict[str, Pixels],
) -> None:
    assert verifier.verify(protected.data).verdict == "unverified"
    assert verifier.verify(reposted).verdict == "unverified"
    assert verifier.verify(imaging.encode(photographs["coffee"], "png")).verdict == "none"


def test_a_picture_that_only_looks_alike_is_attributed_to_nobody(
    verifier: Verifier, protected: ProtectedImage, photograph: Pixels
) -> None:
    for original in (photograph, photograph[:, ::-1]):
        data = imaging.encode(np.ascontiguousarray(original), "jpeg", quality=80)
        result = verifier.verify(data)
        assert result.verdict == "unverified"
        assert result.fingerprint.resembles == (protected.manifest_id,)
        assert result.origin is None
        assert not result.ai.claimed
        assert "resembles" in result.reasons[0]


def test_what_looks_alike_is_found_in_any_of_several_registries(
    owner: Owner, protected: ProtectedImage, photograph: Pixels, tmp_path: Path
) -> None:
    key = Key.load(owner.key_file)
    ours = open_registry(sqlite_url(owner.registry_file))
    nothing = open_registry(sqlite_url(tmp_path / "nothing.sqlite3"))
    data = imaging.encode(photograph, "jpeg", quality=80)
    for registries in ([nothing, ours], [ours, nothing]):
        several = Verifier(keys=key, registry=Registries(registries), trust=None)
        result = several.verify(data)
        assert result.verdict == "unverified"
        assert result.fingerprint.resembles == (protected.manifest_id,)


def test_a_copied_mark_is_suspect(
    verifier: Verifier, protected: ProtectedImage, photographs: dict[str, Pixels]
) -> None:
    """The residual of a marked picture, by a median filter, added to another photograph."""
    marked = imaging.decode(protected.data).pixels
    blurred = np.stack([median_filter(marked[..., c], 3) for c in range(3)], axis=-1)
    other = photographs["coffee"][:, : marked.shape[1]]
    height, width = min(len(other), len(marked)), min(other.shape[1], marked.shape[1])
    residual = marked[:height, :width].astype(float) - blurred[:height, :width]
    copied = np.clip(other[:height, :width] + 2 * residual, 0, 255).astype(np.uint8)
    result = verifier.verify(imaging.encode(copied, "png"))
    assert result.watermark.payload == protected.payload
    assert (result.verdict, result.fingerprint.state) == ("suspect", "mismatch")


def test_what_is_not_given_comes_from_the_settings(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Verifier.from_settings().verify(reposted).verdict == "recovered"
    assert Verifier.from_settings(trust=Trust.official()).verify(reposted).verdict == "unverified"
    assert Verifier.from_settings(keys=()).verify(reposted).verdict == "unchecked"
    monkeypatch.setenv("INDELIBLE_LIMITS_MAX_PIXELS", "100")
    with pytest.raises(ImageTooLargeError):
        Verifier.from_settings().verify(reposted)
    # Who gives all three has read no settings, and no limits in them.
    complete = Verifier.from_settings(
        keys=current().detection_keys(), registry=current().registry(), trust=current().trust()
    )
    assert complete.verify(reposted).verdict == "recovered"


@pytest.fixture(scope="module")
def process_of_its_own(
    owner: Owner, reposted: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a process saw that made a verifier of all parts, used it, forked, and used it again."""
    folder = tmp_path_factory.mktemp("process")
    home, picture = folder / "home", folder / "reposted.jpg"
    config = home / "config.toml"
    home.mkdir()
    config.write_text("this is no configuration", encoding="utf-8")
    picture.write_bytes(reposted)
    program = f"""
import json, os, sys, warnings
opened = []
sys.addaudithook(lambda event, given: event == "open" and opened.append(str(given[0])))
from indelible import Verifier
from indelible.registry import open_registry, sqlite_url
from indelible.watermark import Key
key = Key.load({str(owner.key_file)!r})
registry = open_registry({sqlite_url(owner.registry_file)!r})
verifier = Verifier(keys=key, registry=registry, trust=None)
def found():
    return verifier.verify({str(picture)!r}).to_dict() | {{"timing": None}}
before = found()
warnings.simplefilter("ignore")
child = os.fork() if hasattr(os, "fork") else None
if child == 0:
    os._exit(0 if found() == before else 1)
print(json.dumps({{
    "registry": before["registry"]["state"],
    "settings": [name for name in sys.modules if name.startswith("indelible.settings")],
    "opened": [name for name in opened if name.startswith({str(home)!r})],
    "child": None if child is None else os.waitpid(child, 0)[1],
}}))
"""
    environment = {"INDELIBLE_CONFIG": str(config), "INDELIBLE_HOME": str(home), "HOME": str(home)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    seen: dict[str, Any] = json.loads(ended.stdout)
    return seen


def test_given_everything_nothing_of_the_users_is_read(process_of_its_own: dict[str, Any]) -> None:
    assert process_of_its_own["registry"] == "found"
    assert process_of_its_own["settings"] == []
    assert process_of_its_own["opened"] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_it_survives_a_fork(process_of_its_own: dict[str, Any]) -> None:
    assert process_of_its_own["child"] == 0


def test_it_pickles_by_what_it_was_made_from(verifier: Verifier, reposted: bytes) -> None:
    again = pickle.loads(pickle.dumps(verifier))
    assert type(again) is Verifier
    for name in Verifier.__slots__:
        if name != "_registry":  # which travels as its path
            assert getattr(again, name) == getattr(verifier, name)
    assert again.verify(reposted).registry.state == "found"


def test_nothing_that_was_asked_for_is_lost_in_a_pickle() -> None:
    verifier = Verifier(
        keys=[Key.generate(), Key.generate()],
        registry=None,
        trust=Trust.nobody(),
        remote_hosts=["example.com"],
        ocsp=True,
        effort="thorough",
        limits=Limits(max_bytes=1_000),
    )
    again = pickle.loads(pickle.dumps(verifier))
    for name in Verifier.__slots__:
        assert getattr(again, name) == getattr(verifier, name)


def test_what_cannot_travel_keeps_it_here() -> None:
    class Local(SqlRegistry):
        def __reduce__(self) -> tuple[object, ...]:
            raise RegistryError("it holds a connection in memory")

    registry = Local(SqliteDatabase(Path("unused.sqlite3")))
    verifier = Verifier(keys=(), registry=registry, trust=None)
    with pytest.raises(RegistryError, match="memory"):
        pickle.dumps(verifier)


def test_threads_share_it(verifier: Verifier, protected: ProtectedImage, reposted: bytes) -> None:
    pictures = [protected.data, reposted] * 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(verifier.verify, pictures))
    assert [one.credential.state for one in found] == ["valid", "absent"] * 2
    assert {one.watermark.payload for one in found} == {protected.payload}


def test_keys_have_to_be_given() -> None:
    with pytest.raises(ArgumentError, match="keys"):
        Verifier(keys=None, registry=None, trust=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="registry"):
        Verifier(keys=())  # type: ignore[call-arg]


def test_without_pixels_nothing_is_decoded(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imaging.ImageFile, "decode", lambda *_, **__: 1 / 0)
    verifier = Verifier.from_settings(pixels=False)
    result = verifier.verify(protected.data)
    assert result.verdict == "authentic"
    assert result.watermark.state == "not_checked"
    assert result.ai.claimed
    assert verifier.verify(reposted).verdict == "unchecked"
    again = pickle.loads(pickle.dumps(verifier))
    assert again.described() == verifier.described()


def test_plain_metadata_count_without_pixels() -> None:
    buffer = io.BytesIO()
    fields = Image.Exif()
    fields[0x0131] = "Stable Diffusion"
    Image.new("RGB", (32, 32)).save(buffer, "JPEG", exif=fields)
    result = Verifier(keys=(), registry=None, trust=None, pixels=False).verify(buffer.getvalue())
    assert (result.ai.claimed, result.ai.standing) == (True, "metadata")


def test_marks_and_nothing_else(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "read_file", lambda *_, **__: 1 / 0)
    found = Verifier.from_settings().look_at_pixels(reposted)
    assert found.mark.payload == protected.payload
    with pytest.raises(ArgumentError):
        Verifier.from_settings().look_at_pixels(np.zeros((8, 8), np.uint8))  # type: ignore[arg-type]


def test_a_picture_that_is_open_already(protected: ProtectedImage) -> None:
    opened = imaging.open_image(protected.data)
    assert indelible.Verifier.from_settings().verify(opened).verdict == "authentic"


def test_what_answers_depend_on_holds_no_secret(tmp_path: Path) -> None:
    key = Key(b"k" * 32)
    registry = open_registry("postgresql+psycopg://me:secret@127.0.0.1:1/db")
    verifier = Verifier(keys=key, registry=registry, trust=None, effort="quick")
    told = verifier.described()
    assert told["keys"] == key.id
    assert "127.0.0.1" in told["registry"]
    assert "secret" not in str(told)
    other = Verifier(keys=key, registry=None, trust=Trust.nobody(), pixels=False)
    assert {name for name in told if told[name] != other.described()[name]} == {
        "registry", "trust", "effort", "pixels",
    }  # fmt: skip
