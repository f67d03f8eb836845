"""A node pack for ComfyUI: mark, save with Content Credentials, check, and ask a gate.

Copy this folder into ComfyUI's ``custom_nodes``, and install indelible into ComfyUI's environment;
the nodes protect with the user's configuration (``indelible config``). Where ComfyUI has the API of
version 3 the nodes use it, else the older one; ComfyUI looks for the older one first, so only one
of both is offered.
"""

from __future__ import annotations

import importlib.util

__all__: list[str] = []

if importlib.util.find_spec("comfy_api") is not None:
    from .v3 import comfy_entrypoint

    __all__ += ["comfy_entrypoint"]
else:
    from .v1 import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

    __all__ += ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
