"""How kernels are compiled: at their first call, for one signature, and kept in numba's cache.

Importing the package compiles nothing and reads no compiled code. The cache lies beside the source
where that can be written, else in the user's cache folder; where neither can, a kernel is compiled
in memory. numba notices when a kernel's own file changes, but not a file whose functions it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numba
from numba.core import config
from numba.core.typing.templates import Signature

__all__ = ["KERNELS", "Kernel", "inner", "kernel"]

P = ParamSpec("P")
R = TypeVar("R")

CONFIG: Any = config
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
                compiled = numba.njit(self._signature, cache=True, **OPTIONS)(self.function)
            except RuntimeError as error:
                if "no locator available" not in str(error):  # neither cache can be written
                    raise
                compiled = numba.njit(self._signature, **OPTIONS)(self.function)
        self._compiled = compiled
        return compiled


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
