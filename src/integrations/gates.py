"""The gate before a generator: asked about every picture that goes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

from indelible import imaging
from indelible.errors import InputDeniedError
from indelible.imaging import Pixels

__all__ = ["Gate", "InputGate", "ask", "ask_pixels"]


@runtime_checkable
class InputGate(Protocol):
    """What decides whether a picture may be edited; `indelible.consent.ConsentGate` is one."""

    def check(self, data: bytes, /) -> object:
        """Look at an encoded picture.

        To refuse it: raise, return False, or return something whose ``allowed`` is False.
        """
        ...


Gate: TypeAlias = "InputGate | Callable[[bytes], Any]"
"""A gate, or a function that is one."""


def ask(gate: Gate | None, data: bytes) -> object:
    """Ask a gate about an encoded picture; return what it answered, None where there is none.

    Raises
    ------
    InputDeniedError
        If it says no. Whatever the gate itself raises is passed on: nothing is generated then.
    """
    if gate is None:
        return None
    answer = gate.check(data) if isinstance(gate, InputGate) else gate(data)
    if answer is False or getattr(answer, "allowed", True) is False:
        reference = getattr(answer, "reference", None)
        about = f" (reference {reference})" if isinstance(reference, str) else ""
        raise InputDeniedError(
            f"This picture may not be edited{about}.",
            hint="Use another picture, or ask the person whose it is.",
        )
    return answer


def ask_pixels(gate: Gate, pixels: Pixels) -> None:
    """Ask a gate about pixels, which it is shown as a PNG file.

    Raises
    ------
    InputDeniedError
        As `ask`.
    """
    ask(gate, imaging.encode(pixels, "png", fast=True))
