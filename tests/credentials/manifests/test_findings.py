"""Which signers in the history the library trusts, from its findings and its records."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.credentials.manifests.findings import trusted_manifests
from indelible.credentials.manifests.status import SIGNER_TRUSTED, UNTRUSTED


@pytest.mark.parametrize(
    ("recorded", "now", "trusted"),
    [
        ({}, {"success": SIGNER_TRUSTED}, True),
        ({"failure": UNTRUSTED}, {"success": SIGNER_TRUSTED}, True),
        ({"success": SIGNER_TRUSTED}, {}, True),
        ({"success": SIGNER_TRUSTED}, {"failure": UNTRUSTED}, False),
        ({"failure": UNTRUSTED}, {}, False),
        ({}, {}, False),
    ],
)
def test_who_is_trusted_in_the_history_is_so_now(
    recorded: dict[str, str], now: dict[str, str], trusted: bool
) -> None:
    """The library leaves out what is on record: somebody's word, true or not."""

    def bucket(codes: dict[str, str]) -> dict[str, Any]:
        url = "self#jumbf=/c2pa/parent/c2pa.signature"
        return {kind: [{"code": code, "url": url}] for kind, code in codes.items()}

    item = {"active_manifest": "parent", "validation_results": {"activeManifest": bucket(recorded)}}
    summary = {
        "manifests": {"m": {"ingredients": [item]}},
        "validation_results": {"ingredientDeltas": [{"validationDeltas": bucket(now)}]},
    }
    assert (trusted_manifests(summary) == {"parent"}) is trusted
