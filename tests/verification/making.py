"""Pictures as they come to be verified: reposted, changed, signed anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indelible import credentials, imaging
from indelible.credentials import Generator, ManifestRequest, Signer, SoftBinding, SourceType
from indelible.protection import ProtectedImage

Pixels = NDArray[np.uint8]


def repost(data: bytes, *, quality: int = 75, crop: bool = True) -> bytes:
    pixels = imaging.decode(data).pixels
    if crop:
        pixels = np.ascontiguousarray(pixels[37:480, 51:490])
    return imaging.encode(pixels, "jpeg", quality=quality)


def changed_in_place(protected: ProtectedImage) -> bytes:
    """Flip a bit of the compressed pixels, the manifest untouched."""
    data = bytearray(protected.data)
    data[-len(data) // 8] ^= 0x01
    return bytes(data)


def signed_anew(
    pixels: Pixels,
    signer: Signer,
    *,
    source_type: SourceType = SourceType.CAPTURED,
    parent: bytes | None = None,
    soft_binding: SoftBinding | None = None,
    more: tuple[str, ...] = (),
) -> bytes:
    """Sign pixels as a picture of one's own, or as an edit of `parent`."""
    if more:
        request: Any = credentials.ManifestDefinition(
            {
                "claim_generator_info": [{"name": "Editor"}],
                "assertions": [
                    {
                        "label": "c2pa.actions.v2",
                        "data": {
                            "actions": [
                                {"action": "c2pa.created", "digitalSourceType": source_type.uri},
                                {"action": "c2pa.watermarked.bound"},
                                *({"action": action} for action in more),
                            ]
                        },
                    },
                    *ManifestRequest(
                        credentials.new_manifest_id(),
                        Generator("Editor"),
                        soft_binding=soft_binding,
                    )._soft_binding_assertions(),
                ],
            }
        )
    else:
        request = ManifestRequest(
            credentials.new_manifest_id(),
            Generator("Editor"),
            source_type=source_type,
            soft_binding=soft_binding,
        )
    data = imaging.encode(pixels, "jpeg", quality=85)
    return credentials.sign(data, request, signer, parent=parent).data
