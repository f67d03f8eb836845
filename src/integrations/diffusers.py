"""diffusers: every picture that leaves a pipeline is marked, signed and registered.

>>> pipe = indelible.integrations.diffusers.protect(pipe, protector)   # doctest: +SKIP
>>> image = pipe("a red sky").images[0]                                # doctest: +SKIP
>>> image.protected.data            # the signed file                  # doctest: +SKIP

The pictures that come back are those of the signed files, pixel for pixel. What a program then
saves with Pillow carries the mark, which leads back to the manifest; the file that carries the
manifest, too, is ``image.protected.data``, and what ``on_protected`` is given.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from indelible import extras, imaging
from indelible.credentials import SourceType
from indelible.errors import ArgumentError, UnsupportedImageError
from indelible.imaging import Pixels
from indelible.integrations.gates import Gate
from indelible.integrations.inputs import ask_about, pictures_in
from indelible.integrations.pictures import is_picture, mapped, protect_all
from indelible.protection import ProtectedImage, Protector
from indelible.registry.private import GenerationRecord

__all__ = ["Watermarker", "block", "gate_block", "protect"]

Recorder: TypeAlias = "GenerationRecord | Callable[[Mapping[str, Any]], GenerationRecord | None]"
"""A generation record, or what makes one of a call's arguments."""

OnProtected: TypeAlias = "Callable[[ProtectedImage], object]"

_FRAMES: Final = ("frames", "video", "videos")
_PICTURES: Final = ("images", "image")


def protect(
    pipe: Any,
    protector: Protector,
    *,
    latents: Literal["refuse", "pass"] = "refuse",
    gate: Gate | None = None,
    record: Recorder | None = None,
    on_protected: OnProtected | None = None,
    workers: int | None = None,
    **options: Any,
) -> Any:
    """Protect every picture that a pipeline returns, from now on.

    The pipeline itself is changed, so that no other reference to it goes around the hook: its class
    becomes a sub-class of the one that it had. `from_pipe` makes an unprotected one.

    Parameters
    ----------
    pipe : DiffusionPipeline
        A pipeline that returns pictures. Modular pipelines take a `block`.
    protector : Protector
        Who marks, signs and registers.
    latents : {"refuse", "pass"}
        What becomes of a call with ``output_type="latent"``: latents are no picture yet, and who
        decodes them has one that nobody marked.
    gate : optional
        Asked about every picture that a call is given (PIL images; arrays and tensors in arguments
        that are named for pictures), as a PNG file; see `indelible.integrations.gates`. It sees
        pixels only: ask it about uploads yourself, whose files may hold a manifest.
    record : GenerationRecord or callable, optional
        Who has a picture made, kept sealed by the registry. A function is given the arguments of
        each call: ``lambda call: GenerationRecord.of_prompt(call["prompt"], account=...)``.
    on_protected : callable, optional
        Called with each `ProtectedImage`, in order: to keep the signed files.
    workers : int, optional
        How many pictures of a batch are protected at a time.
    **options
        Of `Protector.protect`: ``format`` ("png" by default), ``quality``, ``manifest``, ... Where
        a call is given pictures, ``source_type`` is by default that of an edit by AI.

    Returns
    -------
    DiffusionPipeline
        The same pipeline. Its outputs hold the protected pictures, and where they have names, the
        results as ``protected``.

    Raises
    ------
    ArgumentError
        If the pipeline is protected already, or modular.

    Notes
    -----
    A call raises, and returns nothing, where a picture cannot be protected. Pictures of one colour,
    with which safety checkers replace others, are returned as they are, with None as result.
    Callbacks (``callback_on_step_end``) are given latents, from which they can make pictures that
    nobody marked: what they do with them is theirs to answer for.
    """
    kind = type(pipe)
    if not hasattr(kind, "__call__"):  # noqa: B004 - of its class, which `callable` would narrow
        raise ArgumentError("pipe", "pipe cannot be called.", hint="Give a diffusers pipeline.")
    if hasattr(kind, "_indelible"):
        raise ArgumentError("pipe", "This pipeline is protected already.")
    if hasattr(pipe, "blocks"):
        raise ArgumentError(
            "pipe",
            "This pipeline is modular: its pictures leave by blocks.",
            hint='Insert a block: blocks.sub_blocks.insert("protect", block(protector), index).',
        )
    if isinstance(getattr(pipe, "watermark", None), Watermarker):
        raise ArgumentError("pipe", "The pipeline's watermark protects its pictures already.")
    if latents not in ("refuse", "pass"):
        raise ArgumentError("latents", f"latents is {latents!r}.", hint='Give "refuse" or "pass".')
    hook = _Hook(protector, record, on_protected, workers, options)
    original = kind.__call__

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = _arguments(original, self, args, kwargs)
        ask_about(given, gate)
        if given.get("output_type") == "latent":
            if latents == "refuse":
                raise UnsupportedImageError(
                    "Latents cannot be protected: they are no picture yet.",
                    hint='Ask for output_type="pil", "np" or "pt", or protect with latents="pass".',
                )
            return original(self, *args, **kwargs)
        return hook.protected(original(self, *args, **kwargs), given)

    body = {"__call__": call, "__module__": kind.__module__, "__doc__": kind.__doc__}
    pipe.__class__ = type(kind.__name__, (kind,), {**body, "_indelible": hook})
    return pipe


class Watermarker:
    """What ``pipe.watermark`` of the SDXL family calls: marks, signs and registers pictures.

    Beside `protect` it is for code that cannot change how a pipeline is called; use one of both.
    The signed files go to `on_protected`.

    Parameters
    ----------
    protector : Protector
        Who marks, signs and registers.
    on_protected : callable, optional
        Called with each `ProtectedImage`, in order.
    workers : int, optional
        How many pictures of a batch are protected at a time.
    record : GenerationRecord, optional
        Who has the pictures made.
    **options
        Of `Protector.protect`; ``format`` is "png" by default.

    Examples
    --------
    >>> pipe.watermark = Watermarker(protector)     # doctest: +SKIP
    """

    def __init__(
        self,
        protector: Protector,
        *,
        on_protected: OnProtected | None = None,
        workers: int | None = None,
        record: GenerationRecord | None = None,
        **options: Any,
    ) -> None:
        self._hook = _Hook(protector, record, on_protected, workers, options)

    def apply_watermark(self, images: Any) -> Any:
        """Return a tensor N, 3, H, W of values in -1 to 1 with its pictures protected."""
        return self._hook.replaced(images, {}, low=-1.0)[0]


def block(
    protector: Protector,
    *,
    record: Recorder | None = None,
    on_protected: OnProtected | None = None,
    workers: int | None = None,
    **options: Any,
) -> Any:
    """Return a block for modular pipelines: it protects ``images``, after they were decoded.

    Insert it as the last: ``blocks.sub_blocks.insert("protect", block(protector),
    len(blocks.sub_blocks))``. The results are the state's ``protected``.

    Parameters
    ----------
    protector, record, on_protected, workers, **options
        As for `protect`; a record's function is given what the state holds.

    Raises
    ------
    MissingDependencyError
        If diffusers is not installed.
    """
    hook = _Hook(protector, record, on_protected, workers, options)
    base, parameters = _modular()

    class ProtectBlock(base):  # type: ignore[misc, valid-type]
        """Marks, signs and registers the pictures."""

        @property
        def description(self) -> str:
            return "Marks the pictures invisibly, signs and registers them"

        @property
        def inputs(self) -> list[Any]:
            wanted = parameters.InputParam
            return [wanted("images", required=True), wanted("output_type", default="pil")]

        @property
        def intermediate_outputs(self) -> list[Any]:
            return [parameters.OutputParam(name) for name in ("images", "protected")]

        def __call__(self, components: Any, state: Any) -> Any:
            held = self.get_block_state(state)
            if held.output_type == "latent":
                raise UnsupportedImageError("Latents cannot be protected: they are no picture yet.")
            held.images, held.protected = hook.replaced(held.images, dict(state.values))
            self.set_block_state(state, held)
            return components, state

    return ProtectBlock()


def gate_block(gate: Gate, *names: str) -> Any:
    """Return a block for modular pipelines that asks a gate about the pictures that go in.

    Insert it as the first: ``blocks.sub_blocks.insert("gate", gate_block(gate, "image"), 0)``.

    Parameters
    ----------
    gate : InputGate or callable
        As for `protect`.
    *names : str
        Inputs that are pictures: "image", "mask_image", "control_image", ...

    Raises
    ------
    MissingDependencyError
        If diffusers is not installed.
    """
    base, parameters = _modular()

    class GateBlock(base):  # type: ignore[misc, valid-type]
        """Asks whether the pictures may be edited."""

        @property
        def description(self) -> str:
            return "Asks whether the pictures that go in may be edited"

        @property
        def inputs(self) -> list[Any]:
            return [parameters.InputParam(name) for name in names]

        def __call__(self, components: Any, state: Any) -> Any:
            held = self.get_block_state(state)
            ask_about({name: getattr(held, name) for name in names}, gate)
            return components, state

    return GateBlock()


def _modular() -> tuple[Any, Any]:
    missing = "a block needs diffusers"
    home = "diffusers.modular_pipelines.modular_pipeline"
    modular: Any = extras.load(home, extra="diffusers", missing=missing)
    parameters: Any = extras.load(f"{home}_utils", extra="diffusers", missing=missing)
    return modular.ModularPipelineBlocks, parameters


class _Hook:
    """What a protected pipeline does with inputs and outputs."""

    def __init__(
        self,
        protector: Protector,
        record: Recorder | None,
        on_protected: OnProtected | None,
        workers: int | None,
        options: Mapping[str, Any],
    ) -> None:
        self.protector = protector
        self.record = record
        self.on_protected = on_protected
        self.workers = workers
        self.options = {"format": "png", **options}

    def protected(self, result: Any, given: Mapping[str, Any]) -> Any:
        """Return what a pipeline returned, with its pictures protected.

        Raises
        ------
        UnsupportedImageError
            If it holds frames, or nothing that is known to be pictures.
        """
        if isinstance(result, Mapping):  # diffusers' outputs are dictionaries with attributes
            return self._protected_output(result, given)
        if isinstance(result, tuple) and result:
            if is_picture(result[1:]):
                raise UnsupportedImageError(
                    "The pipeline returned pictures beside pictures, which are not known.",
                    hint="Call it with return_dict=True.",
                )
            return (self.replaced(result[0], given)[0], *result[1:])
        return self.replaced(result, given)[0]

    def _protected_output(self, result: Any, given: Mapping[str, Any]) -> Any:
        frames = [name for name in _FRAMES if result.get(name) is not None]
        if frames:
            raise UnsupportedImageError(
                f"The pipeline returns video ({frames[0]}), which cannot be protected: a mark in "
                "each frame would not make a signed video.",
                hint="Indelible protects still pictures.",
            )
        names = [name for name in _PICTURES if result.get(name) is not None]
        beside = {name: value for name, value in result.items() if name not in names}
        if not names or is_picture(beside):
            raise UnsupportedImageError(
                f"The pipeline returns {', '.join(result) or 'nothing'}, of which it is not known "
                "what would have to be protected.",
                hint="Protect what you show yourself, with Protector.protect.",
            )
        made: list[ProtectedImage | None] = []
        for name in names:
            pictures, results = self.replaced(result[name], given)
            setattr(result, name, pictures)
            made.extend(results)
        result.protected = made
        return result

    def replaced(
        self,
        pictures: Any,
        given: Mapping[str, Any],
        *,
        low: float = 0.0,
    ) -> tuple[Any, list[ProtectedImage | None]]:
        """Return pictures with the protected ones in their places, and the results."""
        taken: list[Pixels] = []

        def take(pixels: Pixels) -> tuple[Pixels, None]:
            taken.append(pixels)
            return pixels, None

        mapped(pictures, take, low=low)
        options = dict(self.options)
        if self.record is not None:
            record = self.record(given) if callable(self.record) else self.record
            options["record"] = record
        if any(True for name, value in given.items() for _ in pictures_in(name, value)):
            options.setdefault("source_type", SourceType.AI_EDITED)
        made = list(protect_all(self.protector, taken, workers=self.workers, **options))
        marked = iter(
            [(_marked(pixels, one), one) for pixels, one in zip(taken, made, strict=True)]
        )
        replaced = mapped(pictures, lambda _: next(marked), low=low)
        if self.on_protected is not None:
            for one in made:
                if one is not None:
                    self.on_protected(one)
        return replaced, made


def _marked(pixels: Pixels, made: ProtectedImage | None) -> Pixels:
    """Return the pixels of a signed file, with the channels that they had."""
    if made is None:
        return pixels
    shown = imaging.decode(made.data).pixels
    if shown.ndim == 2 and pixels.ndim == 3:
        shown = np.repeat(shown[:, :, None], 3, axis=2)
    if pixels.ndim == 2 and shown.ndim == 3:
        shown = np.ascontiguousarray(shown[:, :, 1])
    if shown.shape[2:] != pixels.shape[2:]:
        raise UnsupportedImageError(
            "The format has not the channels of the picture.", hint="Use PNG or WebP."
        )
    return shown


def _arguments(
    call: Callable[..., Any],
    pipe: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a call's arguments by their names, defaults included."""
    bound = inspect.signature(call).bind(pipe, *args, **kwargs)
    bound.apply_defaults()
    given = dict(list(bound.arguments.items())[1:])
    return {**given, **given.pop("kwargs", {})}
