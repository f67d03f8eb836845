"""The history of a picture as a small tree: of a manifest of any size, a page full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from indelible.credentials import (
    Action,
    Finding,
    IngredientReport,
    ManifestReport,
    Standing,
    weaker,
)
from indelible.languages import join, say
from indelible.verification.public import _schema as schema
from indelible.verification.result import Verification
from indelible.verification.verdict import Verdict
from indelible.verification.wording import origins, relation_words, step_words

__all__ = ["history"]

_DEEPEST: Final = 6
_MOST_PICTURES: Final = 24
_MOST_ACTIONS: Final = 8  # of one picture
_MOST_FAILURES: Final = 4
_MOST_OMITTED: Final = 1000  # that are counted


@dataclass(slots=True)
class _Room:
    """How many more pictures the tree may show."""

    pictures: int = _MOST_PICTURES


def history(result: Verification) -> schema.History | None:
    """Return the history that the best manifest tells; None where there is no manifest."""
    shown = origins(result)
    origin = min(shown, key=lambda one: one.standing != "trusted", default=None)
    if origin is None or origin.credential.manifest is None:
        return None
    # Of contradicting evidence nothing is a fact.
    standing = origin.standing
    if result.verdict is Verdict.SUSPECT:
        standing = weaker(standing, "untrusted")
    room = _Room(_MOST_PICTURES - 1)
    return _picture(origin.credential.manifest, standing, None, (), 0, room)


def _picture(
    manifest: ManifestReport,
    standing: Standing,
    ingredient: IngredientReport | None,
    failures: tuple[Finding, ...],
    depth: int,
    room: _Room,
) -> schema.History:
    node = _node(manifest, standing, ingredient, failures)
    node["actions"] = [_action(one) for one in manifest.actions[:_MOST_ACTIONS]]
    left_out = max(0, len(manifest.actions) - _MOST_ACTIONS)
    for number, one in enumerate(manifest.ingredients):
        if depth + 1 >= _DEEPEST or room.pictures <= 0:
            left_out += len(manifest.ingredients) - number
            break
        room.pictures -= 1
        node["children"].append(_ingredient(one, standing, depth + 1, room))
    node["omitted"] = min(left_out, _MOST_OMITTED)
    return node


def _ingredient(one: IngredientReport, above: Standing, depth: int, room: _Room) -> schema.History:
    """Return an ingredient, believed no more than the manifest that calls it one."""
    if one.manifest is None:
        return _node(None, above, one, one.failures)
    return _picture(one.manifest, weaker(above, one.standing), one, one.failures, depth, room)


def _node(
    manifest: ManifestReport | None,
    standing: Standing,
    ingredient: IngredientReport | None,
    failures: tuple[Finding, ...],
) -> schema.History:
    title = manifest.title if manifest is not None else None
    title = title or (None if ingredient is None else ingredient.title)
    return schema.History(
        relation=None if ingredient is None else ingredient.relationship,
        relation_words=(
            say("this picture") if ingredient is None else relation_words(ingredient.relationship)
        ),
        standing=standing,
        claim=standing != "trusted",
        title=title,
        generator=None if manifest is None else manifest.generator,
        signer=None if manifest is None else manifest.signature.signer,
        source_type=None if manifest is None else manifest.source_type,
        words=_words(manifest, standing),
        actions=[],
        failures=list(dict.fromkeys(one.sentence for one in failures))[:_MOST_FAILURES],
        children=[],
        omitted=0,
    )


def _words(manifest: ManifestReport | None, standing: Standing) -> str:
    if manifest is None:
        return say("It has no manifest of its own.")
    if standing == "trusted":
        made = manifest.generator and say("Made with {name}.", name=manifest.generator)
        signer = manifest.signature.signer
        signed = signer and say("Signed by {name}, who is trusted.", name=signer)
        return join(" ", [part for part in (made, signed) if part])
    name = manifest.generator or manifest.signature.signer
    worth = (
        say("Its signer could not be verified.")
        if standing == "untrusted"
        else say("Its manifest does not hold for this file.")
    )
    return worth if name is None else join(" ", [say("Says it is of {name}.", name=name), worth])


def _action(action: Action) -> schema.Action:
    return schema.Action(code=action.action, time=action.when, words=step_words(action))
