"""The page where anybody can check a picture: static files, and nothing else.

The document at ``/`` is filled in once per language; what it loads lies below an address that holds
a hash of all of it, so that browsers keep it for good and never mix two versions.
"""

from __future__ import annotations

import hashlib
import html
import importlib.resources
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter, Request, Response

from indelible.languages import LANGUAGES, page_strings, preferred
from indelible.languages.catalogue import load
from indelible.service.around import SAFE_HEADERS
from indelible.service.bundles import offered
from indelible.service.parts import parts_of
from indelible.settings import ServiceSettings
from indelible.watermark import CONSENT_KEY

__all__ = ["PAGE_HEADERS", "router"]

router = APIRouter(include_in_schema=False)

_FOLDER: Final = importlib.resources.files("indelible.service") / "page"
_INDEX: Final = "index.html"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

PAGE_HEADERS: Final = {
    **SAFE_HEADERS,
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What the document and its files are sent with: nothing from elsewhere, nothing inline."""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str


@cache
def _files() -> dict[str, _File]:
    """Return the page's files by their path below its address."""
    files = {
        name: _File(entry.read_bytes(), _TYPES[name.rpartition(".")[2]])
        for name, entry in _below(_FOLDER, "")
        if name != _INDEX
    }
    for language in LANGUAGES:
        words = json.dumps(page_strings(language), ensure_ascii=False, sort_keys=True)
        files[f"languages/{language}.json"] = _File(words.encode(), _TYPES["json"])
    return files


def _below(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found.extend(_below(entry, f"{prefix}{entry.name}/"))
        elif entry.name.rpartition(".")[2] in {*_TYPES, "html"}:
            found.append((f"{prefix}{entry.name}", entry))
    return found


@cache
def _version() -> str:
    """Return a hash of everything that the document loads."""
    digest = hashlib.sha256()
    for name, file in sorted(_files().items()):
        digest.update(f"{name}\0{len(file.content)}\0".encode() + file.content)
    return digest.hexdigest()[:16]


@cache
def _document(language: str, settings: ServiceSettings, *, evidence: bool) -> bytes:
    """Return the document in a language, with what the operator allows."""
    words = page_strings(language)
    text = (_FOLDER / _INDEX).read_text("utf-8")
    hosts = ", ".join(settings.url_hosts or ())
    values = {
        "version": _version(),
        "language": language,
        "title": words["document_title"],
        "exit": settings.exit_url,
        "max_bytes": str(settings.max_bytes),
        "size": _size(settings.max_bytes),
        "hosts": hosts,
        "desk_hidden": "" if settings.consent_desk else "hidden",
        "consent_algorithm": CONSENT_KEY.algorithm,
        "address_hidden": "" if hosts else "hidden",
        "evidence": "true" if evidence else "",
    }
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", html.escape(value))
    text = text.replace("{{languages}}", _language_links())
    text = text.replace("{{without_script}}", _without_script())
    return _filled(text, words).encode()


def _filled(text: str, words: dict[str, str]) -> str:
    """Return the document with its words in: the script only changes them."""

    def said(match: re.Match[str]) -> str:
        tag, key = match[0], match["key"]
        holes = dict(re.findall(r'data-([a-z]+)="([^"]*)"', tag))
        said = html.escape(words[key])
        return tag + re.sub(r"\{([a-z]+)\}", lambda hole: holes.get(hole[1], hole[0]), said)

    def labelled(match: re.Match[str]) -> str:
        return f'{match[0]} aria-label="{html.escape(words[match["key"]])}"'

    text = re.sub(r'<[a-z0-9]+\b[^>]*\bdata-text="(?P<key>[a-z_]+)"[^>]*>', said, text)
    return re.sub(r'\bdata-label="(?P<key>[a-z_]+)"', labelled, text)


def _language_links() -> str:
    return "".join(
        f'<li><a href="#{tag}" lang="{tag}" hreflang="{tag}">{html.escape(load(tag).name)}</a></li>'
        for tag in LANGUAGES
    )


def _without_script() -> str:
    return "".join(
        f'<p lang="{tag}">{html.escape(page_strings(tag)["without_script"])}</p>'
        for tag in LANGUAGES
    )


def _size(count: int) -> str:
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{max(1, count // 1000)} kB"


@router.get("/")
async def document(request: Request) -> Response:
    """Answer with the page, in the language that the browser prefers."""
    language = preferred(request.headers.get("accept-language", ""))
    parts = parts_of(request)
    content = _document(language, parts.settings, evidence=offered(parts))
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {
        **PAGE_HEADERS,
        "Cache-Control": "no-cache",
        "ETag": tag,
        "Vary": "Accept-Language",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/page/{version}/{name:path}")
async def file(version: str, name: str) -> Response:
    """Answer with one of the page's files; of another version there is none."""
    found = _files().get(name) if version == _version() else None
    if found is None:
        return Response("Not found", 404, media_type="text/plain", headers=PAGE_HEADERS)
    headers = {**PAGE_HEADERS, "Cache-Control": _FOR_GOOD}
    return Response(found.content, media_type=found.media_type, headers=headers)
