"""Reading whole files, and writing them so that nothing half-written is ever visible."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from indelible.errors import (
    OutputError,
    OutputExistsError,
    UnreadableImageError,
)
from indelible.files import open_regular
from indelible.imaging.picture import DEFAULT_LIMITS, Limits

__all__ = ["StagedFile", "read_bytes", "stage", "write_atomic"]

_CHUNK: Final = 1 << 20
_PREFIX: Final = ".indelible-"

# What link() answers where there are no hard links (FAT, some network and container file systems).
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
)
_READ_HINTS: Final = {
    errno.ENOENT: "Check the path.",
    errno.EACCES: "You may not read it. Check its permissions.",
    errno.EISDIR: "Give a file, not a folder.",
    errno.EINVAL: 'Save it to a file first, or give "-" and send it to standard input.',
    errno.ENXIO: 'Save it to a file first, or give "-" and send it to standard input.',
}
_WRITE_HINTS: Final = {
    errno.ENOSPC: "The disk is full. Free some space, or write elsewhere.",
    errno.EDQUOT: "Your disk quota is used up. Free some space, or write elsewhere.",
    errno.EFBIG: "The file is larger than the file system allows.",
    errno.EROFS: "The file system is read-only. Write elsewhere.",
    errno.EACCES: "You may not write there. Choose another folder, or change its permissions.",
    errno.EPERM: "You may not write there. Choose another folder, or change its permissions.",
    errno.ENOENT: "The folder does not exist. Create it first.",
    errno.ENOTDIR: "A part of the path is a file, not a folder.",
    errno.EISDIR: "The output is a folder. Give a file name.",
    errno.ENAMETOOLONG: "The name is too long. Choose a shorter one.",
    errno.EIO: "The disk reports an error. Write elsewhere, and check the disk.",
}


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
                return _read(stream, limits)
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
            raise _unreadable(f"'{path}'", error) from error
    try:
        return _read(source, limits)
    except (OSError, ValueError) as error:  # ValueError: the stream is closed, or only for writing
        raise _unreadable("The stream", error) from error


def _read(stream: IO[bytes], limits: Limits) -> bytes:
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
                "The stream has nothing to read just now: it does not wait for more.",
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
        f"{name} cannot be read ({_text(error)}).",
        hint=_READ_HINTS.get(number or 0, "Check the path and the disk."),
    )


def _text(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]


def write_atomic(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write a file so that others see either nothing, or the old file, or the whole new one.

    The same as `stage` followed by `StagedFile.publish`; see there for what is promised.

    Raises
    ------
    OutputExistsError
        Something of that name exists, and `overwrite` is false.
    OutputError
        It cannot be written.
    """
    with stage(path, data, overwrite=overwrite) as staged:
        staged.publish()


def stage(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> StagedFile:
    """Write data into a hidden temporary file beside `path`, ready to be published under its name.

    What takes long or may fail (space, permissions, a name that is taken) happens here, so that
    other work can be done in between and taken back together with the file. A killed process leaves
    at most the hidden file, named ``.indelible-*.tmp``.

    A new file gets the permissions that the umask gives; one that replaces another keeps those of
    the old one. A symbolic link counts as existing, and is itself replaced when overwriting:
    nothing outside of the given folder is ever touched. Devices, pipes and folders are never
    replaced.

    Parameters
    ----------
    path : str or path-like
        Where the file shall stand. Its folder must exist.
    data : bytes
        The whole content.
    overwrite : bool, optional
        Whether a file that exists may be replaced.

    Returns
    -------
    StagedFile
        A context manager that discards what was not published.

    Raises
    ------
    OutputExistsError
        Something of that name exists, and `overwrite` is false.
    OutputError
        It cannot be written.
    """
    target = Path(path)
    try:
        mode = _check_target(target, overwrite)
        temporary = target.parent / f"{_PREFIX}{secrets.token_hex(8)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o666)  # minus the umask
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from error
    staged = StagedFile(target, temporary, overwrite)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        staged.discard()
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise
    return staged


def _check_target(target: Path, overwrite: bool) -> int | None:
    """Refuse what may not be replaced; return the permissions of a file that will be."""
    try:
        kind = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not overwrite:
        raise _exists(target)
    if stat.S_ISLNK(kind):
        try:
            kind = target.stat().st_mode  # /dev/stdout is a link, too
        except OSError:
            return None  # a link to nowhere
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
            return None
    if not stat.S_ISREG(kind):
        raise OutputError(
            f"'{target}' is a device or a pipe, not a file.",
            hint='Write to a file, or give "-" for standard output.',
        )
    return stat.S_IMODE(kind) & 0o777


@dataclass(slots=True)
class StagedFile:
    """A file that is written, but not yet visible under its name.

    Attributes
    ----------
    path : Path
        The name that it will get.
    """

    path: Path
    _temporary: Path
    _overwrite: bool
    _done: bool = field(default=False, init=False)

    def publish(self) -> None:
        """Make the file visible under its name, durably, in one step.

        Raises
        ------
        OutputExistsError
            Something of that name has appeared, and overwriting was not asked for.
        OutputError
            The folder is gone, or no longer writable.
        """
        try:
            if self._overwrite:
                self._temporary.replace(self.path)
            else:
                _move_to_free_name(self._temporary, self.path)
        except FileExistsError as error:
            self.discard()
            raise _exists(self.path) from error
        except OSError as error:
            self.discard()
            raise _unwritable(self.path, error) from error
        self._done = True
        _sync_folder(self.path.parent)

    def discard(self) -> None:
        """Remove the file, unless it was published."""
        if not self._done:
            self._done = True
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()


def _move_to_free_name(temporary: Path, path: Path) -> None:
    """Rename a file; raise FileExistsError where the new name is taken."""
    if os.name == "nt":
        temporary.rename(path)  # never replaces there
        return
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without links: claim the name with an empty file, which fails where it is taken, and put
        # the content in its place. A kill in between leaves the name claimed, never half a file.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    else:
        with contextlib.suppress(OSError):  # the file stands; a leftover does no harm
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable. Some file systems do not offer that; the file itself is synced."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"'{path}' exists already.",
        hint="Choose another name, or ask for overwriting (--force on the command line).",
    )


def _unwritable(path: Path, error: OSError | ValueError) -> OutputError:
    number = error.errno if isinstance(error, OSError) else None
    return OutputError(
        f"'{path}' cannot be written ({_text(error)}).",
        hint=_WRITE_HINTS.get(number or 0, "Check the path and the disk."),
    )
