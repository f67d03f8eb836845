"""Records by the ids of their manifests, as endpoints need them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

from fastapi import Path

from indelible.errors import (
    BindingConflictError,
    NoRegistryError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry import Record, Registry, SqlRegistry
from indelible.service.parts import Parts
from indelible.service.problems import refused
from indelible.service.values import check_manifest_id

__all__ = ["ManifestId", "existing_record", "live_record", "registering", "store_of"]

ManifestId = Annotated[str, Path(alias="activeManifestId", description="Id of the active manifest")]


def store_of(parts: Parts) -> SqlRegistry:
    """Return the registry that is written to.

    Raises
    ------
    RefusedError
        403 where there is none.
    """
    if parts.store is None:
        raise refused(403, "Nothing can be stored here.")
    return parts.store


@contextlib.contextmanager
def registering(*, taken: str) -> Iterator[None]:
    """Refuse a request for what a registry does not take.

    Parameters
    ----------
    taken : str
        What is said where somebody else holds it.

    Raises
    ------
    RefusedError
        409 where it is taken, 400 for a field that no registry keeps.
    """
    try:
        yield
    except BindingConflictError:
        raise refused(409, taken) from None
    except RegistryUnavailableError:
        raise
    except RegistryError as error:
        raise refused(400, error.reason()) from None


def existing_record(registry: Registry | None, manifest_id: str) -> Record:
    """Return the record of a manifest, whatever has become of it.

    Raises
    ------
    RefusedError
        404 where there is none.
    """
    check_manifest_id(manifest_id)
    try:
        record = None if registry is None else registry.get(manifest_id)
    except NoRegistryError:  # nothing was registered yet
        record = None
    if record is None:
        raise refused(404, "There is no such manifest.")
    return record


def live_record(registry: Registry | None, manifest_id: str) -> Record:
    """Return the record of a manifest that is vouched for.

    Raises
    ------
    RefusedError
        404 where there is none; of one that was withdrawn or erased it says so.
    """
    record = existing_record(registry, manifest_id)
    if record.status != "live":
        raise refused(404, f"This manifest was {record.status} by who registered it.")
    return record
