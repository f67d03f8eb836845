"""Archives from anybody: streamed, bounded, nothing extracted."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from collections.abc import Iterator

import pytest

from indelible.errors import ImageTooLargeError, UnreadableImageError
from indelible.limits import Limits
from indelible.scan import archives
from indelible.scan.archives import is_archive, members
from tests.scan.pictures import tar

LIMITS = Limits()
FILES = [("a.jpg", b"x" * 1000), ("../../etc/passwd", b"y"), ("b" * 90 + "/c.jpg", b"z" * 512)]


def read(data: bytes, name: str = "x.tar") -> list[tuple[str, bytes]]:
    return [(one.name, one.read(LIMITS)) for one in members(io.BytesIO(data), name)]


def until_error(data: bytes, name: str = "x.tar") -> tuple[list[str], Exception | None]:
    found = []
    try:
        for one in members(io.BytesIO(data), name):
            found.append(one.name)
            one.read(LIMITS)
    except (ImageTooLargeError, UnreadableImageError) as error:
        return found, error
    return found, None


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.TGZ"])
@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_come_in_order_under_any_name(name: str, format_: int) -> None:
    data = tar(FILES, format_)
    assert read(data if name == "x.tar" else gzip.compress(data), name) == FILES


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_names_that_are_no_text(format_: int) -> None:
    names = ["d/" * 120 + "é.jpg", "\udcff.jpg"]
    found = read(tar([(name, b"1") for name in names], format_))
    assert found[0][0] == names[0]
    assert found[1][0].encode() == b"\\xff.jpg"


def test_links_folders_and_devices_are_passed_over() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("odd")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("a.jpg")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert read(buffer.getvalue()) == [("a.jpg", b"abc")]


def test_gzip_of_several_pieces_and_padding() -> None:
    data = tar(FILES)
    pieces = gzip.compress(data[:700]) + gzip.compress(data[700:]) + bytes(100)
    assert read(pieces, "x.tgz") == FILES


def test_what_is_not_read_is_passed_over() -> None:
    for name, data in (("x.tar", tar(FILES)), ("x.tgz", gzip.compress(tar(FILES)))):
        assert [one.name for one in members(io.BytesIO(data), name)] == [one[0] for one in FILES]


def test_a_member_over_the_limit_costs_itself() -> None:
    data = tar([("big.jpg", b"x" * 5000), ("a.jpg", b"abc")])
    found = []
    for one in members(io.BytesIO(data), "x.tar"):
        try:
            found.append(one.read(Limits(max_bytes=1000)))
        except ImageTooLargeError:
            found.append(b"too large")
    assert found == [b"too large", b"abc"]


@pytest.mark.parametrize("end", [100, 600, 1500, 2000])
def test_what_is_cut_short_says_so_after_what_is_whole(end: int) -> None:
    found, error = until_error(tar(FILES)[:end])
    assert error is not None
    assert len(found) <= 2
    found, error = until_error(gzip.compress(tar(FILES))[:-20], "x.tgz")
    assert error is not None


def damaged() -> Iterator[bytes]:
    sound = tar(FILES)
    yield b"no archive at all" * 100
    yield sound[:100] + b"9" + sound[101:]  # the checksum
    size = bytearray(sound[:512])
    size[124:136] = b"\x80" + b"\xff" * 11  # more bytes than there are
    yield summed(size) + sound[512:]
    size[124:136] = b"notoctal   \0"
    yield summed(size) + sound[512:]
    for kind in (b"L", b"x"):  # names that are longer than the memory
        head = bytearray(sound[:512])
        head[156:157] = kind
        head[124:136] = b"77777777777\0"
        yield summed(head) + sound[512:]
    pax = bytearray(sound[:512])
    pax[156:157] = b"x"
    pax[124:136] = b"00000000020\0"
    yield summed(pax) + b"99999 path=a\n".ljust(512, b"\0") + sound


def summed(head: bytearray) -> bytes:
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


@pytest.mark.parametrize("data", list(damaged()))
def test_damage_ends_in_our_own_error(data: bytes) -> None:
    _, error = until_error(data)
    assert isinstance(error, UnreadableImageError)


def test_what_inflates_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_FREE_BYTES", 1 << 20)
    data = gzip.compress(tar([("a.jpg", b"x" * 1000), ("bomb.png", bytes(64 << 20))]))
    assert len(data) < 100_000
    found, error = until_error(data, "x.tar.gz")
    assert isinstance(error, ImageTooLargeError)
    assert found == ["a.jpg", "bomb.png"]


def test_many_small_members_take_linear_time() -> None:
    data = gzip.compress(tar([(f"{number}.jpg", b"abc") for number in range(3000)]))
    began = time.process_time()
    assert sum(1 for _ in members(io.BytesIO(data), "x.tgz")) == 3000
    assert time.process_time() - began < 2


def test_names_of_archives() -> None:
    assert is_archive("a/B.TAR")
    assert is_archive("s3://b/x.tar.gz")
    assert not is_archive("x.tar.zst")
    assert not is_archive("tar")
