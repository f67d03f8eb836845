"""C2PA's status codes, in sentences that a person understands.

Codes are those of the C2PA specification (validation states) and of the CAWG identity assertion
specification. A code that the table does not know keeps its own words.
"""

from __future__ import annotations

__all__ = ["PICTURE_HASH_MISMATCHES", "UNTRUSTED", "explain"]

UNTRUSTED = "signingCredential.untrusted"

# Failures that say only: these are not the bytes that were signed.
PICTURE_HASH_MISMATCHES = frozenset(
    {"assertion.dataHash.mismatch", "assertion.bmffHash.mismatch", "assertion.boxesHash.mismatch"}
)

_CHANGED = "The file was changed after it was signed (the picture or its metadata)."

_SENTENCES = {
    # the picture
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.dataHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.bmffHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.boxesHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.boxesHash.unknownBox": "The file has a part that the signature does not cover.",
    "assertion.dataHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "assertion.bmffHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "assertion.boxesHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "assertion.collectionHash.mismatch": "A file of the signed collection was changed.",
    "assertion.multiAssetHash.mismatch": "A part of the file was changed after it was signed.",
    # the claim and its signature
    "claimSignature.mismatch": "The signature does not fit the claim: one of them was changed.",
    "claimSignature.missing": "The claim is not signed.",
    "claimSignature.outsideValidity": (
        "The claim was signed outside the time for which the certificate is valid."
    ),
    "claim.missing": "The manifest has no claim.",
    "claim.multiple": "The manifest has more than one claim.",
    "claim.malformed": "The claim is malformed.",
    "claim.cbor.invalid": "The claim cannot be decoded.",
    "claim.hardBindings.missing": "The claim does not say which picture it is about.",
    "claim.required.missing": "The claim lacks a field that it must have.",
    "assertion.multipleHardBindings": "The claim says more than once which picture it is about.",
    "algorithm.unsupported": "The claim uses an algorithm that is not allowed.",
    "algorithm.deprecated": "The claim uses an algorithm that is no longer recommended.",
    # the signer
    "signingCredential.untrusted": (
        "The signer is on no trust list in use here: who it really is, is unknown."
    ),
    "signingCredential.invalid": (
        "The signer's certificate breaks the rules for signing Content Credentials."
    ),
    "signingCredential.expired": (
        "The signer's certificate has expired, and no time stamp proves that it was valid when "
        "the picture was signed."
    ),
    "signingCredential.revoked": "The signer's certificate was revoked by its issuer.",
    "signingCredential.ocsp.revoked": "The signer's certificate was revoked by its issuer.",
    "signingCredential.ocsp.unknown": "The issuer does not know the signer's certificate.",
    "signingCredential.ocsp.skipped": "It was not asked whether the certificate was revoked.",
    "signingCredential.ocsp.inaccessible": (
        "Whether the certificate was revoked could not be found out."
    ),
    "signingCredential.ocsp.notRevoked": "The issuer says that the certificate is not revoked.",
    "signingCredential.trusted": "The signer is on a trust list.",
    # time stamps
    "timeStamp.mismatch": "The time stamp is about another signature.",
    "timeStamp.malformed": "The time stamp cannot be read.",
    "timeStamp.outsideValidity": (
        "The time stamp lies outside the time for which its authority's certificate is valid."
    ),
    "timeStamp.untrusted": "The time-stamp authority is on no trust list in use here.",
    "timeStamp.validated": "The time stamp is intact.",
    "timeStamp.trusted": "The time-stamp authority is on a trust list.",
    # assertions
    "assertion.hashedURI.mismatch": "A statement in the manifest was changed after signing.",
    "assertion.missing": "A statement that was signed is missing from the manifest.",
    "assertion.undeclared": "The manifest has a statement that was not signed.",
    "assertion.inaccessible": "A statement that was signed cannot be reached.",
    "assertion.notRedacted": "A statement that was to be removed is still there.",
    "assertion.selfRedacted": "The manifest removes a statement of its own, which is not allowed.",
    "assertion.outsideManifest": "The manifest refers to a statement outside itself.",
    "assertion.required.missing": "A statement that must be there is missing.",
    "assertion.json.invalid": "A statement in the manifest cannot be decoded.",
    "assertion.cbor.invalid": "A statement in the manifest cannot be decoded.",
    "assertion.action.malformed": "An action in the history is malformed.",
    "assertion.action.ingredientMismatch": (
        "An action in the history does not fit the picture that it was done to."
    ),
    "assertion.action.redacted": "An action was removed from the history, which is not allowed.",
    "assertion.action.redactionMismatch": "A removal in the history does not fit what was removed.",
    "assertion.action.softBindingMissing": (
        "The history says that a watermark was embedded, but the manifest does not name it."
    ),
    "assertion.ingredient.malformed": "A record of a picture used in this one is malformed.",
    "assertion.timestamp.malformed": "A time stamp in the manifest cannot be read.",
    "assertion.cloud-data.hardBinding": "The picture's hash is kept outside, which is not allowed.",
    "assertion.cloud-data.actions": "The history is kept outside, which is not allowed.",
    "assertion.external-reference.malformed": "A reference to outside data is malformed.",
    "assertion.hardBinding.redacted": "The picture's hash was removed, which is not allowed.",
    "assertion.metadata.disallowed": "The manifest has metadata in a place where none may be.",
    "hashedURI.missing": "Something that was signed is missing from the manifest.",
    "hashedURI.mismatch": "Something in the manifest was changed after signing.",
    # manifests and ingredients
    "manifest.missing": "A manifest that is referred to is missing.",
    "manifest.inaccessible": "The manifest lies elsewhere and was not fetched.",
    "manifest.multipleParents": "The picture claims more than one parent.",
    "manifest.update.invalid": "An update to the manifest changes what it may not change.",
    "manifest.update.wrongParents": "An update to the manifest has not exactly one parent.",
    "manifest.compressed.invalid": "A compressed manifest cannot be unpacked.",
    "manifest.unknownProvenance": "Nothing is known about where the picture comes from.",
    "ingredient.manifest.missing": "The credentials of a picture used in this one are missing.",
    "ingredient.manifest.mismatch": (
        "The credentials of a picture used in this one were changed after signing."
    ),
    "ingredient.hashedURI.mismatch": (
        "The credentials of a picture used in this one were changed after signing."
    ),
    "ingredient.claimSignature.missing": (
        "The signature of a picture used in this one is missing."
    ),
    "ingredient.claimSignature.mismatch": (
        "The signature of a picture used in this one does not fit."
    ),
    "ingredient.unknownProvenance": "A picture used in this one has no credentials.",
    "general.error": "The credentials could not be checked completely.",
    # identity assertions (CAWG)
    "cawg.identity.cbor.invalid": "A named person's or organisation's statement cannot be decoded.",
    "cawg.identity.assertion.mismatch": "An identity statement is about something else.",
    "cawg.identity.assertion.duplicate": "An identity statement names the same thing twice.",
    "cawg.identity.hard_binding_missing": (
        "An identity statement does not say which picture it is about."
    ),
    "cawg.identity.sig_type.unknown": "An identity statement is signed in an unknown way.",
    "cawg.identity.pad.invalid": "An identity statement hides data in its padding.",
    "cawg.ica.invalid_cose_sign1": "An identity provider's statement cannot be read.",
    "cawg.ica.invalid_alg": "An identity provider's statement is signed in a way not allowed.",
    "cawg.ica.invalid_content_type": "An identity provider's statement is of the wrong kind.",
    "cawg.ica.invalid_verifiable_credential": "An identity provider's statement is malformed.",
    "cawg.ica.invalid_issuer": "An identity provider's name is malformed.",
    "cawg.ica.untrusted_issuer": "The identity provider is on no trust list in use here.",
    "cawg.ica.did_unavailable": "The identity provider's key was not fetched.",
    "cawg.ica.invalid_did_document": "The identity provider's key cannot be read.",
    "cawg.ica.signature_mismatch": "An identity provider's signature does not fit.",
    "cawg.ica.signer_payload.mismatch": "An identity statement is about another picture.",
    "cawg.ica.revoked": "An identity statement was revoked.",
    "cawg.ica.valid_from.missing": "An identity statement does not say from when it holds.",
    "cawg.ica.valid_from.invalid": "An identity statement does not hold yet.",
    "cawg.ica.valid_until.invalid": "An identity statement holds no longer.",
}


def explain(code: str, detail: str = "") -> str:
    """Return a sentence for a status code.

    Parameters
    ----------
    code : str
        For example ``"assertion.dataHash.mismatch"``.
    detail : str
        The library's own explanation, used where the table does not know the code.
    """
    if code == "signingCredential.invalid":
        return _invalid_certificate(detail)
    known = _SENTENCES.get(code)
    if known is not None:
        return known
    if code.startswith("cawg.x509."):
        return _identity_certificate(code)
    if code.startswith("cawg."):
        return f"An identity statement could not be confirmed ({detail or code})."
    return f"A check failed: {detail or code}."


_CERTIFICATE_FAULTS = (
    ("eku", "its extended key usage does not allow signing Content Credentials"),
    ("self-signed", "it is self-signed"),
    ("version", "it is not of X.509 version 3"),
    ("curve", "its key is on a curve that is not allowed"),
    ("key length", "its key is too short"),
    ("algorithm", "it uses an algorithm that is not allowed"),
    ("unique id", "it has a unique identifier, which is not allowed"),
    ("end-entity", "it belongs to a certificate authority"),
)


def _invalid_certificate(detail: str) -> str:
    """Say which rule the certificate breaks, as far as the library's words tell."""
    lowered = detail.lower()
    fault = next((text for word, text in _CERTIFICATE_FAULTS if word in lowered), None)
    general = _SENTENCES["signingCredential.invalid"]
    return general if fault is None else f"{general.removesuffix('.')}: {fault}."


def _identity_certificate(code: str) -> str:
    """Say what is wrong with an identity statement that is signed with a certificate."""
    endings = {
        "untrusted": "whose certificate is on no trust list in use here",
        "expired": "whose certificate has expired",
        "revoked": "whose certificate was revoked",
        "mismatch": "whose signature does not fit",
    }
    said = endings.get(code.rpartition(".")[2], "that does not validate")
    return f"A person or organisation is named by an identity statement {said}."


def is_identity(code: str) -> bool:
    """Whether the code is about a CAWG identity assertion rather than about the manifest."""
    return code.startswith("cawg.")
