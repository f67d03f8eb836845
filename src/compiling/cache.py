"""Compiled kernels on disk, under names that say what they were compiled from.

numba looks at the file that holds a function, but not at the files whose functions it calls, and it
replaces the index of stale code before the code itself: a process that reads between the two runs
the old code. Here a file's name holds a digest of all sources of the kernel's folder and of this
one, so that neither can happen: code is found only by the sources that it was made from. The folder
is numba's choice: beside the source, or where ``NUMBA_CACHE_DIR`` says, or in the user's cache
folder.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.runtime.nrt import rtsys

__all__ = ["KernelCache", "open_cache"]

LOG = logging.getLogger("indelible.engine")
DIGITS = 16  # of the digest, in a file's name


@lru_cache(maxsize=8)
def sources_digest(package: str) -> str:
    """Return a digest of every module of a package of kernels, of this one, and numba's version."""
    from importlib import resources  # noqa: PLC0415 -- slow to import, and works for archives, too

    digest = hashlib.sha256(numba.__version__.encode())
    for folder in (__package__ or __name__, package):
        modules = resources.files(folder).iterdir()
        for module in sorted(modules, key=lambda path: path.name):
            if module.name.endswith(".py"):
                digest.update(hashlib.sha256(module.read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


class _Naming(CompileResultCacheImpl):
    """numba's choice of a folder, with file names of our own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.package = function.__module__.rpartition(".")[0]
        super().__init__(function)  # type: ignore[no-untyped-call]

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """Return how the names of a kernel's files begin: its name, the digest, Python's version.

        The digest stands where numba writes the function's line, which moves with every change.
        """
        base: str = super().get_filename_base(fullname, abiflags)  # type: ignore[no-untyped-call]
        self.name, _, rest = base.rpartition("-")
        self.python = rest.rpartition(".")[2]
        return f"{self.name}-{sources_digest(self.package)}.{self.python}"


class KernelCache(FunctionCache):
    """The cache of one kernel, for a dispatcher of numba.

    Attributes
    ----------
    kept : bool
        Whether the code is on disk, for the next process.
    """

    _impl_class = _Naming

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self.kept = False

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return the compiled code, or None where there is none of these sources.

        numba would first import all that it needs to compile (a third of the time of a small
        command), which compiling does by itself. Compiled code needs the runtime alone.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            found: object = self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        self.kept = found is not None
        return found

    def save_overload(self, sig: object, data: object) -> None:
        """Write the compiled code; where the disk is full, it is only used by this process."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
            self._remove_stale()
        except OSError as error:
            LOG.warning("Compiled code cannot be kept in %s: %s", self.cache_path, error)
        else:
            self.kept = True

    def _remove_stale(self) -> None:
        """Remove this kernel's code of other sources: an old process has it in memory already."""
        naming = self._impl
        for path in Path(self.cache_path).glob(f"{naming.name}-*.{naming.python}.*"):
            current = path.name.startswith(f"{naming.filename_base}.")
            if not current and path.suffix in {".nbi", ".nbc"}:  # not what is being written
                path.unlink(missing_ok=True)


def open_cache(function: Callable[..., Any]) -> KernelCache | None:
    """Return the cache of a kernel, or None without a folder to write to or sources to read."""
    try:
        return KernelCache(function)
    except OSError:  # an application packed without sources
        return None
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return None
