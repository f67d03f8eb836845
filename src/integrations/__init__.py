"""Hooks where pictures are born and served: each a module, loaded by who uses it.

============================  =========================================================
`integrations.diffusers`      any diffusers pipeline
`integrations.comfyui`        a node pack for ComfyUI
`integrations.webui`          a script for A1111, Forge and SD.Next
`integrations.invokeai`       InvokeAI's image store
`integrations.gradio`         functions that return pictures to a Gradio interface
`integrations.litellm`        a callback of the LiteLLM proxy
`integrations.web`            an ASGI and a WSGI application that serve resized pictures
============================  =========================================================

What a hook cannot protect it does not pass on: it raises. docs/integrations.md has a section for
each.
"""

from __future__ import annotations

__all__: list[str] = []
