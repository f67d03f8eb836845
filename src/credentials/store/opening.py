"""A manifest store, checked as a whole before the C2PA library sees it.

The library's work grows with the square of some counts, and it gives memory to whatever a length
announces. So there are limits here on counts and depths, not only on sizes; they lie well above
what real files have. Compressed manifests cannot be looked into and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509

from indelible.credentials.store.cbor import check_cbor, decode_cbor
from indelible.credentials.store.cose import CoseSignature, parse_signature
from indelible.credentials.store.jumbf import Box, read_boxes
from indelible.imaging import MAX_STORE

__all__ = ["Manifest", "Store", "open_store", "signatures", "signing_chains"]

_MAX_MANIFESTS: Final = 256
_MAX_SIGNATURE: Final = 512 * 1024  # bytes, certificates and time stamp included
_MAX_ASSERTIONS: Final = 512  # in one manifest
_MAX_PARTS: Final = 2_048  # assertions and their like, in the whole store
_MAX_INGREDIENTS: Final = 256
# An item of CBOR takes the library about 10 microseconds, and others count in proportion.
_MAX_ITEMS: Final = 80_000
_BYTES_PER_ITEM: Final = 6  # the library writes byte strings out as lists of numbers
_JSON_PER_ITEM: Final = 12

_FORM_TAIL: Final = bytes.fromhex("00110010800000aa00389b71")  # how C2PA's content types end
_STORE: Final = b"c2pa" + _FORM_TAIL
_UPDATE: Final = b"c2um" + _FORM_TAIL
_MANIFESTS: Final = frozenset(name + _FORM_TAIL for name in (b"c2ma", b"c2um", b"c2md"))
_COMPRESSED: Final = b"c2cm" + _FORM_TAIL
_SIGNATURE: Final = "c2pa.signature"
_ASSERTIONS: Final = "c2pa.assertions"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest: its label, whether it is an update, its assertions and its signature.

    Assertions are (label, content boxes); `signature` is the CBOR of a COSE_Sign1 structure.
    """

    label: str
    is_update: bool
    assertions: tuple[tuple[str, tuple[Box, ...]], ...]
    signature: bytes


@dataclass(frozen=True, slots=True)
class Store:
    """A manifest store that passed every check."""

    data: bytes = field(repr=False)
    manifests: tuple[Manifest, ...]

    @property
    def active(self) -> Manifest:
        """The manifest that is about the picture: the last one."""
        return self.manifests[-1]

    def content(self, boxes: tuple[Box, ...]) -> Any:  # noqa: ANN401 - CBOR holds anything
        """Return what an assertion of one CBOR box says; None if it is none."""
        if len(boxes) != 1 or boxes[0].kind != b"cbor":
            return None
        return decode_cbor(self.data[boxes[0].content : boxes[0].end])


def open_store(data: bytes) -> Store:
    """Check a manifest store.

    Raises
    ------
    ValueError
        If it is malformed, compressed, or over a limit.
    """
    if len(data) > MAX_STORE:
        raise ValueError("it is too large")
    size = int.from_bytes(data[:4], "big")
    if 8 <= size < len(data) and data.count(0, size) == len(data) - size:
        data = data[:size]  # writers may leave room behind it
    boxes = read_boxes(data)
    if boxes[0].form != _STORE:
        raise ValueError("it is no manifest store")
    _check_contents(data, boxes)
    manifests = tuple(_manifests(data, boxes))
    if not manifests:
        raise ValueError("there is no manifest in it")
    if len(manifests) > _MAX_MANIFESTS:
        raise ValueError("it has too many manifests")
    labels = [label for item in manifests for label, _ in item.assertions]
    most = max(len(item.assertions) for item in manifests)
    if most > _MAX_ASSERTIONS or sum(box.depth == 3 for box in boxes) > _MAX_PARTS:
        raise ValueError("it has too many assertions")
    if sum(label.startswith("c2pa.ingredient") for label in labels) > _MAX_INGREDIENTS:
        raise ValueError("it has too many ingredients")
    return Store(data, manifests)


def _check_contents(data: bytes, boxes: list[Box]) -> None:
    """Check every CBOR box, and that all of them together, and the JSON, can be read quickly."""
    left = _MAX_ITEMS
    label: str | None = None
    for box in boxes:
        label = box.label if box.kind == b"jumb" else label
        if box.kind == b"cbor":
            # A signature's bytes are mostly padding, and are not written out.
            item_bytes = None if label == _SIGNATURE else _BYTES_PER_ITEM
            if item_bytes is None and box.end - box.content > _MAX_SIGNATURE:
                raise ValueError("a signature in it is too large")
            left -= check_cbor(data, box.content, box.end, left, item_bytes=item_bytes)
        elif box.kind == b"json":
            left -= (box.end - box.content) // _JSON_PER_ITEM
        if left < 0:
            raise ValueError("it has too many parts")


def _manifests(data: bytes, boxes: list[Box]) -> Iterator[Manifest]:
    """Yield the manifests, in the order in which they stand."""
    at = 1
    while at < len(boxes):
        box = boxes[at]
        inside = at + 1
        while inside < len(boxes) and boxes[inside].depth > 1:
            inside += 1
        if box.form == _COMPRESSED:
            raise ValueError("it is compressed, and compressed manifests are not read")
        if box.form not in _MANIFESTS:
            if box.kind != b"free":
                raise ValueError("it holds something that is no manifest")
        else:
            yield _manifest(data, box, boxes[at + 1 : inside])
        at = inside


def _manifest(data: bytes, box: Box, inside: list[Box]) -> Manifest:
    assertions: list[tuple[str, tuple[Box, ...]]] = []
    signature = b""
    part = ""  # the label of the superbox in the manifest that the next boxes belong to
    content: list[Box] = []
    for item in inside:
        if item.depth == 2:
            part = item.label or ""
        elif part == _ASSERTIONS and item.depth == 3:
            content = []
            assertions.append((item.label or "", ()))
        elif part == _ASSERTIONS and item.depth == 4:
            content.append(item)
            assertions[-1] = (assertions[-1][0], tuple(content))
        elif part == _SIGNATURE and item.kind == b"cbor":
            signature = data[item.content : item.end]
    return Manifest(box.label or "", box.form == _UPDATE, tuple(assertions), signature)


def signatures(store: Store, only: str | None = None) -> dict[str, CoseSignature]:
    """Return each manifest's signature by the manifest's label.

    Where two could be meant, because a label is there twice, the signature is an empty one.

    Parameters
    ----------
    store : Store
        The manifest store.
    only : str, optional
        Label of the one manifest that is wanted; the signatures of the others are empty.
    """
    found: dict[str, CoseSignature] = {}
    for item in store.manifests:
        wanted = item.label not in found and only in (None, item.label)
        found[item.label] = parse_signature(item.signature) if wanted else CoseSignature()
    return found


def signing_chains(store: bytes) -> dict[str, list[x509.Certificate]]:
    """Return the certificates in each manifest's signature, the signer's first, by manifest label.

    A store that `open_store` refuses has none, and a chain that cannot be read for sure is empty.
    """
    try:
        found = signatures(open_store(store))
    except ValueError:
        return {}
    return {label: list(signature.chain) for label, signature in found.items()}
