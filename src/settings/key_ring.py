"""A folder of watermark keys: new marks use the newest, detection tries all.

::

    keys/
      0001.key          any name ending in .key; the highest number is the newest
      0002.key
      0003.detect.key   a partner's: only searched for, never marked with
      retired/
        0004.key        kept, but neither marked with nor searched for

A key is never deleted: without it nobody finds its marks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import KeyFileError, OutputError, OutputExistsError
from indelible.files import make_private_folder
from indelible.watermark import Key

__all__ = ["KeyFile", "KeyRing"]

_SUFFIX = ".key"
_DETECT_ONLY = ".detect"  # before the suffix, so that it stays with a file that is moved or copied
_RETIRED = "retired"
_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key of a ring and where it lives.

    Attributes
    ----------
    key : Key
        The key; its representation shows the id, never the secret.
    path : Path
        Its file.
    retired : bool
        Whether it was taken out of use.
    """

    key: Key
    path: Path
    retired: bool

    @property
    def detect_only(self) -> bool:
        """Whether it is somebody else's: searched for, never marked with."""
        return _is_detect_only(self.path)


class KeyRing:
    """The watermark keys of one owner, in a folder.

    Parameters
    ----------
    folder : Path
        Need not exist; it is created with mode 0700 when the first key is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> tuple[KeyFile, ...]:
        """Return every key: those that mark, newest first, then detect-only and retired ones.

        Raises
        ------
        KeyFileError
            If a key file cannot be read. A ring with a hole would miss marks without a word.
        """
        retired = [
            KeyFile(Key.load(path), path, True) for path in self._paths(self.folder / _RETIRED)
        ]
        return (*self._in_use(), *retired)

    def keys(self) -> tuple[Key, ...]:
        """Return the keys to detect with: those that mark, newest first, then detect-only ones."""
        return tuple(dict.fromkeys(held.key for held in self._in_use()))

    def marking_keys(self) -> tuple[Key, ...]:
        """Return the keys that mark, newest first; empty where there are none."""
        return tuple(held.key for held in self._in_use() if not held.detect_only)

    def ensure(self) -> tuple[tuple[Key, ...], bool]:
        """Return the keys that mark, making the first one where the ring never had one.

        Returns
        -------
        keys : tuple of Key
            Newest first, at least one.
        created : bool
            Whether this call made the key. Of two processes that race, one makes it.

        Raises
        ------
        KeyFileError
            If every key that marked was retired.
        """
        keys = self.marking_keys()
        if keys:
            return keys, False
        if not all(_is_detect_only(path) for path in self._paths(self.folder / _RETIRED)):
            raise KeyFileError(
                f"Every watermark key in {self.folder} is retired.",
                hint="Make a new one with `indelible keys rotate`.",
            )
        try:
            self._save(Key.generate(), 1)
        except OutputExistsError:
            return self.marking_keys(), False
        return self.marking_keys(), True

    def add(self, key: Key, *, detect_only: bool = False) -> KeyFile:
        """Put a key into the ring as its newest.

        Parameters
        ----------
        key : Key
            The key.
        detect_only : bool
            Somebody else's: look for its marks, but never mark with it.

        Raises
        ------
        OutputExistsError
            If the ring holds this key already, in use or retired.
        OutputError
            If the folder cannot be written.
        """
        for held in self.files():
            if held.key == key:
                raise OutputExistsError(f"The ring holds the key {key.id} already: {held.path}.")
        for _ in range(_ATTEMPTS):
            number = 1 + max((_number(path) for path in self._all_paths()), default=0)
            try:
                return KeyFile(key, self._save(key, number, detect_only=detect_only), False)
            except OutputExistsError:
                continue  # another process took the number
        raise OutputError(f"Cannot find a free name for a key in {self.folder}.")

    def rotate(self) -> KeyFile:
        """Make a new key and put it into the ring as its newest; the others keep detecting."""
        newest = next(iter(self.marking_keys()), None)
        # One family per ring: its keys are then searched at nearly the price of one.
        return self.add(Key.generate() if newest is None else Key.generate(family=newest.family))

    def retire(self, key_id: str) -> KeyFile:
        """Take a key out of use: no new marks and no detection, a leaked key for example.

        Raises
        ------
        KeyFileError
            If no key in use has this id, or if it is the last one that marks.
        """
        held = self._find(key_id, retired=False)
        if not held.detect_only and len(self.marking_keys()) == 1:
            raise KeyFileError(
                f"{key_id} is the last key in use that marks.",
                hint="Make its successor first: `indelible keys rotate`.",
            )
        return self._move(held, self.folder / _RETIRED, retired=True)

    def restore(self, key_id: str) -> KeyFile:
        """Bring a retired key back into use.

        Raises
        ------
        KeyFileError
            If no retired key has this id.
        """
        return self._move(self._find(key_id, retired=True), self.folder, retired=False)

    def _find(self, key_id: str, *, retired: bool) -> KeyFile:
        for held in self.files():
            if held.key.id == key_id.lower() and held.retired is retired:
                return held
        kind = "retired key" if retired else "key in use"
        raise KeyFileError(
            f"No {kind} in {self.folder} has the id {key_id!r}.",
            hint="`indelible keys list` shows them.",
        )

    def _move(self, held: KeyFile, folder: Path, *, retired: bool) -> KeyFile:
        target = folder / held.path.name
        try:
            make_private_folder(folder)
            if target.exists():
                raise OutputExistsError(f"{target} exists already.")
            held.path.rename(target)
        except OSError as error:
            raise OutputError(f"Cannot move {held.path}: {error.strerror or error}.") from error
        return KeyFile(held.key, target, retired)

    def _in_use(self) -> list[KeyFile]:
        files = [KeyFile(Key.load(path), path, False) for path in self._paths(self.folder)]
        return sorted(files, key=lambda held: held.detect_only)  # stable: the newest stay first

    def _save(self, key: Key, number: int, *, detect_only: bool = False) -> Path:
        try:
            make_private_folder(self.folder)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OutputError(f"Cannot make the folder {self.folder}: {reason}.") from error
        path = self.folder / f"{number:04d}{_DETECT_ONLY if detect_only else ''}{_SUFFIX}"
        key.save(path)
        return path

    def _all_paths(self) -> Iterator[Path]:
        yield from self._paths(self.folder)
        yield from self._paths(self.folder / _RETIRED)

    @staticmethod
    def _paths(folder: Path) -> list[Path]:
        """Key files directly in a folder, newest first."""
        try:
            found = [
                path
                for path in folder.iterdir()
                if path.suffix == _SUFFIX and not path.name.startswith(".")
            ]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise KeyFileError(
                f"Cannot list the watermark keys in {folder}: {error.strerror or error}."
            ) from error
        return sorted(found, key=lambda path: (_number(path), path.name), reverse=True)


def _number(path: Path) -> int:
    """Place of a key in the order of making; files with names of their own come first."""
    match = re.fullmatch(r"0*([0-9]{1,9})", path.stem.removesuffix(_DETECT_ONLY))
    return int(match.group(1)) if match else 0


def _is_detect_only(path: Path) -> bool:
    return path.stem.endswith(_DETECT_ONLY)
