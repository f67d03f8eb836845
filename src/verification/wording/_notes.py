"""What else a reader of a verdict should know."""

from __future__ import annotations

from indelible.credentials import Trust
from indelible.imaging import Header
from indelible.verification.evidence import HALF
from indelible.verification.result import WatermarkReport

__all__ = ["notes"]


def notes(mark: WatermarkReport, header: Header, trust: Trust) -> tuple[str, ...]:
    """Return what a file, its watermark and the trust lists leave to say, in sentences."""
    said = list(header.irregular)
    if mark.area is not None and (mark.area < HALF or mark.regions_gone):
        said.append(_coverage(mark, mark.area))
    if header.animated and mark.state != "not_checked":
        kind = "pages" if header.format == "tiff" else "frames"
        said.append(
            f"Only the first of {header.frames} {kind} was searched for a watermark; a "
            "manifest covers the whole file."
        )
    said.extend(
        f"The {stale.name} is stale: its next update was due on {stale.next_update:%Y-%m-%d}."
        for stale in trust.stale_lists()
    )
    return tuple(said)


def _coverage(mark: WatermarkReport, area: float) -> str:
    """Return how much of a picture that is not covered by one mark carries which."""
    if mark.gone_together is False:
        return (
            f"About {100 * area:.0f} % of the picture carries the watermark, the rest other marks "
            "of the same generator: it was put together from several pictures."
        )
    said = f"About {100 * area:.0f} % of the picture carries the watermark; the rest may come from "
    if any(not other.same_place for other in mark.others):
        return f"{said}elsewhere, and carries other marks."
    return f"{said}elsewhere."
