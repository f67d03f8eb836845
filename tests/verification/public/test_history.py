"""A picture's history as a small tree."""

from __future__ import annotations

from dataclasses import replace

from indelible.credentials import Action, IngredientReport, ManifestReport, Signature
from indelible.verification import Verdict
from indelible.verification.public._history import history
from tests.verification.wording.found import ABSENT, MANIFEST, TRUSTED, UNKNOWN, found

PARENT = ManifestReport("urn:c2pa:0", "Camera 2", title="IMG_1", signature=Signature("Lens Ltd"))


def of_parents(*ingredients: IngredientReport) -> ManifestReport:
    return replace(MANIFEST, ingredients=ingredients)


def test_none_without_a_manifest() -> None:
    assert history(found(Verdict.NONE, ABSENT)) is None


def test_a_parent_and_a_part() -> None:
    parent = IngredientReport("parentOf", "IMG_1", manifest=PARENT, signer_trusted=True)
    part = IngredientReport("componentOf", "logo.png")
    tree = history(found(Verdict.AUTHENTIC, replace(TRUSTED, manifest=of_parents(parent, part))))
    assert tree is not None
    assert (tree["title"], tree["claim"]) == ("Sunrise", False)
    assert tree["words"] == "Made with Acme 1. Signed by Acme Inc., who is trusted."
    assert tree["actions"][0]["words"] == "created: captured by a camera"
    first, second = tree["children"]
    assert (first["relation"], first["relation_words"]) == ("parentOf", "made from")
    assert (first["standing"], first["generator"]) == ("trusted", "Camera 2")
    assert (second["title"], second["words"]) == ("logo.png", "It has no manifest of its own.")


def test_an_ingredient_is_believed_no_more_than_who_names_it() -> None:
    parent = IngredientReport("parentOf", "IMG_1", manifest=PARENT, signer_trusted=True)
    tree = history(found(Verdict.UNVERIFIED, replace(UNKNOWN, manifest=of_parents(parent))))
    assert tree is not None
    assert tree["children"][0]["claim"]
    assert tree["children"][0]["words"] == (
        "Its signer could not be verified. It says it is of Camera 2."
    )


def test_the_best_manifest_tells_it() -> None:
    broken = replace(TRUSTED, state="invalid", integrity="broken")
    recovered = replace(TRUSTED, manifest=replace(MANIFEST, manifest_id="urn:c2pa:9", title="Real"))
    tree = history(found(Verdict.INVALID, broken, recovered))
    assert tree is not None
    assert tree["title"] == "Real"


def test_it_is_bounded() -> None:
    manifest = PARENT
    for _ in range(20):
        manifest = of_parents(IngredientReport("parentOf", "x", manifest=manifest))
    deep = history(found(Verdict.AUTHENTIC, replace(TRUSTED, manifest=manifest)))
    depth, omitted = 0, 0
    while deep is not None:
        depth, omitted = depth + 1, deep["omitted"]
        deep = deep["children"][0] if deep["children"] else None
    assert depth == 6
    assert omitted == 1

    wide = of_parents(*[IngredientReport("inputTo", str(i)) for i in range(5000)])
    wide = replace(wide, actions=(Action("c2pa.edited"),) * 5000)
    tree = history(found(Verdict.AUTHENTIC, replace(TRUSTED, manifest=wide)))
    assert tree is not None
    assert (len(tree["children"]), len(tree["actions"]), tree["omitted"]) == (15, 6, 1000)
