"""For who serves pictures: a folder in several sizes, credentials kept, over plain WSGI.

Run it: ``python -m examples.picture_server FOLDER``, then open
http://127.0.0.1:8001/media/photo.jpg?w=320&f=webp for a file ``photo.jpg`` in the folder.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

from indelible.integrations.web import PictureServer, wsgi
from indelible.settings import current


def application(folder: Path, cache: Path) -> Callable[..., Iterable[bytes]]:
    """Return what any WSGI server runs; `indelible.integrations.web.asgi` is the same for ASGI."""
    settings = current()
    options: dict[str, Any] = {
        "signer": settings.signer(),
        "keys": settings.detection_keys(),
        "trust": settings.trust(),
        "generator": "Example shop",
    }
    server = PictureServer(folder, cache, widths=(160, 320, 640, 1280), **options)
    return wsgi(server, prefix="/media/")


def main(folder: Path) -> None:
    """Serve until somebody stops it."""
    with tempfile.TemporaryDirectory() as cache:
        app = application(folder, Path(cache))
        with make_server("127.0.0.1", 8001, app) as server:
            print("http://127.0.0.1:8001/media/")
            server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
