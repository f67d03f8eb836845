"""A stub of ComfyUI: as much of `comfy_api.latest`, `folder_paths` and `comfy.cli_args` as is used.

It is no ComfyUI. Names and signatures are those of its public sources (version 3 of the node API,
August 2026).
"""

from __future__ import annotations

import importlib.machinery
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

__all__ = ["install"]


class StubField:
    """An input or an output of a schema."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.id = args[0] if args else None
        self.options = options


class StubKind:
    Input = StubField
    Output = StubField


class StubNode:
    hidden = SimpleNamespace(prompt=None, extra_pnginfo=None)


class StubSchema(SimpleNamespace):
    pass


class StubNodeOutput:
    def __init__(self, *args: Any, ui: Any = None) -> None:
        self.args = args
        self.ui = ui


class StubSavedResult(SimpleNamespace):
    def __init__(self, filename: str, subfolder: str, kind: Any) -> None:
        super().__init__(filename=filename, subfolder=subfolder, type=kind)


class StubSavedImages(SimpleNamespace):
    def __init__(self, results: list[Any]) -> None:
        super().__init__(results=results)


class StubExtension:
    async def on_load(self) -> None:
        pass


def module(monkeypatch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    made = ModuleType(name)
    made.__spec__ = importlib.machinery.ModuleSpec(name, None)
    made.__dict__.update(names)
    monkeypatch.setitem(sys.modules, name, made)


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, *, api: bool) -> SimpleNamespace:
    """Put the stubs in the places of ComfyUI's modules; return its command line's options."""
    (folder / "input").mkdir()
    (folder / "output").mkdir()

    def get_save_image_path(
        filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
    ) -> tuple[str, str, int, str, str]:
        return output_dir, filename_prefix, 1, "", filename_prefix

    module(
        monkeypatch,
        "folder_paths",
        get_save_image_path=get_save_image_path,
        get_output_directory=lambda: str(folder / "output"),
        get_input_directory=lambda: str(folder / "input"),
        get_annotated_filepath=lambda name: str(folder / "input" / name),
    )
    options = SimpleNamespace(disable_metadata=False)
    module(monkeypatch, "comfy")
    module(monkeypatch, "comfy.cli_args", args=options)
    if api:
        io = SimpleNamespace(
            ComfyNode=StubNode,
            Schema=StubSchema,
            NodeOutput=StubNodeOutput,
            FolderType=SimpleNamespace(output="output"),
            Hidden=SimpleNamespace(prompt="PROMPT", extra_pnginfo="EXTRA_PNGINFO"),
            Image=StubKind,
            String=StubKind,
            Combo=StubKind,
            Int=StubKind,
        )
        ui = SimpleNamespace(SavedResult=StubSavedResult, SavedImages=StubSavedImages)
        module(monkeypatch, "comfy_api")
        module(monkeypatch, "comfy_api.latest", io=io, ui=ui, ComfyExtension=StubExtension)
    return options
