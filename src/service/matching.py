"""From a picture to the manifests that it leads to: what a worker does for a query by content."""

from __future__ import annotations

from typing import Any

from indelible.service.jobs import likeness
from indelible.service.worker import Options, Result, Tools

__all__ = ["match_picture"]


def match_picture(tools: Tools, data: bytes, options: Options) -> Result:
    """Find the registered manifests that a picture leads to.

    Parameters
    ----------
    tools : Tools
        The worker's.
    data : bytes
        The picture.
    options : dict
        ``hashes``: also say what the picture looks like.

    Returns
    -------
    Result
        In `meta`: ``matches``, pairs of a manifest's id and of the algorithm that led there, those
        of watermarks first; ``hashes`` and ``digest``.
    """
    found = tools.verifier.find_matches(data)
    meta: dict[str, Any] = {"matches": [[one.manifest_id, one.algorithm] for one in found]}
    if options.get("hashes"):
        meta |= likeness(data)
    return Result(meta)
