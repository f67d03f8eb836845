"""What is asked, and what came back: plain data, the answer not yet judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Binding", "Held", "Question", "Reply", "ReplyState"]

ReplyState = Literal["not_asked", "unknown", "found", "unavailable"]
"""Whether somebody was asked, and whether a manifest came back."""


@dataclass(frozen=True, slots=True)
class Binding:
    """An id to ask for.

    Attributes
    ----------
    algorithm : str
        Of the soft binding ("org.indelible.dft.2").
    value : bytes
        The id, or the fingerprint.
    in_pixels : bool
        Whether it was found in the picture itself; else the file's manifest says so, whoever wrote
        that.
    """

    algorithm: str
    value: bytes
    in_pixels: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one picture.

    Attributes
    ----------
    bindings : tuple of Binding
        Ids to ask for, the likeliest first.
    picture : bytes or None
        The file, to be sent where no id led to a manifest; None where nobody consented to that.
    media_type : str
        Its media type.
    withheld : bool
        Whether there is a picture that could be sent, and nobody consented.
    """

    bindings: tuple[Binding, ...] = ()
    picture: bytes | None = field(default=None, repr=False)
    media_type: str = "application/octet-stream"
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A manifest that came back.

    Attributes
    ----------
    manifest_id : str
        By which it was fetched; what it calls itself may differ.
    store : bytes
        Said to be a manifest store.
    binding : Binding or None
        The id that was asked for; None where the picture was sent.
    """

    manifest_id: str
    store: bytes = field(repr=False)
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What one resolver answered.

    Attributes
    ----------
    state : {"not_asked", "unknown", "found", "unavailable"}
        ``"found"``: it sent a manifest, about whatever.
    reason : str or None
        Why it was not asked, or what it failed with.
    held : tuple of Held
        What it sent.
    sent_picture : bool
        Whether the picture was sent to it.
    looked : bool
        Whether it was sent the picture, and answered that it knows nothing of it.
    withheld : bool
        Whether it might have said more, had it been sent the picture.
    """

    state: ReplyState
    reason: str | None = None
    held: tuple[Held, ...] = ()
    sent_picture: bool = False
    looked: bool = False
    withheld: bool = False
