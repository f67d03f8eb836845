"""What the nodes do, whatever the version of ComfyUI's API: batches of pictures in, results out."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from indelible import Protector, Verifier, extras, imaging
from indelible.errors import ArgumentError, InputDeniedError
from indelible.files import read_bytes
from indelible.integrations.gates import Gate, ask, ask_pixels
from indelible.integrations.pictures import mapped, protect_all, to_pixels

__all__ = ["FORMATS", "ask_gate", "check", "mark", "protector", "save", "set_gate", "set_protector"]

FORMATS: Final = ("png", "jpeg", "webp")

# EXIF's "Model" and "Make", which ComfyUI's own WebP files keep these in.
_PROMPT_TAG: Final = 0x0110
_WORKFLOW_TAG: Final = 0x010F

_given: Final[dict[str, Any]] = {}


def set_protector(protector: Protector | None) -> None:
    """Protect with this one, instead of the user's configuration."""
    _given["protector"] = protector


def set_gate(gate: Gate | None) -> None:
    """Let the node "Ask before editing" ask this gate."""
    _given["gate"] = gate


def protector() -> Protector:
    """Return what pictures are protected with."""
    return _given.get("protector") or _users_protector()


@functools.cache
def _users_protector() -> Protector:
    return Protector.from_settings()


def mark(images: Any) -> Any:
    """Return a batch (B, H, W, C) of values from 0 to 1 marked and registered.

    Raises
    ------
    IndelibleError
        If one of the pictures cannot be protected.
    """
    pixels = [to_pixels(one) for one in _arrays(images)]
    made = list(protect_all(protector(), pixels, format="png"))
    marked = iter(
        pixel if one is None else imaging.decode(one.data).pixels
        for pixel, one in zip(pixels, made, strict=True)
    )
    # The node's tensors are (B, H, W, C), which `mapped` takes for arrays.
    arrays = mapped(_whole(images), lambda _: (next(marked), None))
    return _like(images, arrays)


def save(
    images: Any,
    folder: str | Path,
    stem: str,
    *,
    counter: int = 1,
    format: str = "png",
    quality: int = 90,
    prompt: object = None,
    extra: Mapping[str, object] | None = None,
    metadata: bool = True,
) -> list[str]:
    """Save a batch as signed files; return their names.

    Parameters
    ----------
    images : tensor (B, H, W, C)
        Values from 0 to 1.
    folder, stem, counter
        As `folder_paths.get_save_image_path` gives them: files are ``STEM_00001_.png``.
    format : {"png", "jpeg", "webp"}
    quality : int
        Of JPEG and WebP.
    prompt, extra
        The workflow's graph and what else ComfyUI keeps in a picture. It is kept where ComfyUI
        looks for it: text in PNG, EXIF in JPEG and WebP.
    metadata : bool
        False for ``--disable-metadata``: neither is kept.

    Raises
    ------
    IndelibleError
        If a picture cannot be protected. Its file is not there then.
    """
    if format not in FORMATS:
        raise ArgumentError("format", f"{format!r} is no format to save.", hint="png, jpeg, webp")
    names = []
    for number, array in enumerate(_arrays(images), counter):
        image = imaging.as_pillow(to_pixels(array))
        if metadata:
            _keep(image, format, prompt, extra or {})
        suffix = imaging.FORMATS[format].suffixes[0]
        name = f"{stem.replace('%batch_num%', str(number - counter))}_{number:05}_{suffix}"
        protector().protect(
            image, Path(folder) / name, format=format, quality=None if format == "png" else quality
        )
        names.append(name)
    return names


def check(images: Any = None, file: str | Path | None = None) -> str:
    """Return what is said of pictures, a line each: of a file with its manifest, or of pixels.

    Pixels have no manifest: of them only the watermark speaks.
    """
    verifier = Verifier.from_settings()
    if file is not None:
        return _said(verifier, read_bytes(file))
    return "\n".join(
        _said(verifier, imaging.encode(to_pixels(array), "png", fast=True))
        for array in _arrays(images)
    )


def _said(verifier: Verifier, data: bytes) -> str:
    result = verifier.verify(data)
    words = result.verdict.words
    return f"{result.verdict.value}: {words.headline}"


def ask_gate(images: Any, file: str | Path | None = None) -> Any:
    """Return a batch if the gate lets all of it pass.

    Parameters
    ----------
    images : tensor (B, H, W, C)
    file : path, optional
        The file that it was loaded from, whose manifest the gate can read besides.

    Raises
    ------
    InputDeniedError
        If it does not, or if there is no gate to ask.
    """
    gate = _given.get("gate")
    if gate is None:
        raise InputDeniedError(
            "There is no gate to ask, so nothing passes.",
            hint="Give one: indelible.integrations.comfyui.work.set_gate(gate).",
        )
    if file is not None:
        ask(gate, read_bytes(file))
    for array in _arrays(images):
        ask_pixels(gate, to_pixels(array))
    return images


def _keep(image: Any, format: str, prompt: object, extra: Mapping[str, object]) -> None:
    """Put the graph where ComfyUI looks for it when a picture is dropped onto its window."""
    texts = {} if prompt is None else {"prompt": json.dumps(prompt)}
    texts |= {name: json.dumps(value) for name, value in extra.items()}
    if format == "png":
        image.info.update(texts)
        return
    exif = image.getexif()
    tag = _WORKFLOW_TAG
    for name, text in texts.items():
        if name == "prompt":
            exif[_PROMPT_TAG] = f"prompt:{text}"
        else:
            exif[tag] = f"{name}:{text}"
            tag -= 1


def _whole(images: Any) -> np.ndarray[Any, np.dtype[Any]]:
    if isinstance(images, np.ndarray):
        return images
    return np.asarray(images.detach().cpu().float().numpy())


def _arrays(images: Any) -> list[np.ndarray[Any, np.dtype[Any]]]:
    whole = _whole(images)
    if whole.ndim != 4:
        raise ArgumentError("images", f"A batch of shape {whole.shape} is no IMAGE.")
    return list(whole)


def _like(images: Any, arrays: Any) -> Any:
    if isinstance(images, np.ndarray):
        return arrays
    torch = extras.load("torch", extra="diffusers", missing="tensors need torch")

    return torch.from_numpy(arrays).to(images.device, images.dtype)
