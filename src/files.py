"""Reading bounded files and making private folders, in the terms of the system calls they rest on.

What is opened by a name that somebody gave may be a pipe that nobody writes to, a device, or a
socket: opening one can wait for ever. So a file is opened without waiting, and looked at before
anything is read.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

__all__ = [
    "make_private_folder",
    "open_regular",
    "read_file",
    "read_private_file",
    "write_new_private_file",
]

_log: Final = logging.getLogger("indelible")
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_warned: Final[set[str]] = set()
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
    descriptor = os.open(path, _FLAGS)
    try:
        _refuse_others(os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _refuse_others(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
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
            _warn(os.fspath(path), mode, what)
        return _bounded(file, max_bytes)


def make_private_folder(folder: str | os.PathLike[str]) -> None:
    """Make a folder and the missing ones above it, each for its owner only whatever the umask.

    Raises
    ------
    OSError, ValueError
        If one cannot be made, or a file is in the way.
    """
    place = Path(folder)
    if place.is_dir():
        return
    if place.parent != place:
        make_private_folder(place.parent)
    try:
        place.mkdir(mode=0o700)
    except FileExistsError:
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
        return
    with contextlib.suppress(OSError):  # a file system without modes
        place.chmod(0o700)


def write_new_private_file(target: Path, content: Callable[[], bytes]) -> None:
    """Write a whole file or none, mode 0600 whatever the umask, never replacing one.

    Parameters
    ----------
    target : Path
        The new file.
    content : callable
        Gives what to write: a secret should stand in no variable.

    Raises
    ------
    FileExistsError
        If something of that name exists.
    OSError, ValueError
        If it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=".indelible-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)
            file.write(content())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise
        except (AttributeError, OSError):
            # A file system without hard links: reserve the name, then replace our own reservation.
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _bounded(file: BinaryIO, max_bytes: int) -> bytes:
    content = file.read(max_bytes + 1)
    if content is None:  # a file of the kernel's that has nothing to say just now
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"It is larger than {max_bytes} bytes")
    return content


def _warn(path: str, mode: int, what: str) -> None:
    with _lock:
        if path in _warned:
            return
        _warned.add(path)
    _log.warning(
        "Others can read the %s %s (mode %04o). Make it yours alone: chmod 600 %s",
        what,
        path,
        mode,
        path,
    )
