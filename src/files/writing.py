"""Writes of which nothing half-done is ever visible, and private files and folders.

A file is written under a hidden name in the folder where it shall stand, synced, and then linked or
renamed: it appears as a whole, or not at all. A line is added to a file in one piece.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from indelible.errors import OutputError, OutputExistsError
from indelible.files.reading import is_folder, reason

__all__ = [
    "StagedFile",
    "append_line",
    "make_private_folder",
    "stage",
    "stage_with",
    "write_atomic",
    "write_new_private_file",
]

_WRITE_FLAGS: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_APPEND_FLAGS: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_OWNER_ONLY: Final = 0o600
_NOT_PERMITTED: Final = "You may not write there. Choose another folder, or change its permissions."
_WRITE_HINTS: Final = {
    errno.ENOSPC: "The disk is full. Free some space, or write elsewhere.",
    errno.EDQUOT: "Your disk quota is used up. Free some space, or write elsewhere.",
    errno.EFBIG: "The file is larger than the file system allows.",
    errno.EROFS: "The file system is read-only. Write elsewhere.",
    errno.EACCES: _NOT_PERMITTED,
    errno.EPERM: _NOT_PERMITTED,
    errno.ENOENT: "The folder does not exist. Create it first.",
    errno.ENOTDIR: "A part of the path is a file, not a folder.",
    errno.EISDIR: "The output is a folder. Give a file name.",
    errno.ENAMETOOLONG: "The name is too long. Choose a shorter one.",
    errno.EIO: "The disk reports an error. Write elsewhere, and check the disk.",
}


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
        temporary = _write_hidden(target.parent, lambda: data, mode)
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from error
    return StagedFile(target, temporary, overwrite)


def stage_with(
    path: str | os.PathLike[str], write: Callable[[Path], object], *, overwrite: bool = False
) -> StagedFile:
    """Let something write a large file that only its owner can read; see `stage`.

    Parameters
    ----------
    path : str or path-like
        Where the file shall stand. Its folder must exist.
    write : callable
        Fills the empty file whose path it is given; what it raises, the system's errors aside,
        passes.
    overwrite : bool, optional
        Whether a file that exists may be replaced.

    Raises
    ------
    OutputExistsError, OutputError
        As `stage`.
    """
    target = Path(path)
    try:
        _check_target(target, overwrite)
        temporary = _write_hidden(target.parent, lambda: b"", _OWNER_ONLY)
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from error
    try:
        write(temporary)
        _sync_file(temporary)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise
    return StagedFile(target, temporary, overwrite)


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
    temporary = _write_hidden(target.parent, content, _OWNER_ONLY)
    try:
        _move_to_free_name(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def append_line(path: str | os.PathLike[str], line: bytes, *, mode: int = 0o644) -> None:
    """Add a line to the end of a file, durably; a new one is made where there is none.

    What is in the file stays, so that it may lie where files can only grow. Several processes may
    add to it at once.

    Parameters
    ----------
    path : path
        The file.
    line : bytes
        The line, with its end.
    mode : int
        Permissions of a new file, before the umask.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    target = Path(path)
    try:
        is_new = not target.exists()
        descriptor = os.open(target, _APPEND_FLAGS, mode)
        try:
            if os.write(descriptor, line) != len(line):  # in one piece, or it is no line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if stat.S_ISREG(os.fstat(descriptor).st_mode):  # /dev/stderr cannot be synced
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise _unwritable(target, error) from error
    if is_new:
        _sync_folder(target.parent)


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
        except OSError as error:
            self.discard()
            exists = isinstance(error, FileExistsError)
            raise (_exists(self.path) if exists else _unwritable(self.path, error)) from error
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


def _check_target(target: Path, overwrite: bool) -> int | None:
    """Refuse what may not be replaced; return the permissions of a file that will be."""
    try:
        kind = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(kind):
        raise is_folder()
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


def _write_hidden(folder: Path, content: Callable[[], bytes], mode: int | None) -> Path:
    """Write a whole new file under a hidden name, synced, or leave nothing behind.

    `mode`: its permissions from the start, whatever the umask; None: what the umask gives.
    """
    temporary = folder / f".indelible-{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, _WRITE_FLAGS, 0o666 if mode is None else mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None and hasattr(os, "fchmod"):  # what the umask took away
                os.fchmod(file.fileno(), mode)
            file.write(content())
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _move_to_free_name(temporary: Path, path: Path) -> None:
    """Rename a file; raise FileExistsError where the new name is taken."""
    if os.name == "nt":
        temporary.rename(path)  # never replaces there
        return
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here, perhaps (FAT, some network and container file systems): claim the name
        # with an empty file, which fails where it is taken, and put the content in its place. A
        # kill in between leaves the name claimed, never half a file.
        os.close(os.open(path, _WRITE_FLAGS, _OWNER_ONLY))
        try:
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    else:
        with contextlib.suppress(OSError):  # the file stands; a leftover does no harm
            temporary.unlink()


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)  # some systems sync only what may be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _unwritable(path: Path, error: OSError | ValueError) -> OutputError:
    number = error.errno if isinstance(error, OSError) else None
    return OutputError(
        f"'{path}' cannot be written ({reason(error)}).",
        hint=_WRITE_HINTS.get(number or 0, "Check the path and the disk."),
    )


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"'{path}' exists already.",
        hint="Choose another name, or ask for overwriting (--force on the command line).",
    )
