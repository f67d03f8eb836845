"""Where a picture's EXIF contradicts what a manifest is about to claim."""

from __future__ import annotations

from indelible.credentials.source_types import SourceType
from indelible.imaging.exif import camera

__all__ = ["camera_contradicts"]


def camera_contradicts(source_type: SourceType, exif: bytes | None) -> str | None:
    """Return a sentence where EXIF names a camera, but the claim is that AI made the picture."""
    taken_with = camera(exif) if source_type is SourceType.GENERATED else None
    if taken_with is None:
        return None
    return (
        f"Its EXIF says that a camera took it ({taken_with}), and the manifest now says that AI "
        "generated it. A photograph is captured, or ai-edited."
    )
