"""A1111, Forge and SD.Next: a script that marks every picture, and signs the files that are saved.

Copy ``examples/webui_script.py`` into the ``scripts`` folder of an extension of your own. Both
hooks are needed: what the interface shows and its API returns is the picture in memory, and what is
saved is a file with the program's own text in it, which is signed when it is complete.

These programs catch what a script raises, and go on with the picture: so the hooks never leave an
unprotected one behind. A picture that cannot be marked is painted over, a file that cannot be
signed is removed, and both are logged.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import numpy as np

from indelible import imaging
from indelible.credentials import SourceType
from indelible.errors import IndelibleError, InputDeniedError, ManifestError
from indelible.integrations.gates import Gate, ask_pixels
from indelible.integrations.pictures import marked_pil
from indelible.protection import Protector

__all__ = ["WebUi"]

_log: Final = logging.getLogger("indelible")
_INPUTS: Final = ("init_images", "image_mask")


class WebUi:
    """What the script's hooks do.

    Parameters
    ----------
    protector : Protector
        Who marks, signs and registers.
    gate : optional
        Asked about every picture that image-to-image begins with, as a PNG file.
    """

    def __init__(self, protector: Protector, *, gate: Gate | None = None) -> None:
        self.protector = protector
        self.gate = gate

    def process(self, p: Any) -> None:
        """Before anything is drawn: ask the gate; a refusal empties the request and raises.

        The program would go on after the exception alone.

        Raises
        ------
        InputDeniedError
            If a picture may not be edited.
        """
        if self.gate is None:
            return
        try:
            for image in _inputs(p):
                ask_pixels(self.gate, np.asarray(image.convert("RGB")))
        except Exception as error:
            for image in _inputs(p):
                image.paste((0, 0, 0), (0, 0, *image.size))
            _log.error("a picture was refused: %s", error)
            if isinstance(error, InputDeniedError):
                raise
            raise InputDeniedError("The gate could not be asked about this picture.") from error

    def postprocess(self, p: Any, pp: Any) -> None:
        """Mark the finished picture in memory; for ``postprocess_image_after_composite``."""
        try:
            kind = SourceType.AI_EDITED if _inputs(p) else None
            made = self.protector.protect(pp.image, format="png", source_type=kind)
            pp.image = marked_pil(pp.image, made)
        except Exception:
            pp.image = imaging.as_pillow(np.zeros((*pp.image.size[::-1], 3), np.uint8))
            _log.exception("a picture could not be protected, and was painted over")
            raise

    def saved(self, params: Any) -> None:
        """Sign a file, which carries the mark, or protect a grid; for ``on_image_saved``."""
        path = Path(params.filename)
        try:
            if not self._signed(path):  # a grid, or what another script drew
                self.protector.protect(path, path, overwrite=True)
        except Exception as error:
            path.unlink(missing_ok=True)
            reason = error.reason() if isinstance(error, IndelibleError) else type(error).__name__
            _log.error("%s could not be signed, and was removed: %s", path.name, reason)
            raise

    def _signed(self, path: Path) -> bool:
        """Sign a file as it is; return whether it is one of the pictures that were marked."""
        try:
            copy = self.protector.derive(path, path, overwrite=True, quality=_quality(path))
        except ManifestError:  # the mark is there, on another picture: several side by side
            return False
        return copy.payload is not None


def _inputs(p: Any) -> list[Any]:
    found: list[Any] = []
    for name in _INPUTS:
        value = getattr(p, name, None)
        found.extend(value if isinstance(value, list | tuple) else [value])
    return [one for one in found if one is not None]


def _quality(path: Path) -> int | None:
    """Return a quality at which a JPEG file that is encoded twice loses nothing to be seen."""
    return 95 if imaging.format_from_suffix(path) == "jpeg" else None
