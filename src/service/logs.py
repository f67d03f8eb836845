"""Logs: one JSON object a line, with nothing in it that tells who sent which picture.

No tokens, no pixels, no file names, no queries and no messages of foreign exceptions, which may
quote any of these. An address is a keyed hash whose key dies with the process, so that lines of one
client can be told together for a day, and led back to nobody.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import re
import secrets
import sys
from types import TracebackType
from typing import Final

__all__ = ["JsonLines", "configure", "obscured", "request_id", "request_line"]

_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_KEY: Final = secrets.token_bytes(16)
_MOST_FRAMES: Final = 30

_log: Final = logging.getLogger("indelible.service.requests")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(
                "T", "milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= fields
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True, default=str)


def configure(level: int = logging.INFO) -> None:
    """Write the logs of this process to its standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("indelible", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(level)
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name == "uvicorn.error"
    # What the library itself reports of each picture says nothing that a request's line does not.
    logging.getLogger("indelible").setLevel(max(level, logging.WARNING))
    logging.getLogger("indelible.service").setLevel(level)


def request_id(given: str | None) -> str:
    """Return the id that a client gave its request, if it is a harmless one; else a new one."""
    return given if given and _SANE_ID.fullmatch(given) else secrets.token_hex(8)


def obscured(client: str) -> str:
    """Return what stands for a client in the logs."""
    return hmac.new(_KEY, client.encode(), hashlib.sha256).hexdigest()[:8]


def request_line(**fields: object) -> None:
    """Log one request."""
    told = {name: value for name, value in fields.items() if value is not None}
    _log.info("request", extra={"fields": told})


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        frame = trace.tb_frame
        places.append(f"{frame.f_globals.get('__name__')}:{frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-_MOST_FRAMES:]
