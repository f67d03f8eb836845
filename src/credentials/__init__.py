"""Content Credentials: signing and reading C2PA manifests, trust, and certificates.

This package never looks at pixels; it binds manifests to encoded files and to the ids that
watermarks carry. It opens no network connection unless it is asked to.
"""

from __future__ import annotations

from indelible.credentials.disclosure.ai_claims import AiClaim, ai_claims
from indelible.credentials.disclosure.checklist import PROFILE_NOTICE, ProfileLine, check_profile
from indelible.credentials.disclosure.legal_profiles import disclosure_xmp, fill_request
from indelible.credentials.identity import (
    DevelopmentIdentity,
    create_identity,
    load_identity,
    load_or_create_identity,
)
from indelible.credentials.manifests.assertions import (
    AiDisclosure,
    Assertion,
    PictureFingerprint,
    Region,
    Step,
    TrainingMining,
)
from indelible.credentials.manifests.definitions import ManifestDefinition
from indelible.credentials.manifests.embedded import extract_store, has_manifest
from indelible.credentials.manifests.files import (
    FoundStore,
    find_store,
    read_file,
    read_found,
    sidecar_path,
    sign_file,
)
from indelible.credentials.manifests.manifest_report import (
    Action,
    Finding,
    IngredientReport,
    ManifestReport,
    Signature,
    Standing,
    weaker,
)
from indelible.credentials.manifests.permissions import (
    AI_EDITING,
    AI_INFERENCE,
    LIKENESS,
    Permission,
)
from indelible.credentials.manifests.reading import read
from indelible.credentials.manifests.report import CredentialReport, State
from indelible.credentials.manifests.request import (
    Generator,
    ManifestRequest,
    SoftBinding,
    new_manifest_id,
)
from indelible.credentials.manifests.signing import SignedPicture, sign
from indelible.credentials.signals.camera import camera_contradicts
from indelible.credentials.signals.data_mining import (
    MINING_PROHIBITED,
    mining_term,
    prohibits_mining,
)
from indelible.credentials.signals.finding import Signal, find_signals
from indelible.credentials.signers.certificate_profile import (
    ProfileFinding,
    check_chain,
)
from indelible.credentials.signers.certificates import (
    CertificateReport,
    CertificateRequest,
    create_request,
    describe_certificate,
    inspect_chain,
    write_request,
)
from indelible.credentials.signers.opening import open_signer
from indelible.credentials.signers.pem_signer import PemSigner
from indelible.credentials.signers.protocol import CallbackSigner, Signer
from indelible.credentials.source_types import SourceType
from indelible.credentials.store.active import active_manifest, active_manifest_id
from indelible.credentials.store.opening import signing_chains
from indelible.credentials.store.thumbnail import read_thumbnail
from indelible.credentials.trust.trust import Trust
from indelible.credentials.trust.trust_lists import TrustList, parse_list
from indelible.credentials.trust.trust_store import TrustStore

__all__ = [
    "AI_EDITING",
    "AI_INFERENCE",
    "LIKENESS",
    "MINING_PROHIBITED",
    "PROFILE_NOTICE",
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
    "FoundStore",
    "Generator",
    "IngredientReport",
    "ManifestDefinition",
    "ManifestReport",
    "ManifestRequest",
    "PemSigner",
    "Permission",
    "PictureFingerprint",
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
    "Step",
    "TrainingMining",
    "Trust",
    "TrustList",
    "TrustStore",
    "active_manifest",
    "active_manifest_id",
    "ai_claims",
    "camera_contradicts",
    "check_chain",
    "check_profile",
    "create_identity",
    "create_request",
    "describe_certificate",
    "disclosure_xmp",
    "extract_store",
    "fill_request",
    "find_signals",
    "find_store",
    "has_manifest",
    "inspect_chain",
    "load_identity",
    "load_or_create_identity",
    "mining_term",
    "new_manifest_id",
    "open_signer",
    "parse_list",
    "prohibits_mining",
    "read",
    "read_file",
    "read_found",
    "read_thumbnail",
    "sidecar_path",
    "sign",
    "sign_file",
    "signing_chains",
    "weaker",
    "write_request",
]
