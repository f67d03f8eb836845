"""Bindings of the Soft Binding Resolution API: where a watermark's or fingerprint's value leads."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from indelible.errors import (
    BindingConflictError,
    NoRecordError,
    NotOwnerError,
)
from indelible.registry import SqlRegistry
from indelible.service.access import Binder, Caller
from indelible.service.bodies import describe_model, read_model
from indelible.service.failures import RefusedError
from indelible.service.lookups import live_record, store_of
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused
from indelible.service.values import ANY_ALGORITHM, check_algorithm, value_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/bindings", tags=["store"])

_ANSWERS = answers(400, 401, 403, 404, 408, 413, 415, 429, 500, 503)


class Binding(BaseModel):
    """Where a value leads."""

    bindingValue: str = Field(description="The value in base64")  # noqa: N815 - C2PA's name
    manifestId: str = Field(description="Id of the active manifest")  # noqa: N815 - C2PA's name
    alg: str | None = Field(
        None,
        description="Name of the algorithm. C2PA's document forgot it, and nothing is looked up "
        "without one: it has to be given.",
    )


@router.post(
    "",
    operation_id="associateManifest",
    summary="Lead a soft binding to a manifest",
    status_code=204,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=describe_model(Binding),
)
async def bind(request: Request, caller: Binder) -> Response:
    """Lead a value that leads nowhere to a manifest of one's own."""
    binding = await read_model(request, caller, Binding)
    await run_in_threadpool(_bind, parts_of(request), caller, binding)
    return Response(status_code=204)


@router.put(
    "",
    operation_id="updateAssociatedManifest",
    summary="Lead a soft binding to another manifest",
    status_code=204,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=describe_model(Binding),
)
async def move(request: Request, caller: Binder) -> Response:
    """Lead a value of one's own to another manifest of one's own; where it led before is kept."""
    binding = await read_model(request, caller, Binding)
    await run_in_threadpool(_move, parts_of(request), caller, binding)
    return Response(status_code=204)


def _bind(parts: Parts, caller: Caller, binding: Binding) -> None:
    registry, algorithm, value = _checked(parts, binding)
    try:
        registry.bind(algorithm, value, binding.manifestId, owner=caller.owner)
    except BindingConflictError:
        if not _leads_nowhere(registry, algorithm, value):
            raise refused(400, "This value leads to another manifest already.") from None
        _move(parts, caller, binding)
    except (NotOwnerError, NoRecordError) as error:
        raise _refused(error) from None


def _leads_nowhere(registry: SqlRegistry, algorithm: str, value: bytes) -> bool:
    """Whether the manifest that a value led to was erased."""
    return all(record.status == "erased" for record in registry.find(algorithm, value))


def _move(parts: Parts, caller: Caller, binding: Binding) -> None:
    registry, algorithm, value = _checked(parts, binding)
    try:
        registry.move_binding(algorithm, value, binding.manifestId, owner=caller.owner)
    except (NotOwnerError, NoRecordError) as error:
        raise _refused(error) from None


def _checked(parts: Parts, binding: Binding) -> tuple[SqlRegistry, str, bytes]:
    """Return where to write, the algorithm and the value; the manifest is looked for first."""
    registry = store_of(parts)
    live_record(registry, binding.manifestId)
    if binding.alg is not None:
        algorithm = check_algorithm(binding.alg)
    elif parts.sandbox:
        algorithm = ANY_ALGORITHM
    else:
        raise refused(400, "Say of which algorithm the value is: alg.")
    return registry, algorithm, value_of(binding.bindingValue, opaque=parts.sandbox)


def _refused(error: NotOwnerError | NoRecordError) -> RefusedError:
    if isinstance(error, NotOwnerError):
        return refused(403, "The binding or the manifest belongs to somebody else.")
    return refused(404, "There is no such binding, or no such manifest.")
