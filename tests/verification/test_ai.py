"""Who says that AI made a picture, and which of them counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import indelible
from indelible import imaging
from indelible.credentials import AiClaim, CredentialReport, Signal, Signer, SourceType, Trust
from indelible.protection import ProtectedImage
from indelible.verification.ai import best_ai_claim
from indelible.verification.result import RegistryReport
from indelible.watermark import Key
from tests.verification.making import signed_anew
from tests.verification.manifests import manifest

Pixels = NDArray[np.uint8]


def test_the_best_standing_about_ai_wins() -> None:
    generated = manifest("c2pa.created", source_type="trainedAlgorithmicMedia", name="A")
    trusted = CredentialReport("trusted", manifest=generated, signer_trusted=True)
    unknown = CredentialReport("valid", manifest=replace(generated, generator="B"))
    changed = replace(trusted, state="invalid", integrity="changed")
    signals = (
        Signal("iptc-ai-generated", "XMP", None, True, "a term"),
        Signal("ai-software", "EXIF", None, True, "Midjourney 6"),
    )

    def best(credential: CredentialReport, recovered: CredentialReport | None = None) -> AiClaim:
        led = RegistryReport("found", "1", b"", recovered, names_payload=True)
        return best_ai_claim(credential, led, signals)

    absent = CredentialReport("absent")
    assert best(trusted, trusted).where == "manifest"
    assert best(unknown, changed) == AiClaim(True, "generated", "A", "recovered", "trusted")
    assert best(unknown).standing == "untrusted"
    assert best(changed).standing == "broken"
    assert best(absent) == AiClaim(True, "generated", "Midjourney 6", "metadata", "metadata")
    # Of another picture, by all that is known.
    elsewhere = RegistryReport("found", "1", b"", changed, names_payload=False)
    assert best_ai_claim(absent, elsewhere, ()).standing == "broken"
    assert not best_ai_claim(absent, None, ()).claimed


def test_who_says_that_ai_made_it(
    protected: ProtectedImage, reposted: bytes, photograph: Pixels, stranger: Signer
) -> None:
    def claim(data: bytes, **options: Any) -> tuple[object, ...]:
        said = indelible.verify(data, **options).to_dict()["ai"]
        return said["claimed"], said["by"], said["where"], said["standing"]

    by = None  # nobody named the generator
    assert claim(protected.data) == (True, by, "manifest", "trusted")
    assert claim(reposted) == (True, by, "recovered", "trusted")
    assert claim(protected.data, trust=Trust.nobody()) == (True, by, "manifest", "untrusted")
    broken = protected.data.replace(b"c2pa.created", b"c2pa.creatxd")
    nowhere: list[Key] = []
    assert claim(broken, keys=nowhere) == (True, by, "manifest", "broken")
    pixels = imaging.decode(protected.data).pixels
    edit = signed_anew(pixels, stranger, source_type=SourceType.HUMAN_EDITED, parent=protected.data)
    assert claim(edit, keys=nowhere)[:3] == (True, by, "ingredient")
    text = imaging.Metadata(
        text=(("parameters", "a cat\nSteps: 20, Sampler: Euler, CFG scale: 7"),)
    )
    plain = imaging.encode(photograph, "png", metadata=text)
    assert claim(plain) == (True, "Stable Diffusion", "metadata", "metadata")
    assert claim(imaging.encode(photograph, "png")) == (False, None, None, None)
