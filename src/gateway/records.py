"""Generation records: who had a picture made, with what; for the registry's sealed part alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request

from indelible.gateway.options import Options
from indelible.registry.private import GenerationRecord, InputPicture

__all__ = ["account_of", "prompt_of", "record_of"]

_MOST_CHARACTERS: Final = 256
_MOST_INPUTS: Final = 64
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")  # half a letter, which JSON can say


def account_of(request: Request, options: Options) -> str | None:
    """Return the reference to the account that asks: the operator's own, or a digest of its key."""
    if options.account_header is not None:
        given = request.headers.get(options.account_header, "").strip()
        return given[:_MOST_CHARACTERS] or None
    key = request.headers.get("authorization", "") or request.headers.get("api-key", "")
    if not key.strip():
        return None
    secret = key.strip().removeprefix("Bearer ").strip()
    return f"key-{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"


def prompt_of(asked: Mapping[str, Any]) -> str | None:
    """Return the words of a request, of whichever route."""
    prompt = asked.get("prompt")
    if isinstance(prompt, str):
        return prompt
    words = [*_words(asked.get("instructions")), *_words(asked.get("messages", asked.get("input")))]
    return "\n".join(words) if words else None


def record_of(
    asked: Mapping[str, Any],
    *,
    account: str | None,
    request_id: str,
    inputs: Iterable[InputPicture],
) -> GenerationRecord:
    """Return the record of one request; its prompt is kept as a hash.

    Parameters
    ----------
    asked : mapping
        The fields of the request.
    account : str or None
        From `account_of`.
    request_id : str
        As the log names it.
    inputs : iterable of InputPicture
        What it came with.
    """
    model = asked.get("model")
    named = isinstance(model, str) and not _SURROGATE.search(model)
    values: dict[str, Any] = {
        "account": account,
        "request_id": request_id,
        "model": str(model)[:_MOST_CHARACTERS] if named else None,
        "inputs": tuple(inputs)[:_MOST_INPUTS],
    }
    prompt = prompt_of(asked)
    if prompt is None:
        return GenerationRecord(**values)
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    return GenerationRecord(prompt_sha256=digest, **values)


def _words(value: object) -> list[str]:
    """Return the texts of messages, in their order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [word for one in value for word in _words(one)]
    if isinstance(value, dict):
        return _words(value.get("content", value.get("text")))
    return []
