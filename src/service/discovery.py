"""What the service is and can do: open to everybody, whatever the settings are."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from indelible import watermark
from indelible.credentials import PictureFingerprint
from indelible.registry import SearchableRegistry
from indelible.service.addresses import api_endpoint
from indelible.service.parts import Parts, parts_of
from indelible.service.problems import answers
from indelible.service.runtime import runtime_of

__all__ = ["SPECIFICATION", "router"]

SPECIFICATION: Final = "2.4.0"
"""Version of C2PA's Soft Binding Resolution API."""

router = APIRouter(tags=["service"])


class Algorithm(BaseModel):
    """An algorithm of C2PA's list."""

    alg: str


class Algorithms(BaseModel):
    """What can be looked up here."""

    watermarks: list[Algorithm]
    fingerprints: list[Algorithm]


class Capabilities(BaseModel):
    """What this service offers beyond what every one does."""

    c2paSpecificationVersion: str = Field(examples=[SPECIFICATION])  # noqa: N815 - C2PA's name
    supportedCapabilities: list[str] = Field(examples=[["queryByContent"]])  # noqa: N815


class Status(BaseModel):
    """How the service is."""

    status: Literal["ok", "degraded", "down"]
    timestamp: str = Field(json_schema_extra={"format": "date-time"})


class WellKnown(BaseModel):
    """Where the API is."""

    apiEndpoint: str = Field(json_schema_extra={"format": "uri"})  # noqa: N815 - C2PA's names
    c2paSpecificationVersion: str = Field(examples=[SPECIFICATION])  # noqa: N815
    capabilitiesEndpoint: str = Field(json_schema_extra={"format": "uri"})  # noqa: N815
    statusEndpoint: str = Field(json_schema_extra={"format": "uri"})  # noqa: N815


@router.get(
    "/v1/services/supportedAlgorithms",
    operation_id="getSupportedBindings",
    summary="List the algorithms",
    responses=answers(400, 500),
)
async def supported_algorithms(request: Request) -> Algorithms:
    """Name the algorithms whose values can be looked up."""
    alike = isinstance(parts_of(request).registry, SearchableRegistry)
    return Algorithms(
        watermarks=[Algorithm(alg=watermark.ALGORITHM)],
        fingerprints=[Algorithm(alg=PictureFingerprint.PDQ_ALGORITHM)] if alike else [],
    )


@router.get(
    "/v1/services/capabilities",
    operation_id="getServiceCapabilities",
    summary="List what this service offers",
    responses=answers(500),
)
async def capabilities(request: Request) -> Capabilities:
    """Name the endpoints that not every service has."""
    return Capabilities(
        c2paSpecificationVersion=SPECIFICATION,
        supportedCapabilities=_capabilities(parts_of(request)),
    )


def _capabilities(parts: Parts) -> list[str]:
    found = ["queryByContent"]
    if parts.settings.reference_hosts:
        found.append("queryByReference")
    if parts.is_writable:
        found += ["storeManifests", "storeBindings"]
    return found


@router.get(
    "/v1/services/status",
    operation_id="getServiceStatus",
    summary="Say how the service is",
    responses=answers(500),
)
async def status(request: Request) -> Status:
    """Say whether ids can be looked up."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    there = await runtime_of(request).probe.is_there()
    return Status(status="ok" if there else "degraded", timestamp=now)


@router.get(
    "/.well-known/c2pa-soft-binding-resolution",
    operation_id="getWellKnown",
    summary="Say where the API is",
    responses=answers(500),
)
async def well_known(request: Request) -> WellKnown:
    """Name the address of the API, at the root of its host."""
    endpoint = api_endpoint(request)
    return WellKnown(
        apiEndpoint=endpoint,
        c2paSpecificationVersion=SPECIFICATION,
        capabilitiesEndpoint=f"{endpoint}/services/capabilities",
        statusEndpoint=f"{endpoint}/services/status",
    )
