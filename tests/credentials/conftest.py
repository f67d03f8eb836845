"""Pictures, identities and requests that the tests of credentials share."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from indelible.credentials import (
    Generator,
    ManifestRequest,
    Signer,
    SoftBinding,
    Trust,
    new_manifest_id,
)
from indelible.credentials.manifests import _c2pa
from indelible.credentials.manifests.embedded import store_to_read
from indelible.imaging import ImageFile

ALGORITHM = "org.indelible.dft.2"
PAYLOAD = bytes(range(8))


def picture(kind: str = "jpeg", *, seed: int = 0, size: int = 64) -> bytes:
    """Return an encoded picture of smooth random blobs."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, kind.upper())
    return out.getvalue()


def library_reading(data: bytes, trust: Trust) -> _c2pa.Reading:
    """Return what the C2PA library says about the manifest in a picture."""
    image = ImageFile(data)
    store = store_to_read(image)
    assert store is not None
    return _c2pa.read(image, store, _c2pa.Settings(trust))


def sign_unchecked(manifest: dict[str, Any], signer: Signer) -> bytes:
    """Sign a picture without the checks that stand before every signature of ours."""
    job = _c2pa.SigningJob(ImageFile(picture()), manifest, _c2pa.Settings(), signer)
    return _c2pa.sign(job)[0]


def make_request(**changes: object) -> ManifestRequest:
    """Return a request for a generated, watermarked picture."""
    fields: dict[str, object] = {
        "manifest_id": new_manifest_id(),
        "generator": Generator("Acme Images", "2.1", provider="Acme Inc."),
        "soft_binding": SoftBinding(ALGORITHM, PAYLOAD),
    }
    return ManifestRequest(**(fields | changes))  # type: ignore[arg-type]
