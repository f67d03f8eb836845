"""Bounded reads, in the terms of the system calls they rest on.

What is opened by a name that somebody gave may be a pipe that nobody writes to, a device, or a
socket: opening one can wait for ever. So a file is opened without waiting, and looked at before
anything is read.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import threading
from typing import IO, BinaryIO, Final

from indelible.errors import UnreadableImageError
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = ["is_folder", "open_regular", "read_bytes", "read_file", "read_private_file", "reason"]

_log: Final = logging.getLogger("indelible")
_READ_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_CHUNK: Final = 1 << 20  # bytes; asked for all at once, the whole limit would be allocated
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NO_FILE: Final = 'Save it to a file first, or give "-" and send it to standard input.'
_READ_HINTS: Final = {
    errno.ENOENT: "Check the path.",
    errno.EACCES: "You may not read it. Check its permissions.",
    errno.EISDIR: "Give a file, not a folder.",
    errno.EINVAL: _NO_FILE,
    errno.ENXIO: _NO_FILE,
}
_warned: Final[set[str]] = set()  # paths of secrets that others can read
_lock: Final = threading.Lock()


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading, without ever waiting for a pipe or a device.

    Raises
    ------
    OSError
        If it cannot be opened, or is a folder, a pipe, a device or a socket (EISDIR, EINVAL).
    ValueError
        If the path holds a NUL character.
    """
    descriptor = os.open(path, _READ_FLAGS)
    try:
        _refuse_others(os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _refuse_others(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise is_folder()
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is a pipe, a device or a socket, not a file")


def read_file(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """Return the content of a regular file of at most `max_bytes`.

    Raises
    ------
    OSError, ValueError
        As `open_regular`, and EFBIG where the file is larger.
    """
    with open_regular(path) as file:
        return _bounded(file, max_bytes)


def read_private_file(path: str | os.PathLike[str], max_bytes: int, *, what: str) -> bytes:
    """Return the content of a file that holds a secret; warn once if others can read it.

    Parameters
    ----------
    path : path
        The file.
    max_bytes : int
        Longest content to accept.
    what : str
        What the warning calls it ("watermark key").

    Raises
    ------
    OSError, ValueError
        As `read_file`.
    """
    with open_regular(path) as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if os.name == "posix" and mode & _OTHERS:
            _warn_once(os.fspath(path), mode, what)
        return _bounded(file, max_bytes)


def _bounded(file: BinaryIO, max_bytes: int) -> bytes:
    content = file.read(max_bytes + 1)
    if content is None:  # a file of the kernel's that has no data at the moment
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"It is larger than {max_bytes} bytes")
    return content


def _warn_once(path: str, mode: int, what: str) -> None:
    with _lock:
        if path in _warned:
            return
        _warned.add(path)
    message = "Others can read the %s %s (mode %04o). Make it yours alone: chmod 600 %s"
    _log.warning(message, what, path, mode, path)


def read_bytes(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes],
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return the whole content of a path, a binary stream, or bytes.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary stream
        A str is always a path. A stream is read from where it stands to its end, and stays open.
    limits : Limits, optional
        At most ``max_bytes`` are read, from an endless source too.

    Raises
    ------
    UnreadableImageError
        Missing, a folder, a pipe or a device, not permitted, or an error while reading.
    ImageTooLargeError
        More than ``max_bytes``.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        limits.check_bytes(memoryview(source).nbytes)
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        try:
            with open_regular(path) as stream:
                limits.check_bytes(os.fstat(stream.fileno()).st_size)
                return _read_to_end(stream, limits)
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
            raise _unreadable(f"'{path}'", error) from error
    try:
        return _read_to_end(source, limits)
    except (OSError, ValueError) as error:  # ValueError: the stream is closed, or only for writing
        raise _unreadable("The stream", error) from error


def _read_to_end(stream: IO[bytes], limits: Limits) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        part = stream.read(min(_CHUNK, limits.max_bytes + 1 - total))
        if isinstance(part, str):
            raise UnreadableImageError(
                "The stream was opened as text.", hint='Open it in binary mode: open(path, "rb").'
            )
        if part is None:
            raise UnreadableImageError(
                "The stream has no data at the moment, and does not wait for more.",
                hint="Give a blocking stream, or the bytes.",
            )
        if not isinstance(part, bytes | bytearray | memoryview):
            raise UnreadableImageError(
                f"The stream gave {type(part).__name__}, not bytes.", hint="Give a binary stream."
            )
        if not part:
            return b"".join(parts)
        parts.append(bytes(part))
        total += len(parts[-1])
        limits.check_bytes(total)


def _unreadable(name: str, error: OSError | ValueError) -> UnreadableImageError:
    number = error.errno if isinstance(error, OSError) else None
    return UnreadableImageError(
        f"{name} cannot be read ({reason(error)}).",
        hint=_READ_HINTS.get(number or 0, "Check the path and the disk."),
    )


def is_folder() -> IsADirectoryError:
    """Return the error for a folder where a file should be."""
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def reason(error: OSError | ValueError) -> str:
    """Return why a file could not be used, to stand within a sentence."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
