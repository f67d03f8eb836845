"""One source of derived copies: what it is, where it comes from, and what each copy still shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from indelible import credentials, fingerprint, imaging, watermark
from indelible.credentials import (
    CredentialReport,
    Generator,
    ManifestRequest,
    SignedPicture,
    Signer,
    SoftBinding,
    Step,
    Trust,
)
from indelible.errors import FingerprintError, ManifestError, UnsupportedImageError
from indelible.fingerprint import Reference
from indelible.imaging import ImageFile, Limits, Picture, Pixels
from indelible.protection.history import History, history_of
from indelible.protection.markable import fingerprint_of
from indelible.protection.marking import chosen_format
from indelible.protection.publishing import Output, register_and_show, show
from indelible.protection.rendition import Shape
from indelible.protection.result import DerivedImage
from indelible.registry import Record, Registry, StoredFingerprint
from indelible.watermark import ENOUGH_PIXELS, Detection, Key, View

__all__ = ["Resigner"]

_NOT_OVER = "Nothing is signed over it, because the signature would vouch for it."
_UNSIGNED = "Without a signer it can be derived all the same; look at it with `indelible verify`."


class Resigner:
    """A picture of which copies are derived.

    Parameters
    ----------
    file : ImageFile
        The picture.
    signer, keys, registry, generator, trust, limits, strip
        As for `indelible.derive`, all checked.

    Raises
    ------
    ImageError
        If it is no picture, is animated, or exceeds the limits.
    ManifestError
        If there is a signer, and the picture's manifest does not hold.
    """

    def __init__(
        self,
        file: ImageFile,
        *,
        signer: Signer | None,
        keys: tuple[Key, ...],
        registry: Registry | None,
        generator: Generator,
        trust: Trust,
        limits: Limits,
        strip: bool,
    ) -> None:
        self.file = file
        self._signer = signer
        self._keys = keys
        self._registry = registry
        self._generator = generator
        self._trust = trust
        self._limits = limits
        if file.header.animated:
            raise UnsupportedImageError(
                f"The picture has {file.header.frames} frames or pages; only single pictures are "
                "derived.",
                hint="One frame would leave out the others. Derive them as files of their own.",
            )
        self._found = credentials.find_store(file)
        self._has_manifest = credentials.has_manifest(file) or self._found.data is not None
        if signer is not None:
            self._check_manifest()
        picture = file.decode()
        self._picture: Picture = picture
        self._metadata = picture.metadata.stripped() if strip else picture.metadata

    @property
    def width(self) -> int:
        """Width of the upright picture, px."""
        return int(self._picture.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height of the upright picture, px."""
        return int(self._picture.pixels.shape[0])

    def as_file(self) -> ImageFile:
        """Return the file that the picture came in; see `history.Opened`."""
        return self.file

    def format_for(self, wanted: str | None, output: object) -> str:
        """Return the format of a copy; see `marking.chosen_format`."""
        return chosen_format(wanted, output, self.file.format)

    def derive(
        self,
        shape: Shape,
        output: Output,
        *,
        format: str | None,
        quality: int | None,
        lossless: bool,
        fast: bool,
        overwrite: bool,
    ) -> DerivedImage:
        """Make one copy; see `indelible.derive`."""
        target = self.format_for(format, output)
        shaped = shape.on(self.width, self.height)
        self._limits.check_size(*shaped.size)
        pixels, metadata, changes = imaging.rendered(
            self._picture.pixels, self._metadata, crop=shaped.part, size=shaped.size
        )
        fitted = imaging.conform(pixels, metadata, target)
        keeps = target == self.file.format == "webp" and self.file.header.lossless
        data = imaging.encode(
            fitted.pixels,
            target,
            quality=quality,
            lossless=lossless or (keeps and quality is None),
            fast=fast,
            metadata=fitted.metadata,
        )
        file = ImageFile(data, limits=self._limits)
        found = _detect(file, self._keys)
        notes = [*self._picture.notes, *changes, *fitted.notes]
        signed = record = None
        if self._signer is not None:
            self._check_mark(found)
            request = self._request(found, fitted.pixels, shaped.steps(self.file.format, target))
            signed = self._signed(file, request, self._signer)
            record = _record(signed, request, target, shaped.size)
            data = signed.data
        if record is not None and self._registry is not None:
            path = register_and_show(record, self._registry, data, output, overwrite=overwrite)
        else:
            path = show(data, output, overwrite=overwrite)
        return DerivedImage(
            data=data,
            width=shaped.size[0],
            height=shaped.size[1],
            format=target,
            path=path,
            manifest_id=None if signed is None else signed.manifest_id,
            payload=found.payload,
            key_id=found.key_id,
            notes=(*notes, *self._what_remains(found, signed is not None)),
        )

    # --- what speaks for the source ---------------------------------------------------------------

    @cached_property
    def _credential(self) -> CredentialReport:
        return credentials.read_found(self.file, self._found, trust=self._trust)

    @cached_property
    def _mark(self) -> Detection:
        """The source's own mark; looked for only where that is needed."""
        return _detect_in(View(self._picture.pixels), self._keys)

    @cached_property
    def _history(self) -> History:
        """The manifest that a copy continues: the file's own or one beside it, or its mark's.

        Raises
        ------
        ManifestError
            If its mark leads to a manifest about another picture.
        RegistryError
            If the registry cannot be asked.
        """
        registry = self._registry
        if registry is None or self._has_manifest or not self._mark.found:
            return History(parent=self.file, store=self._found.data)
        history = history_of(self, (self._mark,), registry, strip=False)
        if history.store is not None and self._is_of_another(history.store):
            raise ManifestError(
                "The picture's watermark leads to a manifest about another picture: it was copied "
                f"onto this one. {_NOT_OVER}",
                hint=_UNSIGNED,
            )
        return history

    def _is_of_another(self, store: bytes) -> bool:
        """Whether a recovered manifest is about another picture."""
        manifest = credentials.read(self.file, manifest_store=store, trust=self._trust).manifest
        if manifest is None or manifest.fingerprint is None:
            return False
        try:
            reference = Reference.from_bytes(manifest.fingerprint.reference)
        except FingerprintError:
            return True
        seen = fingerprint.compare(
            reference, self._picture.pixels, self._mark.geometry, period=self._mark.period
        )
        return seen.same is False

    def _check_manifest(self) -> None:
        """Make sure that the source's manifest holds, if it has one.

        Raises
        ------
        ManifestError
            If it does not.
        """
        if self._has_manifest and self._credential.integrity != "intact":
            why = " ".join(self._credential.reasons)
            raise ManifestError(
                f"The picture's own manifest does not hold: {why} {_NOT_OVER}", hint=_UNSIGNED
            )

    def _check_mark(self, found: Detection) -> None:
        """Make sure that the source carries the mark that its manifest names.

        Resizing would explain a mark that was missing before, and a new manifest would name one
        that was put in the place of another.

        Raises
        ------
        ManifestError
            If it carries none, or another.
        """
        ring = {(key.algorithm, key.id) for key in self._keys}
        named = [one for one in self._bindings() if (one.algorithm, one.key_id) in ring]
        if not named:
            return
        seen = found if found.found else self._mark
        if not seen.found:
            raise ManifestError(
                "The picture's manifest says that it carries a watermark of a key that was tried, "
                f"and it carries none. {_NOT_OVER}",
                hint=_UNSIGNED,
            )
        if not any(self._names(seen, one) for one in self._all_bindings()):
            raise ManifestError(
                f"The picture's manifest names another watermark id than it carries. {_NOT_OVER}",
                hint=_UNSIGNED,
            )

    def _vouches_for(self, found: Detection) -> bool:
        """Whether the picture's history names this mark; else it may have been copied onto it."""
        if self._history.store is not None and not self._has_manifest:
            return found.payload == self._mark.payload  # which led to it, and which it names
        return any(self._names(found, one) for one in self._all_bindings())

    def _bindings(self) -> tuple[SoftBinding, ...]:
        return self._credential.soft_bindings if self._has_manifest else ()

    def _all_bindings(self) -> list[SoftBinding]:
        """Return what the manifest and its history bind."""
        waiting = [self._credential.manifest]
        found: list[SoftBinding] = []
        while waiting:
            one = waiting.pop()
            if one is not None:
                found.extend(one.soft_bindings)
                waiting.extend(ingredient.manifest for ingredient in one.ingredients)
        return found

    @staticmethod
    def _names(seen: Detection, binding: SoftBinding) -> bool:
        algorithm, payload = seen.algorithm, seen.payload
        return algorithm is not None and payload is not None and binding.names(algorithm, payload)

    # --- what a copy says -------------------------------------------------------------------------

    def _request(self, found: Detection, pixels: Pixels, steps: Iterable[Step]) -> ManifestRequest:
        binding = None
        if found.algorithm is not None and found.payload is not None and self._vouches_for(found):
            binding = SoftBinding(found.algorithm, found.payload, key_id=found.key_id)
        return ManifestRequest(
            credentials.new_manifest_id(),
            self._generator,
            soft_binding=binding,
            fingerprint=fingerprint_of(pixels),
            steps=tuple(steps),
        )

    def _signed(self, file: ImageFile, request: ManifestRequest, signer: Signer) -> SignedPicture:
        history = self._history
        return credentials.sign(
            file,
            request,
            signer,
            parent=history.parent,
            parent_store=history.store,
            trust=self._trust,
        )

    def _what_remains(self, found: Detection, signed: bool) -> list[str]:
        """Return what in the copy still says where it comes from, as far as that is not all."""
        notes = []
        if not self._keys:
            notes.append("No watermark was looked for: there is no key here to look with.")
        elif not found.found and self._mark.found:
            notes.append(
                "The watermark is not found in the copy: it is too small, or was compressed too "
                "much. Once the copy's metadata is lost, nothing leads back from it."
            )
        if signed:
            return notes
        if found.payload is None:
            return [*notes, "It carries no manifest, and no watermark that was found leads to one."]
        notes.append(
            "It carries no manifest: only the record that its watermark leads to "
            f"({found.payload.hex()}) says where it comes from."
        )
        registry = self._registry
        if registry is not None and not registry.has(found.algorithm or "", found.payload):
            notes.append("The registry that was given does not hold that id.")
        return notes


def _detect(file: ImageFile, keys: tuple[Key, ...]) -> Detection:
    """Look for a mark in an encoded file, as a verifier does."""
    if not keys:
        return Detection(found=False)
    shown = file.decode(enough=ENOUGH_PIXELS)
    return _detect_in(View(shown.pixels, shown.scale), keys)


def _detect_in(view: View, keys: tuple[Key, ...]) -> Detection:
    return watermark.detect(view, keys) if keys else Detection(found=False)


def _record(
    signed: SignedPicture, request: ManifestRequest, format: str, size: tuple[int, int]
) -> Record:
    """Return what the registry is to keep: no binding, which is and stays the original's."""
    looks = request.fingerprint
    return Record(
        manifest_id=signed.manifest_id,
        algorithm="",
        payload=b"",
        manifest_store=signed.manifest_store,
        media_type=imaging.media_type(format),
        generator=request.generator.name,
        picture_sha256=signed.sha256,
        width=size[0],
        height=size[1],
        fingerprint=None if looks is None else StoredFingerprint(looks.pdq, looks.quality),
    )
