"""A PostgreSQL server of the tests' own, where this machine has the programs of one."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg

__all__ = ["NOT_FOUND", "PostgresServer", "programs"]

NOT_FOUND: Final = "PostgreSQL was not found: the tests of registries in one did not run"


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest version's; None without any."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres", path=str(Path(found).parent)):
        return Path(found).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


class PostgresServer:
    """A server on a socket in a temporary folder; only for tests: any user is believed.

    Parameters
    ----------
    durable : bool
        Whether it waits for the disk; without, only a crash of the machine loses anything.
    """

    def __init__(self, *, durable: bool = False) -> None:
        folder = programs()
        assert folder is not None
        self._programs = folder
        self._folder = Path(tempfile.mkdtemp(prefix="indelible-pg-"))
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # which PostgreSQL refuses to be
            owner = _unprivileged()
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._settings = {} if durable else {"fsync": "off", "full_page_writes": "off"}
        self._process: subprocess.Popen[Any] | None = None
        self._numbers = itertools.count()
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync",
                  "-E", "UTF8", "--locale=C")  # fmt: skip
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, capture_output=True, cwd=self._folder, timeout=120, **self._user,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self._folder),
            "max_connections": "100", "shared_buffers": "64MB", **self._settings,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options],
                stdout=log, stderr=log, cwd=self._folder, **self._user,
            )  # fmt: skip
        for _ in range(600):
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self._folder / "log").read_text("utf-8", "replace"))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks connections off, SIGQUIT crashes it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._folder)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser."""
        with psycopg.connect(
            host=str(self._folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_url(self, **options: str) -> str:
        """Return the URL of an empty schema."""
        schema = f"t{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {schema}")
        return self.url_of(schema, **options)

    def url_of(self, schema: str, **options: str) -> str:
        """Return the URL of a schema."""
        query = {"host": str(self._folder), "options": f"-csearch_path={schema}", **options}
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"postgresql+psycopg://postgres@/postgres?{text}"


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is no user that PostgreSQL could run as")
