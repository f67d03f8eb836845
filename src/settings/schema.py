"""Everything that can be set, and what each setting is.

A setting comes from, in this order: the environment (``INDELIBLE_<SECTION>_<NAME>``, such as
``INDELIBLE_SIGNER_CERTIFICATE``), the configuration file, the default. The file is
``config.toml`` in the user's configuration folder, or the one that ``INDELIBLE_CONFIG`` names::

    [signer]
    certificate = "acme-chain.pem"        # leaf first; paths are relative to this file
    private_key = "acme-key.pem"          # or a token or key service: docs/certificates.md
    timestamp_url = "http://tsa.example.com"

    [watermark]
    keys = "keys"                         # a key file, or a folder of them (a key ring)
    strength = "balanced"                 # or "robust": survives more; "discreet": seen less

    [registry]
    url = "registry.sqlite3"              # or "sqlite:////srv/data/registry.sqlite3"
    record_keys = "records.key"           # seals generation records: docs/registry.md

    [resolvers]
    ask = ["https://resolver.example"]    # servers of others to ask: docs/resolution.md

    [trust]
    anchors = ["partner-ca.pem"]          # besides the official C2PA trust list
    official = true

    [generator]
    name = "Acme Images"
    version = "2.1"
    abuse_contact = "abuse@acme.example"  # signed into every manifest
    source_type = "generated"             # what pictures are, where the command line does not say

    [limits]
    max_pixels = 100_000_000

    [report]
    language = "de"

    [service]
    port = 8000                           # of `indelible serve`: docs/service.md
    url = "https://example.org"

What is configured nowhere comes from the development identity: see
`indelible.settings.Configuration`.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from indelible.choices import DEFAULT_EFFORT, DEFAULT_STRENGTH, Effort, Strength
from indelible.credentials.manifests.request import is_contact
from indelible.credentials.source_types import SourceType
from indelible.errors import ConfigurationError
from indelible.imaging import Limits
from indelible.languages import ENGLISH, LANGUAGES
from indelible.settings.environment import PREFIX
from indelible.settings.values import Addresses, HostNames, KeyName, RegistryUrls, expected

__all__ = [
    "SECTIONS",
    "GeneratorSettings",
    "LimitSettings",
    "RegistrySettings",
    "ReportSettings",
    "ResolverSettings",
    "ServiceSettings",
    "Setting",
    "Settings",
    "SignerSettings",
    "TrustSettings",
    "WatermarkSettings",
    "every_setting",
]


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """The signing certificate and its key: both, or neither for the development identity.

    The key is a path, or the name of a token or key service (``docs/certificates.md``); the
    passphrase of an encrypted file comes from ``INDELIBLE_KEY_PASSPHRASE``.
    """

    certificate: Path | None = None
    private_key: KeyName | None = None
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class WatermarkSettings:
    """The watermark keys, how strongly new marks are embedded, how hard marks are looked for."""

    keys: Path | None = None
    strength: Strength = DEFAULT_STRENGTH
    effort: Effort = DEFAULT_EFFORT


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Where the registry is: a path in the file or the environment becomes a URL.

    Of several, in the file a list, the first is written to, and all are asked in their order.
    The record keys seal who had pictures made, and open it for `indelible registry trace`.
    """

    url: RegistryUrls | None = None
    record_keys: Path | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """Servers of others that are asked where nothing here says where a picture comes from.

    By an id alone: whether a picture may be sent to them is asked, or said, each time.
    """

    ask: Addresses | None = None


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """Trust anchors (PEM files) and whether the official C2PA trust list counts."""

    anchors: tuple[Path, ...] = ()
    official: bool = True


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """Who makes the claims in new manifests; see `indelible.credentials.Generator`.

    The source type is what the command line claims about a picture where no option says it:
    "generated", "captured", ... (`indelible protect --help` lists them).
    """

    name: str | None = None
    version: str | None = None
    provider: str | None = None
    model: str | None = None
    model_version: str | None = None
    model_identifier: str | None = None
    abuse_contact: str | None = None
    source_type: SourceType | None = None


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Sizes above which a picture is refused from its header; None keeps the default."""

    max_pixels: int | None = None
    max_bytes: int | None = None
    max_decoded_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """How `verify` reports: the language of its words."""

    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How ``indelible serve`` behaves."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_verify: bool = True
    public_quota: str = "30/minute; 500/day"
    similar_quota: str = "20/hour; 60/day"
    token_quota: str = "600/minute"  # noqa: S105 - how often one may be used
    trusted_proxies: str | None = None
    workers: int | None = None
    worker_memory: int = 1536 * 1024 * 1024
    job_seconds: int = 30
    queue: int = 64
    queue_bytes: int = 512 * 1024 * 1024
    max_bytes: int = 32 * 1024 * 1024
    max_pixels: int = 50_000_000
    body_seconds: int = 120
    connections: int = 1000
    shutdown_seconds: int = 30
    url: str | None = None
    public_manifests: bool = False
    public_consents: bool = True
    consent_desk: bool = False
    reference_hosts: HostNames | None = None
    url_hosts: HostNames | None = None
    exit_url: str = "https://www.wikipedia.org/"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured, checked and with absolute paths."""

    signer: SignerSettings = field(default_factory=SignerSettings)
    watermark: WatermarkSettings = field(default_factory=WatermarkSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    resolvers: ResolverSettings = field(default_factory=ResolverSettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    generator: GeneratorSettings = field(default_factory=GeneratorSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)

    def __post_init__(self) -> None:
        signer = self.signer
        if (signer.certificate is None) != (signer.private_key is None):
            given, missing = (
                ("certificate", "private_key")
                if signer.private_key is None
                else ("private_key", "certificate")
            )
            raise ConfigurationError(
                f"signer.{given} is set, but signer.{missing} is not.",
                hint="A signer needs both; set neither to use the development identity.",
            )
        _check_positive("limits", self.limits)
        _check_positive("service", self.service)
        url = self.service.url
        if url is not None and not _is_origin(url):
            raise ConfigurationError(
                f"service.url must be an address without a path, such as https://example.org, not "
                f"{url!r}."
            )
        if self.report.language not in LANGUAGES:
            raise ConfigurationError(
                f"report.language must be one of: {', '.join(LANGUAGES)}, not "
                f"{self.report.language!r}."
            )
        if not self.service.exit_url.startswith("https://"):
            raise ConfigurationError(
                f"service.exit_url must be an https address, not {self.service.exit_url!r}."
            )
        contact = self.generator.abuse_contact
        if contact is not None and not is_contact(contact):
            raise ConfigurationError(
                f"generator.abuse_contact must be an e-mail address or an https URL, not "
                f"{contact!r}."
            )


def _check_positive(section: str, values: LimitSettings | ServiceSettings) -> None:
    """Refuse numbers below 1: every number of these sections is a size, a count or a time."""
    for field_ in dataclasses.fields(values):
        value = getattr(values, field_.name)
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            raise ConfigurationError(f"{section}.{field_.name} must be positive, not {value}.")


_ORIGIN: Final = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", re.ASCII)


def _is_origin(url: str) -> bool:
    """Whether this is a scheme, a host, and perhaps a port, and nothing else."""
    return _ORIGIN.fullmatch(url) is not None


SECTIONS: Final[dict[str, type[Any]]] = {
    "signer": SignerSettings,
    "watermark": WatermarkSettings,
    "registry": RegistrySettings,
    "resolvers": ResolverSettings,
    "trust": TrustSettings,
    "generator": GeneratorSettings,
    "limits": LimitSettings,
    "report": ReportSettings,
    "service": ServiceSettings,
}

_MEANINGS: Final = {
    "signer.certificate": "Certificate chain (PEM), leaf first. By default the development one.",
    "signer.private_key": "Its private key: a PEM file, or the name of a token or key service.",
    "signer.timestamp_url": "RFC 3161 time-stamp authority to ask on signing. By default SSL.com's "
    "for a certificate that is set; `none` asks nobody.",
    "watermark.keys": "Key file, or folder of keys. By default `keys` beside the settings.",
    "watermark.strength": "robust survives more, discreet is seen less.",
    "watermark.effort": "How hard `verify` and `detect` look: thorough takes some 25 times as "
    "long.",
    "registry.url": "SQLite file, or a URL; of several the first is written to. By default "
    "`registry.sqlite3` in the user's data folder.",
    "registry.record_keys": "File of the keys that seal generation records. By default none are "
    "kept.",
    "registry.token_file": "File of the bearer token for a registry behind a service (https). Else "
    "`INDELIBLE_REGISTRY_TOKEN` has it.",
    "resolvers.ask": "Servers of others that `verify` asks about ids; none by default.",
    "trust.anchors": "Trust anchors (PEM) besides the official lists.",
    "trust.official": "Whether the official C2PA trust lists count.",
    "generator.name": "Product or service that makes the pictures.",
    "generator.version": "Its version.",
    "generator.provider": "Organisation behind it.",
    "generator.model": "Trained model.",
    "generator.model_version": "Its version.",
    "generator.model_identifier": 'Its identifier, such as "org/model@1".',
    "generator.abuse_contact": "E-mail address or https URL for complaints, signed into manifests.",
    "generator.source_type": "How the pictures come to be, where the command line does not say.",
    "limits.max_pixels": "Largest picture, in pixels.",
    "limits.max_decoded_bytes": "Largest picture once decoded, in bytes.",
    "limits.max_bytes": "Largest file, in bytes.",
    "report.language": "Of what `verify` and `report` say: en or de. JSON stays English.",
    "service.host": "Address that `indelible serve` listens on.",
    "service.port": "Its port.",
    "service.public_verify": "Whether anybody may ask about a picture.",
    "service.public_quota": "How often one address may ask (of IPv6, one /64).",
    "service.similar_quota": "How often one address may ask about pictures that look alike; all "
    "together ten times that.",
    "service.token_quota": "How often one token may be used.",
    "service.trusted_proxies": "Addresses or networks, separated by commas, whose X-Forwarded-For "
    "is believed. By default nobody's.",
    "service.workers": "Processes that work on pictures. By default one for each core.",
    "service.worker_memory": "Memory that one picture may take in its worker, in bytes.",
    "service.job_seconds": "How long one picture may take, in seconds.",
    "service.queue": "Pictures that wait or are worked on; one client may have a quarter of them.",
    "service.queue_bytes": "Bytes of pictures that are held in memory; of them, too, a quarter.",
    "service.max_bytes": "Largest file that is taken, in bytes.",
    "service.max_pixels": "Largest picture that is taken, in pixels.",
    "service.body_seconds": "Seconds within which a picture has to arrive.",
    "service.connections": "Connections at a time.",
    "service.shutdown_seconds": "Seconds to finish what was taken, when the service is ended.",
    "service.url": "Address that others reach it by, such as https://example.org. By default the "
    "one of each request.",
    "service.public_manifests": "Whether anybody may look ids up and read manifests.",
    "service.public_consents": "Whether anybody may look up what the owner of a picture asks.",
    "service.consent_desk": "Whether anybody may have a photograph signed with what they ask, by "
    "this machine's development identity.",
    "service.reference_hosts": "Hosts that pictures may be fetched from for queries by reference. "
    "By default there are no such queries.",
    "service.url_hosts": "Hosts that the page may have pictures fetched from. By default none.",
    "service.exit_url": "Where the page's quick exit leads.",
}
"""What each setting is for: one line of docs/settings.md and of ``indelible config show``."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it is called, and what it is for.

    Attributes
    ----------
    section, name : str
        "signer", "certificate".
    kind : str
        What it must be ("a path").
    default : str
        What holds where it is not set; empty: see the meaning.
    meaning : str
        What it is for.
    """

    section: str
    name: str
    kind: str
    default: str
    meaning: str

    @property
    def key(self) -> str:
        """As files and messages call it ("signer.certificate")."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it ("INDELIBLE_SIGNER_CERTIFICATE")."""
        return f"{PREFIX}{self.section}_{self.name}".upper()


def every_setting() -> Iterator[Setting]:
    """Yield every setting that there is."""
    for section, kind in SECTIONS.items():
        hints = typing.get_type_hints(kind)
        for item in dataclasses.fields(kind):
            value = getattr(Limits(), item.name) if kind is LimitSettings else item.default
            default = "" if value in (None, ()) else str(value)
            default = default.lower() if isinstance(value, bool) else default
            meaning = _MEANINGS.get(f"{section}.{item.name}", "")
            yield Setting(section, item.name, expected(hints[item.name]), default, meaning)
