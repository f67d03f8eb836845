"""What a signature leaves out must be its manifest, and nothing that a decoder would look at."""

from __future__ import annotations

import dataclasses
import io
from typing import TypeAlias

import c2pa
import pytest

from benchmarks.security.fillings import (
    FILLINGS,
    INSIDE,
    Room,
    container,
    filled,
    room_of,
    shrunk,
)
from indelible.credentials import DevelopmentIdentity, Trust, read, sign
from indelible.credentials.store.box_names import box_names
from indelible.credentials.store.exclusions import check_exclusions
from indelible.credentials.store.opening import open_store
from indelible.imaging import C2PA_UUID, ImageFile
from tests.credentials import stores
from tests.credentials.conftest import make_request, picture
from tests.credentials.stores import box

KINDS = tuple(FILLINGS)
_ENDS = ("end", "picture", "misaligned")


@pytest.fixture(scope="module", params=KINDS)
def room(request: pytest.FixtureRequest, identity: DevelopmentIdentity) -> Room:
    kind: str = request.param
    signed = sign(picture(kind), make_request(), identity.signer)
    return room_of(kind, signed.data)


def test_there_is_room_for_the_attack(room: Room, trust: Trust) -> None:
    """Otherwise the tests below would show nothing."""
    assert room.size > 900
    assert read(room.data, trust=trust).state == "trusted"


@pytest.mark.parametrize("place", ["before", "after", "between"])
def test_nothing_may_be_filled_in(room: Room, place: str, trust: Trust) -> None:
    if place == "between" and room.kind != "jpeg":
        place = "after"
    for name, made in FILLINGS[room.kind].items():
        if len(made()) > room.size - 64:
            assert name in ("profile", "picture")  # of some formats; others cover it
            continue
        report = read(filled(room, **{place: made()}), trust=trust)
        # Behind the end of a picture there is no manifest.
        ended = {"absent"} if name in _ENDS and place != "after" else set()
        assert report.state in {"invalid", "unreadable"} | ended, (name, report)
        # In these files the hash notices boxes that it does not know: the picture was changed.
        assert room.kind == "avif" or not report.changed_only, name


def test_the_sentence_says_what_is_wrong(room: Room, trust: Trust) -> None:
    """Not that the picture was changed: its hash holds."""
    made = next(iter(FILLINGS[room.kind].values()))
    report = read(filled(room, after=made()), trust=trust)
    assert [item.code for item in report.failures] == ["indelible.exclusions"]
    assert report.reasons == (
        "The signature leaves out more of the file than the manifest itself.",
    )


@pytest.mark.parametrize("name", INSIDE)
def test_nothing_may_be_filled_into_the_store(name: str, room: Room, trust: Trust) -> None:
    found = ImageFile(room.data).manifest
    assert found is not None
    kept = len(shrunk(found.store))
    size = len(found.store) - kept
    for take in range(size - 40, size + 1):  # whatever the lengths of lengths make of it
        store = INSIDE[name](found.store, take)
        if len(store) == len(found.store):
            break
    else:
        pytest.fail("there is no way to fill the store exactly")
    report = read(filled(dataclasses.replace(room, store=store)), trust=trust)
    assert report.state in ("invalid", "unreadable")
    assert not report.changed_only


def test_empty_padding_may_lie_behind_the_store(room: Room, trust: Trust) -> None:
    found = ImageFile(room.data).manifest
    assert found is not None
    if room.kind in ("jpeg", "tiff"):
        pytest.skip("there, the box's own length says how much its container holds")
    store = room.store + bytes(len(found.store) - len(room.store))
    data = filled(dataclasses.replace(room, store=store))
    assert read(data, trust=trust).state == "trusted"


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "avif"])
def test_an_updated_manifest_stays_trusted(
    kind: str, identity: DevelopmentIdentity, trust: Trust
) -> None:
    """Its hash was made for the smaller store of before; in AVIF the update is a second box."""
    media = f"image/{kind}"
    data = sign(picture(kind), make_request(), identity.signer).data
    plain = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    builder = c2pa.Builder({"claim_generator_info": [{"name": "x", "version": "1"}]}, plain)
    builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
    builder.add_ingredient({"relationship": "parentOf", "title": "p"}, media, io.BytesIO(data))
    out = io.BytesIO()
    info = c2pa.C2paSignerInfo(
        identity.signer.algorithm.encode(),
        identity.signer.certificates,
        identity.signer.pkcs8(),
        None,
    )
    builder.sign(c2pa.Signer.from_info(info), media, io.BytesIO(data), out)
    report = read(out.getvalue(), trust=trust)
    assert report.state == "trusted", report
    found = ImageFile(out.getvalue()).manifest
    assert found is not None
    assert open_store(found.store).active.is_update


# --- rules, one by one ---


def _problems(
    label: str, hashed: object, data: bytes, *, holds: bool = True, embedded: bool = True
) -> list[str]:
    made = open_store(stores.store(stores.manifest(stores.assertion(label, hashed))))
    return check_exclusions(
        ImageFile(data), ImageFile(data).manifest, made, holds=holds, embedded=embedded
    )


def _ranges(*spans: tuple[int, int]) -> dict[str, object]:
    return {"exclusions": [{"start": start, "length": end - start} for start, end in spans]}


Entry: TypeAlias = dict[str, object]
STORE = stores.store(stores.manifest())


def _png(store: bytes = STORE) -> tuple[bytes, int, int]:
    data, held = picture("png"), container("png", store)
    return data[:33] + held + data[33:], 33, 33 + len(held)


def test_only_the_container_may_be_left_out() -> None:
    data, start, end = _png()
    middle = (start + end) // 2
    for good in ([(start, end)], [(start + 8, end)], [(start, middle), (middle, end)], []):
        assert _problems("c2pa.hash.data", _ranges(*good), data) == []
    for bad in (
        [(0, end)],
        [(start, end + 1)],
        [(start - 1, end)],
        [(start, end), (end + 10, end + 11)],
        [(end, len(data))],
    ):
        assert _problems("c2pa.hash.data", _ranges(*bad), data), bad
    assert _problems("c2pa.hash.data", {**_ranges((start, end)), "pad": b"x"}, data)
    assert not _problems("c2pa.hash.data", {**_ranges((start, end)), "pad2": bytes(9)}, data)
    assert _problems("c2pa.hash.data", [1], data)


def test_a_changed_picture_is_not_said_to_have_a_hole() -> None:
    """Its manifest lies elsewhere than it did; only far too much is reported."""
    data, start, end = _png()
    moved = _ranges((start + 500, end + 500))
    assert _problems("c2pa.hash.data", moved, data, holds=False) == []
    assert _problems("c2pa.hash.data", _ranges((0, end + 9_000)), data + bytes(9_000), holds=False)


def test_a_manifest_from_elsewhere_is_only_checked_if_it_holds() -> None:
    data = picture("png")
    hashed = _ranges((0, len(data)))
    assert _problems("c2pa.hash.data", hashed, data, holds=False, embedded=False) == []
    assert _problems("c2pa.hash.data", hashed, data, embedded=False)
    assert _problems("c2pa.hash.data", _ranges(), data, embedded=False) == []


def test_an_update_is_bound_by_the_manifest_that_it_updates() -> None:
    data, start, end = _png()
    lost = stores.manifest(label="lost", form=b"c2um")
    for span, count in (((start, end), 0), ((0, end), 1)):
        old = stores.manifest(stores.assertion("c2pa.hash.data", _ranges(span)), label="old")
        for url in ("self#jumbf=/c2pa/old", "self#jumbf=c2pa/old", "/c2pa/old"):
            new = _update(url)
            two = _update(url, "self#jumbf=/c2pa/other")
            for made, expected in (
                ((old, new), count),
                ((old, lost), 1),
                ((new,), 1),
                ((old, old, new), 1),
                ((old, two), 1),
            ):
                opened = open_store(stores.store(*made))
                found = check_exclusions(
                    ImageFile(data), ImageFile(data).manifest, opened, holds=True
                )
                assert len(found) == expected


def _update(*urls: str) -> bytes:
    """Return an update of manifests, of which there should be one."""
    parents = [{"relationship": "parentOf", "activeManifest": {"url": url}} for url in urls]
    assertions = [stores.assertion("c2pa.ingredient.v3", parent) for parent in parents]
    return stores.manifest(*assertions, label="new", form=b"c2um")


@pytest.mark.parametrize(
    ("label", "hashed"),
    [
        ("c2pa.hash.data", {"exclusions": [[0, 100]]}),
        ("c2pa.hash.data", {"exclusions": [{"start": "33", "length": 100}]}),
        ("c2pa.hash.data", {"exclusions": 5}),
        ("c2pa.hash.data", {"exclusions": [{"start": 0, "length": 9}]}),
        ("c2pa.hash.boxes", {"boxes": []}),
        ("c2pa.hash.boxes", {"boxes": [5]}),
    ],
)
def test_a_hash_of_no_use_is_told_whether_it_holds_or_not(label: str, hashed: object) -> None:
    """Such a picture was not changed: it was never protected."""
    data, _, _ = _png()
    assert _problems(label, hashed, data, holds=False)
    assert _problems(label, hashed, data, holds=True)


ISO: list[Entry] = [
    {"xpath": "/uuid", "data": [{"offset": 8, "value": C2PA_UUID}]},
    {"xpath": "/ftyp"},
    {"xpath": "/mfra"},
    {"xpath": "/free"},
    {"xpath": "/skip"},
]
XMP_BOX = box(b"uuid", bytes(range(16)) + b"<x/>")


@pytest.mark.parametrize(
    ("exclusions", "more", "good"),
    [
        (ISO, b"", True),
        (ISO, box(b"free", bytes(10_000)), True),
        (ISO, box(b"free", b"made by a careful writer"), True),
        (ISO, XMP_BOX, True),
        (ISO, b"behind", True),
        ([*ISO, {"xpath": "/moov/trak"}], b"", True),
        (ISO, box(b"free", b"\xff\xd8\xff"), False),
        (ISO, box(b"free", b"text " * 100), False),
        (ISO, box(b"ftyp", b"avif"), False),
        (ISO, b"\0\0\0\x05freefree", False),
        ([*ISO, {"xpath": "/moov/trak"}], box(b"moov", b""), False),
        ([{"xpath": "/uuid"}], XMP_BOX, False),
        ([{"xpath": "/uuid", "data": [{"offset": 9, "value": b"\1"}]}], XMP_BOX, False),
        ([{"xpath": "/uuid", "data": [{"offset": 24, "value": C2PA_UUID}]}], XMP_BOX, False),
        ([*ISO, {"xpath": "/meta/iloc"}], b"", False),
        ([*ISO, {"xpath": "//meta[1]"}], b"", False),
        ([*ISO, {"xpath": "mdat", "subset": [{"offset": 16, "length": 0}]}], b"", False),
        ([*ISO, {"xpath": 1}], b"", False),
    ],
)
def test_only_boxes_that_no_decoder_reads_may_be_left_out(
    exclusions: list[Entry], more: bytes, good: bool
) -> None:
    data = picture("avif") + container("avif", STORE) + more
    for label in ("c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3"):
        assert (_problems(label, {"exclusions": exclusions}, data) == []) is good
    # The first version of the hash does not say where the boxes lie.
    assert _problems("c2pa.hash.bmff", {"exclusions": exclusions}, data)


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif"])
def test_a_list_of_parts_must_be_complete(kind: str) -> None:
    data = picture(kind)
    at = {"png": 33, "jpeg": 20, "gif": 13 + 3 * 2 ** ((data[10] & 7) + 1)}[kind]
    data = data[:at] + container(kind, STORE) + data[at:]
    found = ImageFile(data).manifest
    assert found is not None
    names = box_names(ImageFile(data), found.container[0])
    assert names is not None
    entries: list[Entry] = [{"names": [name], "hash": b"x"} for name in names]
    first: list[Entry] = [{"names": ["PNGh"], "hash": b"x"}] if kind == "png" else []

    def problems(entries: list[Entry], data: bytes = data) -> list[str]:
        return _problems("c2pa.hash.boxes", {"boxes": entries}, data)

    place = names.index("C2PA")
    marked = [*entries]
    marked[place] = {"names": ["C2PA"], "hash": b"", "excluded": True}
    assert problems([*first, *entries]) == []
    assert problems(marked) == []
    assert problems([{"names": names, "hash": b"x"}]) == []
    assert problems(entries[:-1])
    assert problems([*entries, *entries[-1:]])
    assert problems([*entries[:place], *entries[place + 1 :]])
    assert problems(entries, data + b"behind")
    assert problems([{**entries[0], "excluded": True}, *entries[1:]])
    assert problems([{**entries[0], "names": 5}, *entries[1:]])
    assert _problems("c2pa.hash.boxes", {"boxes": entries}, picture("webp"))
    assert _problems("c2pa.hash.boxes", {}, data)


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        (
            {"pad": bytes(100), "pad2": bytes(9), "x5chain": [b"x" * 900], "rVals": {"a": [b"x"]}},
            True,
        ),
        ({"pad": [0] * 50, "later": b"short", "more": 5, "nested": {"a": 1}}, True),
        ({"pad": b"\0x"}, False),
        ({"pad2": b"x"}, False),
        ({"pad": "text"}, False),
        ({"pad": [0, 1]}, False),
        ({"other": b"x" * 300}, False),
        ({"other": {"nested": b"x" * 300}}, False),
    ],
)
def test_signatures_hold_no_more_than_they_need(headers: dict[str, object], good: bool) -> None:
    data, _, _ = _png()
    bound = stores.assertion("c2pa.hash.data", _ranges())
    bad = stores.manifest(bound, signed=stores.signature(**headers), label="first")
    for made in ((bad,), (bad, stores.manifest(bound))):
        opened = open_store(stores.store(*made))
        assert (
            check_exclusions(ImageFile(data), ImageFile(data).manifest, opened, holds=True) == []
        ) is good
