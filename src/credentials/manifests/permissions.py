"""What a manifest and those of its history allow others to do with the picture.

`cawg.training-mining` says it, and the older `c2pa.training-mining`, in its flat first form too
(CAWG Training and Data Mining Assertion 1.1; C2PA 1.4). Every manifest of a history is looked at
once, however it is nested, in a time that grows with the bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from indelible.credentials.manifests._json import mapping, mappings, text_of
from indelible.credentials.manifests.manifest_report import Standing

__all__ = [
    "AI_EDITING",
    "AI_INFERENCE",
    "LIKENESS",
    "Permission",
    "Use",
    "permissions_in",
]

Use: TypeAlias = Literal["allowed", "notAllowed", "constrained"]

AI_INFERENCE: Final = "cawg.ai_inference"
"""Use as an input to a trained model, to infer a result: what an edit by a model is."""
AI_EDITING: Final = "org.indelible.ai_editing"
"""Our own entry: alteration of the picture by a trained model (docs/consent.md)."""
LIKENESS: Final = "org.indelible.likeness"
"""Our own entry: making pictures of the persons in this one (docs/consent.md)."""

_LABELS: Final = ("cawg.training-mining", "c2pa.training-mining")
_OLDER: Final = "c2pa."
_SHARED: Final = frozenset({"ai_inference", "ai_generative_training", "ai_training", "data_mining"})
_USES: Final[Mapping[str, Use]] = {"allowed": "allowed", "constrained": "constrained"}
_INFO: Final = ("constraint_info", "constraints_info")  # the specification's prose has both


@dataclass(frozen=True, slots=True)
class Permission:
    """One entry: what one manifest says about one use of the picture.

    Attributes
    ----------
    manifest_id : str
        Whose.
    entry : str
        Which use ("cawg.ai_inference"); of the older form's, the same names.
    use : {"allowed", "notAllowed", "constrained"}
        What it says. ``constrained`` without saying how is ``notAllowed``, as is any other word.
    ingredient : bool
        Whether it is about a picture that this one was made from.
    standing : {"trusted", "untrusted", "broken"}
        What its signer's word is worth.
    signer : tuple of str
        Who signed, as far as the certificate says: name, organisation and issuer.
    """

    manifest_id: str
    entry: str
    use: Use
    ingredient: bool
    standing: Standing
    signer: tuple[str, ...] = ()


def permissions_in(
    manifests: Mapping[str, Any], active: str, standing: Standing, trusted: Collection[str]
) -> tuple[Permission, ...]:
    """Return what the active manifest, and those that its picture was made from, say.

    Pictures that were only an input to something, a prompt for example, are not part of this one.

    Parameters
    ----------
    manifests : mapping
        The library's summary of each, by its label.
    active : str
        The active one's label.
    standing : {"trusted", "untrusted", "broken"}
        What its words are worth.
    trusted : collection of str
        Labels of the manifests in the history whose signers are trusted.
    """
    found: list[Permission] = []
    seen = {active}
    waiting = [active]
    while waiting:
        label = waiting.pop()
        body = mapping(manifests, label)
        for item in mappings(body.get("ingredients")):
            below = item.get("active_manifest")
            part = item.get("relationship") != "inputTo"
            if part and isinstance(below, str) and below not in seen:
                seen.add(below)
                waiting.append(below)
        own: Standing = "trusted" if label in trusted else "untrusted"
        worth = standing if label == active else own
        found.extend(_of_manifest(body, label, label != active, worth))
    return tuple(found)


def _of_manifest(
    body: Mapping[str, Any], label: str, ingredient: bool, standing: Standing
) -> Iterator[Permission]:
    signature = mapping(body, "signature_info")
    signer = tuple(text_of(signature.get(name)) or "" for name in ("common_name", "issuer"))
    for assertion in mappings(body.get("assertions")):
        data = assertion.get("data")
        if not str(assertion.get("label")).startswith(_LABELS) or not isinstance(data, Mapping):
            continue
        entries = data.get("entries", data)  # the first form had none around them
        for name, content in entries.items() if isinstance(entries, Mapping) else ():
            entry = _entry(name)
            if entry is not None and isinstance(content, Mapping) and "use" in content:
                yield Permission(
                    text_of(label) or "", entry, _use(content), ingredient, standing, signer
                )


def _entry(name: object) -> str | None:
    entry = text_of(name)
    if entry is not None and entry.startswith(_OLDER) and entry[len(_OLDER) :] in _SHARED:
        return f"cawg.{entry[len(_OLDER) :]}"
    return entry


def _use(content: Mapping[str, Any]) -> Use:
    """Return what an entry says; in doubt, the most restrictive."""
    use = _USES.get(str(content.get("use")), "notAllowed")
    said = any(isinstance(content.get(name), str) and content[name].strip() for name in _INFO)
    return "notAllowed" if use == "constrained" and not said else use
