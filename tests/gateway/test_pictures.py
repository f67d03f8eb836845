"""A picture is seen in whatever dress it comes, and words are not taken for one."""

from __future__ import annotations

import base64
import gzip
import json
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.gateway.pictures import (
    Tail,
    begins_as_picture,
    holds_picture,
    is_opaque,
    listed_numbers,
)

Pixels = NDArray[np.uint8]

WORDS = (
    "A cat, in the style of a woodcut; 1024x1024, seed 42.",
    "SHA-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "See https://example.org/a/rather/long/path/that-names-a-page?and=a&query=of-some-length#part",
    "data: the plural of datum, and base64 is an encoding",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "one two three " * 400,
    "1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, " * 20,
    "漢字かな交じり文" * 100,
    "x = [0x00, 0x01, 0x02, 0x03]\n" * 20,
    "a-very-long-identifier_with_many_parts_in_it_that_somebody_wrote_for_a_test",
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    pixels = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    return {name: imaging.encode(pixels, name) for name in ("png", "jpeg", "webp", "gif", "avif")}


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "avif"])
def test_dresses(files: dict[str, bytes], kind: str) -> None:
    data = files[kind]
    encoded = base64.b64encode(data).decode()
    assert begins_as_picture(data)
    assert is_opaque(data)
    assert is_opaque(b"once upon a time " + data)
    for text in (
        encoded,
        f"here: {encoded[:64]}",
        "A" + encoded,
        "abc" + encoded,
        base64.urlsafe_b64encode(data).decode().rstrip("="),
        "\n".join(encoded[at : at + 40] for at in range(0, len(encoded), 40)),
        " ".join(encoded[at : at + 5] for at in range(0, len(encoded), 5)),
        f"data:image/{kind};base64,{encoded}",
        f"DATA:;charset=utf-8;base64,{encoded}",
        data.hex(),
        " ".join(f"{one:02X}" for one in data),
        "".join(f"\\x{one:02x}" for one in data),
        "".join(f"%{one:02x}" for one in data),
        ", ".join(map(str, data)),
        base64.b32encode(data * 2).decode(),
        base64.b85encode(data * 8).decode(),
        base64.a85encode(data, adobe=True).decode(),
        base64.b64encode(gzip.compress(data)).decode(),
        data.decode("latin-1"),
    ):
        assert holds_picture({"deep": [{"er": text}]}), text[:60]
        assert holds_picture({text: 1})
        assert is_opaque(json.dumps(text).encode()) or "\\" in json.dumps(text)
    assert holds_picture([*data])
    assert holds_picture([encoded[at : at + 4] for at in range(0, len(encoded), 4)])
    assert holds_picture(int.from_bytes(data, "big"))


@pytest.mark.parametrize("text", WORDS)
def test_words(text: str) -> None:
    assert not holds_picture({"a": [text, 1.5, None, True]})


def test_other_files() -> None:
    for data in (b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"P6\n1 1\n255\n", b"<svg xmlns='a'>"):
        assert begins_as_picture(data)
    assert begins_as_picture(b"\0\0\0\x20ftypisom")
    assert not begins_as_picture(b'{"object": "list"}')
    assert not begins_as_picture(b"")
    assert is_opaque(b"\xff\xfe\x00")
    assert not is_opaque(b"ok\n")


def test_pieces(files: dict[str, bytes]) -> None:
    encoded = base64.b64encode(files["png"]).decode()
    tail = Tail()
    seen = [tail.holds_picture("a", encoded[at : at + 3]) for at in range(0, 30, 3)]
    assert seen[0] is False
    assert seen[4] is True
    assert not any(tail.holds_picture("b", "word ") for _ in range(500))
    assert any(Tail().holds_picture(at, "x") is False for at in range(3))
    voices = Tail()
    assert any(voices.holds_picture(at, "word ") for at in range(100))


@pytest.mark.parametrize(
    "text", ["a" * 19 + " ", "data:image/", "12 34 ab ", "<~a ", "1, ", "0x1 ", "<?xml ", "{|}~"]
)
def test_time_is_linear(text: str) -> None:
    began = time.thread_time()
    holds_picture(text * (200_000 // len(text)))
    is_opaque((text * (200_000 // len(text))).encode())
    assert time.thread_time() - began < 2.0


def test_nobody_reads_as_much() -> None:
    assert holds_picture(["word " * 1000] * 500)


@pytest.mark.parametrize("size", [3, 5, 8, 12, 19])
def test_base64_in_words(size: int) -> None:
    data = np.random.default_rng(2).bytes(600)
    encoded = base64.b64encode(data).decode()
    words = [encoded[at : at + size] for at in range(0, len(encoded), size)]
    assert holds_picture(" ".join(words))
    assert holds_picture({"a": dict.fromkeys(words, 1)})
    assert holds_picture([{"id": one} for one in words])
    tail = Tail()
    assert any(tail.holds_picture("a", f"{one} ") for one in words)


def test_names_of_models_are_words() -> None:
    names = [
        "Qwen/Qwen2.5-VL-7B-Instruct", "black-forest-labs/FLUX.1-dev", "Wan-AI/Wan2.2-T2V-A14B",
        "Tongyi-MAI/Z-Image-Turbo", "GLM-4.6V", "HunyuanImage-3.0", "gpt-image-2.5-sunburst",
    ]  # fmt: skip
    assert not holds_picture({"data": [{"id": one, "object": "model"} for one in names * 20]})
    code = "def createElement(Name: str, HTMLElement=None) -> List[str]:\n    return [Name42]\n"
    assert not holds_picture(code * 100)
    hashes = [f"{np.random.default_rng(at).bytes(32).hex()}  file{at}.txt\n" for at in range(40)]
    assert not holds_picture("".join(hashes))


def test_numbers_in_rows() -> None:
    rows = np.zeros((1500, 3), int).tolist()
    assert listed_numbers({"a": [1, 2.5, True, [3]], "b": 4}) == 3
    assert holds_picture({"logprobs": rows})
    assert not holds_picture({"logprobs": rows[:100]})
    tail = Tail()
    assert any(tail.holds_numbers(rows[:100]) for _ in range(20))
