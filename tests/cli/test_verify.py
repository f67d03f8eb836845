"""``indelible verify``: JSON, words, exit codes."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from indelible import imaging
from indelible.config import user_folders
from indelible.watermark import Key
from tests.cli.conftest import Run


def test_json_of_one_file(run: Run, protected: Path) -> None:
    answer = run("verify", "--json", protected)
    assert answer.code == 0
    (line,) = answer.out.splitlines()
    told = json.loads(line)
    assert told["file"] == str(protected)
    assert told["verdict"] == "authentic"
    assert told["credential"]["state"] == "trusted"
    assert told["credential"]["development"] is True
    assert told["watermark"]["found"] is True
    assert re.fullmatch("[0-9a-f]{16}", told["watermark"]["payload"])
    assert told["watermark"]["false_positive_probability"] <= 1e-9
    assert told["registry"]["state"] == "found"
    assert told["fingerprint"] == "not_checked"


def test_words_of_one_file(run: Run, protected: Path, reposted: Path) -> None:
    before, after = run("verify", protected), run("verify", reposted)
    assert before.code == after.code == 0
    assert f"{protected}: authentic" in before.out
    assert f"{reposted}: recovered" in after.out
    for answer in (before, after):
        assert "development identity" in answer.out
        assert "Not meant:" in answer.out
        assert "made" in answer.out
        # Nothing is padded, nothing is coloured in a pipe.
        assert not re.search(r" +$|\x1b", answer.out, re.MULTILINE)


def test_no_words_that_nobody_can_keep(run: Run, plain: Path, protected: Path) -> None:
    for path in (plain, protected):
        said = run("verify", path).out.lower()
        assert not re.search(r"\breal\b|\bnot ai\b|\bgenuine\b|\bfake\b", said)


def test_exit_codes(run: Run, plain: Path, protected: Path, tmp_path: Path) -> None:
    data = bytearray(protected.read_bytes())
    data[-len(data) // 8] ^= 1
    altered = tmp_path / "altered.jpg"
    altered.write_bytes(data)
    missing = tmp_path / "missing.jpg"
    assert run("verify", protected).code == 0
    assert run("verify", plain).code == 1
    assert run("verify", altered).code == 3
    assert run("verify", missing).code == 4
    # The worst wins.
    assert run("verify", protected, plain).code == 1
    assert run("verify", protected, altered, plain).code == 3
    assert run("verify", missing, protected, altered).code == 4


def test_json_lines_of_several(run: Run, plain: Path, protected: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("this is text", encoding="utf-8")
    empty = tmp_path / "empty.png"
    empty.touch()
    names = [plain, text, protected, empty, tmp_path / "missing.png"]
    answer = run("verify", "--json", *names)
    told = [json.loads(line) for line in answer.out.splitlines()]
    assert [one["file"] for one in told] == [str(name) for name in names]
    assert [one["verdict"] for one in told] == ["none", None, "authentic", None, None]
    assert "text" in told[1]["error"]
    assert "empty" in told[3]["error"]
    assert all({"credential", "watermark", "registry"} <= set(one) for one in told)
    assert answer.code == 4
    assert str(text) in answer.err


def test_a_table_for_several(run: Run, plain: Path, protected: Path, tmp_path: Path) -> None:
    answer = run("verify", plain, protected, tmp_path / "missing.png")
    assert answer.code == 4
    assert "authentic" in answer.out
    assert "unreadable" in answer.out
    assert "Absence proves nothing" in answer.out
    assert "development identity" in answer.out
    details = run("verify", "--details", plain, protected)
    assert f"{plain}: none" in details.out
    assert f"{protected}: authentic" in details.out


def test_folders_and_patterns(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.png", "a.png", "deep/c.PNG", ".hidden.png"):
        (folder / name).write_bytes(plain.read_bytes())
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    found = [json.loads(line)["file"] for line in run("verify", "--json", folder).out.splitlines()]
    assert [Path(name).name for name in found] == ["a.png", "b.png", "c.PNG"]
    monkeypatch.chdir(folder)
    matched = run("verify", "--json", "*.png").out.splitlines()
    assert [json.loads(line)["file"] for line in matched] == ["a.png", "b.png"]
    # A file is looked at once, however often it is named.
    assert len(run("verify", "--json", "a.png", "*.png", "a.png").out.splitlines()) == 2


def test_patterns_and_folders_without_pictures(run: Run, tmp_path: Path) -> None:
    for name, words in ((tmp_path, "no pictures"), (tmp_path / "*.jpg", "no file matches")):
        answer = run("verify", name)
        assert answer.code == 4
        assert words in answer.err.lower()


def test_standard_input(run: Run, protected: Path) -> None:
    answer = run("verify", "-", "--json", stdin=protected.read_bytes())
    assert answer.code == 0
    assert json.loads(answer.out)["file"] == "-"
    assert run("verify", "-", stdin=b"").code == 4


def test_keys_registry_and_trust(run: Run, reposted: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    Key.generate().save(other)
    ring = user_folders().keys
    assert run("verify", reposted, "--key", other).code == 1
    assert run("verify", reposted, "--key", other, "--key", ring).code == 0
    empty = run("verify", reposted, "--json", "--registry", tmp_path / "empty.sqlite3")
    assert json.loads(empty.out)["verdict"] == "unverified"
    anchors = user_folders().identity / "development-ca.pem"
    assert run("verify", reposted, "--trust", anchors).code == 0


@pytest.mark.parametrize("option", ["--key", "--trust"])
def test_options_that_lead_nowhere(run: Run, plain: Path, tmp_path: Path, option: str) -> None:
    answer = run("verify", plain, option, tmp_path / "missing")
    assert answer.code == 2
    assert "error:" in answer.err
    assert answer.out == ""


def test_a_registry_that_is_damaged(run: Run, reposted: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"no database" * 1000)
    answer = run("verify", "--json", reposted, "--registry", damaged)
    assert answer.code == 5
    told = json.loads(answer.out)
    assert told["verdict"] == "unverified"
    assert told["watermark"]["found"] is True
    assert told["registry"]["state"] == "unavailable"
    assert "unavailable" in run("verify", reposted, "--registry", damaged).out


def test_a_bomb_is_refused_from_its_header(run: Run, tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(30_000 * 3 + 1) * 100)
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
    for command in (("verify", bomb), ("protect", bomb)):
        answer = run(*command)
        assert answer.code == 4
        assert "900 megapixels" in answer.err


def test_steering_characters_reach_no_terminal(run: Run, plain: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[31mred\u202e.png"
    hostile.write_bytes(plain.read_bytes())
    for arguments in (("verify", hostile), ("verify", hostile, plain), ("detect", hostile)):
        answer = run(*arguments, "--key", _key(tmp_path))
        assert "\x1b" not in answer.out + answer.err
        assert "\u202e" not in answer.out + answer.err


def test_markup_in_names_is_text(run: Run, plain: Path, tmp_path: Path) -> None:
    named = tmp_path / "[bold]x[" / "y.png"
    named.parent.mkdir()
    named.write_bytes(plain.read_bytes())
    assert str(named) in run("verify", named).out


def _key(folder: Path) -> Path:
    path = folder / "some.key"
    if not path.exists():
        Key.generate().save(path)
    return path


def test_the_configuration_is_used(run: Run, plain: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[limits]\nmax_pixels = 100\n", encoding="utf-8")
    assert run("--config", config, "verify", plain).code == 4
    config.write_text("[limit]\n", encoding="utf-8")
    answer = run("--config", config, "verify", plain)
    assert answer.code == 2
    assert "unknown section" in answer.err


def test_animations_verify(run: Run, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert run("verify", path).code == 1
    assert "frames" in run("verify", path).out
    refused = run("protect", path)
    assert refused.code == 4
    assert "animated" in refused.err
    assert imaging.read_header(path.read_bytes()).animated
