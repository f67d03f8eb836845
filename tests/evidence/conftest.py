"""What tests of evidence share: a real time-stamp authority, and a maker of small bundles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.bundles import Maker


@pytest.fixture(scope="session")
def stamper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    authority = TimeStampAuthority(tmp_path_factory.mktemp("stamper"))
    yield authority
    authority.close()


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory, stamper: TimeStampAuthority) -> Maker:
    return Maker(tmp_path_factory.mktemp("maker"), (stamper,))


@pytest.fixture(scope="session")
def small_bundle(maker: Maker) -> bytes:
    return maker.bundle()
