"""Several registries as one: one's own, and those of partners."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar, cast

from indelible.errors import ArgumentError, RegistryError, RegistryUnavailableError
from indelible.registry.protocol import (
    MAX_FOUND,
    ConsentSource,
    PrivateRegistry,
    Registry,
    SealingRegistry,
    SearchableRegistry,
)
from indelible.registry.record import Record, Similar

__all__ = [
    "Registries",
    "consent_sources",
    "own_registry",
    "private_registry",
    "sealing_registry",
]

T = TypeVar("T")

_log: Final = logging.getLogger("indelible")


class Registries:
    """Registries that are asked one after the other; the first is written to.

    The first that holds what is asked for answers. One that cannot be asked does not hide the
    answers of the others: the log names it. Where none holds it, and one could not be asked, that
    one's error is raised, because it might.

    Parameters
    ----------
    registries : iterable of Registry
        At least one.

    Raises
    ------
    ArgumentError
        If there is none, or something else among them.
    """

    def __init__(self, registries: Iterable[Registry]) -> None:
        self._registries = tuple(registries)
        if not self._registries:
            raise ArgumentError("registry", "There is no registry in the list.", hint="Give one.")
        for one in self._registries:
            if not isinstance(one, Registry):
                raise ArgumentError(
                    "registry",
                    f"registry holds a {type(one).__name__}, which is not a registry.",
                    hint='Open each: indelible.registry.open_registry("sqlite:///r.sqlite3").',
                )

    @property
    def own(self) -> Registry:
        """The first one, which is written to."""
        return self._registries[0]

    @property
    def each(self) -> tuple[Registry, ...]:
        """All of them, in their order."""
        return self._registries

    def put(self, record: Record) -> None:
        """Store a record in the first one; see `Registry.put`."""
        self._registries[0].put(record)

    def withdraw(self, manifest_id: str) -> bool:
        """Take a record back from the first one; see `Registry.withdraw`."""
        return self._registries[0].withdraw(manifest_id)

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return what the first one that holds an id has of it; see `Registry.find`."""
        return self._first(lambda one: one.find(algorithm, payload, limit=limit), [])

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest in the first one that holds it, or None."""
        return self._first(lambda one: one.get(manifest_id), None)

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is taken in any of them.

        What the first one says has to be known, because that is where a new id goes; a partner's
        that cannot be asked keeps nobody from working.
        """
        own, *others = self._registries
        if own.has(algorithm, payload):
            return True
        for one in others:
            try:
                if one.has(algorithm, payload):
                    return True
            except RegistryError as error:
                _name(one, error)
        return False

    def find_similar(
        self, hashes: bytes | Sequence[bytes], *, max_distance: int = 31, limit: int = MAX_FOUND
    ) -> list[Similar]:
        """Return what any of them holds of pictures that look alike, the nearest first.

        All are asked, and a manifest that several hold is named once. One that finds no pictures by
        their looks, or cannot be asked, is left out; the log names the latter. See
        `SqlRegistry.find_similar`.

        Raises
        ------
        RegistryUnavailableError
            If none that could find something can be asked.
        """
        nearest: dict[str, Similar] = {}
        failures: list[RegistryError] = []
        answered = False
        for one in self._registries:
            if not isinstance(one, SearchableRegistry):
                continue
            try:
                found = one.find_similar(hashes, max_distance=max_distance, limit=limit)
            except RegistryError as error:
                _name(one, error)
                failures.append(error)
                continue
            answered = True
            for near in found:
                known = nearest.get(near.manifest_id)
                if known is None or near.distance < known.distance:
                    nearest[near.manifest_id] = near
        if failures and not answered:
            raise _unavailable(failures)
        # Of equally near ones, those of the first registry come first.
        return sorted(nearest.values(), key=lambda near: near.distance)[:limit]

    def __repr__(self) -> str:
        """Show them in their order."""
        return f"Registries({list(self._registries)!r})"

    def _first(self, ask: Callable[[Registry], T], nothing: T) -> T:
        failures: list[RegistryError] = []
        for one in self._registries:
            try:
                answer = ask(one)
            except RegistryError as error:
                _name(one, error)
                failures.append(error)
                continue
            if answer:
                return answer
        if failures:
            raise _unavailable(failures)
        return nothing


def own_registry(registry: Registry | None) -> Registry | None:
    """Return the registry that is written to; of several, the first."""
    return registry.own if isinstance(registry, Registries) else registry


def private_registry(registry: Registry) -> PrivateRegistry:
    """Return the registry that generation records are kept in; of several, the first.

    Raises
    ------
    ArgumentError
        If it keeps none.
    """
    own = own_registry(registry)
    if isinstance(own, PrivateRegistry):
        return own
    raise ArgumentError(
        "registry",
        f"registry is a {type(own).__name__}, which keeps no generation records.",
        hint="Use one that indelible.registry.open_registry opens, or leave the record out.",
    )


def sealing_registry(registry: Registry) -> SealingRegistry:
    """Return the registry that a generation record is written to; of several, the first.

    Raises
    ------
    ArgumentError
        If it takes none.
    """
    own = own_registry(registry)
    if getattr(own, "takes_sealed", False) is True:  # behind a service, where they are also read
        return cast("SealingRegistry", own)
    return private_registry(registry)


def _unavailable(failures: Sequence[RegistryError]) -> RegistryUnavailableError:
    return RegistryUnavailableError(
        "; ".join(failure.message for failure in failures), hint=failures[0].hint
    )


def consent_sources(registry: object) -> tuple[ConsentSource, ...]:
    """Return what keeps the records of consent of a registry, or of each of several.

    All of them are asked: of two records under one id, the one that forbids more counts.
    """
    several = registry.each if isinstance(registry, Registries) else (registry,)
    found = (getattr(one, "consents", None) for one in several)
    return tuple(one for one in found if isinstance(one, ConsentSource))


def _name(registry: Registry, error: RegistryError) -> None:
    _log.warning("%r could not be asked: %s", registry, error.reason())
