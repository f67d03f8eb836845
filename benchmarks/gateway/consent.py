"""Photographs whose owners ask that nobody edits them, sent to the gateway by six ways.

They are signed, changed as pictures are on their way through the world, and sent; then pictures
that nobody signed; then both again, after the registries have died.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import numpy as np
from rich.console import Console
from starlette.testclient import TestClient

from benchmarks import images
from benchmarks._measures import wilson
from benchmarks._report import Cell, Report
from benchmarks.consent import EVERYDAY, changed
from indelible import imaging
from indelible.consent import ConsentGate, sign
from indelible.credentials import DevelopmentIdentity, create_identity
from indelible.gateway import Options, create_app
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from tests.gateway.houses import Gateway, made_house
from tests.gateway.upstream import HOST, Answer, Received, Upstream
from tests.gateway.ways import SIX, FileServer, file_server

__all__ = ["refusals"]

_SMALLEST: Final = 256  # px a side of a photograph that is signed
_CONSOLE: Final = Console()
_PATHS: Final = ("/v1/images/edits", "/v1/chat/completions", "/v1/responses")


@dataclass(frozen=True)
class _Place:
    """A gateway, and what stands around it."""

    gateway: Gateway
    files: FileServer
    owners: SqlRegistry
    identity: DevelopmentIdentity
    folder: Path

    def passes(self, way: str, data: bytes) -> bool:
        """Send a picture by a way; return whether the upstream got anything of it."""
        upstream = self.gateway.upstream
        upstream.received.clear()
        upstream.canaries.clear()
        SIX[way](self.gateway, data, self.files)
        return any(one.method != "GET" for one in upstream.received)


def refusals(folder: Path | None, count: int, unmarked: int, seed: int) -> list[Report]:
    """Send photographs of a folder, and report which share was refused."""
    logging.getLogger("indelible").setLevel(logging.CRITICAL)
    rng = np.random.default_rng(seed)
    sources = [
        one for one in images.from_argument(folder, count) if min(one.load().shape[:2]) >= _SMALLEST
    ]
    others = _others(folder, unmarked)
    with _place() as place:
        kept: list[bytes] = []
        marked = _marked(place, sources, rng, kept)
        plain = _unmarked(place, others)
        dead = _dead(place, kept)
    return [marked, plain, dead]


def _marked(
    place: _Place, sources: Sequence[images.Source], rng: np.random.Generator, kept: list[bytes]
) -> Report:
    refused = {name: dict.fromkeys(SIX, 0) for name in EVERYDAY}
    for source in sources:
        signed = sign(
            source.load(), signer=place.identity.signer, records=place.owners.consents, format="png"
        )
        asks = imaging.decode(signed.data).pixels
        for name in EVERYDAY:
            data = changed(asks, name, rng)
            kept.append(data)
            for way in SIX:
                refused[name][way] += not place.passes(way, data)
        told = ", ".join(f"{name} {sum(ways.values())}" for name, ways in refused.items())
        _CONSOLE.print(f"{source.name}: {told}", highlight=False)
    count = len(sources)
    rows: list[Sequence[Cell] | None] = []
    for name, ways in refused.items():
        number = sum(ways.values())
        most = count * len(SIX)
        shares = [one / count for one in ways.values()]
        rows.append([name, number / most, min(shares), max(shares), most])
    total, most = sum(sum(ways.values()) for ways in refused.values()), count * 5 * len(SIX)
    low, high = wilson(round(total / len(SIX)), count * 5)  # the six ways bring the same bytes
    rows += [None, ["all of them", total / most, low, high, most]]
    return Report(
        'Marked "no editing": refused',
        ("photograph", "share", "worst way", "best way", "sent"),
        rows,
        [
            f"{count} photographs by {len(SIX)} ways. Goal: .98.",
            "In the last line, instead of ways: 95 % by Wilson over photographs and changes.",
        ],
    )


def _unmarked(place: _Place, others: Iterator[tuple[str, Callable[[], bytes]]]) -> Report:
    ways = list(SIX)
    refused: list[str] = []
    sent = 0
    for name, make in others:
        refused += [] if place.passes(ways[sent % len(ways)], make()) else [name]
        sent += 1
    low, high = wilson(len(refused), sent)
    return Report(
        "Unmarked: refused",
        ("pictures", "share", "from", "to", "sent"),
        [["unmarked", len(refused) / sent, low, high, sent]],
        [f"Refused: {', '.join(refused) or 'none'}. By the six ways in turns. Goal: 0 of 10,000."],
    )


def _dead(place: _Place, kept: Sequence[bytes]) -> Report:
    """Kill the registries, and count what comes through all the same."""
    for registry, path in (
        (place.owners, place.folder / "owners.sqlite3"),
        (place.gateway.house.registry, place.folder / "registry.sqlite3"),
    ):
        registry.close()
        for file in place.folder.glob(f"{path.name}*"):
            file.unlink()
        path.mkdir()
    ways = list(SIX)
    chosen = kept[: 10 * len(EVERYDAY)]
    went_in = sum(place.passes(ways[at % len(ways)], data) for at, data in enumerate(chosen))
    came_out, asked = 0, 12
    upstream = place.gateway.upstream
    upstream.scripts.clear()
    for _ in range(asked):
        upstream.canaries.clear()
        answer = place.gateway.client.post("/v1/images/generations", json={"prompt": "a face"})
        came_out += answer.status_code == 200 or bool(place.gateway.leaks(answer))
    return Report(
        "With both registries dead",
        ("what", "leaks", "sent"),
        [
            ["marked pictures that reached the server", went_in, len(chosen)],
            ["pictures that left it", came_out, asked],
        ],
        ["Goal: 0."],
    )


def _others(folder: Path | None, count: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield unmarked pictures: those of the folder first, then parts of them."""
    sources = images.from_argument(folder, None)
    for at in range(count):
        source, round_ = sources[at % len(sources)], at // len(sources)

        def make(source: images.Source = source, round_: int = round_, at: int = at) -> bytes:
            pixels = source.load()
            if round_:
                rng = np.random.default_rng([round_, at])
                side = int(min(pixels.shape[:2]) * rng.uniform(0.6, 1.0))
                pixels = images.random_square(pixels, side, rng)
            return imaging.encode(np.ascontiguousarray(pixels), "jpeg", quality=85)

        yield f"{source.name} {round_}".strip(), make


@contextlib.contextmanager
def _place() -> Iterator[_Place]:
    """Put up a gateway with a consent gate, before a server that answers with nothing."""
    shown = [images.square(images.photograph(at), 192) for at in range(3)]
    upstream = Upstream(shown)
    nothing = Answer.of({"error": {"message": "nothing"}}, 418)

    def answer(_: Received) -> Answer:
        return nothing

    upstream.scripts = dict.fromkeys(_PATHS, answer)
    with tempfile.TemporaryDirectory() as name, file_server() as files:
        folder = Path(name)
        identity = create_identity(folder / "identity")
        owners = open_registry(sqlite_url(folder / "owners.sqlite3"))
        house = made_house(identity, identity.trust(), folder)
        app = create_app(
            upstream=f"http://{HOST}",
            protector=house.protector,
            gate=ConsentGate(registry=owners, trust=identity.trust(), audit=lambda _: None),
            options=Options(
                input_hosts=(files.address.removeprefix("http://"),), allow_private=True
            ),
            transport=httpx2.ASGITransport(app=upstream),
        )
        with TestClient(
            app, base_url="http://gateway.test", raise_server_exceptions=False
        ) as client:
            yield _Place(Gateway(app, client, upstream, house), files, owners, identity, folder)
