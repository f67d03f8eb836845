"""Why the C2PA library refused to sign, in our own errors.

The library's errors differ in nothing but their messages.
"""

from __future__ import annotations

from typing import Final

from indelible.errors import (
    IndelibleError,
    ManifestError,
    SigningError,
    UnsupportedImageError,
)

__all__ = ["SIDECAR_HINT", "NoTimeStampError", "refusal", "without_type"]

# How messages begin when the library cannot take a picture apart, or put it together again.
_PICTURE_FAULTS: Final = ("io: ", "other: asset could not be parsed", "invalidasset")
_MANIFEST_FAULTS: Final = ("other: bad parameter", "encoding:", "json:", "assertion")

#: What to do with a picture that cannot take a manifest.
SIDECAR_HINT: Final = (
    "Keep the manifest beside the picture (`indelible sign --sidecar --no-embed`, "
    "ManifestRequest(embed=False)), or convert the picture to JPEG, PNG or WebP first."
)


class NoTimeStampError(SigningError):
    """The time-stamp authority cannot be reached, or does not answer as it should."""


def refusal(
    message: str, *, timestamp_url: str | None, has_parent: bool, embed: bool
) -> IndelibleError:
    """Return the error that a message of the library's means.

    Parameters
    ----------
    message : str
        The library's own.
    timestamp_url : str or None
        The authority that was to stamp the time; None where none was asked.
    has_parent : bool
        Whether the picture's history was to be carried on.
    embed : bool
        Whether the manifest was to go into the picture.
    """
    lowered = message.lower()
    detail = " ".join(without_type(message).split())
    error: IndelibleError = SigningError(f"signing failed: {message}")
    if timestamp_url is not None and lowered.startswith("signature: internal error"):
        error = NoTimeStampError(
            f"the time-stamp authority at {timestamp_url} did not answer as it should: {detail}",
            hint="Check the address and that it is reachable, or sign without a time stamp: "
            '--timestamp none, or timestamp_url = "none" under [signer] in the settings.',
        )
    elif "certificate" in lowered or "cose" in lowered:
        error = SigningError(
            f"the C2PA library refused the signature or its certificate: {message}",
            hint="`indelible keys inspect` says which rule of the C2PA profile fails.",
        )
    elif lowered.startswith(_MANIFEST_FAULTS):
        error = ManifestError(f"the manifest cannot be built: {message}")
    elif has_parent and "ingredient" in lowered:
        error = ManifestError(
            "the credentials that the picture already has are broken, so that its history cannot "
            f"be carried on: {detail}",
            hint="Strip the old metadata first to sign it anew.",
        )
    elif lowered.startswith("verify: manifest failed validation"):
        error = ManifestError(f"the signed manifest does not pass its own validation: {message}")
    elif lowered.startswith(_PICTURE_FAULTS):
        error = _unfit(message, embed=embed)
    return error


def _unfit(message: str, *, embed: bool) -> UnsupportedImageError:
    reason = without_type(without_type(message).rpartition("parsed: ")[2])
    return UnsupportedImageError(
        "A manifest cannot be put into this picture: the C2PA library cannot take it apart "
        f"({reason}). Nothing was written.",
        hint=SIDECAR_HINT if embed else "Open and re-save it in an image editor.",
    )


def without_type(message: str) -> str:
    """Return a library message without the type that it begins with ("Verify: ...")."""
    kind, separator, rest = message.partition(": ")
    return rest if separator and kind.isalnum() else message
