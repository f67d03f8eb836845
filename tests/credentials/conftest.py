"""Pictures, identities and requests that the tests of credentials share."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from indelible.credentials import (
    Generator,
    ManifestRequest,
    SoftBinding,
    new_manifest_id,
)

ALGORITHM = "org.indelible.dft.1"
PAYLOAD = bytes(range(8))


def picture(kind: str = "jpeg", *, seed: int = 0, size: int = 64) -> bytes:
    """Return an encoded picture of smooth random blobs."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, kind.upper())
    return out.getvalue()


def make_request(**changes: object) -> ManifestRequest:
    """Return a request for a generated, watermarked picture."""
    fields: dict[str, object] = {
        "manifest_id": new_manifest_id(),
        "generator": Generator("Acme Images", "2.1", provider="Acme Inc."),
        "soft_binding": SoftBinding(ALGORITHM, PAYLOAD),
    }
    return ManifestRequest(**(fields | changes))  # type: ignore[arg-type]
