"""What manifests say about AI, from the active one and from its history."""

from __future__ import annotations

import pytest

from indelible.credentials import (
    Action,
    AiClaim,
    CredentialReport,
    DevelopmentIdentity,
    Finding,
    IngredientReport,
    ManifestReport,
    SourceType,
    Trust,
    ai_claims,
    read,
    sign,
)
from indelible.credentials.manifests.status import explain
from tests.credentials.conftest import make_request, picture

GENERATED = "trainedAlgorithmicMedia"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
CAPTURED = "digitalCapture"


def manifest(
    *actions: tuple[str, str | None],
    ingredients: tuple[IngredientReport, ...] = (),
    **fields: str | tuple[str, ...] | None,
) -> ManifestReport:
    steps = tuple(Action(action, source_type=source) for action, source in actions)
    return ManifestReport(
        "urn:c2pa:1", "Acme 2", actions=steps, ingredients=ingredients, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def report(
    body: ManifestReport | None, *, trusted: bool = True, integrity: str = "intact"
) -> CredentialReport:
    state = "trusted" if trusted else "valid"
    return CredentialReport(state, integrity, manifest=body, signer_trusted=trusted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (manifest(("c2pa.created", GENERATED)), "generated"),
        (manifest(("c2pa.created", "trainedAlgorithmicData")), "generated"),
        (manifest(("c2pa.created", COMPOSITE)), "edited"),
        (manifest(("c2pa.opened", None), ("c2pa.edited", GENERATED)), "edited"),
        (manifest(("c2pa.created", CAPTURED), ("c2pa.placed", GENERATED)), "edited"),
        (manifest(("c2pa.edited", COMPOSITE), ("c2pa.created", GENERATED)), "generated"),
        (manifest(metadata_source_type=GENERATED), "generated"),
        (manifest(metadata_source_type=COMPOSITE), "edited"),
        (manifest(assertions=("c2pa.ai-disclosure",)), None),
    ],
)
def test_what_is_said(body: ManifestReport, kind: str | None) -> None:
    assert ai_claims(report(body)) == (
        AiClaim(True, kind, "Acme 2", "manifest", "trusted"),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "body",
    [
        None,
        manifest(),
        manifest(("c2pa.created", CAPTURED)),
        manifest(("c2pa.created", "algorithmicMedia")),
        manifest(("c2pa.created", None), assertions=("cawg.training-mining",)),
        ManifestReport("urn:c2pa:2", "com.adobe.firefly"),
    ],
)
def test_what_is_not_said(body: ManifestReport | None) -> None:
    assert ai_claims(report(body)) == ()


@pytest.mark.parametrize(
    ("integrity", "trusted", "standing"),
    [
        ("intact", True, "trusted"),
        ("intact", False, "untrusted"),
        ("broken", True, "broken"),
        ("changed", True, "broken"),
    ],
)
def test_how_far_it_is_believed(integrity: str, trusted: bool, standing: str) -> None:
    body = manifest(("c2pa.created", GENERATED))
    assert [
        claim.standing for claim in ai_claims(report(body, trusted=trusted, integrity=integrity))
    ] == [standing]


def ingredient(*codes: str, trusted: bool = True, below: int = 0) -> IngredientReport:
    failures = tuple(Finding(code, explain(code)) for code in codes)
    deeper = (ingredient(trusted=trusted, below=below - 1),) if below else ()
    source = CAPTURED if below else GENERATED
    inner = manifest(("c2pa.created", source), ingredients=deeper)
    return IngredientReport("parentOf", manifest=inner, failures=failures, signer_trusted=trusted)


@pytest.mark.parametrize(
    ("item", "active_trusted", "standing"),
    [
        (ingredient(), True, "trusted"),
        (ingredient(), False, "untrusted"),  # who is not trusted calls it an ingredient
        (ingredient(trusted=False), True, "untrusted"),
        (ingredient("signingCredential.expired"), True, "untrusted"),
        (ingredient("signingCredential.ocsp.revoked"), True, "broken"),
        (ingredient("claimSignature.mismatch"), True, "broken"),
        (ingredient("assertion.dataHash.mismatch"), True, "broken"),
        (ingredient("timeStamp.untrusted"), True, "trusted"),
        (ingredient(below=3), True, "trusted"),
        (ingredient("claimSignature.mismatch", below=3), True, "broken"),
    ],
)
def test_ingredients_speak_too(item: IngredientReport, active_trusted: bool, standing: str) -> None:
    empty = IngredientReport("componentOf")
    body = manifest(("c2pa.opened", None), ingredients=(empty, item))
    (claim,) = ai_claims(report(body, trusted=active_trusted))
    assert (claim.where, claim.kind, claim.standing) == ("ingredient", "generated", standing)


def test_the_active_manifest_speaks_first() -> None:
    body = manifest(("c2pa.edited", COMPOSITE), ingredients=(ingredient(below=1), ingredient()))
    assert [(claim.where, claim.kind) for claim in ai_claims(report(body))] == [
        ("manifest", "edited"),
        ("ingredient", "generated"),
        ("ingredient", "generated"),
    ]


def test_real_histories(
    identity: DevelopmentIdentity, other_identity: DevelopmentIdentity, trust: Trust
) -> None:
    made = sign(picture(), make_request(), identity.signer).data
    human = make_request(source_type=SourceType.HUMAN_EDITED)
    edited = sign(made, human, other_identity.signer).data
    both = other_identity.trust(trust)
    for lists, expected in (
        (both, ["trusted"]),
        (trust, ["untrusted"]),
        (other_identity.trust(Trust.nobody()), ["untrusted"]),
    ):
        claims = ai_claims(read(edited, trust=lists))
        assert [claim.standing for claim in claims] == expected
        assert claims[0].where == "ingredient"
        assert claims[0].by == "Acme Images 2.1"
