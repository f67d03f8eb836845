"""Options that several commands share, declared once as the fields of a dataclass.

A command takes such a group as one parameter, annotated with the dataclass; typer is shown one
option for each of its fields, in the parameter's place.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, get_type_hints

__all__ = ["grouped"]

P = ParamSpec("P")
R = TypeVar("R")


def grouped(command: Callable[P, R]) -> Callable[..., R]:
    """Return a command in which each parameter that is a dataclass became its fields' options."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {}
    options: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if dataclasses.is_dataclass(kind):
            assert isinstance(kind, type)  # noqa: S101 - for the type checker: not an instance
            groups[parameter.name] = kind
            options.extend(_options(kind))
        else:
            options.append(parameter.replace(annotation=kind))

    def expanded(**values: Any) -> R:  # noqa: ANN401 - each has its option's type
        made = {
            name: kind(**{field.name: values.pop(field.name) for field in dataclasses.fields(kind)})
            for name, kind in groups.items()
        }
        return command(**values, **made)  # type: ignore[call-arg]

    expanded.__name__, expanded.__doc__ = command.__name__, command.__doc__
    expanded.__module__ = command.__module__
    expanded.__annotations__ = {one.name: one.annotation for one in options}
    # What typer reads; options have no order, so that a group's may have defaults anywhere.
    expanded.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options]
    )
    return expanded


def _options(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]
