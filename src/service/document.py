"""The OpenAPI document: what FastAPI derives from the endpoints, and what it cannot know."""

from __future__ import annotations

from typing import Any, Final, get_args

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import indelible
from indelible.choices import Scope
from indelible.service.access import Access
from indelible.service.bindings import Binding
from indelible.service.discovery import SPECIFICATION
from indelible.service.parts import Parts
from indelible.service.problems import Problem
from indelible.service.receipts import Receipt
from indelible.service.references import Reference
from indelible.service.resolution import BindingQuery
from indelible.service.routes import flat_routes

__all__ = ["describe"]

_TEXT: Final = (
    "C2PA's Soft Binding Resolution API, and more: whom a picture comes from, asked over HTTP. "
    "Errors are problems (RFC 9457)."
)
# Read by functions of our own, within limits, so that FastAPI does not know them.
_BODIES: Final[tuple[type[BaseModel], ...]] = (Problem, BindingQuery, Binding, Receipt, Reference)
_INVENTED: Final = ("HTTPValidationError", "ValidationError")  # FastAPI's, which are never answered


def describe(app: FastAPI) -> None:
    """Let an application describe itself as it is."""
    parts: Parts = app.state.parts

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, parts)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's documentation says


def _document(app: FastAPI, parts: Parts) -> dict[str, Any]:
    document = get_openapi(
        title="Indelible",
        version=SPECIFICATION,
        summary=f"Served by Indelible {indelible.__version__}",
        description=_TEXT,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _, bodies = models_json_schema(
        [(model, "validation") for model in _BODIES], ref_template="#/components/schemas/{model}"
    )
    schemas.update(bodies.get("$defs", {}))
    for name in _INVENTED:
        schemas.pop(name, None)
    components["securitySchemes"] = {
        "auth": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that `indelible serve token new` made. Scopes: "
            + ", ".join(get_args(Scope)),
        }
    }
    for route in flat_routes(app.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                operation["responses"].pop("422", None)
                operation["security"] = _security(route.dependant, parts)
    return document


def _security(dependant: Dependant, parts: Parts) -> list[dict[str, list[str]]]:
    """Return what an operation needs: a token with a scope, or nothing."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Access):
            needed: list[dict[str, list[str]]] = [{"auth": [inner.call.scope]}]
            opening = inner.call.opening
            if opening is not None and getattr(parts.settings, opening):
                needed.append({})
            return needed
    return [{}]
