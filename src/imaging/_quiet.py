"""No library's words on the terminal.

Pillow reads compressed TIFF files with libtiff, which prints about damaged ones to standard error,
past Python; and it warns of odd tags itself. What matters of either reaches the caller as an error.
Nothing else in the process is touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import warnings
from collections.abc import Iterator
from pathlib import Path

import PIL

__all__ = ["silence_tiff"]


@functools.cache
def silence_tiff() -> None:
    """Make Pillow's TIFF reader, and the libtiff below it where that is found, keep quiet."""
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")
    for name in _candidates():
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(name)
            for function in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
                function.restype = ctypes.c_void_p
                function.argtypes = [ctypes.c_void_p]
                function(None)
            return


def _candidates() -> Iterator[str]:
    """Yield where it may be: in Pillow's wheel (Linux, macOS), else in the system."""
    package = Path(PIL.__file__).parent
    for folder in (package.parent / "pillow.libs", package / ".dylibs"):
        yield from map(str, sorted(folder.glob("libtiff*")))
    system = ctypes.util.find_library("tiff")
    if system is not None:
        yield system
