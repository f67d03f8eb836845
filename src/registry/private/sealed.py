"""A generation record as the registry keeps it: unreadable without the record keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from indelible.registry.private.generation import GenerationRecord
from indelible.registry.private.record_keys import RecordKeys
from indelible.registry.private.traces import tokens_of

__all__ = ["SealedRecord"]


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A generation record that was encrypted, and what its inputs are found by.

    Attributes
    ----------
    sealed : bytes
        What `RecordKeys.seal` returned.
    tokens : tuple of bytes
        16 bytes each, those of every input; see `indelible.registry.private.traces`.
    """

    sealed: bytes = field(repr=False)
    tokens: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, record: GenerationRecord, keys: RecordKeys, about: str) -> SealedRecord:
        """Seal a record.

        Parameters
        ----------
        record : GenerationRecord
            What is known about the making of a picture.
        keys : RecordKeys
            Whose newest one seals.
        about : str
            Id of the picture's manifest.
        """
        tokens = {token: None for one in record.inputs for token in tokens_of(one, keys)}
        return cls(keys.seal(record.encode(), about), tuple(tokens))
