"""For who serves a model: OpenAI's own client, a gateway, and a server that knows of neither.

In earnest the gateway is a process of its own (``indelible gateway --upstream
http://127.0.0.1:8000``), and clients get its address as their ``base_url``. Here all three are in
one process.

Run it: ``python -m examples.gateway_client OUTPUT_FOLDER``.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

import httpx2
import openai
from starlette.requests import Request
from starlette.responses import JSONResponse

import indelible
from examples.image_generator import ACME, generate
from indelible import Protector, consent, imaging
from indelible.gateway import create_app
from indelible.registry import open_registry, sqlite_url
from indelible.settings import current


async def painter(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Stand in for a model's server: answer each request with pictures, as OpenAI's API does."""
    asked = await Request(scope, receive).json()
    made = [imaging.encode(generate(seed), "png") for seed in range(asked["n"])]
    data = [{"b64_json": base64.b64encode(one).decode()} for one in made]
    await JSONResponse({"created": 1, "data": data})(scope, receive, send)


async def ask(folder: Path) -> None:
    """Ask for two pictures, then for an edit of a photograph whose owner wants none."""
    owners = open_registry(sqlite_url(folder / "owners.sqlite3"))  # who asks not to be edited
    gateway = create_app(
        upstream="http://painter.internal",
        protector=Protector.from_settings(generator=ACME),
        gate=consent.ConsentGate(registry=owners),
        transport=httpx2.ASGITransport(app=painter),  # in the place of a network
    )
    client = openai.AsyncOpenAI(
        api_key="a key for the server",
        base_url="http://gateway.internal/v1",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app=gateway)),
    )
    async with client:
        made = await client.images.generate(prompt="waves", model="acme-diffusion", n=2)
        for number, image in enumerate(made.data or ()):
            path = folder / f"picture-{number}.png"
            path.write_bytes(base64.b64decode(image.b64_json or ""))
            said = indelible.verify(path)
            print(path, said.verdict, said.credential.generator)

        photograph = consent.sign(
            generate(7), signer=current().signer(), records=owners.consents, format="png"
        )
        try:
            await client.images.edit(image=photograph.data, prompt="other clothes")
        except openai.BadRequestError as error:
            print(error.code, error.message)


def main(folder: Path) -> None:
    """Run it."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(ask(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
