"""A failure at any step, death included, leaves nothing visible that is not registered."""

from __future__ import annotations

import io
import itertools
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

import indelible
from indelible.errors import (
    OutputError,
    OutputExistsError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.files import StagedFile
from indelible.protection import mark_file
from indelible.protection.markable import MarkablePicture
from indelible.protection.publishing import show
from indelible.registry import Record
from indelible.registry.sql import SqlRegistry
from indelible.settings import current
from indelible.watermark import Key
from tests.protection.conftest import Pixels, left_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.usefixtures("never_marked"),
]


def test_an_existing_output_is_left_alone(photograph: Pixels, tmp_path: Path) -> None:
    output = tmp_path / "there.png"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        indelible.protect(photograph, output)
    assert output.read_bytes() == b"precious"
    assert current().existing_registry() is None
    assert indelible.protect(photograph, output, overwrite=True).path == output
    assert indelible.verify(output).verdict == "authentic"


def test_a_place_that_cannot_be_written_is_noticed_before_any_work(
    photograph: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(self: MarkablePicture, *args: object, **options: object) -> None:
        pytest.fail("this work is in vain")

    monkeypatch.setattr(MarkablePicture, "mark", work)
    output = tmp_path / "there.png"
    output.write_bytes(b"precious")
    key = Key.generate()
    for place in (output, tmp_path, tmp_path / "missing" / "out.png"):
        with pytest.raises(OutputError):
            indelible.protect(photograph, place, format="png")
        with pytest.raises(OutputError):
            mark_file(photograph, place, payload=b"my own 1", key=key, format="png")


def test_a_missing_folder(photograph: Pixels, tmp_path: Path, registry: SqlRegistry) -> None:
    with pytest.raises(OutputError):
        indelible.protect(photograph, tmp_path / "missing" / "out.png", registry=registry)
    assert registry.count() == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(photograph: Pixels, tmp_path: Path, registry: SqlRegistry) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError):
        indelible.protect(photograph, folder / "out.png", registry=registry)
    assert registry.count() == 0


def test_a_reader_of_a_stream_who_went_away_is_no_fault_of_the_output() -> None:
    """Command lines end quietly then, as others do."""

    class Closed(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        show(b"picture", Closed(), overwrite=False)


def test_a_locked_registry(photograph: Pixels, tmp_path: Path, registry: SqlRegistry) -> None:
    indelible.protect(photograph, registry=registry)
    held = sqlite3.connect(tmp_path / "registry.sqlite3")
    held.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryUnavailableError, match="locked"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    held.rollback()
    held.close()
    assert left_in(tmp_path) == []
    assert registry.count() == 1


def test_a_full_disk_under_the_registry(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(record: Record) -> None:
        raise RegistryUnavailableError("the disk is full")

    monkeypatch.setattr(registry, "put", full)
    with pytest.raises(RegistryUnavailableError, match="full"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


@pytest.mark.parametrize("failure", [OutputError("gone"), KeyboardInterrupt(), MemoryError()])
def test_the_last_step_fails(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
) -> None:
    def fail(staged: StagedFile) -> None:
        assert registry.count() == 1  # registered by now
        raise failure

    monkeypatch.setattr(StagedFile, "publish", fail)
    with pytest.raises(type(failure)):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_a_stream_that_fails(photograph: Pixels, registry: SqlRegistry) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError("no space left")

    with pytest.raises(OutputError, match="no space"):
        indelible.protect(photograph, Full(), format="png", registry=registry)
    assert registry.count() == 0


def test_a_stream_that_takes_little_at_a_time(photograph: Pixels) -> None:
    class Slow(io.BytesIO):
        def write(self, data: Any) -> int:
            return super().write(bytes(data[:50_000]))

    stream = Slow()
    assert indelible.protect(photograph, stream, format="png").data == stream.getvalue()


def test_withdrawing_fails_too(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(staged: StagedFile) -> None:
        raise OutputError("gone")

    def unavailable(manifest_id: str) -> bool:
        raise RegistryUnavailableError("gone, too")

    monkeypatch.setattr(StagedFile, "publish", fail)
    monkeypatch.setattr(registry, "withdraw", unavailable)
    with pytest.raises(OutputError, match="gone"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert any("keeps urn:c2pa:" in record.getMessage() for record in caplog.records)


def test_withdrawing_fails_in_foreign_code(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What went wrong first is what is raised, whatever the registry then does."""

    def fail(staged: StagedFile) -> None:
        raise OutputError("gone")

    def broken(manifest_id: str) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(StagedFile, "publish", fail)
    monkeypatch.setattr(registry, "withdraw", broken)
    with pytest.raises(OutputError, match="gone"):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert any("keeps urn:c2pa:" in record.getMessage() for record in caplog.records)


# --- a commit whose outcome nobody knows --------------------------------------------------


def outcome_unknown(registry: SqlRegistry, *, held: bool) -> Callable[[Record], None]:
    """Return a `put` after which nobody knows whether the record is there."""
    real: Callable[[Record], None] = registry.put

    def put(record: Record) -> None:
        if held:
            real(record)
        raise RegistryOutcomeUnknownError("the connection broke while committing")

    return put


@pytest.mark.parametrize("held", [True, False])
def test_a_record_that_may_be_held_is_taken_back_and_the_picture_never_shown(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    held: bool,
) -> None:
    monkeypatch.setattr(registry, "put", outcome_unknown(registry, held=held))
    outputs: list[Any] = [tmp_path / "out.png", io.BytesIO(), bytearray()]
    for output in outputs:
        with pytest.raises(RegistryOutcomeUnknownError, match="committing"):
            indelible.protect(photograph, output, format="png", registry=registry)
    assert left_in(tmp_path) == []
    assert outputs[1].getvalue() == outputs[2] == b""
    assert registry.count() == 0


def test_what_may_be_left_of_a_record_is_logged(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[str] = []

    def unavailable(manifest_id: str) -> bool:
        asked.append(manifest_id)
        raise RegistryUnavailableError("still broken")

    monkeypatch.setattr(registry, "put", outcome_unknown(registry, held=True))
    monkeypatch.setattr(registry, "withdraw", unavailable)
    with pytest.raises(RegistryOutcomeUnknownError):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    (manifest_id,) = asked
    assert any(f"may keep {manifest_id}" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), MemoryError(), OSError("foreign")])
def test_an_interrupted_commit_is_taken_back(
    photograph: Pixels,
    tmp_path: Path,
    registry: SqlRegistry,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
) -> None:
    real: Callable[[Record], None] = registry.put

    def put(record: Record) -> None:
        real(record)
        raise failure

    monkeypatch.setattr(registry, "put", put)
    with pytest.raises(type(failure)):
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_a_refused_record_is_not_withdrawn(
    photograph: Pixels, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry said that it changed nothing: there is nothing to take back."""

    def full(record: Record) -> None:
        raise RegistryUnavailableError("the disk is full")

    def withdraw(manifest_id: str) -> bool:
        pytest.fail("nothing was there to withdraw")

    monkeypatch.setattr(registry, "put", full)
    monkeypatch.setattr(registry, "withdraw", withdraw)
    with pytest.raises(RegistryUnavailableError, match="full"):
        indelible.protect(photograph, registry=registry)


# --- death ------------------------------------------------------------------------------


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def protect_and_die_at(step: str, source: Path, output: Path) -> None:
    """Protect a picture in this process, which dies on the way or right after."""
    put = SqlRegistry.put

    def put_and_die(registry: SqlRegistry, record: Record) -> None:
        put(registry, record)
        die()

    places: dict[str, tuple[object, str, Callable[..., None]]] = {
        "has": (SqlRegistry, "has", die),
        "stage": (os, "fsync", die),
        "put": (SqlRegistry, "put", put_and_die),
        "publish": (StagedFile, "publish", die),
    }
    if step in places:
        setattr(*places[step])
    indelible.protect(source, output)
    die()


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("step", ["has", "stage", "put", "publish", "published"])
def test_killed_at_any_step(picture_file: Path, tmp_path: Path, step: str) -> None:
    """No half file, no visible file without its entry, whenever the process dies."""
    indelible.protect(picture_file)  # makes the identity, so that the first sync is the output's
    output = tmp_path / "out.png"
    child = get_context("fork").Process(
        target=protect_and_die_at, args=(step, picture_file, output)
    )
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert output.exists() == (step == "published")
    if output.exists():
        assert indelible.verify(output).verdict == "authentic"
    # At most a hidden temporary file is left beside it, and the next call is not in its way.
    assert all(name.startswith(".indelible-") for name in left_in(tmp_path) if name != "out.png")
    assert indelible.protect(picture_file, output, overwrite=True).path == output
    assert indelible.verify(output).verdict == "authentic"


def protect_forever(source: Path, folder: Path, done: Connection) -> None:
    for number in itertools.count():
        indelible.protect(source, folder / f"{number}.png")
        done.send(number)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments(picture_file: Path, tmp_path: Path) -> None:
    ours, theirs = get_context("fork").Pipe()
    worker = get_context("fork").Process(
        target=protect_forever, args=(picture_file, tmp_path, theirs)
    )
    worker.start()
    for _ in range(4):
        ours.recv()
    time.sleep(0.03)
    worker.kill()
    worker.join()
    visible = [path for path in tmp_path.iterdir() if path.suffix == ".png"]
    assert len(visible) >= 4
    for path in visible:
        assert indelible.verify(path).verdict == "authentic"
