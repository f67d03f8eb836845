"""Servers of others, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.resolution.servers import ForeignServer


@pytest.fixture
def serve() -> Iterator[Callable[..., ForeignServer]]:
    """Start servers that end with the test."""
    started: list[ForeignServer] = []

    def start(version: str = "2.4.0", base: str = "/v1") -> ForeignServer:
        started.append(ForeignServer(version, base))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def server(serve: Callable[..., ForeignServer]) -> ForeignServer:
    return serve()
