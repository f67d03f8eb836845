"""Records of consent over HTTP: looked up by gates, registered by services, signed for people.

What the owner of a picture asks is public, and found by the id in its consent mark. At the consent
desk, where an operator opens one, anybody may have a photograph signed; who did gets a code, with
which the wish can be withdrawn, and is asked for nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from indelible.errors import (
    NoRecordError,
    NotOwnerError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry import ConsentRecord, consent_sources
from indelible.registry.consent_wire import (
    MAX_CONSENT_BYTES,
    consent_from_json,
    consent_to_json,
    consents_to_json,
)
from indelible.service import jobs
from indelible.service.access import Caller, needs
from indelible.service.bodies import BINARY, describe_body, describe_model, read_body, read_model
from indelible.service.failures import RefusedError
from indelible.service.lookups import registering, store_of
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers, refused
from indelible.service.runtime import runtime_of
from indelible.service.values import check_algorithm
from indelible.service.verify import PICTURE_ANSWERS, PICTURE_BODY

__all__ = ["router"]

router = APIRouter(prefix="/v1/consents", tags=["consents"])

_JSON: Final = {"application/json": {"schema": {"type": "object"}}}
_CODE_BYTES: Final = 16

Algorithm = Annotated[str, Path(description="Of the consent mark", max_length=255)]
ConsentId = Annotated[str, Path(alias="consentId", pattern="^[0-9a-f]{16}$")]
LookUp = Annotated[
    Caller, Depends(needs("fetch:manifests", open_by="public_consents", counted=True))
]
Registrar = Annotated[Caller, Depends(needs("store:consents", counted=True))]
AtTheDesk = Annotated[Caller, Depends(needs("store:consents", open_by="consent_desk"))]
WithCode = Annotated[Caller, Depends(needs("store:consents", open_by="consent_desk", counted=True))]


class Withdrawal(BaseModel):
    """Why a wish does not hold any more, and who says so."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, description="In words for people; public")
    code: str | None = Field(None, max_length=100, description="What the consent desk gave out")
    account: str | None = Field(
        None, max_length=500, description="On whose behalf the token's owner registered it"
    )


@router.post(
    "/sign",
    operation_id="signConsent",
    summary="Have a photograph signed with what its owner asks",
    response_class=Response,
    openapi_extra=PICTURE_BODY,
    responses={
        **PICTURE_ANSWERS,
        200: {
            "description": "The signed photograph",
            "content": {"image/*": BINARY},
            "headers": {
                "Indelible-Consent-Id": {"schema": {"type": "string"}},
                "Indelible-Consent-Code": {"schema": {"type": "string"}},
                "Indelible-Notes": {"schema": {"type": "string"}, "description": "A JSON list"},
            },
        },
    },
)
async def sign(
    request: Request,
    caller: AtTheDesk,
    owner: Annotated[str | None, Query(max_length=200, description="Public")] = None,
    until: Annotated[dt.date | None, Query(description="The last day on which it holds")] = None,
) -> Response:
    """Mark and sign a photograph with "do not edit, do not train", and register that.

    The photograph is held in memory while that is done, and stored nowhere. The code in the answer
    withdraws the wish, and is told this once.
    """
    parts = parts_of(request)
    if parts.desk is None:
        raise RefusedError(404, "not_offered", "This service signs no photographs.")
    end = None if until is None else dt.datetime.combine(until, dt.time.max, dt.UTC)
    if end is not None and end <= dt.datetime.now(dt.UTC):
        raise refused(400, "The last day is over.")
    code = secrets.token_urlsafe(_CODE_BYTES)
    runtime = runtime_of(request)
    client = runtime.spend(request, caller.token_id)
    picture, _, hold = await runtime.picture(request, client)
    options = {
        "account": _account_of(code),
        "owner": (owner or "").strip() or None,
        "until": None if end is None else end.isoformat(),
    }
    result = await runtime.run(request, jobs.sign_consent, picture, options, hold=hold)
    headers = {
        "Indelible-Consent-Id": result.meta["consent_id"],
        "Indelible-Consent-Code": code,
        "Indelible-Notes": json.dumps(result.meta["notes"]),
        "Cache-Control": "no-store",
    }
    return Response(result.body, 200, headers, result.meta["media_type"])


@router.get(
    "/{algorithm}/{consentId}",
    operation_id="findConsents",
    summary="Look up what an owner asks",
    response_class=Response,
    responses={
        **answers(400, 401, 403, 429, 500, 503),
        200: {"description": "Records", "content": _JSON},
    },
)
def find(request: Request, _: LookUp, algorithm: Algorithm, consent_id: ConsentId) -> Response:
    """Return the record under the id of a consent mark: all of it is public."""
    check_algorithm(algorithm)
    found: list[ConsentRecord] = []
    for source in consent_sources(parts_of(request).registry):
        found.extend(source.find(algorithm, bytes.fromhex(consent_id)))
    return Response(consents_to_json(found), media_type="application/json")


@router.put(
    "/{algorithm}/{consentId}",
    operation_id="putConsent",
    summary="Register what an owner asks",
    status_code=204,
    response_class=Response,
    responses=answers(400, 401, 403, 408, 409, 413, 415, 429, 500, 503),
    openapi_extra=describe_body(_JSON),
)
async def put(
    request: Request, caller: Registrar, algorithm: Algorithm, consent_id: ConsentId
) -> Response:
    """Register a record of consent; the very same may be sent again."""
    body = await read_body(request, caller, MAX_CONSENT_BYTES)
    parts = parts_of(request)
    await run_in_threadpool(_put, parts, caller, (algorithm, consent_id), body)
    return Response(status_code=204)


def _put(parts: Parts, caller: Caller, address: tuple[str, str], body: bytes) -> None:
    try:
        record, account = consent_from_json(body)
    except RegistryError as error:
        raise refused(400, error.reason()) from None
    if (record.algorithm, record.consent_id.hex()) != address:
        raise refused(400, "The record is of another consent than the address.")
    if record.revoked_at is not None:
        raise refused(400, "A record is registered as one that holds.")
    with registering(taken="The registry already holds this consent."):
        store_of(parts).consents.put(record, account=_account_at(caller, account))


@router.post(
    "/{algorithm}/{consentId}/withdrawal",
    operation_id="withdrawConsent",
    summary="Withdraw what an owner asked",
    response_class=Response,
    responses={
        **answers(400, 401, 403, 404, 408, 413, 415, 429, 500, 503),
        200: {"description": "The record as it is now", "content": _JSON},
    },
    openapi_extra=describe_model(Withdrawal),
)
async def withdraw(
    request: Request, caller: WithCode, algorithm: Algorithm, consent_id: ConsentId
) -> Response:
    """Withdraw a record, with the desk's code or the token that registered it; it stays there."""
    asked = await read_model(request, caller, Withdrawal)
    if asked.code is not None:
        account = _account_of(asked.code)
    elif caller.is_stranger:
        raise refused(401, "This needs the code that the desk gave out, or a token.")
    else:
        account = _account_at(caller, asked.account)
    record = await run_in_threadpool(
        _withdraw, parts_of(request), (algorithm, consent_id), asked.reason, account
    )
    return Response(consent_to_json(record), media_type="application/json")


def _withdraw(parts: Parts, address: tuple[str, str], reason: str, account: str) -> ConsentRecord:
    algorithm, consent_id = address
    try:
        return store_of(parts).consents.withdraw(
            algorithm, bytes.fromhex(consent_id), reason=reason, account=account
        )
    except NoRecordError:
        raise refused(404, "There is no such consent.") from None
    except NotOwnerError:
        raise refused(403, "This consent belongs to somebody else.") from None
    except RegistryUnavailableError:
        raise
    except RegistryError as error:
        raise refused(400, error.reason()) from None


def _account_of(code: str) -> str:
    """Return the account of whoever has a code: the registry does not hold the code itself."""
    return f"code:{hashlib.sha256(code.strip().encode('utf-8', 'replace')).hexdigest()}"


def _account_at(caller: Caller, account: str | None) -> str:
    """Return the account of a token's owner, or of one of those that he acts for."""
    return f"token:{json.dumps([caller.owner, account], ensure_ascii=False)}"
