"""Answers for the page's tests, in the shape of the public report, one for each verdict."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from indelible.verification.verdict import Verdict

__all__ = ["answer", "data_url"]

GENERATOR = "Acme Images 2.1"


def data_url(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    """Return a picture as the service sends one to the page."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def answer(
    verdict: str,
    *,
    language: str = "en",
    views: dict[str, str] | None = None,
    name: str = GENERATOR,
) -> dict[str, Any]:
    """Return what the service would say about a picture of that verdict."""
    words = Verdict(verdict).words
    signed = verdict in {"authentic", "altered", "suspect", "unverified"}
    marked = verdict in {"authentic", "recovered", "altered", "suspect"}
    trusted = verdict in {"authentic", "recovered", "altered"}
    standing = "trusted" if trusted else "untrusted"
    german = language == "de"
    said = signed or marked
    return {
        "version": 1,
        "language": language,
        "verdict": verdict,
        "headline": words.headline if not german else f"Auf Deutsch: {words.headline}",
        "meaning": words.meaning,
        "caution": words.caution,
        "complete": True,
        "ai": _ai(said, standing, name),
        "reasons": [] if trusted else ["The manifest's signer is on no list that is trusted here."],
        "findings": _findings(verdict, signed=signed, marked=marked, standing=standing),
        "origins": [_origin(standing, name)] if said else [],
        "history": _history(standing, name) if said else None,
        "original": _original(standing) if views else None,
        "changes": _changes(standing) if views else None,
        "searched": [
            {"what": "manifest", "found": signed, "words": "A manifest that came with the file"},
            {
                "what": "watermark",
                "found": None if verdict == "unchecked" else marked,
                "words": "A watermark, with the keys that are known here",
            },
            {"what": "metadata", "found": verdict == "none", "words": "Claims in plain metadata"},
        ],
        "signals": _signals() if verdict == "none" else [],
        "consents": [],
        "signals_words": "Anybody can write such claims, and anybody can remove them.",
        "notes": ["Only the first of its pictures was looked at."] if verdict == "none" else [],
        "format": "PNG",
        "views": views,
    }


def _ai(said: bool, standing: str, name: str) -> dict[str, Any]:
    if not said:
        words = "Nothing here says that AI made it; AI may have made it all the same."
        return dict.fromkeys(("kind", "by", "where", "standing")) | {
            "claimed": False,
            "words": words,
        }
    worth = "trusted" if standing == "trusted" else "could not be verified"
    return {
        "claimed": True,
        "kind": "generated",
        "by": name,
        "where": "manifest",
        "standing": standing,
        "words": f"Says it was made by AI: {name} (the picture's manifest; signer {worth})",
    }


def _findings(verdict: str, *, signed: bool, marked: bool, standing: str) -> dict[str, Any]:
    state = {"altered": "changed", "invalid": "broken"}.get(verdict, "intact")
    agreement = "contradict" if verdict == "suspect" else "agree" if signed and marked else "one"
    if not (signed or marked):
        agreement = "none"
    return {
        "manifest": {
            "state": state if signed or verdict == "invalid" else "absent",
            "standing": standing if signed else None,
            "place": "file" if signed else None,
            "words": f"The manifest in the file is {state}." if signed else "There is no manifest.",
        },
        "watermark": {
            "state": "found" if marked else "not_found",
            "registry": "found" if marked else "not_asked",
            "record": "live" if marked else None,
            "standing": standing if marked else None,
            "looks": "match" if marked else "not_checked",
            "covers": "nearly_all" if marked else None,
            "others": 0,
            "resembles": False,
            "words": "A watermark was found." if marked else "No watermark was found.",
        },
        "agreement": {"state": agreement, "words": f"Between the two: {agreement}."},
    }


def _origin(standing: str, name: str) -> dict[str, Any]:
    claim = standing != "trusted"
    return {
        "where": "manifest",
        "standing": standing,
        "claim": claim,
        "development": False,
        "heading": "The manifest in the file says",
        "lines": [
            {"label": "generator", "text": f"says it is {name}" if claim else name},
            {"label": "time", "text": "2026-11-22T17:26:28Z (by the signer's own clock)"},
            {"label": "signer", "text": f"says it is {name}" if claim else "Acme Inc."},
        ],
    }


def _history(standing: str, name: str) -> dict[str, Any]:
    claim = standing != "trusted"
    parent = _node("parentOf", "made from", "sketch.png", claim, name)
    return _node(None, "this picture", "portrait.jpg", claim, name) | {"children": [parent]}


def _node(
    relation: str | None, relation_words: str, title: str, claim: bool, name: str
) -> dict[str, Any]:
    return {
        "relation": relation,
        "relation_words": relation_words,
        "standing": "untrusted" if claim else "trusted",
        "claim": claim,
        "title": title,
        "words": f"Says it is of {name}." if claim else f"Made with {name}.",
        "actions": [{"code": "c2pa.created", "time": None, "words": "created: generated by AI"}],
        "failures": [],
        "children": [],
        "omitted": 0 if relation is None else 2,
    }


def _original(standing: str) -> dict[str, Any]:
    return {
        "kind": "thumbnail",
        "where": "recovered",
        "standing": standing,
        "claim": standing != "trusted",
        "label": "The original, from the manifest that the watermark led to.",
        "width": 512,
        "height": 512,
        "aligned": True,
    }


def _changes(standing: str) -> dict[str, Any]:
    return {
        "state": "compared",
        "where": "recovered",
        "standing": standing,
        "share": 10,
        "regions": [{"box": [160, 64, 272, 176]}],
        "words": "Parts of the picture were changed since it was signed.",
    }


def _signals() -> list[dict[str, Any]]:
    return [
        {
            "where": "PNG text",
            "generator": "Stable Diffusion",
            "says_ai": True,
            "text": "Steps: 20",
            "words": "PNG text: Stable Diffusion: Steps: 20",
        }
    ]
