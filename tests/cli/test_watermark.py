"""``indelible embed``, ``detect`` and ``keys``: the watermark without the rest."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from indelible import imaging, watermark
from indelible.cli._app import app
from indelible.watermark import Key
from tests.cli.conftest import Run

ID = "0123456789abcdef"


@pytest.fixture
def key(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "my.key"
    assert run("keys", "new", path).code == 0
    return path


@pytest.fixture
def marked(run: Run, plain: Path, key: Path, tmp_path: Path) -> Path:
    path = tmp_path / "marked.jpg"
    answer = run("embed", plain, "-o", path, "--payload", ID, "--key", key)
    assert answer.code == 0, answer.err
    assert ID in answer.out
    return path


def test_embed_needs_no_registry_and_no_signer(run: Run, marked: Path, home: Path) -> None:
    assert list(home.rglob("*")) == []
    assert run("verify", marked, "--json").code == 1  # no key of ours, no manifest


def test_detect(run: Run, marked: Path, plain: Path, key: Path) -> None:
    answer = run("detect", marked, "--key", key, "--json")
    assert answer.code == 0
    told = json.loads(answer.out)
    assert told["file"] == str(marked)
    assert told["found"] is True
    assert told["payload"] == ID
    assert told["false_positive_probability"] <= 1e-9
    assert told["key_id"] == Key.load(key).id
    assert len(told["geometry"]) == 3
    assert told["effort"] == "standard"
    nothing = run("detect", plain, "--key", key, "--json", "--effort", "quick")
    assert nothing.code == 1
    assert json.loads(nothing.out)["payload"] is None
    assert json.loads(nothing.out)["effort"] == "quick"
    assert run("detect", plain, "--key", key, "--effort", "extreme").code == 2


def test_detect_in_words(run: Run, marked: Path, plain: Path, key: Path, tmp_path: Path) -> None:
    answer = run("detect", marked, plain, tmp_path / "missing.png", "--key", key)
    assert answer.code == 4
    assert ID in answer.out
    assert "none found" in answer.out
    assert "unreadable" in answer.out


def test_another_key_finds_nothing(run: Run, marked: Path, tmp_path: Path) -> None:
    Key.generate().save(tmp_path / "other.key")
    assert run("detect", marked, "--key", tmp_path / "other.key").code == 1


def test_without_any_key(run: Run, plain: Path, home: Path) -> None:
    answer = run("detect", plain)
    assert answer.code == 2
    assert "keys add FILE --detect-only" in answer.err


def test_a_pipe(plain: Path, key: Path) -> None:
    result = CliRunner().invoke(
        app, ["embed", "-", "--payload", ID, "--key", str(key)], input=plain.read_bytes()
    )
    assert result.exit_code == 0
    pixels = imaging.decode(result.stdout_bytes).pixels
    assert watermark.detect(pixels, Key.load(key)).payload == bytes.fromhex(ID)


@pytest.mark.parametrize("payload", ["", "0123", "0123456789abcdeg", "0123456789abcdef00", "é" * 8])
def test_payloads_that_are_none(
    run: Run, plain: Path, key: Path, tmp_path: Path, payload: str
) -> None:
    answer = run("embed", plain, "-o", tmp_path / "x.png", "--payload", payload, "--key", key)
    assert answer.code == 2
    assert "16 hexadecimal" in answer.err


def test_embed_says_what_it_drops(run: Run, protected: Path, key: Path, tmp_path: Path) -> None:
    answer = run(
        "embed", protected, "-o", tmp_path / "x.jpg", "--payload", ID, "--key", key, "--json"
    )
    assert answer.code == 0
    assert json.loads(answer.out)["payload"] == ID
    assert "manifest is not carried over" in answer.err


def test_embed_overwrites_nothing(run: Run, plain: Path, key: Path, marked: Path) -> None:
    before = marked.read_bytes()
    assert run("embed", plain, "-o", marked, "--payload", ID, "--key", key).code == 2
    assert marked.read_bytes() == before


def test_a_picture_that_cannot_carry_a_mark(run: Run, key: Path, tmp_path: Path) -> None:
    tiny = tmp_path / "tiny.png"
    tiny.write_bytes(imaging.encode(np.zeros((8, 8, 3), np.uint8), "png"))
    answer = run("embed", tiny, "-o", tmp_path / "x.png", "--payload", ID, "--key", key)
    assert answer.code == 4
    assert not (tmp_path / "x.png").exists()


# --- keys ---------------------------------------------------------------------------------


def test_key_files_are_private_and_never_overwritten(run: Run, key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert run("keys", "new", key).code == 2
    assert key.read_bytes() == before


def test_no_output_holds_a_secret(run: Run, key: Path, marked: Path, plain: Path) -> None:
    secret = json.loads(key.read_text(encoding="utf-8"))["secret"]
    for arguments in (
        ("keys", "show", key),
        ("keys", "show", key, "--json"),
        ("keys", "add", key),
        ("keys", "list"),
        ("detect", marked, "--key", key),
    ):
        answer = run(*arguments)
        assert answer.code == 0
        assert secret not in answer.out + answer.err


def test_the_ring(run: Run, tmp_path: Path) -> None:
    ring = ("--ring", tmp_path / "ring")
    assert "empty" in run("keys", "list", *ring).err
    first = json.loads(run("keys", "rotate", *ring, "--json").out)["id"]
    second = json.loads(run("keys", "rotate", *ring, "--json").out)["id"]
    told = [json.loads(line) for line in run("keys", "list", *ring, "--json").out.splitlines()]
    assert [(key["id"], key["marks"]) for key in told] == [(second, True), (first, False)]
    assert run("keys", "retire", first, *ring).code == 0
    assert "retired" in run("keys", "list", *ring).out
    assert run("keys", "retire", second, *ring).code == 2
    assert run("keys", "restore", first, *ring).code == 0
    assert run("keys", "restore", "nonsense", *ring).code == 2


def test_marks_of_older_keys_are_found_after_a_rotation(run: Run, reposted: Path) -> None:
    assert run("keys", "rotate").code == 0
    assert run("verify", reposted).code == 0
    assert run("detect", reposted).code == 0


def test_a_retired_key_no_longer_detects(run: Run, reposted: Path) -> None:
    (old,) = [json.loads(line)["id"] for line in run("keys", "list", "--json").out.splitlines()]
    run("keys", "rotate")
    run("keys", "retire", old)
    assert run("detect", reposted).code == 1


def test_a_partners_key_is_only_looked_for(
    run: Run, tmp_path: Path, key: Path, plain: Path
) -> None:
    own = json.loads(run("keys", "rotate", "--json").out)["id"]
    added = run("keys", "add", key, "--detect-only", "--json")
    assert added.code == 0, added.err
    partner = json.loads(added.out)
    assert partner["detect_only"] is True
    told = [json.loads(line) for line in run("keys", "list", "--json").out.splitlines()]
    assert [(one["id"], one["marks"], one["detect_only"]) for one in told] == [
        (own, True, False),
        (partner["id"], False, True),
    ]
    assert "partner" in run("keys", "list").out
    assert run("keys", "retire", own).code == 2  # the last that marks
    ring = tmp_path / "ring"
    assert run("keys", "add", key, "--detect-only", "--ring", ring).code == 0
    answer = run("embed", plain, "-o", tmp_path / "x.png", "--payload", ID, "--key", ring)
    assert answer.code == 2
    assert "no watermark key to mark with" in answer.err


def test_a_damaged_key_is_named(run: Run, key: Path) -> None:
    key.write_text(key.read_text().replace('"check": "', '"check": "0', 1))
    answer = run("keys", "show", key)
    assert answer.code == 2
    assert "damaged" in answer.err


def test_embed_names_what_it_cannot_read(run: Run, key: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.png"
    line = ["embed", missing, "-o", tmp_path / "out.png", "--payload", "00" * 8, "--key", key]
    answer = run(*line)
    assert answer.code == 4
    assert "missing.png" in answer.err
    answered = json.loads(run(*line, "--json").out)
    assert answered["file"] == str(missing)
    assert answered["path"] is None
    assert "no such file" in answered["error"]
