"""The gate: what is refused, what is not, and what a stranger could try."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import consent, credentials, fingerprint, imaging, watermark
from indelible.consent import ConsentGate, Decision, HashList, Override, Policy, SignedConsent
from indelible.credentials import (
    DevelopmentIdentity,
    Generator,
    ManifestRequest,
    SourceType,
    TrainingMining,
    Trust,
)
from indelible.errors import (
    ArgumentError,
    ImageError,
    OutputError,
    RegistryUnavailableError,
    UnsupportedImageError,
)
from indelible.imaging import Limits, xmp
from indelible.protection import Protector
from indelible.registry import ConsentRecord, SqlRegistry
from indelible.watermark import ALGORITHM, CONSENT_KEY, Key

Pixels = NDArray[np.uint8]
Lines = list[dict[str, Any]]
KEY = Key.from_bytes(bytes(range(32)))


class Down:
    """A registry of consents that cannot be reached."""

    def find(self, algorithm: str, consent_id: bytes) -> list[ConsentRecord]:
        raise RegistryUnavailableError("down")


def codes(decision: Decision) -> list[tuple[str, str, str]]:
    return [(one.kind, one.code, one.effect) for one in decision.findings]


def jpeg(pixels: Pixels, quality: int = 85, **metadata: Any) -> bytes:
    return imaging.encode(
        np.ascontiguousarray(pixels), "jpeg", quality=quality, metadata=imaging.Metadata(**metadata)
    )


@pytest.fixture
def lines() -> Lines:
    return []


@pytest.fixture
def gate(owners: SqlRegistry, lines: Lines) -> Callable[..., ConsentGate]:
    def make(**more: Any) -> ConsentGate:
        return ConsentGate(**{"registry": owners, "audit": lines.append, **more})

    return make


# --- the owner's photograph -----------------------------------------------------------------------


def test_a_signed_photograph_is_refused(
    signed: SignedConsent, reposted: bytes, gate: Callable[..., ConsentGate], lines: Lines
) -> None:
    decision = gate().check(signed.data)
    assert not decision.allowed
    assert ("manifest", "prohibited", "deny") in codes(decision)
    assert ("consent_mark", "registered", "deny") in codes(decision)
    assert ("metadata", "mining", "warn") in codes(decision)
    again = gate().check(reposted)
    assert codes(again) == [("consent_mark", "registered", "deny")]
    pixels = gate().check(imaging.decode(reposted).pixels)
    assert codes(pixels) == [("consent_mark", "registered", "deny")]
    assert [line["decision"] for line in lines] == ["denied"] * 3


def test_an_unmarked_photograph_passes(
    photographs: dict[str, Pixels], gate: Callable[..., ConsentGate], lines: Lines
) -> None:
    decision = gate(keys=KEY).check(jpeg(photographs["coffee"]))
    assert decision.allowed
    assert decision.code is None
    assert decision.findings == ()
    assert lines[0]["decision"] == "allowed"


def test_what_the_refused_is_told(
    signed: SignedConsent, reposted: bytes, gate: Callable[..., ConsentGate]
) -> None:
    """A reference, and no record; the same words whatever refused it."""
    pixels = imaging.decode(reposted).pixels
    listed = HashList("the secret list", [fingerprint.pdq(pixels).hash])
    for decision in (gate().check(reposted), gate(hash_lists=[listed]).check(reposted)):
        told = json.dumps(decision.to_dict())
        assert decision.code == "consent_denied"
        assert decision.reference in told
        for secret in ("secret list", signed.consent_id.hex(), "Ada", "registered", "listed"):
            assert secret not in told
        assert "consent_denied" in told


# --- marks and their records ----------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["deny", "allow"])
def test_an_id_that_nobody_holds(
    reposted: bytes, registry: SqlRegistry, gate: Callable[..., ConsentGate], answer: Any
) -> None:
    for given in (registry, None):
        decision = gate(registry=given, policy=Policy(unregistered=answer)).check(reposted)
        assert decision.allowed == (answer == "allow")
        assert [one[1] for one in codes(decision)] == ["unregistered"]


@pytest.mark.parametrize("answer", ["deny", "allow"])
def test_a_registry_that_is_down(
    reposted: bytes, gate: Callable[..., ConsentGate], answer: Any
) -> None:
    policy = Policy(unavailable=answer)
    decision = gate(registry=None, sources=[Down()], policy=policy).check(reposted)
    assert decision.allowed == (answer == "allow")
    assert [one[1] for one in codes(decision)] == ["unavailable"]


def test_a_record_that_holds_counts_although_another_registry_is_down(
    reposted: bytes, gate: Callable[..., ConsentGate]
) -> None:
    policy = Policy(unavailable="allow")
    decision = gate(sources=[Down()], policy=policy).check(reposted)
    assert [one[1:] for one in codes(decision)] == [("registered", "deny")]


def test_a_record_that_was_withdrawn_or_ended(
    signed: SignedConsent,
    reposted: bytes,
    registry: SqlRegistry,
    gate: Callable[..., ConsentGate],
) -> None:
    assert signed.record is not None
    ended = dataclasses.replace(signed.record, until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    registry.consents.put(ended)
    decision = gate(registry=registry).check(reposted)
    assert decision.allowed
    assert [one[1] for one in codes(decision)] == ["expired"]
    registry.consents.withdraw(ALGORITHM, signed.consent_id, reason="I allow it now")
    assert [one[1] for one in codes(gate(registry=registry).check(reposted))] == ["withdrawn"]
    # The manifest in the file itself still asks, until its owner signs another one.
    assert not gate(registry=registry).check(signed.data).allowed


def test_a_record_about_other_uses(
    signed: SignedConsent, reposted: bytes, registry: SqlRegistry, gate: Callable[..., ConsentGate]
) -> None:
    assert signed.record is not None
    training = {"cawg.ai_training": "notAllowed", "cawg.ai_inference": "allowed"}
    registry.consents.put(dataclasses.replace(signed.record, entries=training))
    assert codes(gate(registry=registry).check(reposted)) == [
        ("consent_mark", "other_uses", "warn")
    ]
    strict = gate(registry=registry, policy=Policy(mining="deny"))
    assert not strict.check(reposted).allowed


def test_a_transplanted_mark_refuses_nobodys_picture(
    signed: SignedConsent, photographs: dict[str, Pixels], gate: Callable[..., ConsentGate]
) -> None:
    for name in ("coffee", "motorcycle"):
        forged = watermark.embed(photographs[name], signed.consent_id, CONSENT_KEY)
        decision = gate().check(jpeg(forged))
        assert decision.allowed
        assert codes(decision) == [("consent_mark", "other_picture", "note")]


def test_a_second_mark_does_not_hide_the_first(
    reposted: bytes, registry: SqlRegistry, owners: SqlRegistry, gate: Callable[..., ConsentGate]
) -> None:
    """The key is public: somebody puts a louder mark of his own over it, whose record he ended."""
    own = bytes(7) + b"\1"
    ended = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    registry.consents.put(
        ConsentRecord(ALGORITHM, own, {"cawg.ai_inference": "notAllowed"}, "mine", until=ended)
    )
    pixels = imaging.decode(reposted).pixels
    covered = watermark.embed(pixels, own, CONSENT_KEY, strength="balanced")
    decision = gate(sources=[registry.consents]).check(jpeg(covered))
    assert not decision.allowed
    assert ("consent_mark", "registered", "deny") in codes(decision)


def test_a_corner_of_the_photograph_in_a_frame(
    signed: SignedConsent, photographs: dict[str, Pixels], gate: Callable[..., ConsentGate]
) -> None:
    """A crop whose border is another picture: two thirds of it are the owner's."""
    canvas = np.array(photographs["motorcycle"][:480, :480])
    canvas[40:440, 30:430] = imaging.decode(signed.data).pixels[112:, 112:]
    assert not gate().check(jpeg(canvas)).allowed


def test_under_a_generators_mark_whose_key_is_not_here(
    signed: SignedConsent, gate: Callable[..., ConsentGate]
) -> None:
    pixels = imaging.decode(signed.data).pixels
    other = watermark.embed(pixels, b"generate", Key.from_bytes(bytes(32)))
    decision = gate().check(jpeg(other[60:480, 40:500], 75))
    assert codes(decision) == [("consent_mark", "registered", "deny")]


def test_a_generators_record_that_prohibits(
    photographs: dict[str, Pixels],
    identity: DevelopmentIdentity,
    trust: Trust,
    registry: SqlRegistry,
    gate: Callable[..., ConsentGate],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    protector = Protector(signer=identity.signer, key=KEY, registry=registry, trust=trust)
    asks = ManifestRequest(
        credentials.new_manifest_id(), Generator("Acme"), training=TrainingMining()
    )
    made = protector.protect(photographs["coffee"], format="png", manifest=asks)
    screenshot = jpeg(imaging.decode(made.data).pixels[20:, 30:], 80)
    keen = gate(registry=registry, keys=KEY, trust=trust)
    assert ("generators_mark", "prohibited", "deny") in codes(keen.check(screenshot))
    assert not keen.check(imaging.decode(screenshot).pixels).allowed
    forged = watermark.embed(photographs["motorcycle"], made.payload, KEY)
    assert codes(keen.check(jpeg(forged))) == [("generators_mark", "other_picture", "note")]
    silent = protector.protect(photographs["rocket"], format="png")
    assert keen.check(silent.data).allowed

    def down(*_: object, **__: object) -> None:
        raise RegistryUnavailableError("down")

    monkeypatch.setattr(SqlRegistry, "find", down)
    assert codes(keen.check(screenshot)) == [("generators_mark", "unavailable", "deny")]


# --- manifests ------------------------------------------------------------------------------------


def asking(
    pixels: Pixels, identity: DevelopmentIdentity, uses: TrainingMining | None, **more: Any
) -> bytes:
    request = ManifestRequest(
        credentials.new_manifest_id(),
        Generator("Editor"),
        source_type=SourceType.HUMAN_EDITED,
        training=uses,
        **more,
    )
    return credentials.sign(jpeg(pixels), request, identity.signer).data


@pytest.mark.parametrize(
    ("uses", "effects"),
    [
        (TrainingMining(), {"deny", "warn"}),
        (
            TrainingMining(None, None, None, None, {"org.indelible.likeness": "notAllowed"}),
            {"deny"},
        ),
        (TrainingMining("constrained", None, None, None), {"deny"}),  # without saying how
        (TrainingMining("allowed", "notAllowed", None, None), {"warn"}),
        (TrainingMining("allowed", "allowed", "allowed", "allowed"), set()),
    ],
)
def test_what_a_manifest_says(
    photograph: Pixels,
    identity: DevelopmentIdentity,
    gate: Callable[..., ConsentGate],
    uses: TrainingMining,
    effects: set[str],
) -> None:
    decision = gate().check(asking(photograph, identity, uses))
    assert {one.effect for one in decision.findings} == effects
    assert decision.allowed == ("deny" not in effects)


@pytest.mark.parametrize(
    ("label", "data", "allowed"),
    [
        ("c2pa.training-mining", {"entries": {"c2pa.ai_inference": {"use": "notAllowed"}}}, False),
        ("c2pa.training-mining", {"c2pa.ai_inference": {"use": "notAllowed"}}, False),  # flat
        (
            "cawg.training-mining",
            {"entries": {"cawg.ai_inference": {"use": "constrained", "constraint_info": "ask"}}},
            True,
        ),
        ("cawg.training-mining", {"entries": {"cawg.ai_inference": {"use": "nope"}}}, False),
        ("cawg.training-mining", {"entries": []}, True),
        ("cawg.training-mining", {"entries": {"cawg.ai_inference": "notAllowed"}}, True),
    ],
)
def test_older_and_odd_forms(
    photograph: Pixels,
    identity: DevelopmentIdentity,
    gate: Callable[..., ConsentGate],
    label: str,
    data: dict[str, Any],
    allowed: bool,
) -> None:
    given = (credentials.Assertion(label, data),)
    decision = gate().check(asking(photograph, identity, None, assertions=given))
    assert decision.allowed is allowed


def test_the_history_counts_and_its_signer_alone_takes_it_back(
    photograph: Pixels,
    identity: DevelopmentIdentity,
    other_identity: DevelopmentIdentity,
    trust: Trust,
    gate: Callable[..., ConsentGate],
) -> None:
    parent = asking(photograph, identity, TrainingMining())
    allows = TrainingMining("allowed", "allowed", "allowed", "allowed")

    def edited(uses: TrainingMining | None, signer: DevelopmentIdentity) -> bytes:
        request = ManifestRequest(
            credentials.new_manifest_id(),
            Generator("Editor"),
            source_type=SourceType.HUMAN_EDITED,
            training=uses,
        )
        signed = credentials.sign(
            jpeg(photograph, 80), request, signer.signer, parent=parent, trust=trust
        )
        return signed.data

    assert not gate(trust=trust).check(edited(None, other_identity)).allowed
    assert not gate(trust=trust).check(edited(allows, other_identity)).allowed
    assert not gate().check(edited(allows, identity)).allowed  # nobody vouches for the signer
    assert gate(trust=trust).check(edited(allows, identity)).allowed


def test_only_trusted_signers_where_the_policy_says_so(
    photograph: Pixels,
    identity: DevelopmentIdentity,
    trust: Trust,
    gate: Callable[..., ConsentGate],
) -> None:
    data = asking(photograph, identity, TrainingMining())
    policy = Policy(signers="trusted")
    assert gate(policy=policy).check(data).allowed
    assert not gate(policy=policy, trust=trust).check(data).allowed


# --- metadata, headers, lists ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "prohibits"),
    [
        ("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED", True),
        ("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-GENAIMLTRAINING", True),
        ("DMI-PROHIBITED-AIMLTRAINING", True),
        ("Prohibited for AI/ML training", True),
        ("http://ns.useplus.org/ldf/vocab/DMI-ALLOWED", False),
        ("DMI-UNSPECIFIED", False),
        ("Unspecified - no prohibition defined", False),
    ],
)
def test_plus_data_mining(
    photograph: Pixels, gate: Callable[..., ConsentGate], value: str, prohibits: bool
) -> None:
    data = jpeg(photograph, xmp=xmp.with_properties(None, {xmp.DATA_MINING: value}))
    decision = gate().check(data)
    assert decision.allowed
    assert bool(decision.warnings) is prohibits
    assert gate(policy=Policy(mining="deny")).check(data).allowed is not prohibits


@pytest.mark.parametrize(
    ("headers", "prohibits"),
    [
        ({"content-usage": "train-ai=n"}, True),
        ({"Content-Usage": 'search=y, note="a, train-ai=y", train-ai=n;x=1'}, True),
        ({"Content-Usage": "train-ai=n, train-ai=y"}, False),
        ({"Content-Usage": "train-ai"}, False),
        ({"TDM-Reservation": "1"}, True),
        ({"tdm-reservation": "0"}, False),
        ({"X-Robots-Tag": "noindex, noimageai"}, True),
        ({"Content-Usage": "," * 1_000_000}, False),
        ({"Content-Usage": '"' * 1_000_000}, False),
    ],
)
def test_headers(
    photograph: Pixels,
    gate: Callable[..., ConsentGate],
    headers: dict[str, str],
    prohibits: bool,
) -> None:
    decision = gate().check(photograph[:64, :64], headers=headers)
    assert bool(decision.warnings) is prohibits


def test_a_listed_picture_is_refused_turned_or_mirrored_and_whoever_asks(
    photographs: dict[str, Pixels], gate: Callable[..., ConsentGate], lines: Lines
) -> None:
    pixels = photographs["coffee"]
    listed = gate(
        hash_lists=[HashList("victims", [fingerprint.pdq(pixels).hash])],
        policy=Policy(override_scopes=frozenset({"consent:override"})),
    )
    for seen in (pixels, np.rot90(pixels), pixels[:, ::-1], pixels[::2, ::2]):
        assert codes(listed.check(jpeg(seen, 60))) == [("listed", "listed", "deny")]
    assert listed.check(jpeg(photographs["rocket"])).allowed
    please = Override("consent:override", "I may", "root")
    decision = listed.check(jpeg(pixels), override=please)
    assert not decision.allowed
    assert codes(decision)[-1] == ("override", "refused", "note")
    assert "victims" in json.dumps(lines[0])  # the operator knows which


def test_a_flat_picture_matches_no_list(gate: Callable[..., ConsentGate]) -> None:
    flat = np.full((64, 64, 3), 200, np.uint8)
    assert gate(hash_lists=[HashList("x", [fingerprint.pdq(flat).hash])]).check(flat).allowed


# --- overriding, audit, errors --------------------------------------------------------------------


def test_an_override_needs_its_scope_and_stays_on_record(
    reposted: bytes, gate: Callable[..., ConsentGate], lines: Lines
) -> None:
    please = Override("consent:override", "the owner asked for it by phone", "Grace")
    refused = gate().check(reposted, override=please)
    assert not refused.allowed
    policy = Policy(override_scopes=frozenset({"consent:override"}))
    decision = gate(policy=policy).check(reposted, override=please)
    assert decision.allowed
    assert decision.overridden
    assert lines[1]["by"] == "Grace"
    assert lines[1]["reason"] == please.reason
    assert lines[1]["overridden"] is True
    with pytest.raises(ArgumentError):
        Override("consent:override", " ", "Grace")


def test_a_line_for_each_decision_without_pixels(
    reposted: bytes, gate: Callable[..., ConsentGate], tmp_path: Path, registry: SqlRegistry
) -> None:
    path = tmp_path / "audit.jsonl"
    decision = gate(audit=path).check(reposted)
    (line,) = [json.loads(one) for one in path.read_text().splitlines()]
    assert line["reference"] == decision.reference
    assert line["policy"] == Policy().version
    assert len(line["pdq"]) == 64
    assert len(line["sha256"]) == 64
    assert len(path.read_bytes()) < 2000
    assert path.stat().st_mode & 0o077 == 0
    gate(audit=registry.audit).check(reposted)
    (entry,) = registry.audit.entries()
    assert (entry.action, entry.actor) == ("consent gate", "gate")


def test_nothing_passes_without_its_line(
    photograph: Pixels, gate: Callable[..., ConsentGate], tmp_path: Path
) -> None:
    with pytest.raises(OutputError):
        gate(audit=tmp_path / "missing" / "audit.jsonl").check(photograph)


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(100), b"<svg xmlns='x'/>", b"%PDF-1.7"],
)
def test_what_is_no_picture(data: bytes, gate: Callable[..., ConsentGate], lines: Lines) -> None:
    with pytest.raises(ImageError):
        gate().check(data)
    assert [line["decision"] for line in lines] == ["unreadable"]


def test_what_is_too_large_or_moves(
    photograph: Pixels, gate: Callable[..., ConsentGate], tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415

    with pytest.raises(ImageError):
        gate(policy=Policy(limits=Limits(max_pixels=1000))).check(jpeg(photograph))
    frames = [Image.fromarray(photograph[:64, :64]), Image.fromarray(photograph[64:128, :64])]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedImageError):
        gate().check(tmp_path / "a.gif")


@pytest.mark.parametrize(
    "wrong", [{"policy": 1}, {"hash_lists": [1]}, {"keys": "x"}, {"registry": 1}]
)
def test_arguments_of_a_gate(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        ConsentGate(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signers": "x"}, {"unregistered": "x"}, {"mining": "x"}, {"hash_distance": 32},
        {"effort": "x"},
    ],
)  # fmt: skip
def test_arguments_of_a_policy(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        Policy(**wrong)


def test_a_policy_has_a_version() -> None:
    assert Policy().version == Policy().version
    assert Policy().version != Policy(mining="deny").version
    assert pickle.loads(pickle.dumps(Policy())) == Policy()
    assert consent.EDITING[0] == "cawg.ai_inference"
