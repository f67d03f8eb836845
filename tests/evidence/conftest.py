"""What tests of evidence share: a real time-stamp authority, and a maker of small bundles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.evidence import Bundle
from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.bundles import Maker
from tests.evidence.owners import Owner, owner_in


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


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory, photograph: NDArray[np.uint8]) -> Owner:
    """Whoever makes bundles; nobody changes what is theirs."""
    return owner_in(tmp_path_factory.mktemp("owner"), photograph)


@pytest.fixture(scope="session")
def made(owner: Owner, stamper: TimeStampAuthority) -> Bundle:
    """A bundle about a changed copy of a protected picture, time-stamped."""
    return owner.make(time_stamps=[stamper.url], holder="A. Holder")
