"""Reading by address: files, stores, the web, and what is not followed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec import core
from fsspec.implementations.memory import MemoryFileSystem

from indelible.errors import ImageTooLargeError, MissingDependencyError, UnreadableImageError
from indelible.limits import Limits
from indelible.network import Fetcher
from indelible.scan.items import Item, events, groups
from indelible.scan.reading import Reader, local_path, scheme_of
from indelible.scan.sources import entries
from tests.scan.pictures import tar

READER = Reader()


def test_what_addresses_are() -> None:
    assert scheme_of("s3://b/c") == "s3"
    assert scheme_of("S3A://b") == "s3a"
    assert scheme_of("C:/x") is None
    assert scheme_of("/a/b://c") is None
    assert local_path("/a/b%20c.jpg") == "/a/b%20c.jpg"
    assert local_path("file:///a/b%20c.jpg") == "/a/b c.jpg"
    assert local_path("s3://b/c") is None


def test_files_and_their_limits(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert READER.read(str(tmp_path / "a")) == b"abc"
    assert READER.read(f"file://{tmp_path}/a") == b"abc"
    with pytest.raises(ImageTooLargeError):
        Reader(Limits(max_bytes=2)).read(str(tmp_path / "a"))
    for missing in ("b", ".", "a/b"):
        with pytest.raises(UnreadableImageError):
            READER.read(str(tmp_path / missing))
        with pytest.raises(UnreadableImageError):
            READER.open(str(tmp_path / missing))


def test_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryFileSystem()
    files.pipe_file("/scan-reading/a", b"abc")
    assert READER.read("memory://scan-reading/a") == b"abc"
    assert READER.open("memory://scan-reading/a").read() == b"abc"
    with pytest.raises(ImageTooLargeError):
        Reader(Limits(max_bytes=2)).read("memory://scan-reading/a")
    with pytest.raises(UnreadableImageError, match="no such file"):
        READER.read("memory://scan-reading/b")
    monkeypatch.setattr(MemoryFileSystem, "cat_file", lambda *_, **__: 1 / 0)
    with pytest.raises(UnreadableImageError, match="division"):
        READER.read("memory://scan-reading/a")
    files.rm("/scan-reading", recursive=True)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.jpg",
        "https://example.com/a.jpg",
        "ssh://host/a",
        "github://org:repo@main/a",
        "simplecache::http://127.0.0.1/a",
        "zip://a::s3://b/c.zip",
        "s3://b/c::http://x",
        "reference://x",
    ],
)
def test_what_is_not_followed(address: str) -> None:
    with pytest.raises(UnreadableImageError):
        READER.read(address)


def test_schemes_and_hosts_that_were_named(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = pickle.loads(pickle.dumps(Reader(schemes=frozenset({"data"}))))
    reader.check("data://x")
    asked = []

    def get(fetcher: Fetcher, url: str) -> bytes:
        asked.append((fetcher.hosts, url))
        return b"abc"

    monkeypatch.setattr(Fetcher, "get", get)
    assert Reader(hosts=("a.example",)).read("https://a.example/b.jpg") == b"abc"
    assert asked == [(("a.example",), "https://a.example/b.jpg")]


def test_a_store_whose_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ImportError("no s3fs")

    monkeypatch.setattr(core, "url_to_fs", missing)
    with pytest.raises(MissingDependencyError, match="package"):
        READER.read("s3://bucket/a")


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
        client = boto3.client("s3")
        client.create_bucket(Bucket="uploads")
        for number in range(3):
            client.put_object(Bucket="uploads", Key=f"in/{number}.jpg", Body=b"abc")
        client.put_object(Bucket="uploads", Key="in/x.tar", Body=tar([("m.jpg", b"member")]))
        yield "s3://uploads"
        fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


def test_s3(bucket: str) -> None:
    listed = list(entries([f"{bucket}/in"], output="results"))
    assert [(one.uri, one.kind) for one in listed] == [
        *((f"{bucket}/in/{number}.jpg", "file") for number in range(3)),
        (f"{bucket}/in/x.tar", "archive"),
    ]
    assert [READER.read(one.uri) for one in listed[:3]] == [b"abc"] * 3
    assert len(list(entries([f"{bucket}/in/*.jpg"], output="results"))) == 3
    (*_, group) = groups(listed, 10)
    (member, _) = events(group, READER, size=10)
    assert isinstance(member, Item)
    assert (member.member, member.content) == ("m.jpg", b"member")
    with pytest.raises(UnreadableImageError):
        READER.read(f"{bucket}/missing")
