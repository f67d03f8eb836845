"""The shipped list of algorithms."""

from __future__ import annotations

from indelible.resolution import find_algorithm, public_resolvers


def test_what_it_says() -> None:
    known = find_algorithm("com.aiwatermark.pixelseal.1")
    assert known is not None
    assert (known.kind, known.resolvers) == ("watermark", ("https://aiwatermark.com/api/v1",))
    silent = find_algorithm("com.adobe.trustmark.P")
    assert silent is not None
    assert silent.resolvers == ()
    assert silent.about.startswith("https://")
    assert find_algorithm("com.example.unknown") is None


def test_those_for_pictures_that_can_be_asked() -> None:
    assert [one.name for one in public_resolvers()] == ["com.aiwatermark.pixelseal.1"]
