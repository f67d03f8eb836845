"""Neural networks as attacks: an auto-encoder with noise in its latent, and a denoiser.

None ships. Any ONNX file will do whose input is one float picture (1, 3, H, W) and whose output has
the same shape; an auto-encoder given as two files exposes its latent in between.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks._running import SettingsError
from benchmarks.attacks import Attacked, Pixels
from benchmarks.attacks.geometry import resize_to
from benchmarks.attacks.model import unmoved

__all__ = ["AutoEncoder", "Denoiser", "Network", "check"]

_PROBE = (64, 64)  # sides of the picture that networks are checked with


@lru_cache(maxsize=4)
def _session(path: Path) -> Any:  # noqa: ANN401 -- onnxruntime is optional and untyped
    try:
        runtime: Any = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise SettingsError("Networks need onnxruntime: pip install onnxruntime.") from error
    if not path.is_file():
        raise SettingsError(f"There is no network {path}: give the path of an ONNX file.")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        return runtime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise SettingsError(
            f"{path} cannot be loaded as an ONNX file ({_first_line(error)}). "
            "Export the network to ONNX first, for example with torch.onnx.export."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class Network:
    """A network in an ONNX file.

    Attributes
    ----------
    path : Path
    low, high : float
        What black and white are on its input and output.
    """

    path: Path
    low: float = 0.0
    high: float = 1.0

    def __call__(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the network on one array, (1, channels, height, width)."""
        session = _session(self.path)
        (output,) = session.run(None, {session.get_inputs()[0].name: values})
        return np.asarray(output, dtype=np.float32)

    def fingerprint(self) -> str:
        """Return the file's name and the beginning of its SHA-256."""
        digest = hashlib.sha256(self.path.read_bytes())
        weights = self.path.with_name(f"{self.path.name}.data")  # where PyTorch puts large ones
        if weights.is_file():
            digest.update(weights.read_bytes())
        return f"{self.path.name} {digest.hexdigest()[:12]}"

    def read(self, image: Pixels) -> npt.NDArray[np.float32]:
        """Turn pixels into the network's input."""
        scaled = self.low + (self.high - self.low) * (image.astype(np.float32) / 255)
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)

    def write(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Turn the network's output into floats of 0 to 255, shape (H, W, 3)."""
        scaled = (values[0].transpose(1, 2, 0) - self.low) / (self.high - self.low)
        pixels: npt.NDArray[np.float32] = (255 * scaled).astype(np.float32)
        return pixels


def _padded(image: Pixels, multiple: int) -> Pixels:
    height, width = image.shape[:2]
    below, right = -height % multiple, -width % multiple
    return np.pad(image, ((0, below), (0, right), (0, 0)), mode="symmetric")


@dataclass(frozen=True, slots=True)
class AutoEncoder:
    """Regeneration: encode, disturb the latent, decode.

    Attributes
    ----------
    encoder : Network
        A whole auto-encoder where `decoder` is None; then there is no latent to disturb.
    decoder : Network or None
    noise : float
        Standard deviation of the noise in the latent, relative to the latent's own.
    scale : float
        The picture is resized by this before, and back after.
    passes : int
        How often.
    multiple : int
        Sides are padded to a multiple of this.
    """

    encoder: Network
    decoder: Network | None = None
    noise: float = 0.0
    scale: float = 1.0
    passes: int = 1
    multiple: int = 32

    def __call__(self, image: Pixels, rng: np.random.Generator, /) -> Attacked:
        """Regenerate a picture."""
        height, width = image.shape[:2]
        pixels = image
        if self.scale != 1:
            pixels = resize_to(image, round(width * self.scale), round(height * self.scale)).pixels
        for _ in range(self.passes):
            pixels = self._once(pixels, rng)
        if self.scale != 1:
            pixels = resize_to(pixels, width, height).pixels
        return unmoved(pixels)

    def _once(self, image: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = image.shape[:2]
        values = self.encoder(self.encoder.read(_padded(image, self.multiple)))
        last = self.encoder
        if self.decoder is not None:
            last = self.decoder
            noise = rng.standard_normal(values.shape, dtype=np.float32)
            values = self.decoder(values + np.float32(self.noise) * values.std() * noise)
        return unmoved(last.write(values)[:height, :width]).pixels


@dataclass(frozen=True, slots=True)
class Denoiser:
    """Add noise, then remove it with a learned denoiser.

    Attributes
    ----------
    network : Network
        From a noisy to a clean picture.
    sigma : float
        Grey levels of the noise.
    multiple : int
        Sides are padded to a multiple of this.
    """

    network: Network
    sigma: float = 25.0
    multiple: int = 32

    def __call__(self, image: Pixels, rng: np.random.Generator, /) -> Attacked:
        """Disturb and clean a picture."""
        height, width = image.shape[:2]
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        noisy = unmoved(image + np.float32(self.sigma) * noise).pixels
        cleaned = self.network(self.network.read(_padded(noisy, self.multiple)))
        return unmoved(self.network.write(cleaned)[:height, :width])


def check(network: Network, decoder: Network | None = None) -> None:
    """Check that a network, or two in a row, turns a picture into one of the same shape.

    Raises
    ------
    SettingsError
        If it does not; the message says what to give instead.
    """
    picture = network.read(np.full((*_PROBE, 3), 128, np.uint8))
    values = _tried(network, picture)
    if decoder is not None:
        values = _tried(decoder, values)
    if values.shape == picture.shape:
        return
    last = decoder or network
    message = f"{last.path} gives {values.shape} where a picture has {picture.shape}. "
    if decoder is None:
        message += "The first half of an auto-encoder (--encoder) needs the second with --decoder."
    else:
        message += f"Give the decoder that belongs to {network.path}."
    raise SettingsError(message)


def _tried(network: Network, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    try:
        return network(values)
    except SettingsError:
        raise
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise SettingsError(
            f"{network.path} does not take {values.shape} floats ({_first_line(error)}). It needs "
            "one float32 input (1, channels, height, width) with free sides, and one output."
        ) from error
