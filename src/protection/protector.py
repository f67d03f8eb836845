"""Protect: mark, encode, check, sign, register, and only then show: one transaction.

The order is what makes it safe (docs/adr/0004). A process that dies

- before the registry commits leaves nothing, or a hidden temporary file beside the output;
- between the commit and the rename leaves, besides, a registry entry about a picture that nobody
  has seen: it points to a complete manifest and harms nobody;
- after the rename leaves everything.

A visible output without its registry entry, or half an output, cannot happen. An *error* at any
step, a full disk or a locked registry for example, leaves nothing at all: the entry is withdrawn.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, get_args

from indelible import arguments, credentials, imaging, watermark
from indelible.arguments import Strength
from indelible.credentials import Generator, ManifestRequest, Signer, SoftBinding, SourceType, Trust
from indelible.errors import (
    BindingConflictError,
    EmbeddingFailedError,
    ManifestError,
    OutputError,
    OutputExistsError,
    RegistryError,
)
from indelible.files import stage
from indelible.imaging import Limits
from indelible.imaging.sources import ImageInput, Source, open_source
from indelible.protection.marking import Canvas, choose_format
from indelible.protection.parts import Given
from indelible.registry import Record, Registry
from indelible.watermark import Detection, Key

__all__ = ["ProtectedImage", "protect"]

Output: TypeAlias = "str | os.PathLike[str] | BinaryIO | bytearray | None"
Profile: TypeAlias = Literal["eu", "california", "china", "all"]

PAYLOAD_BYTES: Final = 8
# A 64-bit id is taken once in 2**64 / (ids held): more than a few draws mean a broken registry.
_MAX_DRAWS: Final = 16
_MAX_FAILURES: Final = 3

_log: Final = logging.getLogger("indelible")


@dataclass(frozen=True, slots=True)
class ProtectedImage:
    """A protected picture.

    Attributes
    ----------
    data : bytes
        The encoded, marked and signed picture.
    payload : bytes
        The watermark's id, 8 bytes.
    manifest_id : str
        The manifest's id, ``urn:c2pa:<uuid>``.
    format : str
        Format of `data`: "jpeg", "png", ...
    path : Path or None
        Where it was written.
    key_id : str
        Which watermark key marked it.
    notes : tuple of str
        What was converted knowingly on the way (bit depth, colours, ...).
    """

    data: bytes = field(repr=False)
    payload: bytes
    manifest_id: str
    format: str
    path: Path | None = None
    key_id: str = ""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the picture as JSON-ready data; the payload in hexadecimal."""
        return {
            "path": None if self.path is None else str(self.path),
            "payload": self.payload.hex(),
            "manifest_id": self.manifest_id,
            "format": self.format,
            "key_id": self.key_id,
            "notes": list(self.notes),
        }


def protect(
    image: ImageInput,
    output: Output = None,
    *,
    signer: Signer | None = None,
    key: Key | Sequence[Key] | None = None,
    registry: Registry | None = None,
    generator: Generator | str | None = None,
    source_type: SourceType | str | None = None,
    manifest: ManifestRequest | None = None,
    trust: Trust | None = None,
    profile: Profile | None = None,
    format: str | None = None,
    quality: int | None = None,
    lossless: bool = False,
    strength: Strength | None = None,
    strip: bool = False,
    overwrite: bool = False,
    limits: Limits | None = None,
) -> ProtectedImage:
    """Mark a picture invisibly, sign its C2PA manifest, and register both.

    Parameters
    ----------
    image : path, bytes, binary stream, ndarray or PIL image
        An encoded picture, or pixels: uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey, 0 to 255.
        ICC profile, EXIF, XMP and alpha are kept where the format can hold them; a manifest that
        the picture carries already, or that its watermark still leads to, becomes the parent of
        the new one.
    output : path, binary stream or bytearray, optional
        Where the protected picture goes; a bytearray is appended to. Without it, take it from the
        result's ``data``.
    signer : Signer, optional
        Who signs. This, and every other object that is not given, comes from the user's
        configuration, else from the development identity, which is made on first use. Where
        signer, key, registry, and generator or manifest are given, nothing of the user's is read.
    key : Key or sequence of Key, optional
        The watermark key. The first of several marks; older marks of all of them are taken out, and
        lead to the history of a picture that lost its manifest. Give no partner's key.
    registry : Registry, optional
        Where the manifest and its binding to the watermark are kept.
    generator : Generator or str, optional
        Who, or what, made the picture; a name alone is enough.
    source_type : SourceType or str, optional
        How it came to be ("generated", "ai-edited", "captured", ...); by default generated by a
        trained model.
    manifest : ManifestRequest, optional
        Everything else that the manifest is to say. Its soft binding is filled in here; its
        generator and source type give way to the arguments of that name.
    trust : Trust, optional
        By which the picture's history is judged when it is signed into the new manifest.
    profile : {"eu", "california", "china", "all"}, optional
        Disclosure profile to fill in and to check; see `indelible.credentials.fill_request`.
    format : str, optional
        "jpeg", "png", "webp", ...; by default that of the output's name, else the input's own.
    quality : int, optional
        Encoder quality, 1 to 100; by default the format's own.
    lossless : bool
        Encode without loss, where the format leaves the choice (WebP).
    strength : {"standard", "high"}, optional
        Watermark quality: "high" is less visible and less robust.
    strip : bool
        Keep no metadata but the ICC profile. A manifest is kept as history all the same, unless it
        is too damaged to be read.
    overwrite : bool
        Replace an existing output.
    limits : Limits, optional
        Sizes above which a picture is refused from its header.

    Returns
    -------
    ProtectedImage
        The picture and its ids.

    Raises
    ------
    ArgumentError
        If an argument is of no use; the error names it. No work was done.
    ImageError
        If the input is no picture, is animated, or exceeds the limits.
    UnmarkableImageError
        If nothing in it can carry a mark.
    EmbeddingFailedError
        If the mark is not found again in the encoded file. Nothing was written or registered.
    CredentialError, RegistryError, OutputError
        If signing, registering or writing fails. Nothing is left visible or registered.

    Examples
    --------
    >>> result = indelible.protect(pixels, "picture.jpg")       # doctest: +SKIP
    >>> indelible.verify("picture.jpg").verdict                 # doctest: +SKIP
    <Verdict.AUTHENTIC: 'authentic'>
    """
    given = Given(
        signer=arguments.as_signer(signer),
        keys=arguments.as_keys(key, name="key"),
        registry=arguments.as_registry(registry),
        generator=arguments.as_generator(generator),
        source_type=arguments.as_source_type(source_type),
        manifest=arguments.as_manifest(manifest),
        trust=arguments.as_trust(trust),
        limits=arguments.as_limits(limits),
        strength=arguments.as_word("strength", strength, get_args(Strength)),
    )
    arguments.check_image(image)
    arguments.check_output(output)
    arguments.as_word("profile", profile, get_args(Profile))
    arguments.as_format(format)
    quality = arguments.as_number("quality", quality, 1, 100)
    lossless = arguments.as_flag("lossless", lossless)
    strip = arguments.as_flag("strip", strip)
    overwrite = arguments.as_flag("overwrite", overwrite)
    _refuse_existing(output, overwrite=overwrite)

    limits = given.limits_or_default()
    source = open_source(image, limits)
    canvas = Canvas(
        source,
        choose_format(format, output, source),
        quality=quality,
        lossless=lossless,
        strip=strip,
        limits=limits,
    )
    parts = given.completed()
    signer, key, registry, trust = parts.signer, parts.ring[0], parts.registry, parts.trust
    strength, request = parts.strength, parts.request
    doubt = credentials.camera_contradicts(request.source_type, source.metadata.exif)
    parent = None if strip and _history_is_unreadable(source) else source.data
    before = canvas.clear(parts.ring)
    history = _recovered_history(source, before, registry)

    older: list[bytes] = []
    failures = 0
    for _ in range(_MAX_DRAWS):
        payload = secrets.token_bytes(PAYLOAD_BYTES)
        if registry.has(watermark.ALGORITHM, payload):
            continue
        draft = dataclasses.replace(
            request,
            manifest_id=credentials.new_manifest_id(),
            soft_binding=SoftBinding(watermark.ALGORITHM, payload, key_id=key.id),
        )
        xmp = None
        if profile is not None:
            draft = credentials.fill_request(profile, draft, signer)
            xmp = credentials.disclosure_xmp(profile, draft, canvas.xmp)
        try:
            marked = canvas.mark(payload, key, strength=strength, xmp=xmp)
        except EmbeddingFailedError:
            # Each id makes another pattern, which may stand out better beside an older mark.
            failures += 1
            if failures == _MAX_FAILURES:
                raise
            continue
        if marked.payload != payload:
            # What is left of an older mark is the louder one still; another id may fare better.
            older.append(marked.payload)
            continue
        signed = credentials.sign(
            marked.data,
            canvas.format,
            draft,
            signer,
            parent=parent,
            parent_store=history,
            trust=trust,
        )
        if profile is not None:
            _check_profile(profile, signed.data, canvas.format, xmp, trust)
        record = Record(
            manifest_id=signed.manifest_id,
            algorithm=watermark.ALGORITHM,
            payload=payload,
            manifest_store=signed.manifest_store,
            media_type=imaging.media_type(canvas.format),
            generator=request.generator.name,
            picture_sha256=signed.sha256,
            width=canvas.width,
            height=canvas.height,
        )
        try:
            path = _register_and_show(record, signed.data, registry, output, overwrite=overwrite)
        except BindingConflictError:
            continue  # somebody took the id since we asked
        return ProtectedImage(
            signed.data,
            payload,
            signed.manifest_id,
            canvas.format,
            path,
            key.id,
            canvas.notes if doubt is None else (*canvas.notes, doubt),
        )
    if older:
        raise EmbeddingFailedError(
            f"The picture already carries the watermark id {older[-1].hex()} of this key, and a "
            "second mark is not found beside it. Nothing was written and nothing was registered.",
            hint="It is protected already: verify it, or protect the original instead.",
        )
    raise RegistryError(
        f"The registry claims to hold {_MAX_DRAWS} random ids in a row.",
        hint="It does not answer truthfully; check which registry is configured.",
    )


def _refuse_existing(output: Output, *, overwrite: bool) -> None:
    """Fail before any work is done; the write itself makes sure once more."""
    if not isinstance(output, str | os.PathLike):
        return
    if not overwrite and os.path.lexists(output):
        raise OutputExistsError(
            f"'{os.fspath(output)}' exists already.",
            hint="Choose another name, or allow overwriting (--force; in Python overwrite=True).",
        )
    if os.path.isdir(output) or not os.path.isdir(Path(output).parent):  # noqa: PTH112
        raise OutputError(
            f"'{os.fspath(output)}' cannot be written: it is a folder, or its folder is missing.",
            hint="Give a file's name in a folder that exists.",
        )


def _recovered_history(
    source: Source, before: Iterable[Detection], registry: Registry
) -> bytes | None:
    """Return the manifest that a picture lost and its older watermark still leads to.

    History is never dropped: what a file carries itself is kept by `credentials.sign`, this is for
    files whose metadata was stripped, and for bare pixels.
    """
    if source.data is not None and credentials.has_manifest(source.data, source.format or ""):
        return None
    for found in before:
        if found.payload is None or not registry.has(watermark.ALGORITHM, found.payload):
            continue
        for record in registry.find(watermark.ALGORITHM, found.payload):
            data, format = source.data, source.format
            if data is None or format is None:
                data, format = imaging.encode(source.pixels, "png"), "png"
            report = credentials.read(data, format, manifest_store=record.manifest_store)
            sound = report.integrity in ("intact", "changed")
            names = (b.names(watermark.ALGORITHM, found.payload) for b in report.soft_bindings)
            if sound and any(names):
                return record.manifest_store
    return None


def _history_is_unreadable(source: Source) -> bool:
    """Whether the manifest that a file carries is too damaged to be kept as history."""
    if source.data is None:
        return False
    return credentials.read(source.data, source.format or "").state == "unreadable"


def _check_profile(profile: str, data: bytes, format: str, xmp: bytes | None, trust: Trust) -> None:
    """Read what was signed and make sure that it says what the profile asks for."""
    report = credentials.read(data, format, trust=trust)
    lines = credentials.check_profile(profile, report, packet=xmp, watermark_found=True)
    missing = [f"{line.profile}: {line.requirement}" for line in lines if line.present is False]
    if missing:
        raise ManifestError(
            f"The signed picture lacks what the profile asks for: {'; '.join(missing)}. Nothing "
            "was written and nothing was registered.",
            hint="Give it with the generator, the manifest, or the signer.",
        )


def _register_and_show(
    record: Record, data: bytes, registry: Registry, output: Output, *, overwrite: bool
) -> Path | None:
    """Register, then make the picture visible; if that fails, take the record back.

    Everything that takes long or may run out of space comes before the registry commits. After
    the commit only a rename is left.
    """
    if isinstance(output, str | os.PathLike):
        with (
            stage(output, data, overwrite=overwrite) as staged,
            _registered(record, registry),
        ):
            staged.publish()
        return staged.path
    with _registered(record, registry):
        if isinstance(output, bytearray):
            output += data
        elif output is not None:
            _write_stream(output, data)
    return None


@contextmanager
def _registered(record: Record, registry: Registry) -> Iterator[None]:
    """Register, and take the record back if the picture does not become visible."""
    try:
        registry.put(record)
        yield
    except RegistryError:
        raise  # of `put` itself: there is nothing to take back
    except BaseException:
        try:
            registry.withdraw(record.manifest_id)
        except RegistryError as error:
            # The entry points to a complete manifest of a picture that nobody will see.
            _log.warning(
                "The registry keeps %s, whose picture was not written: %s",
                record.manifest_id,
                error.reason(),
            )
        raise


def _write_stream(stream: BinaryIO, data: bytes) -> None:
    try:
        view = memoryview(data)
        while view:
            written = stream.write(view)
            # Buffered streams take everything; raw ones say how much they took.
            view = view[len(view) if written is None else written :]
        stream.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(f"The picture cannot be written: {error}.") from error
