"""Writes of which nothing half-done is ever visible, and private files and folders."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Self

import pytest

from indelible.errors import OutputError, OutputExistsError
from indelible.files import (
    append_line,
    make_private_folder,
    stage,
    write_atomic,
    write_new_private_file,
)

needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX file systems only")
not_as_root = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere"
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    write_atomic(path, b"one", overwrite=False)
    assert path.read_bytes() == b"one"
    write_atomic(str(path), b"two", overwrite=True)
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == ["out.jpg"]


def test_an_existing_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="exists") as caught:
        write_atomic(path, b"new", overwrite=False)
    assert "--force" in str(caught.value.hint)
    assert path.read_bytes() == b"precious"
    assert names(tmp_path) == ["out.jpg"]


def test_a_file_that_appears_in_between_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    with stage(path, b"late") as staged:
        path.write_bytes(b"first")
        with pytest.raises(OutputExistsError):
            staged.publish()
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["out.jpg"]


def test_a_stage_that_is_left_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    with stage(path, b"data"):
        assert not path.exists()
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == []
    with pytest.raises(RuntimeError), stage(path, b"data"):
        raise RuntimeError
    assert names(tmp_path) == []


@needs_posix
def test_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", b"x", overwrite=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o600)
    write_atomic(tmp_path / "new", b"y", overwrite=True)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


@needs_posix
def test_symbolic_links(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (link, dangling):
        with pytest.raises(OutputExistsError):
            write_atomic(path, b"new", overwrite=False)
        write_atomic(path, b"new", overwrite=True)
        assert not path.is_symlink()
        assert path.read_bytes() == b"new"
    assert target.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


@needs_posix
def test_devices_and_pipes_are_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OutputError, match="device or a pipe"):
            write_atomic(path, b"x", overwrite=True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_impossible_places(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    cases = {
        tmp_path / "missing" / "a.jpg": "Create it first",
        tmp_path / "file" / "a.jpg": "not a folder",
        tmp_path / ("n" * 300): "shorter",
        Path("nul\0character"): "Check the path",
        Path(): "file name",
        tmp_path / "folder": "file name",
    }
    for path, words in cases.items():
        with pytest.raises(OutputError) as caught:
            write_atomic(path, b"x", overwrite=False)
        assert words in str(caught.value.hint)
    with pytest.raises(OutputError, match="directory"):
        write_atomic(tmp_path / "folder", b"x", overwrite=True)


@needs_posix
@not_as_root
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="permission denied") as caught:
            write_atomic(tmp_path / "a.jpg", b"x", overwrite=False)
    finally:
        tmp_path.chmod(0o700)
    assert "permissions" in str(caught.value.hint)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("where", ["write", "sync", "publish"])
def test_failures_leave_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    path = tmp_path / "out.jpg"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    if where == "write":
        monkeypatch.setattr(os, "fdopen", _broken_writer(fail))
    elif where == "sync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError) as caught:
        write_atomic(path, b"new", overwrite=True)
    assert caught.value.hint
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out.jpg"]


@needs_posix
def test_a_real_full_disk() -> None:
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("no /dev/full here")
    with pytest.raises(OutputError):
        write_atomic("/dev/full", b"x", overwrite=True)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_file_systems_without_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "out.jpg"
    write_atomic(path, b"one", overwrite=False)
    assert path.read_bytes() == b"one"
    with stage(tmp_path / "b", b"late") as staged:
        (tmp_path / "b").write_bytes(b"first")
        with pytest.raises(OutputExistsError):
            staged.publish()
    assert names(tmp_path) == ["b", "out.jpg"]


def test_without_links_a_failure_gives_the_name_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError):
        write_atomic(tmp_path / "out.jpg", b"one")
    assert names(tmp_path) == []


def test_one_of_many_writers_wins(tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            write_atomic(path, bytes([number]) * 1000, overwrite=False)
            outcomes.append("won")
        except OutputExistsError:
            outcomes.append("lost")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 15 + ["won"]
    assert names(tmp_path) == ["out.jpg"]
    assert len(set(path.read_bytes())) == 1


@needs_posix
@pytest.mark.parametrize("moment", ["fsync", "hardlink_to", "unlink"])
def test_a_killed_process_leaves_no_half_file(tmp_path: Path, moment: str) -> None:
    """Killed before the sync, before the file becomes visible, or right after."""
    owner = "os" if moment == "fsync" else "pathlib.Path"
    script = textwrap.dedent(f"""
        import os, pathlib, signal
        from indelible.files import write_atomic
        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)
        {owner}.{moment} = die
        write_atomic({str(tmp_path / "out.jpg")!r}, bytes(100_000), overwrite=False)
    """)
    result = subprocess.run([sys.executable, "-c", script], check=False, env=_environment())
    assert result.returncode == -signal.SIGKILL
    for name in names(tmp_path):
        assert name == "out.jpg" or name.startswith(".indelible-")
    assert (tmp_path / "out.jpg").exists() == (moment == "unlink")
    if moment == "unlink":
        assert (tmp_path / "out.jpg").read_bytes() == bytes(100_000)
    else:  # what was left does not stand in the way
        write_atomic(tmp_path / "out.jpg", b"again", overwrite=False)


def _broken_writer(fail: Callable[..., None]) -> Callable[..., IO[bytes]]:
    """Return an `os.fdopen` whose files fail at the first write."""
    genuine = os.fdopen

    def opened(descriptor: int, mode: str) -> IO[bytes]:
        stream: IO[bytes] = genuine(descriptor, mode)

        class Broken:
            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                stream.close()

            def write(self, data: bytes) -> None:
                stream.write(data[:1])
                fail()

            def __getattr__(self, name: str) -> object:
                return getattr(stream, name)

        return Broken()  # type: ignore[return-value]

    return opened


def _environment() -> dict[str, str]:
    """Return an environment in which a child process imports the package as this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@needs_posix
def test_private_folders_and_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    before = os.umask(0)
    try:
        make_private_folder(folder)
        make_private_folder(folder)
        write_new_private_file(folder / "file", lambda: b"x")
        with pytest.raises(FileExistsError):
            write_new_private_file(folder / "file", lambda: b"y")
    finally:
        os.umask(before)
    for path, mode in (
        (tmp_path / "a", 0o700),
        (folder, 0o700),
        (folder / "file", 0o600),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    with pytest.raises(NotADirectoryError):
        make_private_folder(folder / "file")
    with pytest.raises(NotADirectoryError):
        make_private_folder(folder / "file" / "below")


def test_a_private_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="space"):
            write_new_private_file(tmp_path / "key", lambda: b"secret")
    assert names(tmp_path) == []
    with pytest.raises(ZeroDivisionError):
        write_new_private_file(tmp_path / "key", lambda: bytes(1 // 0))
    assert names(tmp_path) == []
    monkeypatch.setattr(Path, "hardlink_to", fail)
    write_new_private_file(tmp_path / "key", lambda: b"secret")
    with pytest.raises(FileExistsError):
        write_new_private_file(tmp_path / "key", lambda: b"other")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert names(tmp_path) == ["key"]


@needs_posix
def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    modes = []

    def content() -> bytes:
        (hidden,) = tmp_path.iterdir()
        modes.append(stat.S_IMODE(hidden.stat().st_mode))
        return b"secret"

    before = os.umask(0)
    try:
        write_new_private_file(tmp_path / "key", content)
    finally:
        os.umask(before)
    assert modes == [0o600]


# --- lines ----------------------------------------------------------------------------------------


def test_lines_are_added_in_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append_line(path, b"%03d\n" % number * 50), range(40)))
    lines = path.read_bytes().splitlines()
    assert len(lines) == 2000
    assert all(len(set(lines[start : start + 50])) == 1 for start in range(0, 2000, 50))


@pytest.mark.skipif(os.name != "posix", reason="permissions and devices of POSIX")
def test_lines_in_a_private_file_and_in_a_device(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, b"a line\n", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    append_line(path, b"another\n", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    append_line(os.devnull, b"a line\n")


def test_a_line_that_cannot_be_added(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "lines"):
        with pytest.raises(OutputError):
            append_line(path, b"a line\n")
