"""From the library's JSON to the report: tolerant of every shape, and never endless."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials.manifests._c2pa import Reading
from indelible.credentials.manifests.findings import trusted_manifests
from indelible.credentials.manifests.tree import ManifestTree, _soft_bindings
from indelible.credentials.store.opening import Store

ID = bytes(range(8))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
KEYS = (
    "label", "assertions", "ingredients", "active_manifest", "claim_generator_info", "data",
    "actions", "softwareAgent", "digitalSourceType", "signature_info", "validation_results",
    "activeManifest", "ingredientDeltas", "failure", "code", "alg", "blocks", "value", "url",
)  # fmt: skip
SHAPED = st.recursive(
    JSON | st.sampled_from(["m", "c2pa.actions", "c2pa.soft-binding", "c2pa.ai-disclosure"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=40,
)

NOTHING = Store(b"", ())


def tree(body: object, **summary: object) -> ManifestTree:
    return ManifestTree(
        Reading({"manifests": {"m": body}, **summary}, {"manifests": [body]}, NOTHING)
    )


def bindings(value: object) -> list[bytes]:
    data = {"alg": "a.b", "blocks": [{"scope": {}, "value": value}]}
    body = {"assertions": [{"label": "c2pa.soft-binding", "data": data}]}
    found = tree(body).manifest("m", ()).soft_bindings
    return [item for binding in found for item in (binding.value, *binding.readings)]


@pytest.mark.parametrize(
    "value",
    [
        base64.b64encode(ID).decode(),
        ID.hex(),
        list(ID),
        list(base64.b64encode(ID)),
        f"b64'{base64.b64encode(ID).decode()}'",
    ],
)
def test_ids_are_found_in_every_form_that_manifests_store(value: object) -> None:
    assert ID in bindings(value)


@pytest.mark.parametrize("value", [None, 7, "", [], [256], ["a"], {}, "x" * 5000, True])
def test_what_is_no_id_is_none(value: object) -> None:
    assert bindings(value) == []


def test_text_can_be_an_id_too() -> None:
    assert b"plain text!" in bindings("plain text!")


def test_manifests_that_contain_each_other_end() -> None:
    loop: dict[str, Any] = {"ingredients": [{"active_manifest": "m"}] * 3}
    report = tree(loop).manifest("m", ())
    assert len(report.ingredients) == 3
    assert report.ingredients[0].manifest is not None
    assert report.ingredients[0].manifest.ingredients == ()
    wide = {
        str(index): {"ingredients": [{"active_manifest": str(index + 1)}] * 10}
        for index in range(20)
    }
    count = 0
    stack = [ManifestTree(Reading({"manifests": wide}, {}, NOTHING)).manifest("0", ())]
    while stack:
        count += 1
        stack += [item.manifest for item in stack.pop().ingredients if item.manifest is not None]
    assert count <= 500


@given(SHAPED, SHAPED, SHAPED)
def test_any_json_gives_a_report(body: object, results: object, complete: object) -> None:
    summary = {"manifests": {"m": body}, "validation_results": results}
    made = ManifestTree(Reading(summary, {"manifests": complete}, NOTHING))
    made.manifest("m", ())
    made.failures(summary)
    trusted_manifests(summary)


@pytest.mark.parametrize(
    ("parameters", "key_id"),
    [
        ("keyId=0123456789abcdef", "0123456789abcdef"),
        (base64.b64encode(b"keyId=0123456789abcdef").decode(), "0123456789abcdef"),
        (list(b"keyId=0123456789abcdef"), "0123456789abcdef"),
        ("keyId=0123456789ABCDEF", None),
        ("keyId=0123456789abcdef0", None),
        ("", None),
        (None, None),
        ([300, "x"], None),
        ({"keyId": "0123456789abcdef"}, None),
    ],
)
def test_the_watermark_keys_id_in_every_form(parameters: object, key_id: str | None) -> None:
    data = {"alg": "x", "blocks": [{"value": "MDAwMDAwMDA="}], "alg-params": parameters}
    (binding,) = _soft_bindings([("c2pa.soft-binding", data)])
    assert binding.key_id == key_id
