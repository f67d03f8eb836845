"""What the gateway's tests share: a house, a fake upstream, a gateway between client and it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from indelible.credentials import DevelopmentIdentity, Trust
from indelible.gateway import Options, create_app
from tests.gateway.houses import Gateway, House, made_house
from tests.gateway.upstream import HOST, Upstream

Pixels = NDArray[np.uint8]


Build = Callable[..., Gateway]


@pytest.fixture(scope="session")
def faces(photographs: dict[str, Pixels]) -> list[Pixels]:
    """Parts of photographs, uint8 (192, 192, 3) RGB."""
    return [
        np.ascontiguousarray(photographs["astronaut"][20:212, 110:302]),
        np.ascontiguousarray(photographs["chelsea"][60:252, 100:292]),
        np.ascontiguousarray(photographs["coffee"][100:292, 200:392]),
    ]


@pytest.fixture(scope="module")
def house(
    identity: DevelopmentIdentity, trust: Trust, tmp_path_factory: pytest.TempPathFactory
) -> House:
    return made_house(identity, trust, tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def fake(faces: list[Pixels]) -> Upstream:
    return Upstream(faces)


@pytest.fixture
def upstream(fake: Upstream) -> Upstream:
    """The upstream, which has forgotten what came before."""
    fake.reset()
    return fake


@pytest.fixture(scope="module")
def build(house: House, fake: Upstream) -> Iterator[Build]:
    """Make a gateway before the upstream; with other parts if asked."""
    opened: list[TestClient] = []

    def built(*, gate: Any = None, protector: Any = None, **options: Any) -> Gateway:
        app = create_app(
            upstream=f"http://{HOST}",
            protector=protector or house.protector,
            gate=gate,
            options=Options(**options),
            transport=httpx2.ASGITransport(app=fake),
        )
        client = TestClient(app, base_url="http://gateway.test", raise_server_exceptions=False)
        client.__enter__()
        opened.append(client)
        return Gateway(app, client, fake, house)

    yield built
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def shared(build: Build) -> Gateway:
    """A gateway as it is by default; no test changes it."""
    return build()


@pytest.fixture
def gateway(shared: Gateway, upstream: Upstream) -> Gateway:
    """The module's gateway, before an upstream that has forgotten everything."""
    return shared
