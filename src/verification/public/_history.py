"""The history of a picture as a small tree: of a manifest of any size, a page full."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from indelible.verification.public._coarse import shortened
from indelible.verification.result import Verification
from indelible.verification.verdict import Verdict
from indelible.verification.wording import origins, relation_words, step_words

__all__ = ["history"]

_DEEPEST: Final = 6
_MOST_PICTURES: Final = 16
_MOST_ACTIONS: Final = 6  # of one picture
_MOST_FAILURES: Final = 3
_MOST_LETTERS: Final = 100  # of a name
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
        title=_short(title),
        generator=None if manifest is None else _short(manifest.generator),
        signer=None if manifest is None else _short(manifest.signature.signer),
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
    generator, signer = _short(manifest.generator), _short(manifest.signature.signer)
    if standing == "trusted":
        made = generator and say("Made with {name}.", name=generator)
        signed = signer and say("Signed by {name}, who is trusted.", name=signer)
        return join(" ", [part for part in (made, signed) if part])
    name = generator or signer
    worth = (
        say("Its signer could not be verified.")
        if standing == "untrusted"
        else say("Its manifest does not hold for this file.")
    )
    return worth if name is None else join(" ", [worth, say("It says it is of {name}.", name=name)])


def _action(action: Action) -> schema.Action:
    short = replace(action, action=action.action[:_MOST_LETTERS], agent=_short(action.agent))
    return schema.Action(code=short.action, time=_short(action.when), words=step_words(short))


def _short(text: str | None) -> str | None:
    return None if text is None else shortened(text, _MOST_LETTERS)
