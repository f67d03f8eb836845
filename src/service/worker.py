"""A worker: the process that touches strangers' pictures, one at a time.

It does what it is told over a pipe and answers with plain bytes, which the service never unpickles:
a picture that takes a codec over has this process, and not the service. Nothing of a picture is
kept: no core is dumped, and the process ends with its pipe.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final, TypeAlias

from indelible import errors, watermark
from indelible.errors import IndelibleError, MissingDependencyError
from indelible.protection import Protector
from indelible.service import logs
from indelible.service.desk import ConsentDesk
from indelible.verification import Verifier
from indelible.worker_process import READY, end_after, limit_memory, settle

__all__ = ["TAKEN", "Job", "Options", "Result", "Tools", "do", "failed", "work"]

TAKEN: Final = b"taken"

Options: TypeAlias = dict[str, Any]

_GRACE: Final = 5  # seconds after which a worker ends itself, should nobody be left to end it
_POLITE: Final = 5  # of nice: who answers "/livez" comes first where cores are short


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with; made once in each worker, from what travels there.

    Attributes
    ----------
    verifier : Verifier
        Verifies pictures.
    protector : Protector or None
        Protects pictures; None where this service does not.
    desk : ConsentDesk or None
        Signs photographs with what their owners ask; None where this service does not.
    """

    verifier: Verifier
    protector: Protector | None = None
    desk: ConsentDesk | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a job gave.

    Attributes
    ----------
    meta : dict
        What the service has to know of it; JSON-ready.
    body : bytes
        What goes to the client as it is.
    """

    meta: dict[str, Any]
    body: bytes = field(default=b"", repr=False)


Job: TypeAlias = Callable[[Tools, bytes, Options], Result]


def work(connection: Connection, tools: Tools, memory: int) -> None:
    """Do jobs until the pipe is closed: the body of a worker process.

    Parameters
    ----------
    connection : Connection
        Its end of the pipe.
    tools : Tools
        What jobs work with.
    memory : int
        Bytes that jobs may take beyond what the process takes once it is warm.
    """
    logs.configure(logging.WARNING)
    settle()
    with contextlib.suppress(MissingDependencyError):  # a picture's report says what is missing
        watermark.use_one_thread()  # each core has a worker of its own
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_POLITE)
    watermark.warm_up()
    limit_memory(memory)
    connection.send_bytes(READY)
    while True:
        try:
            job, options, seconds = connection.recv()
            data = connection.recv_bytes()
        except (EOFError, OSError):
            return
        end_after(seconds + _GRACE)
        connection.send_bytes(TAKEN)
        meta, body = do(job, tools, data, options)
        del data
        try:
            connection.send_bytes(meta)
            connection.send_bytes(body)
        except OSError:
            return
        end_after(0)
        if b'"MemoryError"' in meta[:64]:
            return  # what is left of its memory is in pieces


def do(job: Job, tools: Tools, data: bytes, options: Options) -> tuple[bytes, bytes]:
    """Do one job; return what it says about its result as JSON, and the result's bytes."""
    try:
        result = job(tools, data, options)
        return json.dumps({"ok": result.meta}).encode(), result.body
    except IndelibleError as error:
        told: dict[str, object] = {
            "error": _public_kind(error),
            "message": error.message,
            "hint": error.hint,
        }
    except MemoryError:
        told = {"error": "MemoryError"}
    except Exception as error:  # noqa: BLE001 - one request's failure, whatever it is
        # Its name and place alone: a message may quote what is in a picture.
        told = {"error": "internal", "kind": type(error).__name__, "where": _place(error)}
    return json.dumps(told).encode(), b""


def failed(told: dict[str, Any]) -> IndelibleError | None:
    """Return the error that a worker told of, None where it is none of the library's."""
    kind = getattr(errors, str(told.get("error")), None)
    if not isinstance(kind, type) or not issubclass(kind, IndelibleError):
        return None
    error = kind.__new__(kind)
    hint = told.get("hint")
    IndelibleError.__init__(
        error, str(told.get("message")), hint=hint if isinstance(hint, str) else None
    )
    return error


def _public_kind(error: IndelibleError) -> str:
    """Return the name of an error in `indelible.errors`; a room may have kinds of its own below."""
    kinds = (kind.__name__ for kind in type(error).__mro__ if hasattr(errors, kind.__name__))
    return next(kinds, "internal")


def _place(error: Exception) -> str:
    """Return where an error was raised: the innermost line of it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
