"""Gradio: a function that makes pictures returns the signed file's path instead.

An array or a PIL image that is returned to an interface is encoded anew, which leaves the mark and
drops the manifest. A path keeps the file byte for byte.
"""

from __future__ import annotations

import functools
import inspect
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from indelible import extras, imaging
from indelible.credentials import SourceType
from indelible.errors import ArgumentError, InputDeniedError, UnsupportedImageError
from indelible.files import read_bytes
from indelible.integrations.gates import Gate, ask, ask_pixels
from indelible.integrations.pictures import is_picture, is_pil, to_pixels
from indelible.protection import Protector
from indelible.registry.private import GenerationRecord

__all__ = ["protected"]


def protected(
    protector: Protector,
    *,
    folder: str | os.PathLike[str] | None = None,
    gate: Gate | None = None,
    record: Callable[[Mapping[str, Any]], GenerationRecord | None] | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for functions that return pictures to a Gradio interface.

    Parameters
    ----------
    protector : Protector
        Who marks, signs and registers.
    folder : path, optional
        Where the signed files go; by default a temporary folder, from which Gradio takes them.
    gate : optional
        Asked about every picture that the function is given: a file's own bytes where the component
        has ``type="filepath"``, which keeps an upload's manifest, else a PNG file of the pixels.
    record : callable, optional
        Makes a generation record of the function's arguments.
    **options
        Of `Protector.protect`; ``format`` is "png" by default.

    Returns
    -------
    callable
        A decorator. The function may return a PIL image, an array (H, W, 3), a path, or a list or
        tuple with such; each picture becomes the path of its signed file, texts and numbers stay.

    Raises
    ------
    ArgumentError
        If the function yields: what it shows on the way would be unmarked.

    Examples
    --------
    >>> @protected(protector)                               # doctest: +SKIP
    ... def generate(prompt): ...
    >>> gradio.Interface(generate, "text", gradio.Image())  # doctest: +SKIP
    """
    options = {"format": "png", **options}
    place = Path(tempfile.mkdtemp(prefix="indelible-")) if folder is None else Path(folder)

    def save(value: Any, given: Mapping[str, Any]) -> Any:
        if isinstance(value, list | tuple):
            return type(value)([save(one, given) for one in value])
        if not _is_one(value):
            if is_picture(value):
                raise UnsupportedImageError(
                    f"A {type(value).__name__} with pictures in it cannot be protected.",
                    hint="Return pictures, or a list of them.",
                )
            return value
        extra = {} if record is None else {"record": record(given)}
        if any(_is_one(one) for one in given.values()):
            extra["source_type"] = options.get("source_type", SourceType.AI_EDITED)
        image = to_pixels(value) if isinstance(value, np.ndarray) else value
        made = protector.protect(image, **{**options, **extra})
        suffix = imaging.FORMATS[made.format].suffixes[0]
        path = place / f"{made.payload.hex()}{suffix}"
        path.write_bytes(made.data)
        return str(path)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ArgumentError(
                "function",
                "The function yields, and what it shows on the way would be unmarked.",
                hint="Return the finished picture.",
            )
        signature = inspect.signature(function)

        def arguments(args: Any, kwargs: Any) -> Mapping[str, Any]:
            given = signature.bind(*args, **kwargs).arguments
            if gate is not None:
                for value in given.values():
                    _ask_about(value, gate)
            return given

        if inspect.iscoroutinefunction(function):
            threads: Any = extras.load(
                "anyio.to_thread", extra="gradio", missing="async functions need anyio"
            )

            @functools.wraps(function)
            async def later(*args: Any, **kwargs: Any) -> Any:
                given = await threads.run_sync(arguments, args, kwargs)
                return await threads.run_sync(save, await function(*args, **kwargs), given)

            return later

        @functools.wraps(function)
        def now(*args: Any, **kwargs: Any) -> Any:
            given = arguments(args, kwargs)
            return save(function(*args, **kwargs), given)

        return now

    return decorate


def _is_one(value: object) -> bool:
    """Whether something is one picture: pixels, or the path of a picture's file."""
    if is_pil(value) or (isinstance(value, np.ndarray) and value.ndim >= 2):
        return True
    if not isinstance(value, str | os.PathLike):
        return False
    return imaging.format_from_suffix(value) is not None and os.path.isfile(value)  # noqa: PTH113


def _ask_about(value: object, gate: Gate) -> None:
    if isinstance(value, Mapping):  # an ImageEditor's background, layers and composite
        for one in value.values():
            _ask_about(one, gate)
    elif isinstance(value, list | tuple):
        for one in value:
            _ask_about(one, gate)
    elif isinstance(value, str | os.PathLike) and _is_one(value):
        ask(gate, read_bytes(value))
    elif is_pil(value):
        image: Any = value
        ask_pixels(gate, np.asarray(image.convert("RGB")))
    elif isinstance(value, np.ndarray):
        ask_pixels(gate, to_pixels(value))
    elif is_picture(value):
        raise InputDeniedError("A picture of this kind cannot be looked at.")
