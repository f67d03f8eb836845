"""A1111, Forge and SD.Next: copy this file into ``extensions/indelible/scripts/``.

It needs Indelible in the program's own environment, and protects with the user's configuration.
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

from typing import Any

from modules import script_callbacks, scripts

from indelible import Protector
from indelible.integrations.webui import WebUi

hooks = WebUi(Protector.from_settings())
script_callbacks.on_image_saved(hooks.saved)


class Script(scripts.Script):  # type: ignore[misc]
    """Marks every finished picture, whatever the interface shows or its API returns."""

    def title(self) -> str:
        """Name it in the interface."""
        return "Indelible"

    def show(self, is_img2img: bool) -> Any:  # noqa: ANN401, ARG002
        """Run it always: it cannot be left out for a picture."""
        return scripts.AlwaysVisible

    def process(self, p: Any, *_: Any) -> None:  # noqa: ANN401
        """Ask the gate, where there is one."""
        hooks.process(p)

    def postprocess_image_after_composite(self, p: Any, pp: Any, *_: Any) -> None:  # noqa: ANN401
        """Mark the picture."""
        hooks.postprocess(p, pp)
