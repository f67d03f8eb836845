"""A callback for LiteLLM's proxy: every picture of any provider leaves protected.

Name it in the proxy's configuration, with this folder on ``PYTHONPATH``::

    litellm_settings:
      callbacks: examples.litellm_callback.protect_pictures
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indelible import Protector
from indelible.integrations.litellm import callback
from indelible.registry.private import GenerationRecord

protector = Protector.from_settings(generator="Acme Images")


def record(data: Mapping[str, Any], key: Any) -> GenerationRecord:  # noqa: ANN401 - LiteLLM's
    """Return who asked for what, for the sealed record."""
    prompt = str(data.get("prompt", ""))
    return GenerationRecord.of_prompt(prompt, account=key.user_id, model=data.get("model"))


# Records need record keys in the settings (registry.record_keys): leave `record` out without them.
protect_pictures = callback(protector)
