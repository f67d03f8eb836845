"""Who had a picture made is kept with it, encrypted, and stands nowhere in clear."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa

import indelible
from indelible import Protector, watermark
from indelible.errors import ArgumentError, IndelibleError, KeyFileError
from indelible.registry import Registries
from indelible.registry.private import (
    GenerationRecord,
    InputPicture,
    RecordKeys,
    Tracer,
)
from indelible.registry.sql import SqlRegistry
from indelible.settings import current, user_folders
from indelible.watermark import Key
from tests.protection.conftest import Pixels, left_in
from tests.registry.private.test_sealed import Foreign

pytestmark = pytest.mark.usefixtures("never_marked")

PROMPT = "canary-prompt: a house on fire"
PHOTO = hashlib.sha256(b"a photograph").digest()
PDQ = hashlib.sha256(b"its hash").digest()
RECORD = GenerationRecord.of_prompt(
    PROMPT,
    account="canary-account-4711",
    request_id="canary-request-0815",
    model="model-no-9",
    inputs=(InputPicture(PHOTO, PDQ, "urn:c2pa:the-parent"),),
)
HASHES = [hashlib.sha256(PROMPT.encode()).digest(), PHOTO, PDQ]
SECRETS = [b"canary", *HASHES, *(one.hex().encode() for one in HASHES)]
# A record shows these itself, and nothing else does.
LESS_SECRET = [b"model-no-9", b"urn:c2pa:the-parent"]


def protector_with(registry: SqlRegistry, keys: RecordKeys | None) -> Protector:
    configuration = current()
    return Protector(
        signer=configuration.signer(),
        key=Key.generate(),
        registry=registry,
        generator="Acme Images",
        record_keys=keys,
    )


def test_it_is_kept_with_the_picture_and_traced(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry
) -> None:
    keys = RecordKeys.generate()
    protector = protector_with(registry, keys)
    result = protector.protect(photograph, tmp_path / "picture.png", record=RECORD)
    without = protector.protect(photograph)
    tracer = Tracer(registry, keys)
    found = tracer.trace(result.manifest_id, reason="a test", actor="alice")
    assert found.record == RECORD
    assert tracer.trace(without.manifest_id, reason="a test", actor="alice").record is None
    (made,) = tracer.trace_input(InputPicture(PHOTO), reason="a test", actor="alice").matches
    assert made.manifest_id == result.manifest_id


def test_it_stands_nowhere_in_clear(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = RecordKeys.generate()
    result = protector_with(registry, keys).protect(
        photograph, tmp_path / "picture.png", record=RECORD
    )
    answer = indelible.verify(tmp_path / "picture.png", registry=registry)
    registry.audit.append(actor="alice", action="test", subject="urn:c2pa:x")  # the log is open
    found = Tracer(registry, keys).trace_input(
        InputPicture(PHOTO, PDQ), turned=[PDQ], reason="a test", actor="alice"
    )
    assert found.matches
    (record,) = registry.find(watermark.ALGORITHM, result.payload)
    said = " ".join(
        [caplog.text, repr(result), repr(record), repr(RECORD), json.dumps(answer.to_dict())]
    )
    written = {
        "what was said": said.encode(),
        "the picture": result.data,
        "the manifest": record.manifest_store,
        **{path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()},
    }
    assert "registry.sqlite3-wal" in written  # what was written last is still there
    for name, data in written.items():
        for secret in SECRETS if name == "what was said" else [*SECRETS, *LESS_SECRET]:
            assert secret not in data, (name, secret)


def test_an_error_shows_nothing_of_it(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    protector = protector_with(registry, RecordKeys.generate())
    protector.protect(photograph, record=RECORD)
    monkeypatch.setattr(
        "indelible.registry.private.statements.GENERATIONS",
        sa.table("nowhere", sa.column("manifest_id"), sa.column("sealed")),
    )
    with pytest.raises(IndelibleError) as caught:
        protector.protect(photograph, tmp_path / "picture.png", record=RECORD)
    said = "".join(traceback.format_exception(caught.value)) + caplog.text
    for secret in SECRETS:
        assert secret.decode("latin-1") not in said
    assert left_in(tmp_path) == []
    assert registry.count() == 1


def test_without_keys_it_is_refused_before_any_work(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry
) -> None:
    output = tmp_path / "picture.png"
    with pytest.raises(ArgumentError, match="record_keys is None") as caught:
        protector_with(registry, None).protect(photograph, output, record=RECORD)
    assert "registry keys new" in (caught.value.hint or "")
    with pytest.raises(ArgumentError, match="record_keys"):
        indelible.protect(photograph, output, registry=registry, record=RECORD)
    with pytest.raises(ArgumentError, match="record is a dict"):
        indelible.protect(photograph, output, record={"account": "canary"})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="record_keys is a str"):
        indelible.protect(photograph, output, record_keys="a path")  # type: ignore[arg-type]
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_a_registry_that_cannot_keep_it_is_refused(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry
) -> None:
    keys = RecordKeys.generate()
    for other in (Foreign(), Registries([Foreign(), registry])):
        with pytest.raises(ArgumentError, match="keeps no generation records"):
            indelible.protect(
                photograph, tmp_path / "p.png", registry=other, record=RECORD, record_keys=keys
            )
    both = Registries([registry, Foreign()])
    result = indelible.protect(photograph, registry=both, record=RECORD, record_keys=keys)
    assert registry.sealed_records([result.manifest_id])
    assert left_in(tmp_path) == []


def test_a_picture_that_is_not_shown_leaves_nothing(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indelible.files import StagedFile  # noqa: PLC0415

    def fail(self: StagedFile) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StagedFile, "publish", fail)
    keys = RecordKeys.generate()
    photo = InputPicture(PHOTO)
    with pytest.raises(OSError, match="No space"):
        protector_with(registry, keys).protect(photograph, tmp_path / "p.png", record=RECORD)
    found = Tracer(registry, keys).trace_input(photo, reason="a test", actor="alice")
    assert found.matches == ()
    assert registry.count() == 0


def test_the_settings_name_the_keys(photograph: Pixels, tmp_path: Path) -> None:
    keys = RecordKeys.generate()
    file = user_folders().settings_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('[registry]\nrecord_keys = "records.key"\n', encoding="utf-8")
    with pytest.raises(KeyFileError, match=r"records\.key"):
        Protector.from_settings()
    keys.save(file.parent / "records.key")
    protector = Protector.from_settings()
    again = pickle.loads(pickle.dumps(protector))
    for one in (protector, again):
        result = one.protect(photograph, record=RECORD)
        found = Tracer(current().registry(), keys).trace(
            result.manifest_id, reason="a test", actor="alice"
        )
        assert found.record == RECORD


def test_record_keys_do_not_travel(registry: SqlRegistry) -> None:
    protector = protector_with(registry, RecordKeys.generate())
    with pytest.raises(IndelibleError):
        pickle.dumps(protector)
