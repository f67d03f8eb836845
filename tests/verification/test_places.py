"""A manifest inside, beside, given, or at an address: what verifying makes of it."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import credentials, imaging
from indelible.protection import ProtectedImage
from indelible.settings import current

Pixels = NDArray[np.uint8]


def test_a_manifest_beside_the_picture(photograph: Pixels, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    signed = credentials.sign_file(
        imaging.encode(photograph, "jpeg"),
        path,
        credentials.ManifestRequest(
            credentials.new_manifest_id(), credentials.Generator("x"), embed=False
        ),
        current().signer(),
        sidecar=True,
    )
    beside = indelible.verify(path)
    assert beside.verdict == "authentic"
    assert not beside.credential.embedded
    assert beside.credential.place == "beside"
    assert "beside the picture" in beside.reasons[0]
    bytes_ = path.read_bytes()
    assert indelible.verify(bytes_).verdict == "unchecked"
    assert indelible.verify(bytes_, manifest=signed.manifest_store).verdict == "authentic"
    assert indelible.verify(bytes_, manifest=tmp_path / "photo.c2pa").verdict == "authentic"
    (tmp_path / "photo.c2pa").write_bytes(b"damaged")
    assert indelible.verify(path).verdict == "invalid"


def test_a_transplanted_manifest_does_not_pass(
    at_home: Path, photograph: Pixels, photographs: dict[str, Pixels]
) -> None:
    one = indelible.protect(photograph, format="png")
    other = imaging.encode(photographs["coffee"], "png")
    result = indelible.verify(_with_manifest_of(one.data, other))
    assert result.verdict == "suspect"
    assert (result.fingerprint.state, result.fingerprint.about) == ("mismatch", "manifest")
    assert "assertion.dataHash.mismatch" in [f.code for f in result.credential.failures]


def _with_manifest_of(source: bytes, target: bytes) -> bytes:
    """Copy the PNG chunk that holds the manifest (caBX) from one file into another."""
    start = source.index(b"caBX") - 4
    length = int.from_bytes(source[start : start + 4], "big") + 12
    after_header = 8 + 25
    return target[:after_header] + source[start : start + length] + target[after_header:]


def test_a_manifest_that_stayed_in_a_crop_is_no_transplant(
    at_home: Path, photograph: Pixels
) -> None:
    one = indelible.protect(photograph, format="png")
    crop = imaging.encode(np.ascontiguousarray(photograph[60:300, 80:420]), "png")
    result = indelible.verify(_with_manifest_of(one.data, crop), keys=())
    assert result.verdict == "altered"
    assert (result.fingerprint.state, result.fingerprint.about) == ("match", "manifest")


def test_no_connection_is_opened(
    protected: ProtectedImage, photographs: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa"
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
            f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
            "</rdf:RDF></x:xmpmeta>"
        ).encode()
        pointing = imaging.encode(photographs["coffee"], "jpeg", metadata=imaging.Metadata(xmp=xmp))
        result = indelible.verify(pointing)
        assert result.credential.state == "absent"
        assert result.credential.remote_url == address
        assert indelible.verify(protected.data).verdict == "authentic"
        # Not even when asked: a picture must not make this machine talk to its own network.
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        asked = indelible.verify(pointing, remote_hosts=[host])
        assert asked.credential.state == "absent"
        assert any("private" in reason for reason in asked.credential.reasons)
        assert asked.verdict == "none"
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
