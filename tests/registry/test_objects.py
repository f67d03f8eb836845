"""Manifest stores outside of the database: in a folder, in S3 (moto), in anything of fsspec's."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from indelible.errors import MissingDependencyError, RegistryUnavailableError
from indelible.registry import objects, open_registry
from indelible.registry.objects import ObjectStore, open_objects
from indelible.registry.sql import SqlRegistry
from tests.registry.records import ALGORITHM, PAYLOAD, make_record

LARGE = b"a manifest store with thumbnails " * 3000


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of an S3 that runs here."""
    server_module = pytest.importorskip("moto.server")
    boto3: Any = pytest.importorskip("boto3")
    fsspec: Any = pytest.importorskip("fsspec")
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    names = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="manifests")
        yield "s3://manifests/of/acme"
        fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


@pytest.fixture(params=["folder", "file", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("bucket"))
    folder = tmp_path / "manifests"
    return {"folder": str(folder), "file": f"file://{folder}", "memory": f"memory:/{folder}"}[
        request.param
    ]


@pytest.fixture
def store(place: str) -> ObjectStore:
    return open_objects(place)


def test_what_is_written_is_read(store: ObjectStore) -> None:
    name = store.write(LARGE)
    assert store.read(name, limit=len(LARGE)) == LARGE
    assert store.write(LARGE) != name  # each is removed by itself
    store.remove(name)
    store.remove(name)
    with pytest.raises(RegistryUnavailableError, match="does not hold") as caught:
        store.read(name, limit=len(LARGE))
    assert caught.value.hint


def test_what_is_larger_than_it_may_be_is_not_read(store: ObjectStore) -> None:
    with pytest.raises(RegistryUnavailableError):
        store.read(store.write(LARGE), limit=1000)


def test_what_was_changed_is_noticed(tmp_path: Path) -> None:
    store = open_objects(str(tmp_path))
    name = store.write(LARGE)
    (tmp_path / name).write_bytes(b"another")
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        store.read(name, limit=len(LARGE))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "ab/cd", "s3://other/x", ""])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    for place in (str(tmp_path), "memory://m"):
        store = open_objects(place)
        for act in (lambda: store.read(name, limit=10), lambda: store.remove(name)):  # noqa: B023
            with pytest.raises(RegistryUnavailableError, match="damaged"):
                act()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    name = open_objects(str(tmp_path / "new" / "folder")).write(LARGE)
    assert stat.S_IMODE((tmp_path / "new" / "folder" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (str(tmp_path / "file"), "unknownprotocol://x"):
        with pytest.raises(RegistryUnavailableError, match="cannot be used"):
            open_objects(place).write(LARGE)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec.core  # noqa: PLC0415

    def missing(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingDependencyError) as caught:
        open_objects("s3://bucket").write(LARGE)
    assert "indelible[objects]" in (caught.value.hint or "")


# --- registries that keep their manifests there --------------------------------------------------


def registry_with(url: str, place: str, *, inline: int = 1000) -> SqlRegistry:
    mark = "&" if "?" in url else "?"
    return open_registry(f"{url}{mark}manifests={quote(place, safe='')}&inline={inline}")


def test_large_manifests_lie_outside(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    registry = registry_with(url, str(folder))
    large = make_record(manifest_store=LARGE)
    small = make_record(b"87654321")
    for record in (large, small, large):
        registry.put(record)
        assert registry.get(record.manifest_id) == record
    assert registry.find(ALGORITHM, PAYLOAD) == [large]
    assert [entry.size for entry in registry.entries()] == [len(LARGE), len(small.manifest_store)]
    assert len([*folder.rglob("*.c2pa")]) == 2  # of the second attempt, too: an orphan
    with pytest.raises(RegistryUnavailableError, match="object store") as caught:
        open_registry(url).get(large.manifest_id)
    assert "manifests=" in (caught.value.hint or "")
    assert open_registry(url).get(small.manifest_id) == small


def test_in_s3(url: str, bucket: str) -> None:
    registry = registry_with(url, bucket)
    record = make_record(manifest_store=LARGE)
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry.withdraw(record.manifest_id)
    assert registry.finish_pending() == 0


@pytest.mark.parametrize("how", ["erase", "withdraw"])
def test_what_is_erased_is_removed_outside(url: str, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "manifests"
    registry = registry_with(url, str(folder))
    record = make_record(manifest_store=LARGE)
    registry.put(record)
    if how == "erase":
        registry.set_status(record.manifest_id, "erased")
    else:
        registry.withdraw(record.manifest_id)
    assert not [*folder.rglob("*.c2pa")]
    assert registry.finish_pending() == 0


def test_what_could_not_be_removed_is_removed_later(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "manifests"
    registry = registry_with(url, str(folder))
    record = make_record(manifest_store=LARGE)
    registry.put(record)
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise RegistryUnavailableError("the object store is down")

        patch.setattr(objects._Folder, "remove", fail)
        registry.set_status(record.manifest_id, "erased")
        assert registry.finish_pending() == 1
    assert [*folder.rglob("*.c2pa")]
    assert registry.finish_pending() == 0
    assert not [*folder.rglob("*.c2pa")]


def test_a_full_store_registers_nothing(url: str, tmp_path: Path) -> None:
    (tmp_path / "manifests").write_bytes(b"")
    registry = registry_with(url, str(tmp_path / "manifests"))
    with pytest.raises(RegistryUnavailableError):
        registry.put(make_record(manifest_store=LARGE))
    assert not registry.has(ALGORITHM, PAYLOAD)
