"""Many pictures through one `Protector`: in order, a bounded number at a time."""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable, Container, Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from indelible import batch
from indelible.batch import Outcome
from indelible.errors import ArgumentError
from indelible.imaging.sources import ImageInput
from indelible.protection.result import ProtectedImage

if TYPE_CHECKING:
    from indelible.protection.protector import Protector

__all__ = ["Asked", "protect_all"]

Asked: TypeAlias = "ImageInput | Mapping[str, Any]"
"""A picture, or arguments of `Protector.protect` by their names, ``image`` among them."""


def protect_all(
    protector: Protector,
    items: Iterable[Asked],
    options: Mapping[str, Any],
    *,
    workers: int | None,
    processes: bool,
) -> Generator[Outcome[Asked, ProtectedImage], None, None]:
    """Protect every item; see `Protector.protect_many`.

    Raises
    ------
    ArgumentError
        If an option is none of `Protector.protect`.
    IndelibleError
        With `processes`: if the protector cannot travel.
    """
    known = inspect.signature(protector.protect).parameters
    _check_names("options", options, known)
    job: Callable[[Asked], ProtectedImage] = functools.partial(_protect, protector, options)
    if processes:
        # As bytes, which a worker unpickles once: not for each picture.
        job = functools.partial(_protect_elsewhere, pickle.dumps(protector), options)
    return batch.run(items, job, workers=workers, processes=processes)


def _protect(protector: Protector, options: Mapping[str, Any], item: Asked) -> ProtectedImage:
    if not isinstance(item, Mapping):
        return protector.protect(item, **options)
    _check_names("items", item, inspect.signature(protector.protect).parameters)
    given = {**options, **item}
    if "image" not in given:
        raise ArgumentError("items", "An item names no image.", hint='Give {"image": ...}.')
    return protector.protect(**given)


def _check_names(name: str, given: Mapping[str, Any], known: Container[str]) -> None:
    foreign = [str(one) for one in given if one not in known]
    if foreign:
        raise ArgumentError(
            name,
            f"protect() takes no {', '.join(foreign)}.",
            hint="Give arguments of Protector.protect.",
        )


def _protect_elsewhere(pickled: bytes, options: Mapping[str, Any], item: Asked) -> ProtectedImage:
    return _protect(_unpickled(pickled), options, item)


@functools.lru_cache(maxsize=4)
def _unpickled(pickled: bytes) -> Protector:
    protector: Protector = pickle.loads(pickled)  # noqa: S301 - our own, from the parent process
    return protector
