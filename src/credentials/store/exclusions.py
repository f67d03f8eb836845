"""What a signature leaves out of the file: no more than the manifest's own container.

The hash that binds a manifest to its picture cannot cover the manifest itself, so it leaves out
bytes that it names. Whoever changes these bytes breaks no signature. The C2PA library hashes what
remains, and does not ask what else may lie there: a whole second picture has room in the padding of
a manifest, and decoders show the picture that they meet first. So this module compares what is left
out with where our own reader found the manifest (in `imaging`).

Only the manifest that the hash belongs to is looked at: the active one, or the one that an update
manifest updates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from indelible.credentials.store.box_names import box_names
from indelible.credentials.store.cose import cose_headers
from indelible.credentials.store.opening import Manifest, Store
from indelible.imaging._located import Located, Span
from indelible.imaging._locating_iso import C2PA_UUID, TopBox, top_boxes

__all__ = ["check_exclusions"]

_DATA, _BOXES, _ISO = "c2pa.hash.data", "c2pa.hash.boxes", "c2pa.hash.bmff"
_ISO_WITH_PLACES: Final = ("c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3")
# Boxes that no decoder of pictures looks into.
_EMPTY_BOXES: Final = frozenset(("free", "skip", "mfra"))
_MAX_NOTE: Final = 256  # bytes of text in such a box: writers leave their names there
_MAX_BRANDS: Final = 256  # bytes of the box that names a file's brands
_PADDING: Final = frozenset(("pad", "pad2"))
_HEADERS: Final = frozenset(("x5chain", "sigTst", "sigTst2", "rVals", *_PADDING))
_MAX_UNKNOWN: Final = 256  # bytes of a header that C2PA does not define
# What may be left out beyond the manifest in a picture that was edited since: a manifest carried
# over into another container has other headers around it.
_SLACK: Final = 4096


def check_exclusions(
    data: bytes, found: Located | None, store: Store | None, *, holds: bool, embedded: bool = True
) -> list[str]:
    """Return in which ways a signature leaves out more of a file than its manifest.

    Parameters
    ----------
    data : bytes
        The picture.
    found : Located or None
        Where `locate` found a manifest in it.
    store : Store or None
        The manifest store that was read; None where there was none.
    holds : bool
        Whether the picture's hash is right. If it is not, the picture was changed since, so that
        the manifest may lie elsewhere now, and only what left out far too much is reported.
    embedded : bool
        Whether `store` is the one in the picture. One from elsewhere is only checked if it holds.

    Returns
    -------
    list of str
        What is wrong; empty if nothing is.
    """
    if store is None or not (embedded or holds):
        return []
    manifest = _bound(store)
    problems: list[str] = []
    hashed = False
    for label, boxes in () if manifest is None else manifest.assertions:
        content = store.content(boxes)
        if label.startswith(_DATA):
            check = _data_hash(content, found, len(data), holds=holds)
        elif label.startswith(_ISO):
            check = _iso_hash(label, content, data) if holds else iter(())
        elif label.startswith(_BOXES):
            check = _box_hash(content, data, found, holds=holds)
        else:
            continue
        hashed = True
        problems.extend(check if isinstance(content, Mapping) else ["a hash cannot be read"])
    if holds and not hashed:
        # The library may have found one by a way that is not known here.
        problems.append("it is not sure which hash is that of the picture")
    for item in store.manifests:
        problems.extend(_signature_padding(item.signature))
    return list(dict.fromkeys(problems))


def _bound(store: Store) -> Manifest | None:
    """Return the manifest whose hash is about the picture, None if an update leads nowhere."""
    by_label: dict[str, Manifest | None] = {}
    for item in store.manifests:
        by_label[item.label] = None if item.label in by_label else item  # two: either may be meant
    manifest: Manifest | None = store.active
    for _ in by_label:
        if manifest is None or not manifest.is_update:
            return manifest
        manifest = by_label.get(_parent(store, manifest) or "")
    return None


def _parent(store: Store, manifest: Manifest) -> str | None:
    """Return the label of the manifest that an update manifest updates, if it names just one."""
    labels: set[str] = set()
    for label, boxes in manifest.assertions:
        content = store.content(boxes) if label.startswith("c2pa.ingredient") else None
        if isinstance(content, Mapping) and content.get("relationship") == "parentOf":
            for name in ("activeManifest", "c2pa_manifest"):
                link = content.get(name)
                url = link.get("url") if isinstance(link, Mapping) else None
                if isinstance(url, str):
                    path = url.removeprefix("self#jumbf=").removeprefix("/").removeprefix("c2pa/")
                    labels.add(path.partition("/")[0])
    return labels.pop() if len(labels) == 1 else None


# --- ranges of bytes ---


def _data_hash(content: object, found: Located | None, size: int, *, holds: bool) -> Iterator[str]:
    if not isinstance(content, Mapping):
        return
    ranges = _ranges(content.get("exclusions"))
    if ranges is None:
        yield "what is left out cannot be read"
        return
    left_out = [span for span in ranges if span.length > 0]
    if any(not _is_zero(content.get(name, b"")) for name in _PADDING):
        yield "the padding of a hash is not empty"
    own = () if found is None else (*found.container, *found.optional)
    if not holds:
        room = sum(span.length for span in own)
        # In no format does the manifest come first.
        if any(item.start <= 0 for item in left_out):
            yield "the beginning of the file is left out"
        elif (
            sum(min(item.end, size) - item.start for item in left_out) > room + room // 200 + _SLACK
        ):
            yield "bytes beside the manifest are left out"
        return
    allowed = _joined(own)
    for span in left_out:
        if not any(item.start <= span.start and span.end <= item.end for item in allowed):
            yield "bytes beside the manifest are left out"


def _ranges(value: object) -> list[Span] | None:
    """Return the byte ranges of a list of (start, length); None if it is no such list."""
    if value is None:
        return []
    if not isinstance(value, Sequence):
        return None
    spans = []
    for item in value:
        start, length = (
            (item.get("start"), item.get("length")) if isinstance(item, Mapping) else (None, None)
        )
        if not isinstance(start, int) or not isinstance(length, int):
            return None
        spans.append(Span(start, start + length))
    return spans


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Return spans in order, with adjacent ones made one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


# --- boxes of ISO base media files ---


def _iso_hash(label: str, content: object, data: bytes) -> Iterator[str]:
    if not isinstance(content, Mapping):
        return
    if not label.startswith(_ISO_WITH_PLACES):
        # Without the boxes' places in the hash, a new one can push others to where decoders look.
        yield "the places of the file's parts are left out"
    boxes = list(top_boxes(data))
    if len(data) - (boxes[-1].end if boxes else 0) >= 8:
        yield "a part of the file cannot be read"
    kinds: dict[str, list[TopBox]] = {}
    for box in boxes:
        kinds.setdefault(box.kind.decode("latin-1"), []).append(box)
    entries = content.get("exclusions")
    for item in entries if isinstance(entries, Sequence) else ():
        path = item.get("xpath") if isinstance(item, Mapping) else None
        if not isinstance(path, str):
            yield "what is left out cannot be read"
            continue
        name = path.lstrip("/").partition("/")[0].partition("[")[0]
        own = kinds.get(name, [])
        if name == "uuid":
            if not _only_c2pa(item.get("data")) and any(not _is_c2pa(data, box) for box in own):
                yield "a part that is no manifest is left out"
        elif name == "ftyp":
            if len(own) != 1 or own[0].start != 0 or own[0].end > _MAX_BRANDS:
                yield "something lies beside the file's brands"
        elif name in _EMPTY_BOXES:
            if not all(_is_empty(data[box.content : box.end]) for box in own):
                yield "something lies in a part that should be empty"
        elif own:
            yield "a part that decoders read is left out"


def _only_c2pa(conditions: object) -> bool:
    """Whether conditions on a box's bytes let only boxes with C2PA's UUID through."""
    return any(
        isinstance(item, Mapping) and item.get("offset") == 8 and item.get("value") == C2PA_UUID
        for item in (conditions if isinstance(conditions, Sequence) else ())
    )


def _is_c2pa(data: bytes, box: TopBox) -> bool:
    return data[box.content : box.content + 16] == C2PA_UUID


def _is_empty(body: bytes) -> bool:
    """Whether a box holds zeros, or a short text such as the name of its writer."""
    if body.count(0) == len(body):
        return True
    text = body.strip(b"\0")
    return len(body) <= _MAX_NOTE and text.isascii() and text.decode("ascii").isprintable()


# --- lists of boxes ---


def _box_hash(content: object, data: bytes, found: Located | None, *, holds: bool) -> Iterator[str]:
    """Compare the parts that are hashed with those that the file has.

    The library stops at the end of the signed list, whatever comes after it in the file.
    """
    entries = content.get("boxes") if isinstance(content, Mapping) else None
    named: list[str] = []
    for item in entries if isinstance(entries, Sequence) else ():
        if not isinstance(item, Mapping):
            yield "what is left out cannot be read"
            return
        names = item.get("names")
        names = [str(name) for name in names] if isinstance(names, Sequence) else []
        named += names
        if item.get("excluded") and names != ["C2PA"]:
            yield "a part that is no manifest is left out"
    if not holds:
        if not named:
            yield "no part of the file is signed"
        return
    there = box_names(data, None if found is None else found.container[0])
    # Restarts are inside a scan, which is hashed whole; the file's first bytes say its format.
    if there is None or [name for name in named if not name.startswith(("RST", "PNGh"))] != there:
        yield "the parts of the file are not those that were signed"


# --- padding of signatures ---


def _signature_padding(signature: bytes) -> Iterator[str]:
    """Look at the headers of a signature that nothing signs."""
    _, unprotected = cose_headers(signature)
    for name, value in unprotected.items():
        if name in _PADDING:
            if not _is_zero(value):
                yield "the padding of a signature is not empty"
        elif isinstance(name, str) and name not in _HEADERS and len(repr(value)) > _MAX_UNKNOWN:
            yield "a signature holds something that is none"


def _is_zero(value: Any) -> bool:  # noqa: ANN401 - CBOR holds anything
    """Whether a value is bytes, or a list of numbers, that are all zero."""
    if isinstance(value, bytes):
        return value.count(0) == len(value)
    return isinstance(value, Sequence) and not isinstance(value, str) and not any(value)
