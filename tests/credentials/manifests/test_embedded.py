"""A picture is walked once and its manifest store checked once, however many steps ask for it."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable
from functools import cached_property

import pytest

from benchmarks.security.fillings import container
from indelible.credentials import (
    DevelopmentIdentity,
    Trust,
    extract_store,
    has_manifest,
    read,
    sign,
)
from indelible.credentials.manifests import _c2pa, embedded
from indelible.credentials.store.opening import open_store
from indelible.errors import ManifestError, UnreadableImageError
from indelible.imaging import ImageFile
from tests.credentials.conftest import make_request, picture

Work = dict[str, Counter[bytes]]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Count walks of files, checks of stores and readings by the library, by what they were of."""
    counted: Work = {"located": Counter(), "opened": Counter(), "read": Counter()}

    def counting(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def count(given: bytes | ImageFile, *rest: object) -> object:
            counted[name][given.data if isinstance(given, ImageFile) else given] += 1
            return real(given, *rest)

        return count

    walk = cached_property(counting("located", vars(ImageFile)["manifest"].func))
    walk.__set_name__(ImageFile, "manifest")
    monkeypatch.setattr(ImageFile, "manifest", walk)
    monkeypatch.setattr(embedded, "open_store", counting("opened", open_store))
    monkeypatch.setattr(_c2pa, "read", counting("read", _c2pa.read))
    return counted


def test_what_protect_does_reads_each_file_once(work: Work, identity: DevelopmentIdentity) -> None:
    """Ask whether there is a manifest, read it, and carry it on into another file's."""
    before = sign(picture(), make_request(), identity.signer)
    for counter in work.values():
        counter.clear()
    image, marked = ImageFile(before.data), picture(seed=1)
    assert has_manifest(image)
    after = sign(marked, make_request(), identity.signer, parent=image)
    assert work["located"] == {before.data: 1, marked: 1, after.data: 1}
    assert work["opened"] == {before.manifest_store: 1, after.manifest_store: 1}
    assert work["read"] == {before.data: 1, after.data: 1}


def test_what_verify_does_reads_each_file_once(
    work: Work, identity: DevelopmentIdentity, trust: Trust
) -> None:
    """Read a picture's own manifest, then the one that a registry holds for it: the same one."""
    signed = sign(picture(), make_request(), identity.signer)
    for counter in work.values():
        counter.clear()
    image = ImageFile(signed.data)
    assert read(image, trust=trust).state == "trusted"
    assert read(image, trust=trust, manifest_store=signed.manifest_store).state == "trusted"
    assert extract_store(image) == signed.manifest_store
    assert work["located"] == {signed.data: 1}
    assert work["opened"] == {signed.manifest_store: 1}


def test_a_picture_signed_again_is_read_once(work: Work, identity: DevelopmentIdentity) -> None:
    signed = sign(picture(), make_request(), identity.signer)
    for counter in work.values():
        counter.clear()
    again = sign(signed.data, make_request(), identity.signer)
    for counter in work.values():
        assert set(counter.values()) == {1}
    assert set(work["read"]) == {signed.data, again.data}


def test_a_manifest_that_cannot_be_read_is_tried_once(
    work: Work, identity: DevelopmentIdentity
) -> None:
    plain = picture("png")
    damaged = ImageFile(plain[:33] + container("png", b"\0\0\0\x09jumbx") + plain[33:])
    assert has_manifest(damaged)
    assert read(damaged).state == "unreadable"
    with pytest.raises(ManifestError):
        extract_store(damaged)
    with pytest.raises(ManifestError, match="cannot be read"):
        sign(damaged, make_request(), identity.signer)
    assert set(work["located"].values()) == {1}
    assert set(work["opened"].values()) == {1}


def test_another_store_is_read_whatever_the_picture_holds(identity: DevelopmentIdentity) -> None:
    one = sign(picture(), make_request(), identity.signer)
    other = sign(picture(), make_request(), identity.signer)
    image = ImageFile(one.data)
    assert read(image).manifest_id == one.manifest_id
    assert read(image, manifest_store=other.manifest_store).manifest_id == other.manifest_id
    assert read(image).manifest_id == one.manifest_id


def test_what_was_found_goes_with_the_picture(identity: DevelopmentIdentity) -> None:
    image = ImageFile(sign(picture(), make_request(), identity.signer).data)
    found = weakref.ref(image)
    gc.collect()  # earlier tests' pictures
    held = len(embedded._found)
    read(image)
    assert len(embedded._found) == held + 1
    del image
    gc.collect()
    assert found() is None
    assert len(embedded._found) == held


def test_bytes_that_are_no_picture_hold_nothing(identity: DevelopmentIdentity) -> None:
    assert not has_manifest(b"hello")
    assert read(b"hello").state == "unreadable"
    with pytest.raises(UnreadableImageError):
        extract_store(b"hello")
    store = sign(picture(), make_request(), identity.signer).manifest_store
    assert read(b"hello", manifest_store=store).state == "unreadable"
