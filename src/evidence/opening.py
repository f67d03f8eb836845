"""The picture in a bundle, byte for byte: taken out, and decrypted where it is sealed."""

from __future__ import annotations

from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence import sealing
from indelible.evidence.packing import Contents, sha256
from indelible.secret import Secret

__all__ = ["open_original"]


def open_original(
    contents: Contents, private_key: Secret | None = None, passphrase: Secret | None = None
) -> bytes:
    """Return the picture of a bundle, once its hash was seen to be the one that was examined.

    Parameters
    ----------
    contents : Contents
        The bundle.
    private_key : Secret, optional
        The recipient's private key, in PEM; needed where the picture is sealed.
    passphrase : Secret, optional
        Of an encrypted key.

    Raises
    ------
    EvidenceError
        If the picture is not in the bundle, does not open, or is another one.
    ArgumentError
        If it is sealed, and no key is given.
    """
    said = contents.package.get("picture")
    facts = said if isinstance(said, dict) else {}
    data = contents.parts.get(str(facts.get("path")))
    if data is None:
        raise EvidenceError(
            "The picture is not in this bundle; its hashes are in capture/picture.json.",
            hint="Bundles about pictures that may show a minor never hold the picture.",
        )
    if facts.get("sealed"):
        if private_key is None:
            raise ArgumentError(
                "private_key", "The picture is sealed.", hint="Give its recipient's private key."
            )
        data = sealing.opened(data, private_key, passphrase)
    if sha256(data) != facts.get("sha256"):
        raise EvidenceError("The picture in this bundle is not the one that was examined.")
    return data
