"""Finding out who had a picture made: for a reason, and on the record.

The entry in the audit log is written first, and is on the disk before anything is opened: nobody
looks without leaving a trace, whatever happens to the program afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import ArgumentError, NoRecordError, RegistryError
from indelible.registry.private.audit import AuditEntry
from indelible.registry.private.generation import GenerationRecord, InputPicture
from indelible.registry.private.record_keys import RecordKeys
from indelible.registry.private.traces import MOST_DISTANCE, distance, tokens_of
from indelible.registry.protocol import Registry
from indelible.registry.several import private_registry

__all__ = ["InputMatch", "InputTrace", "Trace", "Tracer"]

_MOST_OPENED: Final = 10_000  # records that one search for an input opens
_PAGE: Final = 500
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known about the making of one picture.

    Attributes
    ----------
    manifest_id : str
        The picture's manifest.
    record : GenerationRecord or None
        Who had it made; None where nothing is kept about it.
    entry : AuditEntry
        What the audit log says about this look.
    """

    manifest_id: str
    record: GenerationRecord | None
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class InputMatch:
    """A picture that was made from the one that was asked about.

    Attributes
    ----------
    manifest_id : str
        Its manifest.
    record : GenerationRecord
        Who had it made.
    distance : int
        How many of the 256 bits of the two perceptual hashes differ; 0 for the very same bytes.
    exact : bool
        Whether the input's bytes were the very same.
    """

    manifest_id: str
    record: GenerationRecord
    distance: int
    exact: bool


@dataclass(frozen=True, slots=True)
class InputTrace:
    """What was made from a picture.

    Attributes
    ----------
    matches : tuple of InputMatch
        The very same bytes first, then the nearest.
    entry : AuditEntry
        What the audit log says about this look.
    bounded : bool
        Whether there were more candidates than one search opens: near copies may be missing.
    unopened : int
        Candidates that could not be opened: sealed with a key that is not here, or damaged.
    """

    matches: tuple[InputMatch, ...]
    entry: AuditEntry
    bounded: bool = False
    unopened: int = field(default=0)


class Tracer:
    """Opens generation records, each time for a reason that is written down first.

    Parameters
    ----------
    registry : Registry
        The operator's own; of `Registries` the first.
    keys : RecordKeys
        What the records were sealed with.

    Raises
    ------
    ArgumentError
        If the registry keeps no generation records.
    """

    def __init__(self, registry: Registry, keys: RecordKeys) -> None:
        self._registry = private_registry(registry)
        self._keys = keys

    def trace(self, manifest_id: str, *, reason: str, actor: str, case: str | None = None) -> Trace:
        """Find out who had a picture made.

        Parameters
        ----------
        manifest_id : str
            The picture's manifest.
        reason : str
            Why, in words for those who read the audit log.
        actor : str
            Who asks: a user of the machine, or a token's name.
        case : str, optional
            The case that it belongs to.

        Raises
        ------
        ArgumentError
            If there is no reason, or no actor. Nothing was opened.
        NoRecordError
            If the registry holds no such manifest.
        RegistryError
            If the audit log cannot be written, and nothing was opened; or if the record is sealed
            with a key that is not here, or was changed.
        """
        entry = self._enter("trace", manifest_id, reason=reason, actor=actor, case=case)
        sealed = self._registry.sealed_records([manifest_id]).get(manifest_id)
        if sealed is None:
            if self._registry.get(manifest_id) is None:
                raise NoRecordError(
                    f"the registry holds no manifest {manifest_id}", hint="Check the id."
                )
            return Trace(manifest_id, None, entry)
        return Trace(manifest_id, self._opened(sealed, manifest_id), entry)

    def trace_payload(
        self,
        algorithm: str,
        payload: bytes,
        *,
        reason: str,
        actor: str,
        case: str | None = None,
    ) -> list[Trace]:
        """Find out who had a picture made, by the id in its watermark.

        A mark can be copied onto another picture: `indelible verify` says whether this one is.

        Parameters
        ----------
        algorithm : str
            Of the watermark ("org.indelible.dft.2").
        payload : bytes
            The id.
        reason, actor, case : str
            As for `trace`.

        Returns
        -------
        list of Trace
            One; only a registry that was merged from several can hold more.

        Raises
        ------
        ArgumentError, NoRecordError, RegistryError
            As `trace`.
        """
        _check_given(reason=reason, actor=actor)
        found = self._registry.find(algorithm, payload)  # what is public anyway
        if not found:
            raise NoRecordError(
                f"the registry holds no id {payload.hex()} of {algorithm}",
                hint="Check that it is the registry of whoever made the picture.",
            )
        return [self.trace(one.manifest_id, reason=reason, actor=actor, case=case) for one in found]

    def trace_input(
        self,
        picture: InputPicture,
        *,
        turned: Sequence[bytes] = (),
        reason: str,
        actor: str,
        case: str | None = None,
    ) -> InputTrace:
        """List every output that was made from a picture, or from a near copy of it.

        Parameters
        ----------
        picture : InputPicture
            The picture.
        turned : sequence of bytes
            Perceptual hashes of it mirrored and turned (`indelible.fingerprint.dihedral`).
        reason, actor, case : str
            As for `trace`.

        Raises
        ------
        ArgumentError
            If there is no reason, or no actor, or a hash is none. Nothing was opened.
        RegistryError
            If the audit log cannot be written, and nothing was opened; or if the registry cannot be
            asked.
        """
        if any(len(one) != _HASH_BYTES for one in turned):
            raise ArgumentError("turned", "A PDQ hash is 32 bytes.", hint="Give those of dihedral.")
        exact, *_ = tokens_of(InputPicture(picture.sha256), self._keys)
        # By its token: the log does not say which picture, but to who has the picture and the keys.
        subject = f"input {exact.hex()}"
        entry = self._enter("trace", subject, reason=reason, actor=actor, case=case)
        hashes = tuple(dict.fromkeys([*filter(None, [picture.pdq]), *turned]))
        bands = {
            token: None
            for one in hashes
            for token in tokens_of(InputPicture(picture.sha256, one), self._keys)[1:]
        }
        # The very same bytes have one token only; sorted by number they would come last.
        candidates: dict[str, None] = {}
        bounded = False
        for tokens in ([exact], list(bands)):
            for some in self._pages(tokens):
                candidates.update(dict.fromkeys(some))
                if bounded := len(candidates) > _MOST_OPENED:
                    break
        matches, unopened = self._matching(list(candidates)[:_MOST_OPENED], picture.sha256, hashes)
        return InputTrace(tuple(matches), entry, bounded, unopened)

    def _enter(
        self, action: str, subject: str, *, reason: str, actor: str, case: str | None
    ) -> AuditEntry:
        _check_given(reason=reason, actor=actor)
        return self._registry.audit.append(
            actor=actor, action=action, subject=subject, reason=reason, case=case
        )

    def _pages(self, tokens: list[bytes]) -> Iterator[list[str]]:
        offset = 0
        while tokens:
            page = self._registry.find_inputs(tokens, offset=offset, limit=_PAGE)
            yield page
            if len(page) < _PAGE:
                return
            offset += _PAGE

    def _matching(
        self, candidates: list[str], sha256: bytes, hashes: Sequence[bytes]
    ) -> tuple[list[InputMatch], int]:
        """Open candidates; return those that were made from the picture, and how many stay shut."""
        found: list[InputMatch] = []
        unopened = 0
        for start in range(0, len(candidates), _PAGE):
            some = candidates[start : start + _PAGE]
            sealed = self._registry.sealed_records(some)
            for manifest_id in some:
                if manifest_id not in sealed:
                    continue  # erased since
                try:
                    record = self._opened(sealed[manifest_id], manifest_id)
                except RegistryError:
                    unopened += 1
                    continue
                exact = any(one.sha256 == sha256 for one in record.inputs)
                nearest = 0 if exact else _nearest(record, hashes)
                if nearest <= MOST_DISTANCE:
                    found.append(InputMatch(manifest_id, record, nearest, exact))
        found.sort(key=lambda one: (not one.exact, one.distance, one.manifest_id))
        return found, unopened

    def _opened(self, sealed: bytes, manifest_id: str) -> GenerationRecord:
        return GenerationRecord.decode(self._keys.open(sealed, manifest_id))


def _nearest(record: GenerationRecord, hashes: Sequence[bytes]) -> int:
    return min(
        (distance(one.pdq, other) for one in record.inputs if one.pdq for other in hashes),
        default=8 * _HASH_BYTES,
    )


def _check_given(**given: str) -> None:
    """Refuse to look without a reason."""
    for name, value in given.items():
        if not isinstance(value, str) or not value.strip():
            raise ArgumentError(
                name,
                f"{name} is missing: nothing private is opened without it.",
                hint="Say it in a few words; it is written into the audit log.",
            )
