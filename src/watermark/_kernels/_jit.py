"""How kernels are compiled: at their first call, for one signature, and kept in numba's cache.

Importing the package compiles nothing and reads no compiled code. The cache lies beside the source
where that can be written, else in the user's cache folder; where neither can, a kernel is compiled
in memory. numba notices when a kernel's own file changes, but not a file whose functions it calls.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numba
from numba.core import config
from numba.core.typing.templates import Signature

__all__ = ["KERNELS", "Kernel", "inner", "kernel"]

P = ParamSpec("P")
R = TypeVar("R")

CONFIG: Any = config
LOG = logging.getLogger("indelible.engine")
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # a division by zero gives inf or nan, as in numpy, and costs no test
    # Without "nnan" and "ninf": whatever is in a picture, a kernel's result stays defined.
    "fastmath": {"contract"},
}


class Kernel(Generic[P, R]):
    """A compiled function, called from Python.

    Parameters
    ----------
    function : callable
        Made of what numba understands.
    signature : str or numba signature
        The only types that it is compiled for; arguments are converted to them where that is safe.
    """

    def __init__(self, function: Callable[P, R], signature: str | Signature) -> None:
        update_wrapper(self, function)
        self.function = function
        self._signature = signature
        self._compiled: Callable[P, R] | None = None
        self.kept = False  # in a cache, for the next process

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function, having made it ready if this is the first call."""
        compiled = self._compiled or self.compile()
        return compiled(*args, **kwargs)

    def compile(self) -> Callable[P, R]:
        """Compile the function, or read it from the cache, and return it."""
        compiled: Callable[P, R]
        if CONFIG.DISABLE_JIT:
            compiled = self.function
        else:
            try:
                made = numba.njit(self._signature, cache=True, **OPTIONS)(self.function)
                self.kept = True
                if made.stats.cache_misses:
                    _say_once()
            except RuntimeError as error:
                if "no locator available" not in str(error):  # neither cache can be written
                    raise
                made = numba.njit(self._signature, **OPTIONS)(self.function)
                _say_once()
            compiled = made
        self._compiled = compiled
        return compiled


@lru_cache(maxsize=1)
def _say_once() -> None:
    """Tell whoever listens why the first call takes so long; the others are still to come."""
    LOG.info(
        "Compiling the watermark engine once: this takes up to a minute. `indelible warm-up` does "
        "it beforehand."
    )


KERNELS: list[Kernel[..., Any]] = []  # every kernel of the modules that have been imported


def kernel(signature: str | Signature) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a function a :class:`Kernel`."""

    def decorate(function: Callable[P, R]) -> Kernel[P, R]:
        made = Kernel(function, signature)
        KERNELS.append(made)
        return made

    return decorate


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that kernels call; it is compiled, and kept, with each of them."""
    compiled: Callable[P, R] = numba.njit(**OPTIONS)(function)
    return compiled
