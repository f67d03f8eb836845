"""Asking several resolvers side by side: one that is down, slow or lies holds up no other."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from typing import Final

from indelible.errors import IndelibleError, NetworkError
from indelible.languages import join, say
from indelible.resolution.answers import Match
from indelible.resolution.conversation import MAX_MANIFEST_BYTES
from indelible.resolution.question import Binding, Held, Question, Reply, ReplyState
from indelible.resolution.resolver import Resolver

__all__ = ["MAX_SENT_BYTES", "MOST_MANIFESTS", "ask_all"]

MAX_SENT_BYTES: Final = 64 * 1024 * 1024
"""Largest picture that is sent."""

MOST_MANIFESTS: Final = 5
"""How many manifests are fetched of one resolver: each has to be validated."""

_SLACK: Final = 1.0  # seconds beyond a resolver's own limit until it is given up
_NO_CONSENT: Final = say("The picture was not sent to it, since nobody agreed to that.")
_NOTHING: Final = say("There is nothing to ask it by.")
_SILENT: Final = say("It kept other pictures waiting in vain, and is left alone for a minute.")
_NOT_TAKEN: Final = say("It does not answer about pictures.")
_TOO_LARGE: Final = say("The picture is too large to be sent.")
_MOST_BINDINGS: Final = 4
_MOST_CHARACTERS: Final = 300  # of a reason
_MOST_FAILURES: Final = 8  # of one resolver, until it is given up

_log: Final = logging.getLogger("indelible")


def ask_all(resolvers: Sequence[Resolver], question: Question) -> tuple[Reply, ...]:
    """Ask resolvers about one picture, all at the same time.

    Parameters
    ----------
    resolvers : sequence of Resolver
        Whom to ask. Each may name the hosts of the others.
    question : Question
        What to ask.

    Returns
    -------
    tuple of Reply
        One for each, in their order. Nothing is raised: who does not answer in time, or answers
        with something else, is ``"unavailable"``.
    """
    if not question.bindings and question.picture is None:
        why = _NO_CONSENT if question.withheld else _NOTHING
        return tuple(Reply("not_asked", why, withheld=question.withheld) for _ in resolvers)
    done: queue.SimpleQueue[tuple[int, Reply]] = queue.SimpleQueue()

    def work(number: int, resolver: Resolver) -> None:
        done.put((number, _ask(resolver, question)))

    for number, resolver in enumerate(resolvers):
        threading.Thread(
            target=work, args=(number, resolver), name="indelible-resolver", daemon=True
        ).start()
    return _gathered(resolvers, done)


def _gathered(
    resolvers: Sequence[Resolver], done: queue.SimpleQueue[tuple[int, Reply]]
) -> tuple[Reply, ...]:
    """Wait for all answers, but for none longer than it may take."""
    replies: list[Reply] = [
        Reply("unavailable", say("It took longer than {seconds} s.", seconds=one.timeout))
        for one in resolvers
    ]
    end = time.monotonic() + max((one.timeout for one in resolvers), default=0.0) + _SLACK
    waiting = dict(enumerate(resolvers))
    while waiting:
        try:
            number, reply = done.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        replies[number] = reply
        del waiting[number]
    for resolver in waiting.values():
        resolver.note(silent=True)
    return tuple(replies)


def _ask(resolver: Resolver, question: Question) -> Reply:
    if resolver.is_left_alone:
        return Reply("unavailable", _SILENT, withheld=question.withheld)
    began = time.monotonic()
    try:
        reply = _Asking(resolver, question).reply()
    except Exception as error:  # noqa: BLE001 - in a thread of our own, where nobody would see it
        _log.warning("a resolver failed", exc_info=True)
        return Reply("unavailable", f"Asking it failed: {type(error).__name__}.")
    # One that refuses at once costs nothing, and may be asked about the next picture.
    long = time.monotonic() - began > resolver.timeout / 2
    resolver.note(silent=reply.state == "unavailable" and long)
    return reply


class _Asking:
    """One resolver, asked by id first, and with the picture where no id led anywhere.

    Parameters
    ----------
    resolver : Resolver
        Whom to ask.
    question : Question
        What about.
    """

    def __init__(self, resolver: Resolver, question: Question) -> None:
        self._conversation = resolver.conversation()
        self._question = question
        self._failures: list[str] = []
        self._held: list[Held] = []
        self._answered = False  # anything at all
        self._missed = False  # a manifest that it named, and did not hand out
        self._sent = False
        self._looked = False
        self._left = MAX_MANIFEST_BYTES  # bytes that it may still send

    def reply(self) -> Reply:
        """Ask all that there is to ask."""
        for binding in self._question.bindings[:_MOST_BINDINGS]:
            self._by_binding(binding)
        if not self._held and self._question.picture is not None:
            self._by_content(self._question.picture)
        reason = join(" ", dict.fromkeys(self._failures)) if self._failures else None
        if self._held:
            return Reply("found", reason, tuple(self._held), self._sent)
        return Reply(
            self._state(),
            reason,
            sent_picture=self._sent,
            looked=self._looked,
            withheld=self._question.withheld,
        )

    def _state(self) -> ReplyState:
        """Return what came of it where no manifest was handed out."""
        if self._answered and not self._missed:
            return "unknown"
        return "not_asked" if self._failures == [_NOT_TAKEN] else "unavailable"

    def _by_binding(self, binding: Binding) -> None:
        try:
            matches = self._conversation.by_binding(binding)
        except NetworkError as error:
            self._failures.append(_sentence(error))
            return
        self._answered = True
        self._fetch(matches, binding)

    def _by_content(self, picture: bytes) -> None:
        if len(picture) > MAX_SENT_BYTES:
            self._failures.append(_TOO_LARGE)
            return
        try:
            if self._conversation.takes_pictures() is False:
                self._failures.append(_NOT_TAKEN)
                return
            self._sent = True
            matches = self._conversation.by_content(picture, self._question.media_type)
        except NetworkError as error:
            self._failures.append(_sentence(error))
            return
        self._answered = True
        self._looked = not matches
        self._fetch(matches, None)

    def _fetch(self, matches: Sequence[Match], binding: Binding | None) -> None:
        """Fetch the manifests of the first matches, those of each id only once."""
        for match in matches:
            if len(self._held) >= MOST_MANIFESTS:
                return
            try:
                store = self._conversation.manifest(match, max_bytes=self._left)
            except NetworkError as error:
                self._failures.append(_sentence(error))
                self._missed = True
                if len(self._failures) >= _MOST_FAILURES:
                    return
                continue
            self._left -= len(store)
            self._held.append(Held(match.manifest_id, store, binding))


def _sentence(error: IndelibleError) -> str:
    """Return why something failed, as a sentence."""
    text = error.reason()
    if len(text) > _MOST_CHARACTERS:  # some of it may be the other side's
        text = f"{text[:_MOST_CHARACTERS]}..."
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
