"""Serving pictures in several sizes with their credentials: an ASGI and a WSGI application.

``GET /media/photo.png?w=640&f=webp`` gives a derived copy (`indelible.derive`), which is made once
and kept in a cache folder. Widths and formats are those that were allowed, and only files below the
folder of pictures are served, so that neither the disk nor the processor is a stranger's to fill.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from indelible import extras, imaging
from indelible.errors import ArgumentError, ImageError, IndelibleError, ManifestError
from indelible.files import read_bytes
from indelible.protection import derive

__all__ = ["Answer", "PictureServer", "asgi", "wsgi"]

_log: Final = logging.getLogger("indelible")

_WIDTHS: Final = (160, 320, 640, 960, 1280, 1920)
_FORMATS: Final = ("jpeg", "png", "webp", "avif")
_REASONS: Final = {
    200: "OK", 304: "Not Modified", 400: "Bad Request", 404: "Not Found",
    405: "Method Not Allowed", 500: "Internal Server Error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP.

    Attributes
    ----------
    status : int
    headers : tuple of (str, str)
    body : bytes
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)


class PictureServer:
    """Serves the pictures of a folder, in sizes.

    Parameters
    ----------
    folder : path
        The pictures.
    cache : path
        Where derived copies are kept, in a folder of nothing else; made where it does not exist.
    widths : sequence of int
        The widths that may be asked for, px. A picture is never enlarged.
    formats : sequence of str
        The formats that may be asked for.
    quality : int, optional
        Encoder quality of the copies.
    max_age : int
        For how long a browser may keep a picture, in seconds.
    workers : int, optional
        How many copies are made at a time; by default one for each core.
    **options
        Of `indelible.derive`: ``signer``, ``keys``, ``registry``, ``generator``, ``trust``,
        ``limits``, ``strip``.

    Raises
    ------
    ArgumentError
        If the folder does not exist, or a format cannot be written.

    Notes
    -----
    A picture whose own manifest does not hold is resized all the same, and its copies get none:
    nothing is signed over it. Pictures whose names begin with a dot are not served.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        cache: str | os.PathLike[str],
        *,
        widths: Sequence[int] = _WIDTHS,
        formats: Sequence[str] = _FORMATS,
        quality: int | None = None,
        max_age: int = 86_400,
        workers: int | None = None,
        **options: Any,
    ) -> None:
        self._folder = Path(folder).resolve()
        self._cache = Path(cache)
        if not self._folder.is_dir():
            raise ArgumentError("folder", f"There is no folder {self._folder}.")
        for name in formats:
            if name not in imaging.FORMATS or not imaging.FORMATS[name].can_write:
                raise ArgumentError("formats", f"{name!r} is not a format that can be written.")
        self._cache.mkdir(parents=True, exist_ok=True)
        self._widths = frozenset(widths)
        self._formats = frozenset(formats)
        self._max_age = max_age
        self._free = threading.BoundedSemaphore(workers or os.cpu_count() or 1)
        self._derive = functools.partial(
            derive, quality=quality, overwrite=True, enlarge=False, **options
        )
        self._options = repr((quality, sorted(options), options.get("signer") is None))

    def answer(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Answer a request; nothing is raised.

        Parameters
        ----------
        method : str
        path : str
            Below the folder, decoded: "photos/sky.png".
        query : str
            ``w`` a width, ``f`` a format; both may be left out.
        headers : mapping of str to str, optional
            The request's; names in lower case.
        """
        if method not in ("GET", "HEAD"):
            return _plain(405, ("Allow", "GET, HEAD"))
        source = self._source(path)
        if source is None:
            return _plain(404)
        asked = self._asked(query)
        if asked is None:
            return _plain(400)
        try:
            answer = self._found(source, *asked, etag=(headers or {}).get("if-none-match"))
        except ImageError:
            return _plain(404)
        except (IndelibleError, OSError) as error:
            reason = error.reason() if isinstance(error, IndelibleError) else str(error)
            _log.warning("%s cannot be served: %s", source.name, reason)
            return _plain(500)
        return Answer(answer.status, answer.headers) if method == "HEAD" else answer

    def _source(self, path: str) -> Path | None:
        """Return the file that a path names; None for what is not served."""
        if "\0" in path or "\\" in path or len(path) > 1024:
            return None
        parts = [part for part in path.split("/") if part]
        if not parts or any(part.startswith(".") for part in parts):
            return None
        if imaging.format_from_suffix(parts[-1]) is None:
            return None
        try:
            found = self._folder.joinpath(*parts).resolve(strict=True)
            inside = found.is_relative_to(self._folder) and found.is_file()
        except (OSError, ValueError, RuntimeError):
            return None
        return found if inside else None

    def _asked(self, query: str) -> tuple[int | None, str | None] | None:
        """Return the width and the format that were asked for; None where they are not allowed."""
        try:
            split = (
                parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=4)
                if query
                else ()
            )
            pairs = dict(split)
        except ValueError:
            return None
        if not set(pairs) <= {"w", "f"}:
            return None
        width = next((one for one in self._widths if str(one) == pairs.get("w")), None)
        format = pairs.get("f")
        if ("w" in pairs and width is None) or not (format is None or format in self._formats):
            return None
        return width, format

    def _found(
        self, source: Path, width: int | None, format: str | None, *, etag: str | None
    ) -> Answer:
        status = source.stat()
        key = hashlib.sha256(
            repr((str(source), status.st_mtime_ns, status.st_size, width, format)).encode()
            + self._options.encode()
        ).hexdigest()[:32]
        headers = (
            ("ETag", f'"{key}"'),
            ("Cache-Control", f"public, max-age={self._max_age}"),
            ("X-Content-Type-Options", "nosniff"),
        )
        if etag is not None and f'"{key}"' in etag:
            return Answer(304, headers)
        path = (
            source if width is None and format is None else self._copy(source, width, format, key)
        )
        data = read_bytes(path)
        kind = imaging.media_type(imaging.identify(data))
        length = ("Content-Length", str(len(data)))
        return Answer(200, (("Content-Type", kind), length, *headers), data)

    def _copy(self, source: Path, width: int | None, format: str | None, key: str) -> Path:
        """Return the cached copy; make it where there is none."""
        path = self._cache / key
        if path.is_file():
            return path
        file = imaging.open_image(source)
        with self._free:
            if path.is_file():  # made while this one waited
                return path
            copied = functools.partial(
                self._derive, file, path, width=width, format=format or file.format
            )
            try:
                copied()
            except ManifestError as error:
                _log.warning("%s: its copies are not signed: %s", source.name, error.reason())
                copied(signer=None)
        return path


def asgi(
    server: PictureServer, *, prefix: str = "/", app: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return an ASGI application; with `app`, a middleware in front of it.

    Parameters
    ----------
    server : PictureServer
    prefix : str
        Paths below it are pictures; everything else goes to `app`, or is not found.
    app : ASGI application, optional

    Raises
    ------
    MissingDependencyError
        If anyio is not installed, which Starlette and its like bring along.
    """
    threads: Any = extras.load("anyio.to_thread", extra="web", missing="ASGI needs anyio")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if app is not None and not _is_below(scope, prefix):
            await app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        found = _plain(404)
        if _is_below(scope, prefix):
            query = scope.get("query_string", b"").decode("latin-1")
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            path = scope["path"][len(prefix) :]
            found = await threads.run_sync(server.answer, scope["method"], path, query, headers)
        pairs = [(name.lower().encode(), value.encode()) for name, value in found.headers]
        await send({"type": "http.response.start", "status": found.status, "headers": pairs})
        await send({"type": "http.response.body", "body": found.body})

    return application


def wsgi(
    server: PictureServer, *, prefix: str = "/", app: Callable[..., Any] | None = None
) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application; with `app`, a middleware in front of it. See `asgi`."""

    def application(environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        # PEP 3333: bytes of the path, as Latin-1.
        path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
        if not path.startswith(prefix):
            if app is not None:
                return app(environ, start_response)  # type: ignore[no-any-return]
            found = _plain(404)
        else:
            found = server.answer(
                str(environ["REQUEST_METHOD"]),
                path[len(prefix) :],
                str(environ.get("QUERY_STRING", "")),
                {"if-none-match": str(environ.get("HTTP_IF_NONE_MATCH", ""))},
            )
        start_response(f"{found.status} {_REASONS[found.status]}", list(found.headers))
        return [found.body]

    return application


def _is_below(scope: Mapping[str, Any], prefix: str) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(prefix)


def _plain(status: int, *headers: tuple[str, str]) -> Answer:
    body = _REASONS[status].encode()
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return Answer(status, (kind, ("Content-Length", str(len(body))), *headers), body)
