"""The routes of an application, however FastAPI keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute, Route

__all__ = ["flat_routes"]


def flat_routes(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Yield every route with a path, those of routers that were included among them.

    FastAPI keeps an included router as one route, from some version on, and before that copies its
    routes. Routers here have their whole prefix themselves, so that both come to the same.
    """
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            router = getattr(route, "original_router", None)
            yield from flat_routes(getattr(router, "routes", ()))
