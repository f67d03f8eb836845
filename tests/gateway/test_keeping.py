"""Pictures are held for a while, and within a size."""

from __future__ import annotations

from indelible.gateway.keeping import Shelf
from indelible.gateway.routes import find


def test_they_end() -> None:
    now = 0.0
    shelf = Shelf(10, 100, clock=lambda: now)
    name = shelf.add(b"picture", "png")
    kept = shelf.get(name)
    assert kept is not None
    assert (kept.data, kept.format) == (b"picture", "png")
    assert find("GET", f"/pictures/{name}").parts["name"] == name
    assert len({shelf.add(b"x", "png") for _ in range(50)}) == 50
    now = 10.0
    assert shelf.get(name) is None
    assert shelf.get("other") is None


def test_the_oldest_go_first() -> None:
    shelf = Shelf(10, 10)
    shelf.put("a", bytes(4), "png")
    shelf.put("b", bytes(4), "png")
    shelf.put("a", bytes(4), "png")
    shelf.put("c", bytes(4), "png")
    assert shelf.get("b") is None
    assert shelf.get("a") is not None
    shelf.put("d", bytes(11), "png")
    assert shelf.get("d") is None
    assert shelf.get("c") is not None
