"""Arguments: what is of no use is named before any work is done."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indelible import Protector, arguments, protect
from indelible.cli._errors import USAGE, exit_code_of
from indelible.credentials import Generator, PemSigner, SourceType, Trust, create_identity
from indelible.errors import ArgumentError, IndelibleError, NoRegistryError
from indelible.imaging import Limits
from indelible.registry import open_registry, sqlite_url
from indelible.watermark import Key

PIXELS = np.zeros((64, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("objects")
    return {
        "image": PIXELS,
        "signer": create_identity(folder / "identity").signer,
        "key": Key.generate(),
        "registry": open_registry(sqlite_url(folder / "registry.sqlite3")),
        "generator": "Acme",
    }


def closed() -> io.BytesIO:
    stream = io.BytesIO()
    stream.close()
    return stream


WRONG: list[tuple[str, object]] = [
    ("image", 5),
    ("image", None),
    ("image", [[1, 2], [3, 4]]),
    ("image", {}),
    ("image", object()),
    ("image", str),
    ("image", io.StringIO()),
    ("image", closed()),
    ("output", 5),
    ("output", b"path"),
    ("output", ""),
    ("output", []),
    ("output", memoryview(bytearray(5))),
    ("output", io.StringIO()),
    ("output", closed()),
    ("output", io.BufferedReader(io.BytesIO())),
    ("signer", 5),
    ("signer", "chain.pem"),
    ("signer", PemSigner),
    ("key", "my.key"),
    ("key", Path("my.key")),
    ("key", b"1" * 32),
    ("key", []),
    ("key", [None]),
    ("key", 5),
    ("registry", "registry.sqlite3"),
    ("registry", 5),
    ("registry", {}),
    ("generator", 5),
    ("generator", " "),
    ("generator", {"name": "Acme"}),
    ("source_type", "painted"),
    ("source_type", 5),
    ("source_type", ""),
    ("manifest", {}),
    ("manifest", "manifest.json"),
    ("trust", "anchors.pem"),
    ("trust", []),
    ("profile", "xx"),
    ("profile", 5),
    ("format", 3),
    ("format", b"jpeg"),
    ("quality", "high"),
    ("quality", 0),
    ("quality", 101),
    ("quality", True),
    ("quality", 50.5),
    ("quality", 10**5000),
    ("lossless", "yes"),
    ("fast", 1),
    ("strength", "ultra"),
    ("strength", 1),
    ("strip", None),
    ("overwrite", 1),
    ("limits", 5),
    ("limits", {"max_pixels": 5}),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda value: type(value).__name__)
def test_a_wrong_argument_is_named(name: str, value: object, everything: dict[str, Any]) -> None:
    given: dict[str, Any] = {**everything, name: value}
    with pytest.raises(ArgumentError) as caught:
        protect(given.pop("image"), **given)
    assert caught.value.argument == name
    assert caught.value.message.startswith(name)
    assert caught.value.hint
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, IndelibleError)
    assert exit_code_of(caught.value) == USAGE
    with pytest.raises(NoRegistryError):  # nothing was made
        everything["registry"].check()


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda value: type(value).__name__)
def test_a_wrong_argument_of_a_protector_is_named(
    name: str, value: object, everything: dict[str, Any]
) -> None:
    """By whichever of the two takes it, and before anything is read or written."""
    held = {"signer", "key", "registry", "generator", "trust", "profile", "strength", "limits"}
    given: dict[str, Any] = {**everything, name: value}
    image = given.pop("image")
    made_from = {name: given.pop(name) for name in held & set(given)}
    with pytest.raises(ArgumentError) as caught:
        Protector(**made_from).protect(image, **given)
    assert caught.value.argument == name
    assert caught.value.hint
    assert everything["registry"].count() == 0


def test_what_has_to_be_given() -> None:
    assert arguments.required("key", 0) == 0
    with pytest.raises(ArgumentError, match="key is None") as caught:
        arguments.required("key", None, hint="Give one.")
    assert (caught.value.argument, caught.value.hint) == ("key", "Give one.")


def test_what_can_travel() -> None:
    arguments.check_travels("key", Key.generate())
    with pytest.raises(ArgumentError, match="key cannot travel") as caught:
        arguments.check_travels("key", lambda: None)
    assert caught.value.hint


def test_a_value_that_may_be_a_secret_is_not_repeated() -> None:
    for check in (arguments.as_signer, arguments.as_keys, arguments.as_registry):
        with pytest.raises(ArgumentError) as caught:
            check("hunter2")
        assert "hunter2" not in caught.value.diagnostics()


def test_nothing_given_is_nothing_wrong() -> None:
    checks: list[Callable[[object], object]] = [
        arguments.as_signer,
        arguments.as_keys,
        arguments.as_registry,
        arguments.as_generator,
        arguments.as_source_type,
        arguments.as_manifest,
        arguments.as_trust,
        arguments.as_limits,
        arguments.as_format,
        lambda value: arguments.as_word("x", value, ["a"]),
        lambda value: arguments.as_number("x", value, 1, 2),
    ]
    assert [check(None) for check in checks] == [None] * len(checks)
    arguments.check_output(None)


def test_what_is_taken() -> None:
    key, other = Key.generate(), Key.generate()
    assert arguments.as_keys(key) == (key,)
    assert arguments.as_keys([other, key, other]) == (other, key)
    assert arguments.as_keys(iter((key, other))) == (key, other)
    assert arguments.as_generator("Acme") == Generator("Acme")
    for name in ("generated", "GENERATED", "trainedAlgorithmicMedia", SourceType.GENERATED.uri):
        assert arguments.as_source_type(name) is SourceType.GENERATED
    assert arguments.as_source_type("ai_edited") is SourceType.AI_EDITED
    assert arguments.as_number("quality", np.int64(5), 1, 100) == 5
    assert arguments.as_flag("strip", np.bool_(1)) is True
    assert arguments.as_trust(Trust.nobody()) == Trust.nobody()
    assert arguments.as_limits(Limits()) == Limits()
    for image in ("a", Path("a"), b"", bytearray(), memoryview(b""), io.BytesIO(), PIXELS):
        arguments.check_image(image)
    arguments.check_image(Image.new("RGB", (1, 1)))
    for output in ("a", Path("a"), io.BytesIO(), bytearray()):
        arguments.check_output(output)


def test_a_set_of_keys_gets_an_order() -> None:
    keys = [Key.generate() for _ in range(6)]
    assert arguments.as_keys(set(keys)) == tuple(sorted(keys, key=lambda key: key.id))
    assert arguments.as_keys(frozenset(keys)) == arguments.as_keys(set(keys))
