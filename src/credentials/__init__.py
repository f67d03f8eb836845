"""Content Credentials: signing and reading C2PA manifests, trust, certificates and the registry.

This package never looks at pixels; it binds manifests to encoded files and to the ids that
watermarks carry. It opens no network connection unless it is asked to.
"""

from __future__ import annotations

from indelible.credentials.disclosure.ai import AiClaim, ai_claims
from indelible.credentials.disclosure.profiles import (
    ProfileLine,
    check_profile,
    disclosure_xmp,
    fill_request,
)
from indelible.credentials.identity import (
    DevelopmentIdentity,
    create_identity,
    load_identity,
    load_or_create_identity,
)
from indelible.credentials.manifests.assertions import (
    AiDisclosure,
    Assertion,
    Region,
    TrainingMining,
)
from indelible.credentials.manifests.definitions import ManifestDefinition
from indelible.credentials.manifests.files import extract_store, read_file, sidecar_path, sign_file
from indelible.credentials.manifests.reading import read
from indelible.credentials.manifests.report import (
    Action,
    CredentialReport,
    Finding,
    IngredientReport,
    Integrity,
    ManifestReport,
    Place,
    Signature,
    Standing,
    State,
    weaker,
)
from indelible.credentials.manifests.request import (
    Generator,
    ManifestRequest,
    SoftBinding,
    SourceType,
    new_manifest_id,
)
from indelible.credentials.manifests.signing import SignedPicture, has_manifest, sign
from indelible.credentials.signals.camera import camera_contradicts
from indelible.credentials.signals.finding import Signal, find_signals
from indelible.credentials.signers.certificate_profile import (
    ProfileFinding,
    check_chain,
    require_profile,
)
from indelible.credentials.signers.certificates import (
    CertificateReport,
    CertificateRequest,
    create_request,
    generate_private_key,
    inspect_chain,
    write_request,
)
from indelible.credentials.signers.signer import CallbackSigner, PemSigner, Signer
from indelible.credentials.store.opening import signing_chains
from indelible.credentials.trust.trust import Trust, TrustList, parse_list
from indelible.credentials.trust.trust_store import TrustStore

__all__ = [
    "Action",
    "AiClaim",
    "AiDisclosure",
    "Assertion",
    "CallbackSigner",
    "CertificateReport",
    "CertificateRequest",
    "CredentialReport",
    "DevelopmentIdentity",
    "Finding",
    "Generator",
    "IngredientReport",
    "Integrity",
    "ManifestDefinition",
    "ManifestReport",
    "ManifestRequest",
    "PemSigner",
    "Place",
    "ProfileFinding",
    "ProfileLine",
    "Region",
    "Signal",
    "Signature",
    "SignedPicture",
    "Signer",
    "SoftBinding",
    "SourceType",
    "Standing",
    "State",
    "TrainingMining",
    "Trust",
    "TrustList",
    "TrustStore",
    "ai_claims",
    "camera_contradicts",
    "check_chain",
    "check_profile",
    "create_identity",
    "create_request",
    "disclosure_xmp",
    "extract_store",
    "fill_request",
    "find_signals",
    "generate_private_key",
    "has_manifest",
    "inspect_chain",
    "load_identity",
    "load_or_create_identity",
    "new_manifest_id",
    "parse_list",
    "read",
    "read_file",
    "require_profile",
    "sidecar_path",
    "sign",
    "sign_file",
    "signing_chains",
    "weaker",
    "write_request",
]
