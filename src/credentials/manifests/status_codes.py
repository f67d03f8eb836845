"""The one table of status codes: what each is about, and its sentence for people.

The codes are those of the C2PA specification 2.2 to 2.4 and its older forms, of the CAWG identity
assertion 1.1 and 1.2, and our own ("indelible...."). What a code *means* for a report is decided
in `status`, and nowhere by the code itself.
"""

from __future__ import annotations

from typing import Final

__all__ = ["IDENTITY", "INTEGRITY", "NOTE", "PICTURE", "TRUST"]

_CHANGED: Final = "The file was changed after it was signed (the picture or its metadata)."

# These are not the bytes that were signed: the picture was changed, or the manifest is of another.
PICTURE: Final = {
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
}

# The manifest itself does not hold, or whoever signed it was disowned by the issuer.
INTEGRITY: Final = {
    "assertion.dataHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.bmffHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.boxesHash.malformed": "The record of the picture's hash is malformed.",
    "assertion.boxesHash.unknownBox": "The file has a part that the signature does not cover.",
    "assertion.collectionHash.mismatch": "A file of the signed collection was changed.",
    "assertion.multiAssetHash.mismatch": "A part of the file was changed after it was signed.",
    "claimSignature.mismatch": "The signature does not fit the claim: one of them was changed.",
    "claimSignature.missing": "The claim is not signed.",
    "claim.missing": "The manifest has no claim.",
    "claim.multiple": "The manifest has more than one claim.",
    "claim.malformed": "The claim is malformed.",
    "claim.cbor.invalid": "The claim cannot be decoded.",
    "claim.hardBindings.missing": "The claim does not say which picture it is about.",
    "claim.required.missing": "The claim lacks a field that it must have.",
    "assertion.multipleHardBindings": "The claim says more than once which picture it is about.",
    "algorithm.unsupported": "The claim uses an algorithm that is not allowed.",
    "signingCredential.revoked": "The signer's certificate was revoked by its issuer.",
    "signingCredential.ocsp.revoked": "The signer's certificate was revoked by its issuer.",
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
    "manifest.missing": "A manifest that is referred to is missing.",
    "manifest.inaccessible": "The manifest lies elsewhere and was not fetched.",
    "manifest.multipleParents": "The picture claims more than one parent.",
    "manifest.update.invalid": "An update to the manifest changes what it may not change.",
    "manifest.update.wrongParents": "An update to the manifest has not exactly one parent.",
    "manifest.compressed.invalid": "A compressed manifest cannot be unpacked.",
    "ingredient.manifest.missing": "The credentials of a picture used in this one are missing.",
    "ingredient.manifest.mismatch": (
        "The credentials of a picture used in this one were changed after signing."
    ),
    "ingredient.hashedURI.mismatch": (
        "The credentials of a picture used in this one were changed after signing."
    ),
    "ingredient.claimSignature.missing": "The signature of a picture used in this one is missing.",
    "ingredient.claimSignature.mismatch": (
        "The signature of a picture used in this one does not fit."
    ),
    "general.error": "The credentials could not be checked completely.",
    "manifest.timestamp.invalid": (
        "A manifest that only adds a time stamp changes something else, too."
    ),
    "manifest.timestamp.wrongParents": (
        "A manifest that only adds a time stamp has not exactly one parent."
    ),
    "assertion.multiAssetHash.malformed": "The record of the file's parts is malformed.",
    "assertion.multiAssetHash.missingPart": "A part of the file that was signed is missing.",
    "assertion.collectionHash.incorrectFileCount": (
        "The signed collection has another number of files."
    ),
    "assertion.collectionHash.invalidURI": (
        "The record of a signed collection names a file in a way not allowed."
    ),
    "assertion.collectionHash.malformed": "The record of a signed collection is malformed.",
    "assertion.dataHash.redacted": "The picture's hash was removed, which is not allowed.",
    "assertion.cloud-data.malformed": "A reference to outside data is malformed.",
    "assertion.cloud-data.labelMismatch": "A reference to outside data leads to something else.",
    "assertion.external-reference.actions": "The history is kept outside, which is not allowed.",
    "assertion.external-reference.hardBinding": (
        "The picture's hash is kept outside, which is not allowed."
    ),
    "assertion.external-reference.hashMismatch": (
        "Data that is kept outside was changed after it was signed."
    ),
    "assertion.alternativeContentRepresentation.malformed": (
        "A record of another form of the picture is malformed."
    ),
    "assertion.alternativeContentRepresentation.missing": (
        "Another form of the picture that was signed is missing."
    ),
    "assertion.alternativeContentRepresentation.hashMismatch": (
        "Another form of the picture was changed after it was signed."
    ),
    "com.adobe.prerelease": "The credentials are of a form that was never published.",
    "livevideo.init.invalid": "The beginning of a live video is not as it must be.",
    "livevideo.segment.invalid": "A part of a live video is not as it must be.",
    "livevideo.manifest.invalid": "The manifest of a part of a live video is not as it must be.",
    "livevideo.continuityMethod.invalid": "The parts of a live video do not follow on one another.",
    "livevideo.assertion.invalid": "A statement about a live video is not as it must be.",
    "livevideo.sessionkey.invalid": "A key of a live video is not as it must be.",
    "indelible.history.changed": (
        "The history in the manifest was changed after the picture was signed."
    ),
    "indelible.exclusions": "The signature leaves out more of the file than the manifest itself.",
}

# The manifest holds, and who signed it is not to be believed without more.
TRUST: Final = {
    "claimSignature.outsideValidity": (
        "The claim was signed outside the time for which the certificate is valid."
    ),
    "signingCredential.untrusted": (
        "The signer is on no trust list in use here: who it really is, is unknown."
    ),
    "signingCredential.invalid": (
        "The signer's certificate breaks the rules for signing Content Credentials."
    ),
    "signingCredential.expired": (
        "The signer's certificate was not valid when the picture was signed, or has expired "
        "since, and no trusted time stamp shows otherwise."
    ),
    "indelible.signer.usage": "The signer's certificate is not for signing Content Credentials.",
    "indelible.signer.path": (
        "No authority on a trust list may have issued the signer's certificate."
    ),
    "indelible.signer.expired": (
        "The signer's certificate has expired, and no time stamp of a trusted authority shows "
        "that it was valid when the picture was signed."
    ),
}

# Nothing fails: what was found right, and what a person may want to hear.
NOTE: Final = {
    "assertion.dataHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "assertion.bmffHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "assertion.boxesHash.additionalExclusionsPresent": (
        "The signature leaves out more of the file than the manifest itself."
    ),
    "algorithm.deprecated": "The claim uses an algorithm that is no longer recommended.",
    "signingCredential.ocsp.unknown": "The issuer does not know the signer's certificate.",
    "signingCredential.ocsp.skipped": "It was not asked whether the certificate was revoked.",
    "signingCredential.ocsp.inaccessible": (
        "Whether the certificate was revoked could not be found out."
    ),
    "signingCredential.ocsp.notRevoked": "The issuer says that the certificate is not revoked.",
    "signingCredential.trusted": "The signer is on a trust list.",
    "timeStamp.mismatch": "The time stamp is about another signature.",
    "timeStamp.malformed": "The time stamp cannot be read.",
    "timeStamp.outsideValidity": (
        "The time stamp lies outside the time for which its authority's certificate is valid."
    ),
    "timeStamp.untrusted": (
        "The time stamp is of an unknown authority: it is on no trust list in use here."
    ),
    "timeStamp.validated": "The time stamp is intact.",
    "timeStamp.trusted": "The time-stamp authority is on a trust list.",
    "manifest.unknownProvenance": "Nothing is known about where the picture comes from.",
    "ingredient.unknownProvenance": "A picture used in this one has no credentials.",
    "claimSignature.validated": "The signature fits the claim.",
    "claimSignature.insideValidity": "The claim was signed while the certificate was valid.",
    "timeOfSigning.insideValidity": (
        "The stated time of signing lies within the certificate's validity."
    ),
    "timeOfSigning.outsideValidity": (
        "The stated time of signing lies outside the certificate's validity."
    ),
    "assertion.hashedURI.match": "A statement in the manifest is as it was signed.",
    "assertion.dataHash.match": "The picture is as it was signed.",
    "assertion.bmffHash.match": "The picture is as it was signed.",
    "assertion.boxesHash.match": "The picture is as it was signed.",
    "assertion.collectionHash.match": "The files of the signed collection are as they were signed.",
    "assertion.multiAssetHash.match": "The parts of the file are as they were signed.",
    "assertion.alternativeContentRepresentation.match": (
        "Another form of the picture is as it was signed."
    ),
    "assertion.accessible": "A statement that is kept elsewhere could be reached.",
    "assertion.external-reference.created": "A statement refers to data that is kept elsewhere.",
    "ingredient.manifest.validated": (
        "The credentials of a picture used in this one are as they were signed."
    ),
    "ingredient.claimSignature.validated": "The signature of a picture used in this one fits.",
    "hashedURI.match": "Something that was signed is as it was.",
    "manifest.unreferenced": "The file has a manifest that no other one refers to.",
    "indelible.timeStamp.untrusted": (
        "The time stamp is of an unknown authority: it is on no list of time-stamp "
        "authorities in use here."
    ),
}

# About named persons and organisations (CAWG); never about the manifest or the picture.
IDENTITY: Final = {
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
    "cawg.identity.well-formed": "An identity statement is signed as it must be.",
    "cawg.identity.trusted": "An identity statement is from somebody on a trust list.",
    "cawg.identity.expected_partial_claim.mismatch": (
        "An identity statement expects another manifest."
    ),
    "cawg.identity.expected_claim_generator.mismatch": (
        "An identity statement expects another program."
    ),
    "cawg.identity.expected_countersigners.mismatch": (
        "An identity statement expects other signers beside it."
    ),
    "cawg.identity.expected_countersigners.missing": (
        "An identity statement lacks a signer that it expects."
    ),
    "cawg.ica.credential_valid": "An identity provider vouches for a named person or organisation.",
    "cawg.ica.time_stamp.validated": "An identity provider's time stamp is intact.",
    "cawg.ica.time_stamp.invalid": "An identity provider's time stamp does not hold.",
    "cawg.ica.revocation.unavailable": "Whether an identity statement was revoked was not asked.",
    "cawg.ica.revocation.unsupported": (
        "Whether an identity statement was revoked cannot be found out."
    ),
    "cawg.ica.not_revoked": "An identity statement was not revoked.",
    "cawg.ica.verified_identities.missing": "An identity provider's statement names nobody.",
    "cawg.ica.verified_identities.invalid": "An identity provider's statement is malformed.",
    "cawg.x509.signature.validated": "An identity statement's signature fits.",
    "cawg.x509.credential.trusted": "An identity statement is from somebody on a trust list.",
    "cawg.x509.credential.untrusted": (
        "An identity statement is signed with a certificate that is on no trust list in use here."
    ),
    "cawg.x509.credential.invalid": (
        "An identity statement is signed with a certificate that breaks the rules."
    ),
    "cawg.x509.credential.revoked": (
        "An identity statement is signed with a certificate that was revoked."
    ),
    "cawg.x509.signature.mismatch": "An identity statement's signature does not fit.",
    "cawg.x509.signature.outside_validity": (
        "An identity statement was signed outside its certificate's validity."
    ),
    "cawg.x509.algorithm.unsupported": "An identity statement is signed in a way not allowed.",
    "indelible.identity.malformed": (
        "A named person's or organisation's statement cannot be decoded."
    ),
}
