"""`indelible registry trace`, `audit` and `keys`: by the operator, for a reason, on the record."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from indelible import Protector, credentials, fingerprint, imaging
from indelible.cli import _registry_auditing, _registry_tracing
from indelible.credentials import Generator, ManifestRequest
from indelible.protection import ProtectedImage
from indelible.registry.private import GenerationRecord, InputPicture, RecordKeys
from indelible.registry.sql import SqlRegistry
from indelible.settings import current
from indelible.watermark import Key
from tests.cli.conftest import Answer
from tests.registry.private.test_log import change

Run = Callable[..., Answer]
Pixels = NDArray[np.uint8]

app = typer.Typer()
app.command("trace")(_registry_tracing.trace)
app.command("audit")(_registry_auditing.audit)
app.add_typer(_registry_auditing.keys, name="keys")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: object) -> Answer:
        result = CliRunner().invoke(app, [str(item) for item in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        return Answer(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def keys_file(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "records.key"
    assert run("keys", "new", "-o", path).code == 0
    monkeypatch.setenv("INDELIBLE_REGISTRY_RECORD_KEYS", str(path))
    return path


@pytest.fixture
def photo(tmp_path: Path, photographs: dict[str, Pixels]) -> Path:
    """What somebody gave to the generator."""
    path = tmp_path / "photo.png"
    path.write_bytes(imaging.encode(photographs["astronaut"], "png"))
    return path


@pytest.fixture
def made(
    tmp_path: Path, photographs: dict[str, Pixels], photo: Path, keys_file: Path
) -> ProtectedImage:
    pixels = imaging.decode(photo.read_bytes()).pixels
    taken = InputPicture(bytes(32), fingerprint.pdq(pixels).hash)
    record = GenerationRecord.of_prompt(
        "a prompt", account="account-4711", request_id="request-1", model="m", inputs=(taken,)
    )
    return Protector.from_settings().protect(
        np.ascontiguousarray(photographs["coffee"][:400, :400]),
        tmp_path / "made.jpg",
        record=record,
    )


def registry() -> SqlRegistry:
    found = current().registry()
    assert isinstance(found, SqlRegistry)
    return found


def test_by_the_file_alone(run: Run, made: ProtectedImage, tmp_path: Path) -> None:
    answer = run("trace", tmp_path / "made.jpg", "--reason", "complaint", "--case", "C-1")
    assert answer.code == 0, answer.err
    assert made.manifest_id in answer.out
    assert "account: account-4711" in answer.out
    assert "entry 1 of the audit log" in answer.err
    assert "the very one" in answer.err

    stripped = tmp_path / "stripped.jpg"
    stripped.write_bytes(imaging.encode(imaging.decode(made.data).pixels, "jpeg", quality=80))
    answer = run("trace", stripped, "--reason", "complaint", "--json")
    assert answer.code == 0, answer.err
    said = json.loads(answer.out)
    assert said["by"] == "watermark"
    (found,) = said["traces"]
    assert found["manifest_id"] == made.manifest_id
    assert found["record"]["account"] == "account-4711"
    assert (found["same_file"], found["audit_entry"]) == (False, 2)
    assert "indelible verify" in answer.err

    entries = registry().audit.entries()
    assert [one.reason for one in entries] == ["complaint", "complaint"]
    assert entries[0].actor == getpass.getuser()


def test_by_its_ids(run: Run, made: ProtectedImage, tmp_path: Path) -> None:
    for subject in (made.manifest_id, made.payload.hex()):
        answer = run("trace", subject, "--reason", "complaint", "--json")
        assert answer.code == 0, answer.err
        (found,) = json.loads(answer.out)["traces"]
        assert found["record"]["request_id"] == "request-1"
        assert found["same_file"] is None


def test_by_the_manifest_without_the_watermark_key(
    run: Run, made: ProtectedImage, plain: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    Key.generate().save(other)
    answer = run("trace", tmp_path / "made.jpg", "--key", other, "--reason", "r", "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["by"] == "manifest"

    # Somebody signs another picture under the same id: nobody is accused of that.
    request = ManifestRequest(made.manifest_id, Generator("Somebody else"))
    signed = credentials.sign(plain.read_bytes(), request, current().signer())
    forged = tmp_path / "forged.png"
    forged.write_bytes(signed.data)
    assert credentials.read(signed.data).manifest_id == made.manifest_id
    answer = run("trace", forged, "--key", other, "--reason", "r", "--json")
    assert (answer.code, answer.out) == (1, "")


def test_what_leads_nowhere(run: Run, made: ProtectedImage, plain: Path) -> None:
    answer = run("trace", plain, "--reason", "complaint")
    assert answer.code == 1
    assert "Neither a watermark nor a registered manifest" in answer.err
    for subject in ("0123456789abcdef", "urn:c2pa:nobody"):
        answer = run("trace", subject, "--reason", "complaint")
        assert answer.code == 1
        assert "holds no" in answer.err
    without = Protector.from_settings().protect(imaging.decode(plain.read_bytes()).pixels)
    answer = run("trace", without.manifest_id, "--reason", "complaint")
    assert answer.code == 1
    assert "No generation record is kept" in answer.out


def test_what_was_made_from_a_photograph(
    run: Run, made: ProtectedImage, photo: Path, plain: Path, tmp_path: Path
) -> None:
    mirrored = tmp_path / "mirrored.jpg"
    pixels = np.ascontiguousarray(imaging.decode(photo.read_bytes()).pixels[:, ::-1])
    mirrored.write_bytes(imaging.encode(pixels, "jpeg", quality=70))
    for path in (photo, mirrored):
        answer = run("trace", "--input", path, "--reason", "she asked", "--json")
        assert answer.code == 0, answer.err
        said = json.loads(answer.out)
        (found,) = said["matches"]
        assert found["manifest_id"] == made.manifest_id
        assert found["distance"] <= 31
        assert not said["bounded"]
    answer = run("trace", "--input", photo, "--reason", "she asked")
    assert "a near copy, 0 of 256 bits differ" in answer.out
    assert "account-4711" in answer.out
    answer = run("trace", "--input", tmp_path / "original.png", "--reason", "she asked")
    assert answer.code == 4


def test_without_a_reason_nothing_happens(run: Run, made: ProtectedImage, photo: Path) -> None:
    assert run("trace", made.manifest_id).code == 2
    assert run("trace", made.manifest_id, "--reason", " ").code == 2
    assert run("trace", "--input", photo, "--reason", "").code == 2
    assert run("trace", "--reason", "r").code == 2
    assert run("trace", made.manifest_id, "--input", photo, "--reason", "r").code == 2
    assert registry().audit.entries() == []


def test_without_keys_or_registry(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    answer = run("trace", "urn:c2pa:x", "--reason", "r")
    assert (answer.code, "There is no registry yet" in answer.err) == (2, True)
    request.getfixturevalue("made")
    monkeypatch.delenv("INDELIBLE_REGISTRY_RECORD_KEYS")
    answer = run("trace", "urn:c2pa:x", "--reason", "r")
    assert (answer.code, "There are no record keys" in answer.err) == (2, True)
    other = tmp_path / "others.key"
    RecordKeys.generate().save(other)
    made: ProtectedImage = request.getfixturevalue("made")
    answer = run("trace", made.manifest_id, "--reason", "r", "--record-keys", other)
    assert (answer.code, "sealed with the key" in answer.err) == (5, True)


def test_the_keys_rotate(run: Run, made: ProtectedImage, keys_file: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.key"
    answer = run("keys", "rotate", "-o", new, "--json")
    assert answer.code == 0, answer.err
    ids = json.loads(answer.out)["ids"]
    assert ids[1:] == list(RecordKeys.load(keys_file).ids)
    assert new.stat().st_mode & 0o077 == 0
    assert run("keys", "rotate", "-o", new).code == 2  # never overwritten
    answer = run("trace", made.manifest_id, "--reason", "r", "--record-keys", new)
    assert answer.code == 0, answer.err


def test_the_audit_log(run: Run, made: ProtectedImage, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors"
    answer = run("audit", "--anchor", anchors)
    assert (answer.code, "nothing to anchor" in answer.err) == (0, True)
    for number in range(3):
        run("trace", made.manifest_id, "--reason", f"reason {number}", "--case", "C-7")
    answer = run("audit")
    assert answer.code == 0
    assert answer.out.splitlines()[2].endswith(f"trace {made.manifest_id}: reason 2 (case C-7)")
    answer = run("audit", "--after", 1, "--limit", 1, "--json")
    assert json.loads(answer.out)["number"] == 2

    answer = run("audit", "--anchor", anchors)
    assert "Entry 3 is anchored" in answer.out
    run("trace", made.manifest_id, "--reason", "once more")
    answer = run("audit", "--verify", "--anchors", anchors, "--json")
    assert (answer.code, json.loads(answer.out)["anchored"]) == (0, 3)
    assert run("audit", "--anchor", anchors).code == 0
    assert len(anchors.read_bytes().splitlines()) == 2
    assert run("audit", "--verify").code == 0

    change(registry(), "DELETE FROM audit WHERE seq = 4")
    assert run("audit", "--verify").code == 0  # without an anchor nobody can tell
    for arguments in (("--verify", "--anchors", anchors), ("--anchor", anchors)):
        answer = run("audit", *arguments)
        assert answer.code == 3
        assert "Entry 4 was anchored and is missing" in answer.err
        assert "The audit log was changed" in answer.err
    assert len(anchors.read_bytes().splitlines()) == 2
    answer = run("audit", "--verify", "--anchors", anchors, "--json")
    assert (answer.code, json.loads(answer.out)["holds"]) == (3, False)


def test_anchors_that_are_none(run: Run, made: ProtectedImage, tmp_path: Path) -> None:
    assert run("audit", "--verify", "--anchors", tmp_path / "missing").code == 5
    broken = tmp_path / "broken"
    broken.write_bytes(b"a diary\n")
    assert run("audit", "--verify", "--anchors", broken).code == 5
    run("trace", made.manifest_id, "--reason", "r")
    run("audit", "--anchor", tmp_path / "anchors")
    (tmp_path / "anchors").write_bytes((tmp_path / "anchors").read_bytes()[:-1])
    answer = run("audit", "--anchor", tmp_path / "anchors")
    assert (answer.code, "was cut off" in answer.err) == (5, True)
