"""The nodes for ComfyUI's older API: plain classes in a table."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from indelible.integrations.comfyui import work
from indelible.integrations.comfyui.places import keeps_metadata, loaded, place_for

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]

Inputs = dict[str, dict[str, tuple[Any, ...]]]
_FILE: Final = ("STRING", {"default": "", "tooltip": "The file that it was loaded from"})


class IndelibleMark:
    """Marks and registers pictures, before a node that shows or saves them by itself."""

    CATEGORY = "image/indelible"
    RETURN_TYPES: ClassVar = ("IMAGE",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> Inputs:  # noqa: N802 - ComfyUI's
        """Return the inputs."""
        return {"required": {"images": ("IMAGE",)}}

    def run(self, images: Any) -> tuple[Any]:
        """Return the marked batch."""
        return (work.mark(images),)


class IndelibleSave:
    """Saves pictures as signed files with the workflow in them."""

    CATEGORY = "image/indelible"
    RETURN_TYPES: ClassVar = ()
    FUNCTION = "run"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> Inputs:  # noqa: N802
        """Return the inputs."""
        return {
            "required": {
                "images": ("IMAGE",),
                "filename_prefix": ("STRING", {"default": "ComfyUI"}),
                "format": (list(work.FORMATS),),
                "quality": ("INT", {"default": 90, "min": 1, "max": 100}),
            },
            "hidden": {"prompt": ("PROMPT",), "extra_pnginfo": ("EXTRA_PNGINFO",)},
        }

    def run(
        self,
        images: Any,
        filename_prefix: str = "ComfyUI",
        format: str = "png",
        quality: int = 90,
        prompt: Any = None,
        extra_pnginfo: Any = None,
    ) -> dict[str, Any]:
        """Save, and name the files to the interface."""
        folder, stem, counter, subfolder = place_for(filename_prefix, images)
        names = work.save(
            images, folder, stem, counter=counter, format=format, quality=quality, prompt=prompt,
            extra=extra_pnginfo, metadata=keeps_metadata(),
        )  # fmt: skip
        files = [{"filename": name, "subfolder": subfolder, "type": "output"} for name in names]
        return {"ui": {"images": files}}


class IndelibleCheck:
    """Says whose a picture is: of a file with its manifest, of pixels by their watermark alone."""

    CATEGORY = "image/indelible"
    RETURN_TYPES: ClassVar = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> Inputs:  # noqa: N802
        """Return the inputs."""
        return {"required": {"images": ("IMAGE",)}, "optional": {"file": _FILE}}

    def run(self, images: Any, file: str = "") -> tuple[str]:
        """Return the verdict as text."""
        return (work.check(images, loaded(file)),)


class IndelibleGate:
    """Lets pictures pass that may be edited, and stops the workflow for others."""

    CATEGORY = "image/indelible"
    RETURN_TYPES: ClassVar = ("IMAGE",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> Inputs:  # noqa: N802
        """Return the inputs."""
        return {"required": {"images": ("IMAGE",)}, "optional": {"file": _FILE}}

    def run(self, images: Any, file: str = "") -> tuple[Any]:
        """Return the batch as it came."""
        return (work.ask_gate(images, loaded(file)),)


NODE_CLASS_MAPPINGS: Final = {
    kind.__name__: kind for kind in (IndelibleMark, IndelibleSave, IndelibleCheck, IndelibleGate)
}
NODE_DISPLAY_NAME_MAPPINGS: Final = {
    "IndelibleMark": "Mark",
    "IndelibleSave": "Save with Content Credentials",
    "IndelibleCheck": "Check",
    "IndelibleGate": "Ask before editing",
}
