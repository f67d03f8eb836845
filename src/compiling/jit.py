"""How kernels are compiled: at their first call, for one signature, and kept on disk (`cache.py`).

Importing the package compiles nothing and reads no compiled code. Where no folder can be written, a
kernel is compiled in memory.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numba
from numba.core import config
from numba.core.typing.templates import Signature

from indelible.compiling.cache import open_cache

__all__ = ["KERNELS", "Kernel", "inlined", "inner", "kernel", "summing"]

P = ParamSpec("P")
R = TypeVar("R")

CONFIG: Any = config
LOG = logging.getLogger("indelible.engine")
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # a division by zero gives inf or nan, as in numpy, and costs no test
    # Without "nnan" and "ninf": whatever is in a picture, a kernel's result stays defined.
    "fastmath": {"contract"},
    "no_cfunc_wrapper": True,  # nothing calls a kernel from C
}


class Kernel(Generic[P, R]):
    """A compiled function, called from Python.

    Parameters
    ----------
    function : callable
        Made of what numba understands.
    signature : str or numba signature
        The only types that it is compiled for; arguments are converted to them where that is safe.
    exact : bool, optional
        Whether every sum and product is rounded by itself, the same on every machine.
    """

    def __init__(
        self, function: Callable[P, R], signature: str | Signature, *, exact: bool = False
    ) -> None:
        update_wrapper(self, function)
        self.function = function
        self._signature = signature
        self._exact = exact
        self._compiled: Callable[P, R] | None = None
        self.kept = False  # on disk, for the next process

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function, having made it ready if this is the first call."""
        compiled = self._compiled or self.compile()
        return compiled(*args, **kwargs)

    def compile(self) -> Callable[P, R]:
        """Compile the function, or read it from the cache, and return it."""
        if CONFIG.DISABLE_JIT:
            self._compiled = self.function
            return self.function
        options: dict[str, Any] = OPTIONS | ({"fastmath": False} if self._exact else {})
        dispatcher: Any = numba.njit(**options)(self.function)
        cache = open_cache(self.function)
        if cache is not None:
            dispatcher._cache = cache  # noqa: SLF001 -- `cache=True` puts one of numba's there
        with _without_collector():
            dispatcher.compile(self._signature)
        dispatcher.disable_compile()
        self.kept = cache is not None and cache.kept
        if dispatcher.stats.cache_misses:
            _announce()
        compiled: Callable[P, R] = dispatcher
        self._compiled = compiled
        return compiled


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause Python's garbage collector: a compiler's many objects live until it is done."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=1)
def _announce() -> None:
    """Say once, in the log, why the first call takes so long: other kernels are still to come."""
    LOG.info(
        "Compiling the watermark engine once: this takes up to a minute. `indelible warm-up` does "
        "it beforehand."
    )


KERNELS: list[Kernel[..., Any]] = []  # every kernel of the modules that have been imported


def kernel(
    signature: str | Signature, *, exact: bool = False
) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a function a :class:`Kernel`."""

    def decorate(function: Callable[P, R]) -> Kernel[P, R]:
        made = Kernel(function, signature, exact=exact)
        KERNELS.append(made)
        return made

    return decorate


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that kernels call; it is compiled, and kept, with each of them.

    A function of a few lines, or with one caller, is :func:`inlined` instead: nothing is compiled
    for it alone. Within nested loops numba's copying costs more than that; then it is no gain.
    """
    compiled: Callable[P, R] = numba.njit(**OPTIONS)(function)
    return compiled


def summing(function: Callable[P, R]) -> Callable[P, R]:
    """Make an :func:`inner` function whose sums may be taken in any order, as vectors take them."""
    options = OPTIONS | {"fastmath": {"contract", "reassoc", "nsz"}}
    compiled: Callable[P, R] = numba.njit(**options)(function)
    return compiled


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function whose statements numba copies into its callers; see :func:`inner`."""
    compiled: Callable[P, R] = numba.njit(**OPTIONS, inline="always")(function)
    return compiled
