"""InvokeAI, with every generated picture protected: run this instead of ``invokeai-web``.

It needs Indelible in InvokeAI's own environment.
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

from typing import Any

from indelible import Protector
from indelible.integrations.invokeai import protect_services


def main() -> None:
    """Start the server; protect its services as soon as they are there."""
    from invokeai.app.api.dependencies import ApiDependencies  # noqa: PLC0415 - InvokeAI's order
    from invokeai.app.run_app import run_app  # noqa: PLC0415

    begin = ApiDependencies.initialize

    def initialize(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        begin(*args, **kwargs)
        protect_services(ApiDependencies.invoker.services, Protector.from_settings())

    ApiDependencies.initialize = staticmethod(initialize)
    run_app()


if __name__ == "__main__":
    main()
