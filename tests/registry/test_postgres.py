"""A PostgreSQL server: down, slow, of somebody else, in its own way; and no password shown."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from indelible.errors import (
    NoRegistryError,
    RegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.registry import changing, open_registry
from indelible.registry.postgres import PostgresDatabase
from indelible.registry.sql import SqlRegistry
from tests.registry.records import ALGORITHM, PAYLOAD, make_record
from tests.registry.servers import NOT_FOUND, PostgresServer, programs

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def run(registry: SqlRegistry, statement: str) -> None:
    registry._database.write(lambda connection: connection.exec_driver_sql(statement))


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server for one test, which may stop it."""
    if programs() is None:
        pytest.skip(NOT_FOUND)
    server = PostgresServer()
    yield server
    server.remove()


def test_the_password_is_nowhere() -> None:
    registry = open_registry("postgresql+psycopg://alice:s3cret%40@127.0.0.1:9/name?timeout=1")
    assert registry.url == "postgresql+psycopg://alice@127.0.0.1:9/name?timeout=1"
    with pytest.raises(RegistryUnavailableError, match="cannot be reached") as caught:
        registry.find(ALGORITHM, PAYLOAD)
    database = registry._database
    assert isinstance(database, PostgresDatabase)
    shown = [repr(registry), caught.value.diagnostics(), registry.url, repr(vars(database))]
    assert not any("s3cret" in text for text in shown)
    assert database._address().password == "s3cret@"
    copy = pickle.loads(pickle.dumps(registry))
    assert copy._database._address().password == "s3cret@"


@pytest.mark.parametrize(
    ("server", "user", "host", "port"),
    [
        ("alice@db.example:5433", "alice", "db.example", 5433),
        ("db.example", None, "db.example", None),
        ("alice@[::1]:5433", "alice", "::1", 5433),
        ("[::1]", None, "::1", None),
        ("a%40b@", "a@b", None, None),
    ],
)
def test_the_parts_of_an_address(
    server: str, user: str | None, host: str | None, port: int | None
) -> None:
    address = PostgresDatabase(f"postgresql://{server}/name")._address()
    assert (address.username, address.host, address.port) == (user, host, port)
    assert address.database == "name"


def test_a_server_that_is_down_and_comes_back(server: PostgresServer) -> None:
    registry = open_registry(server.new_url())
    record = make_record()
    registry.put(record)
    server.stop()
    for act in (registry.count, lambda: registry.put(make_record(b"87654321"))):
        with pytest.raises(RegistryUnavailableError, match=r"cannot be reached") as caught:
            act()
        assert caught.value.hint
        assert not isinstance(caught.value, RegistryOutcomeUnknownError)
    server.start()
    assert registry.find(ALGORITHM, PAYLOAD) == [record]


def test_a_connection_that_broke_is_replaced(postgres: PostgresServer) -> None:
    registry = open_registry(postgres.new_url(application_name="to be broken"))
    registry.put(make_record())
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
    for _ in range(3):
        postgres.execute(f"{kill} 'to be broken'")
        assert registry.count() == 1
        registry.put(make_record(time.time_ns().to_bytes(8, "big")))
        run(registry, "DELETE FROM manifests WHERE created > (SELECT min(created) FROM manifests)")


def test_a_read_whose_connection_breaks_is_repeated(postgres: PostgresServer) -> None:
    registry = open_registry(postgres.new_url())
    registry.put(make_record())
    tries: list[int] = []

    def read(connection: sa.Connection) -> int:
        tries.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        if len(tries) == 1:
            postgres.execute(f"SELECT pg_terminate_backend({tries[0]})")
        return int(connection.exec_driver_sql("SELECT 7").scalar_one())

    assert registry._database.read(read) == 7
    assert len(set(tries)) == 2


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_who_is_in_the_way_of_another_tries_again(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    registry = open_registry(postgres.new_url())
    register = changing.register
    tries: list[int] = []

    def twice_in_the_way(connection: sa.Connection, group: Any) -> list[bool]:
        done = register(connection, group)
        tries.append(1)
        if len(tries) < 3:
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
        return done

    monkeypatch.setattr(changing, "register", twice_in_the_way)
    record = make_record()
    registry.put(record)
    assert len(tries) == 3
    assert registry.get(record.manifest_id) == record
    tries[:] = [0] * -100
    monkeypatch.setattr(
        changing,
        "register",
        lambda connection, _: connection.exec_driver_sql(
            f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"
        ),
    )
    with pytest.raises(RegistryUnavailableError):
        registry.put(make_record(b"87654321"))


# --- commits -------------------------------------------------------------------------------------


@pytest.fixture
def failing_commits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next COMMIT be lost, after it was done or before."""

    def fail(*, done: bool) -> None:
        real = psycopg.Connection.commit

        def commit(self: psycopg.Connection[Any]) -> None:
            monkeypatch.setattr(psycopg.Connection, "commit", real)
            if done:
                real(self)
            self.pgconn.finish()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(psycopg.Connection, "commit", commit)

    return fail


@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
@pytest.mark.parametrize("remedy", ["ask", "repeat", "withdraw"])
def test_a_commit_of_unknown_outcome(
    postgres: PostgresServer, failing_commits: Callable[..., None], done: bool, remedy: str
) -> None:
    registry = open_registry(postgres.new_url())
    registry.put(make_record(b"another1"))
    record = make_record()
    failing_commits(done=done)
    with pytest.raises(RegistryOutcomeUnknownError, match="closed the connection") as caught:
        registry.put(record)
    assert "manifest id" in (caught.value.hint or "")
    if remedy == "ask":
        assert registry.get(record.manifest_id) == (record if done else None)
    elif remedy == "repeat":
        registry.put(record)
        assert registry.find(ALGORITHM, PAYLOAD) == [record]
    else:
        assert registry.withdraw(record.manifest_id) is done
        assert not registry.has(ALGORITHM, PAYLOAD)
        registry.put(make_record())
    assert registry.has(ALGORITHM, b"another1")


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL])
def test_a_server_that_dies_between_statement_and_commit(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    registry = open_registry(server.new_url())
    registry.put(make_record(b"another1"))
    register = changing.register

    def register_and_die(connection: sa.Connection, group: Any) -> list[bool]:
        done = register(connection, group)
        server.stop(how)
        return done

    record = make_record()
    with monkeypatch.context() as patch:
        patch.setattr(changing, "register", register_and_die)
        with pytest.raises(RegistryOutcomeUnknownError):
            registry.put(record)
    server.start()
    assert registry.get(record.manifest_id) is None
    registry.put(record)
    assert registry.count() == 2


def test_commits_wait_for_the_disk_whatever_the_default_is(postgres: PostgresServer) -> None:
    for default, wanted in (("off", "on"), ("remote_apply", "remote_apply")):
        url = postgres.new_url(options=f"-csynchronous_commit={default}")
        found = open_registry(url)._database.write(
            lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        )
        assert found == wanted
        postgres.execute("DROP TABLE IF EXISTS alembic_version, consents, audit, outbox, "
                         "generation_inputs, generations, fingerprints, "
                         "binding_history, bindings, manifests")  # fmt: skip


# --- whose database it is ------------------------------------------------------------------------


def test_a_database_of_somebody_else_is_left_alone(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    registry = open_registry(url)
    engine = registry._database._engine("write")  # type: ignore[attr-defined]
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE manifests (name text)")
    for act in (
        registry.count,
        registry.check,
        lambda: registry.find(ALGORITHM, PAYLOAD),
        lambda: registry.put(make_record()),
    ):
        with pytest.raises(NoRegistryError, match="another program"):
            act()


def test_a_newer_schema_is_left_alone(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    run(open_registry(url), "UPDATE alembic_version SET version_num = '99'")
    with pytest.raises(RegistryUnavailableError, match="newer"):
        open_registry(url).check()
    with pytest.raises(RegistryUnavailableError, match="newer"):
        open_registry(url).put(make_record())


def test_tables_that_somebody_took_away(postgres: PostgresServer) -> None:
    registry = open_registry(postgres.new_url())
    registry.put(make_record())
    run(registry, "DROP TABLE bindings")
    with pytest.raises(NoRegistryError, match="has not the tables"):
        registry.find(ALGORITHM, PAYLOAD)


def test_a_database_that_does_not_exist(postgres: PostgresServer) -> None:
    url = postgres.url_of("public").replace("/postgres?", "/nowhere?")
    with pytest.raises(NoRegistryError, match="nowhere"):
        open_registry(url).check()


def test_a_replica_is_read_and_not_written(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    open_registry(url).put(make_record())
    schema = url.rpartition("%3D")[2]
    read_only = open_registry(
        postgres.url_of(
            schema, options=f"-csearch_path={schema} -cdefault_transaction_read_only=on"
        )
    )
    assert read_only.has(ALGORITHM, PAYLOAD)
    with pytest.raises(RegistryUnavailableError, match="cannot be written"):
        read_only.put(make_record(b"87654321"))


def test_who_holds_a_lock_too_long_is_named(postgres: PostgresServer) -> None:
    url = postgres.new_url(timeout="0.3")
    registry = open_registry(url)
    registry.put(make_record())
    other = open_registry(url)
    with other._database._engine("write").begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("LOCK TABLE manifests")
        with pytest.raises(RegistryUnavailableError, match=r"locked|too long") as caught:
            registry.put(make_record(b"87654321"))
        assert not isinstance(caught.value, RegistryOutcomeUnknownError)
    registry.put(make_record(b"87654321"))


def _put(registry: SqlRegistry, number: int) -> bool:
    registry.put(make_record(number.to_bytes(8, "big")))
    return registry.has(ALGORITHM, number.to_bytes(8, "big"))


def test_a_child_has_connections_of_its_own(postgres: PostgresServer) -> None:
    registry = open_registry(postgres.new_url())
    registry.put(make_record())
    with get_context("fork").Pool(4) as pool:
        assert all(pool.starmap(_put, [(registry, number) for number in range(16)]))
    assert registry.count() == 17


def test_registrations_that_cross_do_not_fail(postgres: PostgresServer) -> None:
    """Groups of several processes that want the same ids in other orders."""
    url = postgres.new_url()
    registries = [open_registry(url) for _ in range(2)]
    registries[0].put(make_record(b"another1"))
    groups = [
        [registries[0].registration(make_record(bytes([number]) * 8)) for number in range(20)]
        for _ in range(2)
    ]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(2) as pool:
        won = list(
            pool.map(
                lambda pair: pair[0]._group._commit(pair[1]), zip(registries, groups, strict=True)
            )
        )
    assert [sum(pair) for pair in zip(*won, strict=True)] == [1] * 20
    with pytest.raises(RegistryError):
        registries[0].put(make_record(bytes(8)))
