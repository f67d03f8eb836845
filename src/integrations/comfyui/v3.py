"""The nodes for ComfyUI's API of version 3."""

from __future__ import annotations

import importlib
from typing import Any

from indelible.integrations.comfyui import work
from indelible.integrations.comfyui.places import keeps_metadata, loaded, place_for

__all__ = ["comfy_entrypoint"]

_latest: Any = importlib.import_module("comfy_api.latest")
_io: Any = _latest.io
_ui: Any = _latest.ui
_CATEGORY = "image/indelible"


class Mark(_io.ComfyNode):  # type: ignore[misc]
    """Marks and registers pictures, before a node that shows or saves them by itself."""

    @classmethod
    def define_schema(cls) -> Any:
        """Return the node's inputs and outputs."""
        return _io.Schema(
            node_id="IndelibleMark",
            display_name="Mark",
            category=_CATEGORY,
            inputs=[_io.Image.Input("images")],
            outputs=[_io.Image.Output()],
        )

    @classmethod
    def execute(cls, images: Any) -> Any:
        """Return the marked batch."""
        return _io.NodeOutput(work.mark(images))


class Save(_io.ComfyNode):  # type: ignore[misc]
    """Saves pictures as signed files with the workflow in them."""

    @classmethod
    def define_schema(cls) -> Any:
        """Return the node's inputs and outputs."""
        return _io.Schema(
            node_id="IndelibleSave",
            display_name="Save with Content Credentials",
            category=_CATEGORY,
            inputs=[
                _io.Image.Input("images"),
                _io.String.Input("filename_prefix", default="ComfyUI"),
                _io.Combo.Input("format", options=list(work.FORMATS), default="png"),
                _io.Int.Input("quality", default=90, min=1, max=100),
            ],
            outputs=[],
            hidden=[_io.Hidden.prompt, _io.Hidden.extra_pnginfo],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, images: Any, filename_prefix: str = "ComfyUI", format: str = "png", quality: int = 90
    ) -> Any:
        """Save, and name the files to the interface."""
        folder, stem, counter, subfolder = place_for(filename_prefix, images)
        names = work.save(
            images, folder, stem, counter=counter, format=format, quality=quality,
            prompt=cls.hidden.prompt, extra=cls.hidden.extra_pnginfo, metadata=keeps_metadata(),
        )  # fmt: skip
        kind = _io.FolderType.output
        saved = [_ui.SavedResult(name, subfolder, kind) for name in names]
        return _io.NodeOutput(ui=_ui.SavedImages(saved))


class Check(_io.ComfyNode):  # type: ignore[misc]
    """Says whose a picture is: of a file with its manifest, of pixels by their watermark alone."""

    @classmethod
    def define_schema(cls) -> Any:
        """Return the node's inputs and outputs."""
        return _io.Schema(
            node_id="IndelibleCheck",
            display_name="Check",
            category=_CATEGORY,
            inputs=[_io.Image.Input("images"), _io.String.Input("file", default="", optional=True)],
            outputs=[_io.String.Output()],
        )

    @classmethod
    def execute(cls, images: Any, file: str = "") -> Any:
        """Return the verdict as text."""
        return _io.NodeOutput(work.check(images, loaded(file)))


class AskBeforeEditing(_io.ComfyNode):  # type: ignore[misc]
    """Lets pictures pass that may be edited, and stops the workflow for others."""

    @classmethod
    def define_schema(cls) -> Any:
        """Return the node's inputs and outputs."""
        return _io.Schema(
            node_id="IndelibleGate",
            display_name="Ask before editing",
            category=_CATEGORY,
            inputs=[_io.Image.Input("images"), _io.String.Input("file", default="", optional=True)],
            outputs=[_io.Image.Output()],
        )

    @classmethod
    def execute(cls, images: Any, file: str = "") -> Any:
        """Return the batch as it came."""
        return _io.NodeOutput(work.ask_gate(images, loaded(file)))


class IndelibleExtension(_latest.ComfyExtension):  # type: ignore[misc]
    """The pack."""

    async def get_node_list(self) -> list[Any]:
        """Return the nodes."""
        return [Mark, Save, Check, AskBeforeEditing]


async def comfy_entrypoint() -> Any:
    """Return the pack; ComfyUI calls this."""
    return IndelibleExtension()
