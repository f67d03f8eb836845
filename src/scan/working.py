"""A worker of the local engine: the process that touches pictures, one at a time.

It is told in pickles, and answers with JSON, which nobody unpickles: a picture that takes a codec
over has this process, and not the scan.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

from indelible import watermark
from indelible.errors import MissingDependencyError
from indelible.scan.options import ScanOptions
from indelible.scan.rows import Subject, scan_picture
from indelible.worker_process import READY, end_after, limit_memory, settle

__all__ = ["TAKEN", "Told", "work"]

TAKEN: Final = b"taken"

_GRACE: Final = 5.0  # seconds after which a worker ends itself, should nobody be left to end it


class Told(NamedTuple):
    """What a worker is told of a picture before its bytes; see `Subject`."""

    uri: str
    member: str | None
    path: str | None
    read_ms: float | None


def work(connection: Connection, options: ScanOptions, memory: int, seconds: float) -> None:
    """Look at pictures until the pipe is closed: the body of a worker process.

    Parameters
    ----------
    connection : Connection
        Its end of the pipe. It is sent a list of `Told` and the bytes of each; it sends `TAKEN`
        and a row for each, as JSON.
    options : ScanOptions
    memory : int
        Bytes that a picture may take beyond what the process takes once it is warm.
    seconds : float
        How long a picture may take.
    """
    settle()
    warnings.simplefilter("ignore")  # of codecs: what counts is in the row
    with contextlib.suppress(MissingDependencyError):  # each row says what is missing
        watermark.use_one_thread()  # each core has a worker of its own
    if options.only != "credentials":
        watermark.warm_up()
    limit_memory(memory)
    connection.send_bytes(READY)
    while True:
        try:
            told: Sequence[Told] = connection.recv()
            contents = [connection.recv_bytes() for _ in told]
            connection.send_bytes(TAKEN)
            if not _answer(connection, told, contents, options, seconds):
                return
        except (EOFError, OSError):
            return


def _answer(
    connection: Connection,
    told: Sequence[Told],
    contents: list[bytes],
    options: ScanOptions,
    seconds: float,
) -> bool:
    """Send a row for each picture; return whether this process can go on."""
    for number, one in enumerate(told):
        end_after(seconds + _GRACE)
        subject = Subject(one.uri, contents[number], one.member, one.path, one.read_ms)
        contents[number] = b""
        row = scan_picture(subject, options)
        del subject
        connection.send_bytes(json.dumps(row, allow_nan=False).encode("ascii"))
        end_after(0)
        if row["error_type"] == "MemoryError":
            return False  # what is left of its memory is in pieces
    return True
