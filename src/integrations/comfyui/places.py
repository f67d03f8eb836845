"""Where ComfyUI keeps files: its own modules, asked when a node runs."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from indelible.errors import ArgumentError

__all__ = ["keeps_metadata", "loaded", "place_for"]


def place_for(prefix: str, images: Any) -> tuple[str, str, int, str]:
    """Return the folder, the stem, the next number and the sub-folder for a batch."""
    paths: Any = importlib.import_module("folder_paths")
    height, width = images.shape[1:3]
    folder, stem, counter, subfolder, _ = paths.get_save_image_path(
        prefix, paths.get_output_directory(), width, height
    )
    return folder, stem, counter, subfolder


def keeps_metadata() -> bool:
    """Whether ComfyUI was started without ``--disable-metadata``."""
    options: Any = importlib.import_module("comfy.cli_args")
    return not options.args.disable_metadata


def loaded(name: str) -> Path | None:
    """Return the file in ComfyUI's folders that a name stands for; None for an empty one.

    Raises
    ------
    ArgumentError
        If it lies elsewhere, or does not exist.
    """
    if not name.strip():
        return None
    paths: Any = importlib.import_module("folder_paths")
    path = Path(paths.get_annotated_filepath(name)).resolve()
    folders = (paths.get_input_directory(), paths.get_output_directory())
    if not any(path.is_relative_to(Path(folder).resolve()) for folder in folders):
        raise ArgumentError("file", "The file is not in ComfyUI's folders.")
    if not path.is_file():
        raise ArgumentError("file", f"There is no file {path.name}.")
    return path
