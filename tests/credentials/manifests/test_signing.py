"""Signing and reading back: the two halves that must agree."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import c2pa
import pytest

from indelible.credentials import (
    Assertion,
    CallbackSigner,
    DevelopmentIdentity,
    Generator,
    PemSigner,
    SourceType,
    Trust,
    has_manifest,
    read,
    sign,
)
from indelible.credentials.manifests._c2pa import _signers
from indelible.errors import (
    ManifestError,
    SigningError,
    UnreadableImageError,
)
from indelible.verification.verdict import CHANGED
from tests.credentials.conftest import ALGORITHM, PAYLOAD, make_request, picture

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_the_library_has_the_security_fixes_of_october_2026() -> None:
    assert tuple(int(part) for part in c2pa.sdk_version().split(".")) >= (0, 91, 1)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "gif", "avif"])
def test_what_was_signed_reads_back_trusted(
    kind: str, identity: DevelopmentIdentity, trust: Trust
) -> None:
    request = make_request()
    signed = sign(picture(kind), request, identity.signer)
    report = read(signed.data, trust=trust)
    assert (report.state, report.failures, report.development) == ("trusted", (), True)
    assert report.manifest_id == request.manifest_id == signed.manifest_id
    assert report.generator == "Acme Images 2.1"
    assert report.source_type == "trainedAlgorithmicMedia"
    assert [item.action for item in report.actions] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert [item.names(ALGORITHM, PAYLOAD) for item in report.soft_bindings] == [True]
    assert report.time == request.timestamp
    assert not report.timestamped
    assert report.embedded


def test_an_abuse_contact_is_signed_and_reported(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    generator = Generator("Acme Images", abuse_contact="https://acme.example/abuse")
    signed = sign(picture(), make_request(generator=generator), identity.signer)
    report = read(signed.data, trust=trust)
    assert report.manifest is not None
    assert report.manifest.abuse_contact == "https://acme.example/abuse"
    assert report.to_dict()["manifest"]["abuse_contact"] == "https://acme.example/abuse"
    for contact in ("nobody", "javascript:alert(1)", "http://acme.example", ""):
        with pytest.raises(ManifestError, match="abuse contact"):
            Generator("Acme", abuse_contact=contact)


def test_a_foreign_abuse_contact_that_is_none_is_not_reported(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    forged = Assertion("org.indelible.generation", {"abuseContact": "javascript:alert(1)"})
    request = make_request(generator=Generator("Acme"), assertions=(forged,))
    report = read(sign(picture(), request, identity.signer).data, trust=trust)
    assert report.manifest is not None
    assert report.manifest.abuse_contact is None


def test_an_unknown_signer_leaves_the_picture_valid_but_not_trusted(
    identity: DevelopmentIdentity, other_identity: DevelopmentIdentity
) -> None:
    signed = sign(picture(), make_request(), identity.signer)
    for trust in (Trust.official(), Trust.nobody(), other_identity.trust()):
        report = read(signed.data, trust=trust)
        assert report.state == "valid"
        assert not report.signer_trusted
        assert not report.development
        assert [item.code for item in report.failures] == ["signingCredential.untrusted"]


def test_a_changed_picture_is_invalid_and_says_that_only_the_picture_changed(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    signed = sign(picture(), make_request(), identity.signer)
    changed = bytearray(signed.data)
    changed[-20] ^= 1
    report = read(bytes(changed), trust=trust)
    assert report.state == "invalid"
    assert report.changed_only
    assert report.signer_trusted
    assert report.reasons[0] == CHANGED


@pytest.mark.parametrize("original", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("repost", ["jpeg", "png", "webp"])
def test_a_recovered_manifest_is_changed_only(
    original: str, repost: str, identity: DevelopmentIdentity, trust: Trust
) -> None:
    signed = sign(picture(original), make_request(), identity.signer)
    report = read(picture(repost, seed=1), trust=trust, manifest_store=signed.manifest_store)
    assert report.state == "invalid"
    assert report.changed_only
    assert report.signer_trusted
    assert not report.embedded


def test_a_history_that_was_tampered_with_is_found_where_it_is(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), make_request(title="Old title"), identity.signer)
    second = sign(first.data, make_request(), identity.signer)
    assert b"Old title" in second.data
    report = read(second.data.replace(b"Old title", b"New title"), trust=trust)
    assert report.state == "invalid"
    assert not report.changed_only
    assert report.ingredient_failures or report.failures
    assert any("changed" in reason or "fit" in reason for reason in report.reasons)


def test_a_tampered_store_is_not_changed_only(identity: DevelopmentIdentity, trust: Trust) -> None:
    signed = sign(picture(), make_request(), identity.signer)
    store = signed.manifest_store.replace(b"Acme Images", b"Evil Images")
    report = read(picture(seed=1), trust=trust, manifest_store=store)
    assert report.state == "invalid"
    assert not report.changed_only


def test_the_history_of_a_signed_picture_is_kept(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), make_request(), identity.signer)
    again = sign(first.data, make_request(), identity.signer)
    other = sign(picture("png", seed=3), make_request(), identity.signer, parent=again.data)
    report = read(other.data, trust=trust)
    assert report.state == "trusted"
    chain = [report.manifest_id]
    ingredients = report.ingredients
    while ingredients:
        assert [item.relationship for item in ingredients] == ["parentOf"]
        manifest = ingredients[0].manifest
        assert manifest is not None
        chain.append(manifest.manifest_id)
        ingredients = manifest.ingredients
    assert chain == [other.manifest_id, again.manifest_id, first.manifest_id]
    assert [item.action for item in report.actions] == ["c2pa.opened", "c2pa.watermarked.bound"]


def test_a_recovered_manifest_becomes_the_parent(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    first = sign(picture(), make_request(), identity.signer)
    stripped = picture(seed=2)
    again = sign(stripped, make_request(), identity.signer, parent_store=first.manifest_store)
    report = read(again.data, trust=trust)
    assert report.state == "trusted"
    parent = report.ingredients[0]
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id
    assert {item.code for item in parent.failures} == {"assertion.dataHash.mismatch"}
    assert {item.code for item in report.ingredient_failures} == {"assertion.dataHash.mismatch"}


def test_of_two_histories_none_is_lost(identity: DevelopmentIdentity, trust: Trust) -> None:
    first = sign(picture(), make_request(), identity.signer)
    second = sign(first.data, make_request(), identity.signer)
    stranger = sign(picture(seed=5), make_request(), identity.signer)
    for parent in (first.data, picture(seed=7)):  # in the history already, or without one
        signed = sign(second.data, make_request(), identity.signer, parent=parent)
        manifest = read(signed.data, trust=trust).ingredients[0].manifest
        assert manifest is not None
        assert manifest.manifest_id == second.manifest_id
    with pytest.raises(ManifestError, match="another history"):
        sign(second.data, make_request(), identity.signer, parent=stranger.data)
    with pytest.raises(ManifestError, match="another history"):
        sign(
            second.data,
            make_request(),
            identity.signer,
            parent_store=stranger.manifest_store,
        )


def test_an_unsigned_original_is_the_parent_of_an_edit_but_not_of_a_generated_picture(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    original, edited = picture("png"), picture(seed=1)
    request = make_request(source_type=SourceType.AI_EDITED)
    report = read(sign(edited, request, identity.signer, parent=original).data, trust=trust)
    assert [item.action for item in report.actions][:2] == ["c2pa.opened", "c2pa.edited"]
    assert report.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert [item.relationship for item in report.ingredients] == ["parentOf"]
    generated = sign(edited, make_request(), identity.signer, parent=original)
    assert read(generated.data, trust=trust).ingredients == ()


def test_a_history_that_cannot_be_read_is_not_dropped_in_silence(
    identity: DevelopmentIdentity,
) -> None:
    signed = bytearray(sign(picture(), make_request(), identity.signer).data)
    start = signed.index(b"jumd") + 30
    signed[start : start + 40] = bytes(40)
    with pytest.raises(ManifestError, match="cannot be read"):
        sign(bytes(signed), make_request(), identity.signer)


def test_a_signer_that_fails_keeps_its_own_exception(identity: DevelopmentIdentity) -> None:
    def broken(data: bytes) -> bytes:
        raise ConnectionError("the key service is down")

    signer = CallbackSigner(identity.signer.certificates, broken)
    with pytest.raises(SigningError, match="key service is down") as caught:
        sign(picture(), make_request(), signer)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a_signature_by_the_wrong_key_is_refused(
    identity: DevelopmentIdentity, other_identity: DevelopmentIdentity
) -> None:
    signer = CallbackSigner(identity.signer.certificates, other_identity.signer.sign)
    with pytest.raises((SigningError, ManifestError)):
        sign(picture(), make_request(), signer)


def test_formats_and_bytes_that_carry_nothing(identity: DevelopmentIdentity) -> None:
    assert read(picture()).state == "absent"
    assert read(b"").state == "unreadable"
    assert read(b"hello").state == "unreadable"
    assert read(picture(), manifest_store=b"").state == "unreadable"
    assert read(picture(), manifest_store=b"junk" * 9).state == "unreadable"
    assert not has_manifest(picture())
    assert has_manifest(sign(picture(), make_request(), identity.signer).data)
    assert not has_manifest(b"hello")
    with pytest.raises(UnreadableImageError):
        sign(b"hello", make_request(), identity.signer)


def test_text_from_a_manifest_is_safe_to_print(identity: DevelopmentIdentity, trust: Trust) -> None:
    name = "A\x1b[31m\u202e\n" + "x" * 2000
    request = make_request(generator=Generator(name))
    report = read(sign(picture(), request, identity.signer).data, trust=trust)
    assert report.generator is not None
    assert len(report.generator) <= 500
    assert report.generator.isprintable()


def test_threads_share_contexts(identity: DevelopmentIdentity, trust: Trust) -> None:
    barrier = threading.Barrier(4)

    def work(seed: int) -> str:
        barrier.wait()
        data = sign(picture(seed=seed), make_request(), identity.signer).data
        return read(data, trust=trust).state

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == ["trusted"] * 4


def _read_state(data: bytes, trust: Trust) -> str:
    return read(data, trust=trust).state


def test_a_forked_child_makes_its_own_context(identity: DevelopmentIdentity, trust: Trust) -> None:
    data = sign(picture(), make_request(), identity.signer).data
    assert _read_state(data, trust) == "trusted"
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(_read_state, (data, trust)) == "trusted"


def test_a_forked_child_signs_with_its_parents_key(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    def work() -> None:
        data = sign(picture(), make_request(), identity.signer).data
        sys.exit(0 if _read_state(data, trust) == "trusted" else 1)

    sign(picture(), make_request(), identity.signer)
    for _ in range(2):
        child = get_context("fork").Process(target=work)
        child.start()
        child.join(60)
        assert child.exitcode == 0
    signed = sign(picture(), make_request(), identity.signer)
    assert _read_state(signed.data, trust) == "trusted"


def test_many_threads_sign_with_one_key(identity: DevelopmentIdentity, trust: Trust) -> None:
    signer = _own_signer(identity)  # none has signed with it

    def work(seed: int) -> str:
        data = sign(picture(seed=seed), make_request(), signer).data
        return _read_state(data, trust)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == ["trusted"] * 40


def test_a_signer_that_was_changed_signs_as_it_is_now(
    identity: DevelopmentIdentity, trust: Trust
) -> None:
    signer = _own_signer(identity)
    sign(picture(), make_request(), signer)
    signer.timestamp_url = "http://127.0.0.1:9/"  # nobody answers
    with pytest.raises(SigningError, match="time-stamp authority"):
        sign(picture(), make_request(), signer)
    signer.timestamp_url = None
    with pytest.raises(UnreadableImageError):
        sign(b"hello", make_request(), signer)
    signed = sign(picture(), make_request(), signer)
    assert _read_state(signed.data, trust) == "trusted"


def test_the_librarys_copy_of_a_key_goes_with_the_signer(identity: DevelopmentIdentity) -> None:
    signer = _own_signer(identity)
    sign(picture(), make_request(), signer)
    copy = weakref.ref(_signers[signer][1])
    assert copy() is not None
    del signer
    gc.collect()
    assert copy() is None


def _own_signer(identity: DevelopmentIdentity) -> PemSigner:
    return PemSigner(identity.signer.certificates, identity.signer.pkcs8())
