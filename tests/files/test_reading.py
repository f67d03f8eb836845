"""Bounded reads: never waiting, never more than allowed, and errors that say what to do."""

from __future__ import annotations

import errno
import io
import logging
import os
import socket
from pathlib import Path

import pytest

from indelible.credentials import PemSigner, create_identity
from indelible.errors import ImageTooLargeError, IndelibleError, UnreadableImageError
from indelible.files import open_regular, read_bytes, read_file, read_private_file
from indelible.limits import Limits
from indelible.settings import load_settings, load_trust_list
from indelible.watermark import Key

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and modes are POSIX")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody ever writes to: opening it for reading waits for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_what_is_no_file_is_refused_at_once(pipe: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (pipe, tmp_path, Path("/dev/null"), Path("/dev/zero"), tmp_path / "socket"):
            with pytest.raises(OSError, match=r"."):
                open_regular(path)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    with pytest.raises(OSError, match="pipe"):
        open_regular(link)


def test_what_is_refused_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system_open = os.open
    opened: list[int] = []

    def remember(path: str, flags: int) -> int:
        opened.append(system_open(path, flags))
        return opened[-1]

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", remember)
        with pytest.raises(IsADirectoryError):
            open_regular(tmp_path)
    (descriptor,) = opened
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


def test_everything_that_reads_a_file_refuses_a_pipe(pipe: Path, tmp_path: Path) -> None:
    identity = create_identity(tmp_path / "identity").folder
    chain = identity / "development-chain.pem"
    for read in (
        lambda: read_bytes(pipe),
        lambda: Key.load(pipe),
        lambda: load_settings(pipe),
        lambda: load_trust_list(pipe),
        lambda: PemSigner.load(chain, pipe),
        lambda: PemSigner.load(pipe, identity / "development-key.pem"),
    ):
        with pytest.raises(IndelibleError):
            read()


def test_a_descriptor_that_is_a_pipe() -> None:
    """What a shell gives for ``<(command)``."""
    reading, writing = os.pipe()
    try:
        with pytest.raises(OSError, match="pipe"):
            open_regular(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
        os.close(writing)


def test_a_file_of_the_kernel_has_no_size(tmp_path: Path) -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc")
    assert path.stat().st_size == 0
    assert b"Name:" in read_bytes(path)
    assert b"Name:" in read_file(path, 1 << 20)


def test_no_more_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_file(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4"):
        read_file(path, 4)


class Stream:
    """A stream that answers whatever it is told."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def read(self, size: int) -> object:
        return self.answer


@pytest.mark.parametrize("answer", [None, "text", 5, [1]])
def test_streams_that_give_no_bytes(answer: object) -> None:
    with pytest.raises(IndelibleError):
        read_bytes(Stream(answer), limits=Limits())  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", [0o666, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_warned_of_once(
    tmp_path: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "key"
    Key.generate().save(path)
    with caplog.at_level(logging.WARNING):
        Key.load(path)
        assert not caplog.messages
        path.chmod(mode)
        Key.load(path)
        Key.load(path)
    (message,) = caplog.messages
    assert f"chmod 600 {path}" in message
    assert f"{mode:04o}" in message


def test_a_private_key_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = create_identity(tmp_path / "identity").folder
    (folder / "development-key.pem").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        PemSigner.load(folder / "development-chain.pem", folder / "development-key.pem")
    assert "chmod 600" in caplog.text
    assert read_private_file(folder / "development-chain.pem", 1 << 20, what="chain")


def test_every_kind_of_source(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    for source in (path, str(path), b"abc", bytearray(b"abc"), memoryview(b"abc")):
        assert read_bytes(source) == b"abc"
    stream = io.BytesIO(b"xabc")
    stream.read(1)
    assert read_bytes(stream) == b"abc"
    assert not stream.closed


def test_missing_folder_text_and_closed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"no such file.*") as caught:
        read_bytes(tmp_path / "none.jpg")
    assert caught.value.hint == "Check the path."
    with pytest.raises(UnreadableImageError, match="directory"):
        read_bytes(tmp_path)
    with pytest.raises(UnreadableImageError):
        read_bytes("nul\0character")
    with pytest.raises(UnreadableImageError, match="text"):
        read_bytes(io.StringIO("abc"))  # type: ignore[arg-type]
    closed = io.BytesIO(b"abc")
    closed.close()
    with pytest.raises(UnreadableImageError, match="stream"):
        read_bytes(closed)


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(101))
    limits = Limits(max_bytes=100)
    for source in (path, bytes(101), io.BytesIO(bytes(101))):
        with pytest.raises(ImageTooLargeError, match="bytes"):
            read_bytes(source, limits=limits)
    assert len(read_bytes(io.BytesIO(bytes(100)), limits=limits)) == 100


def test_an_endless_stream_ends() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return b"x" * min(size, 10)

    with pytest.raises(ImageTooLargeError):
        read_bytes(Endless(), limits=Limits(max_bytes=1_000))  # type: ignore[arg-type]


def test_a_failing_stream() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(UnreadableImageError, match="input/output error"):
        read_bytes(Failing())
