"""Verifying a picture: three legs find the evidence, one pure function judges it.

The legs are the file's manifest, the watermark, and the registry that the watermark's id leads to.
A leg that fails says so in its own report and never hides what another one found. No connection is
opened unless it is asked for.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, get_args

from indelible import arguments, credentials, imaging
from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.credentials import CredentialReport, Trust
from indelible.errors import ArgumentError
from indelible.imaging import Encoded, ImageFile, Limits
from indelible.registry import Registry, consent_sources
from indelible.resolution import Resolver
from indelible.verification.ai import best_ai_claim
from indelible.verification.changes_leg import find_changes
from indelible.verification.consent_leg import look_up_consents, without_consent_keys
from indelible.verification.consent_report import ConsentReport
from indelible.verification.fingerprint_leg import (
    compare_with_manifest,
    compare_with_recovered,
    find_resembling,
)
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.gathering import gather_evidence
from indelible.verification.judging import (
    judge,
    rests_on_the_registry,
    rests_on_the_resolvers,
)
from indelible.verification.marks_leg import look_up_all
from indelible.verification.pixel_leg import (
    PixelFindings,
    examine_metadata,
    examine_pixels,
)
from indelible.verification.resolver_leg import ask_resolvers
from indelible.verification.resolver_report import ResolverReport, chosen
from indelible.verification.resolving import Match, find_matches
from indelible.verification.result import RegistryReport, Verification
from indelible.verification.timing import Clock, log_result
from indelible.verification.verdict import Verdict
from indelible.verification.wording import HARDER, notes
from indelible.watermark import Key

__all__ = ["Verifier"]


class Verifier:
    """Finds out who vouches for pictures. Made once, used for every picture.

    Parameters
    ----------
    keys : Key or sequence of Key
        Watermark keys to detect with. With none, ``()``, no generator's watermark is looked for.
    registry : Registry or None
        Where to look the watermark's id up; None where there is no registry to ask.
    trust : Trust or None
        Whose signatures count; None for the official C2PA trust list alone.
    remote_hosts : iterable of str
        Hosts from which a manifest that a picture only points to may be fetched.
    ocsp : bool
        Ask the signer's issuer whether its certificate was revoked.
    effort : "quick", "standard" or "thorough"
        How hard to look for the watermark: see :func:`indelible.watermark.detect`.
    changes : bool
        Look where a picture differs from the original, of which a manifest holds a preview. Costs
        about half a second where there is one.
    consent : bool
        Look for a consent mark, too, whose key is public: it costs one more key, of a family of
        its own, and takes no part in the verdict.
    limits : Limits, optional
        Sizes above which a picture is refused from its header.
    resolvers : iterable of Resolver or str
        Servers of others to ask, or their addresses, 8 at most: about an id that the registry does
        not hold, and, with `send_picture`, about the picture. What they send is judged here.
    send_picture : bool
        Whether a picture may be sent to them: the whole file, with its metadata.
    pixels : bool
        Look at the pixels. Without, nothing is decoded: the manifest and plain metadata alone are
        read, and a picture that has none is ``unchecked``.

    Raises
    ------
    ArgumentError
        If an argument is of a wrong type; the error names it.

    Notes
    -----
    All that is needed is given: neither making a verifier nor using it reads the user's
    configuration, environment or home folder (`from_settings` does). Nothing in it changes, so that
    it may be shared by threads and survives a fork, and it pickles by what it was made from where
    that can travel: its keys are in the pickle.

    Examples
    --------
    >>> verifier = Verifier(keys=(), registry=None, trust=None)     # doctest: +SKIP
    >>> verifier.verify("photo.jpg").verdict                        # doctest: +SKIP
    <Verdict.UNCHECKED: 'unchecked'>
    """

    __slots__ = (
        *("_changes", "_consent", "_effort", "_keys", "_limits", "_ocsp", "_registry"),
        *("_pixels", "_remote_hosts", "_resolvers", "_send_picture", "_trust", "_users_registry"),
    )

    def __init__(
        self,
        *,
        keys: Key | Sequence[Key],
        registry: Registry | None,
        trust: Trust | None,
        remote_hosts: Iterable[str] = (),
        ocsp: bool = False,
        effort: Effort = DEFAULT_EFFORT,
        changes: bool = False,
        consent: bool = True,
        limits: Limits | None = None,
        resolvers: Iterable[Resolver | str] = (),
        send_picture: bool = False,
        pixels: bool = True,
    ) -> None:
        ring = arguments.as_keys(keys, allow_none=True)
        if ring is None:
            raise ArgumentError(
                "keys", "keys is None.", hint="Give keys, or () to look for no watermark."
            )
        trust, limits = arguments.as_trust(trust), arguments.as_limits(limits)
        self._keys = without_consent_keys(ring)
        self._registry = arguments.as_registry(registry)
        self._users_registry: Callable[[], Registry] | None = None  # opened where it is asked
        self._trust = Trust.official() if trust is None else trust
        self._remote_hosts = arguments.as_hosts("remote_hosts", remote_hosts)
        self._ocsp = arguments.as_flag("ocsp", ocsp)
        words: tuple[Effort, ...] = get_args(Effort)
        self._effort: Effort = arguments.as_word("effort", effort, words) or DEFAULT_EFFORT
        self._changes = arguments.as_flag("changes", changes)
        self._consent = arguments.as_flag("consent", consent)
        self._limits = Limits() if limits is None else limits
        self._resolvers = arguments.as_resolvers(resolvers)
        self._send_picture = arguments.as_flag("send_picture", send_picture)
        self._pixels = arguments.as_flag("pixels", pixels)

    @classmethod
    def from_settings(
        cls,
        *,
        keys: Key | Sequence[Key] | None = None,
        registry: Registry | None = None,
        trust: Trust | None = None,
        remote_hosts: Iterable[str] = (),
        ocsp: bool = False,
        effort: Effort | None = None,
        changes: bool = False,
        consent: bool = True,
        limits: Limits | None = None,
        resolvers: Iterable[Resolver | str] | None = None,
        send_picture: bool = False,
        pixels: bool = True,
    ) -> Verifier:
        """Return a verifier of what is given; the rest comes from the user's settings, if any.

        Parameters
        ----------
        keys : Key or sequence of Key, optional
            By default those of the user's key ring, if it exists.
        registry : Registry, optional
            By default the user's, if it exists at this moment.
        trust : Trust, optional
            By default the official C2PA trust list, the configured anchors, and this machine's
            development identity, if it exists.
        remote_hosts, ocsp, changes, consent, send_picture, pixels
            As for `Verifier`.
        resolvers : iterable of Resolver or str, optional
            By default those of the settings; none where keys, registry and trust are given.
        effort : "quick", "standard" or "thorough", optional
            As for `Verifier`. By default that of the settings; "standard" where keys, registry and
            trust are given.
        limits : Limits, optional
            By default those of the settings; `Limits()` where keys, registry and trust are given.

        Raises
        ------
        ArgumentError
            If an argument is of a wrong type; the error names it.
        ConfigurationError, KeyFileError, TrustError
            If something is missing and the user's configuration cannot be read.

        Notes
        -----
        Nothing is created, and where keys, registry and trust are given, nothing of the user's is
        read.
        """
        ring = arguments.as_keys(keys, allow_none=True)
        registry, trust = arguments.as_registry(registry), arguments.as_trust(trust)
        users_registry: Callable[[], Registry] | None = None
        if ring is None or registry is None or trust is None:
            from indelible.settings import current  # noqa: PLC0415 - only where a part is missing

            settings = current()
            ring = settings.detection_keys() if ring is None else ring
            if registry is None and settings.has_registry():
                users_registry = settings.registry
            trust = settings.trust() if trust is None else trust
            limits = settings.limits if limits is None else limits
            effort = settings.settings.watermark.effort if effort is None else effort
            resolvers = settings.resolvers() if resolvers is None else resolvers
        made = cls(
            keys=ring,
            registry=registry,
            trust=trust,
            remote_hosts=remote_hosts,
            ocsp=ocsp,
            effort=DEFAULT_EFFORT if effort is None else effort,
            changes=changes,
            consent=consent,
            limits=limits,
            resolvers=() if resolvers is None else resolvers,
            send_picture=send_picture,
            pixels=pixels,
        )
        made._users_registry = users_registry
        return made

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of the keys that a watermark is looked for with; the ids reveal nothing."""
        return tuple(one.id for one in self._keys)

    @property
    def trust(self) -> Trust:
        """Whose signatures count."""
        return self._trust

    @property
    def registry(self) -> Registry | None:
        """Where ids are looked up; the user's own is opened now."""
        return self._opened_registry()

    @property
    def limits(self) -> Limits:
        """Sizes above which a picture is refused."""
        return self._limits

    @property
    def remote_hosts(self) -> tuple[str, ...]:
        """Hosts from which a manifest that a picture only points to may be fetched."""
        return self._remote_hosts

    @property
    def asks_issuers(self) -> bool:
        """Whether issuers are asked if they revoked a certificate."""
        return self._ocsp

    @property
    def effort(self) -> Effort:
        """How hard the watermark is looked for."""
        return self._effort

    def _opened_registry(self) -> Registry | None:
        """Return the registry; the user's is opened here, since loading a database takes long."""
        if self._registry is None and self._users_registry is not None:
            self._registry = self._users_registry()
        return self._registry

    def __reduce__(self) -> tuple[Any, ...]:
        made = functools.partial(
            type(self),
            keys=self._keys,
            registry=self._opened_registry(),
            trust=self._trust,
            remote_hosts=self._remote_hosts,
            ocsp=self._ocsp,
            effort=self._effort,
            changes=self._changes,
            consent=self._consent,
            limits=self._limits,
            resolvers=self._resolvers,
            send_picture=self._send_picture,
            pixels=self._pixels,
        )
        return made, ()

    def described(self) -> dict[str, str]:
        """Return what its answers depend on, each in a few words, and no secret: to compare two."""
        registry = self._opened_registry()
        return {
            "keys": " ".join(sorted(key.id for key in self._keys)),
            "registry": "" if registry is None else str(getattr(registry, "url", registry)),
            "trust": hashlib.sha256(repr(self._trust).encode()).hexdigest()[:16],
            "remote_hosts": " ".join(self._remote_hosts),
            "ocsp": str(self._ocsp),
            "effort": self._effort,
            "changes": str(self._changes),
            "consent": str(self._consent),
            "limits": repr(self._limits),
            "resolvers": " ".join(one.address for one in self._resolvers),
            "send_picture": str(self._send_picture),
            "pixels": str(self._pixels),
        }

    def verify(
        self, image: Encoded | ImageFile, *, manifest: Encoded | None = None
    ) -> Verification:
        """Find out who vouches for a picture.

        Parameters
        ----------
        image : path, bytes-like, binary stream or ImageFile
            The encoded picture: its manifest, if it has one, is part of the file. A stream is read
            from where it stands to its end. One that is open already keeps its own limits.
        manifest : path, bytes-like or binary stream, optional
            A manifest file (``application/c2pa``) to use instead of the picture's own. By default
            one beside the picture (``photo.c2pa``) is used where the picture has none inside.

        Returns
        -------
        Verification
            One verdict with its evidence.

        Raises
        ------
        ImageError
            If the bytes are no picture, are cut short, or exceed the limits. Whatever the bytes, no
            other exception than an `IndelibleError` leaves this function.
        ArgumentError
            If an argument is of a wrong type, pixels for example: they hold no manifest.

        Notes
        -----
        No connection is opened, unless `remote_hosts`, `ocsp` or `resolvers` ask for it. Nothing is
        created: without a key the watermark is reported as ``not_checked``.

        What happened is logged at level INFO by ``logging.getLogger("indelible")``: verdict, states
        and times, never keys.
        """
        if not isinstance(image, ImageFile):
            arguments.as_path_or_bytes("image", image)
        if manifest is not None:
            arguments.as_path_or_bytes("manifest", manifest)
        clock = Clock()
        opened = imaging.open_image(image, limits=self._limits)
        _ = opened.header  # what is no picture ends here
        with clock.leg("credential"):
            credential = credentials.read_file(
                opened,
                trust=self._trust,
                manifest=manifest,
                remote_hosts=self._remote_hosts,
                ocsp=self._ocsp,
            )
        with clock.leg("watermark"):
            pixels = (
                examine_pixels(opened, self._keys, credential, self._effort, consent=self._consent)
                if self._pixels
                else examine_metadata(opened)
            )
        with clock.leg("registry"):
            mark, recovered = look_up_all(
                pixels.view,
                self._keys,
                pixels.mark,
                opened,
                credential,
                registry=self._opened_registry() if pixels.mark.found else None,
                trust=self._trust,
            )
            pixels = replace(pixels, mark=mark)
            consents = self._consents(pixels)
        with clock.leg("fingerprint"):
            looks = self._looks(credential, pixels, recovered)
        asked = self._asked(opened, credential, pixels, recovered, clock)
        sent = chosen(asked)
        if sent is not None:  # then the registry holds nothing
            looks = (sent.fingerprint, looks[1])
        changes = None
        if self._changes:
            with clock.leg("changes"):
                best = looks[0] if looks[0].state == "match" else looks[1]
                changes = find_changes(
                    pixels.view, opened, self._keys, mark, credential, sent or recovered, best
                )
        result = self._judged(opened, credential, pixels, recovered, looks, asked, clock)
        result = replace(result, changes=changes, consents=consents)
        log_result(result)
        return result

    def look_at_pixels(self, image: Encoded | ImageFile) -> PixelFindings:
        """Look for marks in the pixels and nothing else: no manifest is read, nobody is asked.

        Parameters
        ----------
        image : path, bytes-like, binary stream or ImageFile
            As for `verify`.

        Returns
        -------
        PixelFindings
            ``mark``, ``consents`` and ``signals``. It is no verdict.

        Raises
        ------
        ImageError, ArgumentError
            As `verify`.
        """
        if not isinstance(image, ImageFile):
            arguments.as_path_or_bytes("image", image)
        opened = imaging.open_image(image, limits=self._limits)
        nothing = CredentialReport("absent")
        return examine_pixels(opened, self._keys, nothing, self._effort, consent=self._consent)

    def find_matches(self, image: Encoded) -> tuple[Match, ...]:
        """Find the registered manifests that a picture leads to, without judging any of them.

        Parameters
        ----------
        image : path, bytes-like or binary stream
            The encoded picture. What its own metadata says is not looked at.

        Returns
        -------
        tuple of Match
            Those that its watermarks lead to, then those of pictures that it looks like; none that
            was withdrawn or erased. Empty without a registry.

        Raises
        ------
        ImageError
            If the bytes are no picture, are cut short, or exceed the limits.
        RegistryError
            If the registry cannot be asked.
        """
        arguments.as_path_or_bytes("image", image)
        opened = imaging.open_image(image, limits=self._limits)
        _ = opened.header  # what is no picture ends here
        registry = self._opened_registry()
        if registry is None:
            return ()
        return find_matches(
            opened, keys=self._keys, registry=registry, trust=self._trust, effort=self._effort
        )

    def _asked(
        self,
        image: ImageFile,
        credential: CredentialReport,
        pixels: PixelFindings,
        recovered: RegistryReport,
        clock: Clock,
    ) -> tuple[ResolverReport, ...]:
        """Ask others, if there are any to ask."""
        if not self._resolvers:
            return ()
        with clock.leg("resolvers"):
            return ask_resolvers(
                self._resolvers,
                image,
                credential,
                pixels,
                recovered,
                trust=self._trust,
                send_picture=self._send_picture,
            )

    def _consents(self, pixels: PixelFindings) -> tuple[ConsentReport, ...]:
        """Return what the consent marks lead to."""
        if not pixels.consents or pixels.view is None:
            return ()
        sources = consent_sources(self._opened_registry())
        return look_up_consents(pixels.view, pixels.consents, sources)

    def _looks(
        self, credential: CredentialReport, pixels: PixelFindings, recovered: RegistryReport
    ) -> tuple[FingerprintReport, FingerprintReport]:
        """Compare the picture with what the recovered manifest and the file's own are about."""
        view, mark = pixels.view, pixels.mark
        if view is None:
            return FingerprintReport(), FingerprintReport()
        if not credential.present and mark.state == "not_found":
            registry = self._opened_registry()
            resembling = () if registry is None else find_resembling(view, registry)
            return FingerprintReport(resembles=resembling), FingerprintReport()
        return (
            compare_with_recovered(view, mark, credential, recovered),
            compare_with_manifest(view, mark, credential),
        )

    def _judged(
        self,
        image: ImageFile,
        credential: CredentialReport,
        pixels: PixelFindings,
        recovered: RegistryReport,
        looks: tuple[FingerprintReport, FingerprintReport],
        asked: tuple[ResolverReport, ...],
        clock: Clock,
    ) -> Verification:
        """Put the legs' reports together under one verdict."""
        evidence = gather_evidence(
            credential,
            pixels.mark,
            recovered,
            self._keys,
            recovered_looks=looks[0],
            manifest_looks=looks[1],
            resolvers=asked,
        )
        judgement = judge(evidence)
        said = [*judgement.notes, *notes(pixels.mark, pixels.header, self._trust)]
        if judgement.verdict is Verdict.NONE and self._effort != "thorough":
            said.append(HARDER)
        return Verification(
            verdict=judgement.verdict,
            reasons=judgement.reasons,
            credential=credential,
            watermark=pixels.mark,
            registry=recovered,
            fingerprint=looks[0] if looks[0] != FingerprintReport() else looks[1],
            file=None if image.path is None else str(image.path),
            format=image.format,
            signals=pixels.signals,
            notes=tuple(said),
            ai=best_ai_claim(
                credential, chosen(asked) or recovered, pixels.signals, looks=looks[0].state
            ),
            complete=not (rests_on_the_registry(evidence) or rests_on_the_resolvers(evidence)),
            timing=clock.times(),
            resolvers=asked,
        )
