"""Record keys: what they seal only they open, and their file gives nothing away."""

from __future__ import annotations

import base64
import json
import pickle
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import (
    ArgumentError,
    KeyFileError,
    OutputError,
    OutputExistsError,
    RegistryError,
)
from indelible.registry.private import KeyWrapper, RecordKeys
from indelible.registry.private.key_services import (
    AwsKmsWrapper,
    AzureKeyVaultWrapper,
    GoogleKmsWrapper,
    wrapper_named,
)

KEYS = RecordKeys.generate()
ID = "urn:c2pa:0f6d7a3e-0000-4000-8000-000000000001"


class Wrapper:
    """A key service that is none: it turns every byte round."""

    name = "test:one"

    def wrap(self, key: bytes) -> bytes:
        return bytes(byte ^ 255 for byte in key)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self.wrap(wrapped)


@given(data=st.binary(max_size=300))
def test_what_was_sealed_is_opened(data: bytes) -> None:
    sealed = KEYS.seal(data, ID)
    assert KEYS.open(sealed, ID) == data
    assert len(sealed) == len(data) + 36
    assert sealed != KEYS.seal(data, ID)


def test_it_opens_under_its_own_manifest_only() -> None:
    sealed = KEYS.seal(b"account 4711", ID)
    with pytest.raises(RegistryError, match="another manifest"):
        KEYS.open(sealed, ID + "0")


@given(place=st.integers(8, 8 + 12 + 12 + 15), bit=st.integers(0, 7))
def test_a_changed_bit_is_noticed(place: int, bit: int) -> None:
    sealed = bytearray(KEYS.seal(b"account 4711", ID))
    sealed[place] ^= 1 << bit
    with pytest.raises(RegistryError, match="changed"):
        KEYS.open(bytes(sealed), ID)


@pytest.mark.parametrize("length", [0, 7, 8, 19, 35])
def test_a_cut_record_is_refused(length: int) -> None:
    with pytest.raises(RegistryError):
        KEYS.open(KEYS.seal(b"", ID)[:length], ID)


def test_other_keys_do_not_open_it() -> None:
    with pytest.raises(RegistryError, match="not here"):
        RecordKeys.generate().open(KEYS.seal(b"account", ID), ID)


def test_rotated_keys_open_what_the_old_ones_sealed_and_find_the_same() -> None:
    newer = KEYS.rotated()
    assert newer.open(KEYS.seal(b"before", ID), ID) == b"before"
    assert newer.ids[1:] == KEYS.ids
    assert newer.token("sha256", b"x") == KEYS.token("sha256", b"x")
    with pytest.raises(RegistryError, match=newer.ids[0]):
        KEYS.open(newer.seal(b"after", ID), ID)


def test_tokens_are_of_one_purpose_value_and_file() -> None:
    others = [
        KEYS.token("a", b"x"),
        KEYS.token("b", b"x"),
        KEYS.token("a", b"y"),
        RecordKeys.generate().token("a", b"x"),
    ]
    assert len(set(others)) == 4


@pytest.mark.parametrize("wrapper", [None, Wrapper()])
def test_a_file_holds_them(tmp_path: Path, wrapper: Wrapper | None) -> None:
    keys = RecordKeys.generate(wrapper=wrapper).rotated()
    keys.save(tmp_path / "records.key")
    assert stat.S_IMODE((tmp_path / "records.key").stat().st_mode) == 0o600
    again = RecordKeys.load(tmp_path / "records.key", wrapper=wrapper)
    assert again.ids == keys.ids
    assert again.open(keys.seal(b"account", ID), ID) == b"account"
    assert again.token("sha256", b"x") == keys.token("sha256", b"x")


def test_a_wrapped_file_needs_its_wrapper(tmp_path: Path) -> None:
    path = tmp_path / "records.key"
    RecordKeys.generate(wrapper=Wrapper()).save(path)
    with pytest.raises(KeyFileError, match="test:one"):
        RecordKeys.load(path)
    other = Wrapper()
    other.name = "test:two"
    with pytest.raises(KeyFileError, match="test:one"):
        RecordKeys.load(path, wrapper=other)


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "records.key"
    KEYS.save(path)
    with pytest.raises(OutputExistsError):
        RecordKeys.generate().save(path)
    assert RecordKeys.load(path).ids == KEYS.ids


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Cannot write"):
        KEYS.save(tmp_path / "missing" / "records.key")
    with pytest.raises(KeyFileError, match="Cannot read"):
        RecordKeys.load(tmp_path / "missing")
    with pytest.raises(KeyFileError, match="Cannot read"):
        RecordKeys.load("a\0b")


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.pop("sealing"),
        lambda fields: fields.pop("index"),
        lambda fields: fields.update(sealing=[]),
        lambda fields: fields.update(sealing=[1]),
        lambda fields: fields.update(index="?"),
        lambda fields: fields.update(index=base64.b64encode(bytes(31)).decode()),
        lambda fields: fields.update(format="another"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, change: Any) -> None:
    path = tmp_path / "records.key"
    KEYS.save(path)
    fields = json.loads(path.read_bytes())
    secret = fields["sealing"][0]
    change(fields)
    path.write_text(json.dumps(fields))
    with pytest.raises(KeyFileError) as caught:
        RecordKeys.load(path)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 50_000])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "records.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="no file of record keys"):
        RecordKeys.load(path)


def test_they_do_not_show_themselves(tmp_path: Path) -> None:
    KEYS.save(tmp_path / "records.key")
    secret = json.loads((tmp_path / "records.key").read_bytes())["sealing"][0]
    assert secret not in repr(KEYS)
    assert KEYS.ids[0] in repr(KEYS)
    with pytest.raises(TypeError):
        pickle.dumps(KEYS)


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with moto.mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


def test_keys_wrapped_by_aws(tmp_path: Path, kms: Any) -> None:
    wrapper = AwsKmsWrapper(kms.create_key()["KeyMetadata"]["KeyId"], client=kms)
    keys = RecordKeys.generate(wrapper=wrapper)
    keys.save(tmp_path / "records.key")
    again = RecordKeys.load(tmp_path / "records.key", wrapper=wrapper)
    assert again.open(keys.seal(b"account", ID), ID) == b"account"


def test_a_service_that_refuses(kms: Any) -> None:
    with pytest.raises(RegistryError, match="AWS KMS"):
        RecordKeys.generate(wrapper=AwsKmsWrapper("no-such-key", client=kms))


def test_a_file_names_its_key_service(tmp_path: Path) -> None:
    path = tmp_path / "records.key"
    keys = RecordKeys.generate(wrapper=Wrapper()).rotated()
    keys.save(path)
    asked: list[str] = []

    def named(name: str) -> KeyWrapper:
        asked.append(name)
        return Wrapper()

    again = RecordKeys.load(path, wrapper=named)
    assert again.ids == keys.ids
    assert asked == [Wrapper().name]
    again.rotated().save(tmp_path / "rotated.key")  # wrapped, too
    with pytest.raises(KeyFileError, match="wrapped"):
        RecordKeys.load(tmp_path / "rotated.key")
    RecordKeys.generate().save(tmp_path / "plain.key")
    RecordKeys.load(tmp_path / "plain.key", wrapper=named)
    assert len(asked) == 1
    for name in ("", "aws:", "elsewhere:key"):
        with pytest.raises(ArgumentError, match="key service"):
            wrapper_named(name)


def test_keys_wrapped_by_google_and_azure(tmp_path: Path) -> None:
    turn = Wrapper()
    google = SimpleNamespace(
        encrypt=lambda request: SimpleNamespace(ciphertext=turn.wrap(request["plaintext"])),
        decrypt=lambda request: SimpleNamespace(plaintext=turn.wrap(request["ciphertext"])),
    )
    azure = SimpleNamespace(
        wrap_key=lambda algorithm, key: SimpleNamespace(encrypted_key=turn.wrap(key)),
        unwrap_key=lambda algorithm, key: SimpleNamespace(key=turn.wrap(key)),
    )
    wrappers: list[KeyWrapper] = [
        GoogleKmsWrapper("key", client=google),
        AzureKeyVaultWrapper("url", client=azure),
    ]
    for number, wrapper in enumerate(wrappers):
        keys = RecordKeys.generate(wrapper=wrapper)
        keys.save(tmp_path / f"{number}.key")
        again = RecordKeys.load(tmp_path / f"{number}.key", wrapper=wrapper)
        assert again.open(keys.seal(b"account", ID), ID) == b"account"
