"""Content Credentials: signing and reading C2PA manifests, trust, certificates and the registry.

This package never looks at pixels; it binds manifests to encoded files and to the ids that
watermarks carry. It opens no network connection unless it is asked to.
"""

from __future__ import annotations

from indelible.credentials.ai import AiClaim, ai_claims
from indelible.credentials.assertions import AiDisclosure, Assertion, Region, TrainingMining
from indelible.credentials.certificate_profile import (
    ProfileFinding,
    check_chain,
    require_profile,
)
from indelible.credentials.certificates import (
    CertificateReport,
    CertificateRequest,
    create_request,
    generate_private_key,
    inspect_chain,
    write_request,
)
from indelible.credentials.definitions import ManifestDefinition
from indelible.credentials.disclosure import (
    ProfileLine,
    check_profile,
    disclosure_xmp,
    fill_request,
)
from indelible.credentials.exif import camera_contradicts
from indelible.credentials.files import extract_store, read_file, sidecar_path, sign_file
from indelible.credentials.identity import (
    DevelopmentIdentity,
    create_identity,
    load_identity,
    load_or_create_identity,
)
from indelible.credentials.manifest import (
    Generator,
    ManifestRequest,
    SoftBinding,
    SourceType,
    new_manifest_id,
)
from indelible.credentials.network import Fetcher
from indelible.credentials.reading import read
from indelible.credentials.registry import Record, Registry
from indelible.credentials.report import (
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
from indelible.credentials.signals import Signal, find_signals
from indelible.credentials.signers import CallbackSigner, PemSigner, Signer
from indelible.credentials.signing import SignedPicture, has_manifest, sign
from indelible.credentials.sqlite_registry import SqliteRegistry
from indelible.credentials.store import signing_chains
from indelible.credentials.trust import Trust, TrustList, parse_list
from indelible.credentials.trust_store import TrustStore

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
    "Fetcher",
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
    "Record",
    "Region",
    "Registry",
    "Signal",
    "Signature",
    "SignedPicture",
    "Signer",
    "SoftBinding",
    "SourceType",
    "SqliteRegistry",
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
