"""The marks beside the strongest one: which there are, where they stand, and what they lead to.

A look at the place of the mark that was found costs little, and is always made (`pixel_leg`): a
second id lies there where somebody marked a picture twice. A search of the whole picture costs ten
detections and more (python -m benchmarks.several), and is made only where there is reason to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from indelible import watermark
from indelible.choices import Effort
from indelible.credentials import CredentialReport, Trust
from indelible.imaging import ImageFile
from indelible.registry import Registry
from indelible.verification.coverage import measure_coverage, measure_together
from indelible.verification.manifest_claims import binds_watermark, named_payloads
from indelible.verification.other_mark import OtherMark
from indelible.verification.registry_leg import look_up
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.watermark import Detection, Key, LocatedMark, View

__all__ = ["find_others", "look_up_all"]

_MOST_WITH_ROOM: Final = 0.6  # of a picture: a mark over more leaves little room for another one
_MUCH_LARGER: Final = 1.1  # times: below, the stronger mark stays the main one
_MOST_OTHERS: Final = 8  # that are looked up


def find_others(
    view: View,
    keys: Sequence[Key],
    mark: WatermarkReport,
    credential: CredentialReport,
    effort: Effort,
    *,
    superposed: Sequence[Detection],
) -> WatermarkReport:
    """Look for marks beside the one that was found.

    Parameters
    ----------
    view : View
        The picture.
    keys : sequence of Key
        Generators' keys that were looked with.
    mark : WatermarkReport
        The mark that was found.
    credential : CredentialReport
        The file's manifest: a mark that it names is the one that the verdict is to rest on.
    effort : Effort
        ``"thorough"`` searches the whole picture for others in any case.
    superposed : sequence of Detection
        Marks of generators' keys that stand exactly where this one does.

    Returns
    -------
    WatermarkReport
        Of the mark that the manifest names, else of the largest one; the others beside it.
    """
    found = mark.detection
    if found is None or found.payload is None:
        return mark
    known = (found, *superposed)
    if _needs_a_search(mark, credential, effort):
        located = watermark.detect_all(view, keys, known=known)
    elif len(known) > 1:
        located = watermark.locate(view, keys, known)
    else:
        return mark
    own = next((one for one in located if _is(one, found.key_id, found.payload)), None)
    if own is None:
        return mark  # it stands nowhere in particular: nothing can be said about its neighbours
    main = _main(own, located, credential)
    if main is not own:
        mark = _measured(view, keys, main.detection, mark, credential)
    others = [
        OtherMark(one.detection, one.box, one.area, main.overlap(one))
        for one in located
        if one is not main
    ]
    return replace(mark, box=main.box, others=tuple(others[:_MOST_OTHERS]))


def _needs_a_search(mark: WatermarkReport, credential: CredentialReport, effort: Effort) -> bool:
    if effort == "thorough":
        return True
    payload = mark.payload or b""
    if binds_watermark(credential, payload):
        return False  # by its hash, this is the picture that was signed with this mark
    named = set(named_payloads(credential.manifest, payload))
    elsewhere = bool(named) and payload not in named
    small = mark.area is not None and mark.area < _MOST_WITH_ROOM
    return small or bool(mark.regions_gone) or elsewhere


def _is(located: LocatedMark, key_id: str | None, payload: bytes) -> bool:
    return (located.detection.key_id, located.detection.payload) == (key_id, payload)


def _main(
    own: LocatedMark, located: Sequence[LocatedMark], credential: CredentialReport
) -> LocatedMark:
    """Return the mark that the manifest names, else the largest."""
    if credential.integrity in ("intact", "changed"):
        for one in (own, *located):
            payload = one.detection.payload or b""
            if payload in set(named_payloads(credential.manifest, payload)):
                return one
    return located[0] if located[0].area > _MUCH_LARGER * own.area else own


def _measured(
    view: View,
    keys: Sequence[Key],
    found: Detection,
    mark: WatermarkReport,
    credential: CredentialReport,
) -> WatermarkReport:
    """Return the report about another mark than before."""
    bound = binds_watermark(credential, found.payload or b"")
    coverage = measure_coverage(view, _key(keys, found.key_id), found, regions=not bound)
    return replace(mark, detection=found, area=coverage.area, regions_gone=coverage.regions_gone)


def _key(keys: Sequence[Key], key_id: str | None) -> Key:
    return next(key for key in keys if key.id == key_id)


def look_up_all(
    view: View | None,
    keys: Sequence[Key],
    mark: WatermarkReport,
    image: ImageFile,
    credential: CredentialReport,
    *,
    registry: Registry | None,
    trust: Trust,
) -> tuple[WatermarkReport, RegistryReport]:
    """Look up what the marks' ids lead to.

    Parameters
    ----------
    view, keys, mark
        As for `find_others`, which returned `mark`.
    image, credential, registry, trust
        As for `look_up`.

    Returns
    -------
    WatermarkReport, RegistryReport
        The marks, and what the main one leads to. Where marks of the same trusted generator stand
        beside each other, they are measured together.
    """

    def led_to(found: Detection | None) -> RegistryReport:
        return look_up(found, image, credential, registry=registry, trust=trust)

    recovered = led_to(mark.detection)
    if not mark.others or view is None:
        return mark, recovered
    answers = [led_to(one.detection) for one in mark.others]
    others = [_described(*pair) for pair in zip(mark.others, answers, strict=True)]
    newer = next((i for i, one in enumerate(others) if _is_newer(one, mark)), None)
    if newer is not None and mark.box is not None and mark.detection is not None:
        # Of an edit and the picture that it was made from, the edit is what is in hand.
        older = OtherMark(mark.detection, mark.box, mark.area or 0.0, others[newer].overlap)
        one = others[newer]
        others[newer] = _described(older, recovered)
        recovered = answers[newer]
        mark = replace(_measured(view, keys, one.detection, mark, credential), box=one.box)
    mark = replace(mark, others=tuple(others))
    return _measured_together(view, keys, mark, recovered), recovered


def _is_newer(one: OtherMark, mark: WatermarkReport) -> bool:
    """Whether a mark over the main one is that of an edit, whose history names the main one."""
    return one.same_place and one.standing == "trusted" and mark.payload in one.history


def _measured_together(
    view: View, keys: Sequence[Key], mark: WatermarkReport, recovered: RegistryReport
) -> WatermarkReport:
    """Measure the main mark together with those of the same generator beside it."""
    group = [one for one in mark.others if not one.same_place and _same_origin(one, recovered)]
    if not mark.regions_gone or not group or mark.detection is None:
        return mark
    found = (mark.detection, *(one.detection for one in group))
    together = measure_together(view, [(_key(keys, one.key_id), one) for one in found])
    return replace(mark, area_together=together.area, gone_together=together.regions_gone)


def _described(one: OtherMark, led_to: RegistryReport) -> OtherMark:
    report = led_to.credential
    manifest = None if report is None else report.manifest
    return replace(
        one,
        registry=led_to.state,
        manifest_id=led_to.manifest_id,
        generator=None if report is None else report.generator,
        signer=None if report is None else report.signer,
        standing=led_to.standing,
        history=frozenset(named_payloads(manifest, one.payload)),
    )


def _same_origin(one: OtherMark, recovered: RegistryReport) -> bool:
    """Whether both lead to manifests of one trusted generator."""
    report = recovered.credential
    if report is None or recovered.standing != "trusted" or one.standing != "trusted":
        return False
    return (one.generator, one.signer) == (report.generator, report.signer)
