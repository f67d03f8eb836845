"""Keys: derivation, files, and that the secret never shows."""

from __future__ import annotations

import base64
import errno
import hashlib
import itertools
import json
import os
import pickle
import stat
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.errors import KeyFileError, OutputError, OutputExistsError
from indelible.watermark import Key, keys

SECRET = bytes(range(100, 132))
TEXT = base64.b64encode(SECRET).decode()
CHECK = hashlib.sha256(b"indelible-watermark-key 2 default\0" + SECRET).hexdigest()[:32]
SHOWN = [
    SECRET.decode("latin-1"),
    repr(SECRET)[2:-1],
    SECRET.hex(),
    base64.b64encode(SECRET).decode(),
    str(list(SECRET)),
]


def assert_hidden(text: str) -> None:
    assert not any(form in text for form in SHOWN)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def fields(**changes: object) -> dict[str, object]:
    """What a key file holds, with changes."""
    good: dict[str, object] = {
        "type": "indelible-watermark-key",
        "version": 2,
        "family": "default",
        "secret": base64.b64encode(SECRET).decode(),
        "check": CHECK,
    }
    return good | changes


# --- derivation ----------------------------------------------------------------------------------


def test_generated_keys_differ() -> None:
    assert len({Key.generate().id for _ in range(20)}) == 20


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33), "x" * 32, None, [1] * 32])
def test_a_secret_is_32_bytes(secret: object) -> None:
    with pytest.raises(KeyFileError, match="32 bytes"):
        Key.from_bytes(secret)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["", "x" * 65, None, 7])
def test_a_family_has_a_name(family: object) -> None:
    with pytest.raises(KeyFileError, match="family"):
        Key(SECRET, family=family)  # type: ignore[arg-type]


def test_a_key_keeps_its_own_copy_of_the_secret() -> None:
    secret = bytearray(SECRET)
    key = Key.from_bytes(bytes(secret))
    before = key.stream("test", 8).tobytes()
    secret[:] = bytes(32)
    assert key.stream("test", 8).tobytes() == before


def test_equal_keys_are_equal() -> None:
    assert Key(SECRET) == Key(SECRET)
    assert hash(Key(SECRET)) == hash(Key(SECRET))
    assert Key(SECRET) != Key(SECRET, family="another")
    assert Key(SECRET) != Key(SECRET[::-1])
    assert Key(SECRET) != SECRET


def test_the_id_names_the_key() -> None:
    key = Key(SECRET)
    assert len(bytes.fromhex(key.id)) == 8
    assert key.id == Key(SECRET).id != Key(SECRET[::-1]).id
    with pytest.raises(AttributeError):
        key.id = "0" * 16  # type: ignore[misc]


def test_derivation_is_hkdf() -> None:
    """RFC 5869 as `cryptography` has it, then SHAKE-256."""
    for purpose in ("one", "another"):
        derived = HKDF(SHA256(), 32, b"indelible watermark v2", purpose.encode()).derive(SECRET)
        assert np.array_equal(Key(SECRET).stream(purpose, 100), keys.expand(derived, 100))
    derived = HKDF(SHA256(), 8, b"indelible watermark v2", b"key id").derive(SECRET)
    assert Key(SECRET).id == derived.hex()


def test_a_longer_stream_begins_like_a_shorter_one() -> None:
    key = Key(SECRET)
    assert np.array_equal(key.stream("test", 1000)[:10], key.stream("test", 10))


def test_streams_are_independent() -> None:
    """Bits of different purposes and keys agree as often as coins do (within 5 deviations)."""
    n_bytes = 1 << 14
    near = bytes([SECRET[0] ^ 1, *SECRET[1:]])
    streams = [
        np.unpackbits(key.stream(purpose, n_bytes))
        for key in (Key(SECRET), Key(near), Key(SECRET[::-1]))
        for purpose in ("one", "two", "one ")
    ]
    bound = 5 * np.sqrt(8 * n_bytes) / 2
    for first, second in itertools.combinations(streams, 2):
        assert abs(np.count_nonzero(first == second) - 4 * n_bytes) < bound
    for stream in streams:
        assert abs(np.count_nonzero(stream) - 4 * n_bytes) < bound


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["default", "Größe"])
def test_save_and_load(tmp_path: Path, family: str) -> None:
    key = Key.generate(family=family)
    key.save(tmp_path / "key")
    assert Key.load(tmp_path / "key") == key
    assert Key.load(str(tmp_path / "key")).family == family
    assert names_in(tmp_path) == ["key"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_key_file_is_its_owners_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Key(SECRET).save(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("precious")
    with pytest.raises(OutputExistsError, match="never overwritten"):
        Key(SECRET).save(path)
    assert path.read_text() == "precious"
    assert names_in(tmp_path) == ["key"]


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputExistsError):
        Key(SECRET).save(tmp_path / "key")
    assert names_in(tmp_path) == ["key"]


def test_racing_saves_keep_one_whole_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    racers = [Key.generate() for _ in range(8)]
    winners: list[Key] = []

    def save(key: Key) -> None:
        try:
            key.save(path)
        except OutputExistsError:
            return
        winners.append(key)

    threads = [threading.Thread(target=save, args=(key,)) for key in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Key.load(path)] == winners
    assert names_in(tmp_path) == ["key"]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    Key(SECRET).save(tmp_path / "key")
    assert Key.load(tmp_path / "key") == Key(SECRET)
    with pytest.raises(OutputExistsError):
        Key(SECRET[::-1]).save(tmp_path / "key")
    assert Key.load(tmp_path / "key") == Key(SECRET)


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        Key(SECRET).save(tmp_path / "key")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["missing/key", "a\0b"])
def test_saving_where_nothing_can_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="Cannot write"):
        Key(SECRET).save(tmp_path / name)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("path", ["missing", ".", "a\0b"])
def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyFileError, match="Cannot read"):
        Key.load(path)


HOSTILE = [
    b"",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"{}",
    b'"indelible-watermark-key"',
    b"[" * 4000,
    b"9" * 4096,
    json.dumps(fields()).encode() + b" " * 4096,
    json.dumps(fields(type="another")).encode(),
    json.dumps(fields(version=3)).encode(),
    json.dumps(fields(secret=None)).encode(),
    json.dumps(fields(secret="")).encode(),
    json.dumps(fields(secret="ä" * 44)).encode(),
    json.dumps(fields(secret=fields()["secret"][:-4])).encode(),  # type: ignore[index]
    json.dumps(fields(secret=f" {fields()['secret']}")).encode(),
    json.dumps(fields(secret=[1, 2])).encode(),
    json.dumps(fields(family="")).encode(),
    json.dumps(fields(family=7)).encode(),
    json.dumps({"type": "indelible-watermark-key", "version": 2}).encode(),
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(KeyFileError) as caught:
        Key.load(tmp_path / "key")
    assert_hidden("".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("version", [1, 3, True, None])
def test_a_file_of_another_version_says_what_to_do(tmp_path: Path, version: object) -> None:
    (tmp_path / "key").write_text(json.dumps(fields(version=version)))
    with pytest.raises(KeyFileError, match="another version than 2: make a new key with"):
        Key.load(tmp_path / "key")


def test_what_a_key_file_holds(tmp_path: Path) -> None:
    Key(SECRET).save(tmp_path / "key")
    assert json.loads((tmp_path / "key").read_bytes()) == fields()


@pytest.mark.parametrize("name", ["secret", "family", "check", "version", "type"])
def test_a_damaged_file_is_never_another_key(tmp_path: Path, name: str) -> None:
    """Any one letter of any value changed: each gives either an error or the very same key."""
    text = json.dumps(fields())
    start = text.index(":", text.index(f'"{name}"')) + 1
    for at in range(start, text.find(",", start) % len(text)):
        for letter in "A9 ":
            (tmp_path / "key").write_text(text[:at] + letter + text[at + 1 :])
            try:
                key = Key.load(tmp_path / "key")
            except KeyFileError:
                continue
            assert key == Key(SECRET)


@pytest.mark.parametrize(
    "changes",
    [
        {"check": None},
        {"check": "0" * 32},
        {"secret": "A" * 43 + "="},
        {"secret": f"{TEXT[:-2]}{chr(ord(TEXT[-2]) + 1)}="},  # a bit behind the bytes
        {"family": "another"},
    ],
)
def test_a_damaged_file_says_so(tmp_path: Path, changes: dict[str, object]) -> None:
    (tmp_path / "key").write_text(json.dumps(fields(**changes)))
    with pytest.raises(KeyFileError, match="damaged"):
        Key.load(tmp_path / "key")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
ANY_FIELDS = st.fixed_dictionaries(
    {
        "type": st.just("indelible-watermark-key") | ANY_JSON,
        "version": st.just(2) | ANY_JSON,
        "family": st.just("default") | ANY_JSON,
        "secret": st.binary(max_size=31).map(lambda b: base64.b64encode(b).decode()) | ANY_JSON,
    }
).map(lambda value: json.dumps(value).encode())


@given(
    content=st.binary(max_size=200) | ANY_JSON.map(lambda v: json.dumps(v).encode()) | ANY_FIELDS
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_in_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("hostile") / "key"
    path.write_bytes(content)
    with pytest.raises(KeyFileError):
        Key.load(path)


# --- secrecy -------------------------------------------------------------------------------------


def test_nothing_shows_the_secret() -> None:
    key = Key(SECRET)
    for text in (repr(key), str(key), f"{key}", f"{[key]}", ascii(key), repr({key: key})):
        assert_hidden(text)
        assert key.id in text
    with pytest.raises(TypeError):
        vars(key)


def test_a_pickled_key_is_the_same_key() -> None:
    """Worker processes need it; a pickle is as secret as the key file, and says so in the code."""
    key = Key(SECRET, family="another")
    assert pickle.loads(pickle.dumps(key)) == key


def test_errors_about_secrets_do_not_show_them(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        Key.from_bytes(SECRET + b"!")
    assert_hidden("".join(traceback.format_exception(caught.value)))
    with pytest.raises(KeyFileError) as caught:
        keys.as_key_ring([Key(SECRET), "no key"])  # type: ignore[list-item]
    assert_hidden("".join(traceback.format_exception(caught.value)))
    Key(SECRET).save(tmp_path / "key")
    with pytest.raises(OutputExistsError) as exists:
        Key(SECRET).save(tmp_path / "key")
    assert_hidden("".join(traceback.format_exception(exists.value)))


# --- rings ---------------------------------------------------------------------------------------


def test_a_ring_holds_each_key_once() -> None:
    one, two = Key(SECRET), Key(SECRET[::-1])
    assert keys.as_key_ring(one) == (one,)
    assert keys.as_key_ring([one, two, Key(SECRET)]) == (one, two)
    assert keys.as_key_ring(iter([two, one])) == (two, one)  # type: ignore[arg-type]


def test_a_set_gets_an_order() -> None:
    ring = [Key(bytes([n]) * 32) for n in range(8)]
    expected = tuple(sorted(ring, key=lambda key: key.id))
    assert keys.as_key_ring(set(ring)) == expected  # type: ignore[arg-type]
    assert keys.as_key_ring(frozenset(reversed(ring))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("ring", [[], (), None, 5, "text", [None], [[]], b"bytes"])
def test_what_is_not_a_ring(ring: object) -> None:
    with pytest.raises(KeyFileError, match="key"):
        keys.as_key_ring(ring)  # type: ignore[arg-type]


def test_a_ring_has_a_limit() -> None:
    ring = [Key(index.to_bytes(32, "big")) for index in range(keys.MAX_RING + 1)]
    assert len(keys.as_key_ring(ring[:-1])) == keys.MAX_RING
    with pytest.raises(KeyFileError, match="at most"):
        keys.as_key_ring(ring)
