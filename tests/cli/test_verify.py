"""``indelible verify``: JSON, words, exit codes."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible import imaging
from indelible.cli._console import describe, problem
from indelible.credentials import create_identity, new_manifest_id
from indelible.errors import IndelibleError, RegistryUnavailableError
from indelible.imaging import xmp
from indelible.registry import Record, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.settings import user_folders
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
    assert told["fingerprint"]["state"] == "not_checked"


def test_words_of_one_file(run: Run, protected: Path, reposted: Path) -> None:
    before, after = run("verify", protected), run("verify", reposted)
    assert before.code == after.code == 0
    assert f"{protected}: authentic" in before.out
    assert f"{reposted}: recovered" in after.out
    for answer in (before, after):
        assert "development identity" in answer.out
        assert "Keep in mind:" in answer.out
        assert "made" in answer.out
        # Nothing is padded, nothing is coloured in a pipe.
        assert not re.search(r" +$|\x1b", answer.out, re.MULTILINE)


def test_what_is_said_about_ai_comes_first(run: Run, protected: Path, reposted: Path) -> None:
    for path in (protected, reposted):
        first = run("verify", path).out.splitlines()[1].strip()
        assert first.startswith("Says it was made by AI (")
    told = json.loads(run("verify", reposted, "--json").out)
    assert list(told)[2] == "ai"
    assert told["ai"]["where"] == "recovered"


def test_a_recovery_says_that_the_looks_agree(run: Run, reposted: Path) -> None:
    said = " ".join(run("verify", reposted).out.split())
    assert "looks like the one that it was made for" in said
    assert "can be copied" not in said
    assert "compare the two" not in said


def test_no_row_where_there_is_nothing_to_say(run: Run, plain: Path, protected: Path) -> None:
    for path in (plain, protected):
        said = run("verify", path).out
        assert "fingerprint" not in said
        assert "not asked" not in said
    assert "registry" not in run("verify", plain).out


def test_a_friend_without_keys(
    run: Run, reposted: Path, protected: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INDELIBLE_HOME", str(tmp_path / "friend"))
    answer = run("verify", reposted)
    assert answer.code == 1
    assert ": unchecked" in answer.out
    assert "Ask the service" in answer.out
    assert "Nothing found" not in answer.out
    assert not (tmp_path / "friend").exists()
    # Whom this machine does not know, it quotes.
    answer = run("verify", protected)
    assert answer.code == 0
    assert ": unverified" in answer.out
    assert "says it is Indelible" in answer.out
    assert "says it was generated" in answer.out


def test_claims_of_strangers_in_a_table(
    run: Run, plain: Path, protected: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parameters = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
    metadata = imaging.Metadata(text=(("parameters", parameters),))
    named = tmp_path / "named.png"
    pixels = imaging.decode(plain.read_bytes()).pixels
    named.write_bytes(imaging.encode(pixels, "png", metadata=metadata))
    rows = run("verify", plain, protected).out.splitlines()
    assert "unsigned claims" not in rows[0] + rows[1]
    monkeypatch.setenv("INDELIBLE_HOME", str(tmp_path / "friend"))
    rows = run("verify", named, protected).out.splitlines()
    (heading,) = [row for row in rows if "verdict" in row and "watermark id" in row]
    assert "says AI" in heading
    assert "generator" not in heading
    assert "unsigned claims" in heading
    (row,) = [row for row in rows if str(named) in row]
    assert row.count("Stable Diffusion") == 2
    assert "(plain metadata)" in row
    (row,) = [row for row in rows if str(protected) in row]
    assert "says it is Indelible 0.1.0" in row
    assert "yes (signer not verified)" in row


def test_a_remote_manifest_names_the_option(run: Run, plain: Path, tmp_path: Path) -> None:
    packet = xmp.with_properties(None, {xmp.PROVENANCE: "https://example.com/m.c2pa"})
    path = tmp_path / "remote.jpg"
    pixels = imaging.decode(plain.read_bytes()).pixels
    path.write_bytes(imaging.encode(pixels, "jpeg", metadata=imaging.Metadata(xmp=packet)))
    said = run("verify", path).out
    assert "only at https://example.com/m.c2pa" in said
    assert "--allow-host example.com" in said


def test_an_error_in_json_has_its_hint(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("this is text", encoding="utf-8")
    claim = ("--source-type", "captured")
    for command in (
        ("verify",),
        ("inspect",),
        ("detect", "--key", _key(tmp_path)),
        ("protect", *claim),
        ("sign", *claim),
    ):
        told = json.loads(run(*command, path, "--json").out)
        assert told["error"]
        assert told["hint"]
        assert told["error_type"] == "UnreadableImageError"


def test_messages_leave_names_and_lines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert describe(IndelibleError("photo exists already")) == "photo exists already."
    assert describe(IndelibleError("the photo is damaged")) == "The photo is damaged."
    problem("broken", hint="first\nsecond")
    assert capsys.readouterr().err.splitlines() == ["error: broken", "  first", "  second"]


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


def another_registry(folder: Path) -> Path:
    """A registry that holds something else."""
    path = folder / "another.sqlite3"
    open_registry(sqlite_url(path)).put(
        Record(new_manifest_id(), "org.indelible.dft.2", b"another.", b"store", "image/jpeg")
    )
    return path


def test_keys_registry_and_trust(run: Run, reposted: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    Key.generate().save(other)
    ring = user_folders().keys
    assert run("verify", reposted, "--key", other).code == 1
    assert run("verify", reposted, "--key", other, "--key", ring).code == 0
    empty = run("verify", reposted, "--json", "--registry", another_registry(tmp_path))
    assert json.loads(empty.out)["verdict"] == "unverified"
    anchors = user_folders().identity / "development-ca.pem"
    assert run("verify", reposted, "--trust", anchors).code == 0


@pytest.mark.parametrize("option", ["--key", "--trust", "--registry"])
def test_options_that_lead_nowhere(run: Run, plain: Path, tmp_path: Path, option: str) -> None:
    answer = run("verify", plain, option, tmp_path / "missing")
    assert answer.code == 2
    assert "error:" in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("kind", ["text", "database", "folder", "empty"])
def test_a_registry_that_is_none(run: Run, plain: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    if kind == "database":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE diary (day TEXT)")
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("a diary\n" * 100 if kind == "text" else "")
    before = None if kind == "folder" else path.read_bytes()
    answer = run("verify", plain, "--registry", path)
    assert answer.code == 2
    assert str(path.name) in answer.err
    assert answer.out == ""
    assert before is None or path.read_bytes() == before


def test_a_pinned_signer_stays_trusted(run: Run, plain: Path, tmp_path: Path) -> None:
    for name in ("acme", "partner"):
        create_identity(tmp_path / name)
    signed = tmp_path / "signed.png"
    answer = run(
        "sign", plain, "--source-type", "captured", "-o", signed,
        "--cert", tmp_path / "acme" / "development-chain.pem",
        "--cert-key", tmp_path / "acme" / "development-key.pem",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert run("trust", "add", tmp_path / "acme" / "development-chain.pem", "--pin").code == 0
    for options in ((), ("--trust", tmp_path / "partner" / "development-ca.pem")):
        answer = run("verify", signed, "--json", *options)
        assert json.loads(answer.out)["verdict"] == "authentic"


def test_a_registry_that_is_damaged(run: Run, reposted: Path, tmp_path: Path) -> None:
    damaged = another_registry(tmp_path)
    with damaged.open("r+b") as file:
        file.seek(4096)
        file.write(b"no database" * (damaged.stat().st_size // 11))
    answer = run("verify", "--json", reposted, "--registry", damaged)
    assert answer.code == 5
    told = json.loads(answer.out)
    assert told["verdict"] == "unverified"
    assert told["watermark"]["found"] is True
    assert told["registry"]["state"] == "unavailable"
    assert "unavailable" in run("verify", reposted, "--registry", damaged).out


def test_a_registry_that_is_down_is_a_note_beside_authentic(
    run: Run, protected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(registry: SqlRegistry, algorithm: str, payload: bytes) -> list[Record]:
        raise RegistryUnavailableError("the registry is away", hint="wait")

    added = run("verify", protected, "--key", _key(tmp_path))
    monkeypatch.setattr(SqlRegistry, "find", away)
    answer = run("verify", protected)
    assert answer.code == 0
    assert ": authentic" in answer.out
    assert "the registry is unavailable" in answer.out
    assert ": authentic" in added.out
    assert added.code == 0


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
    assert "frames" not in run("verify", path).out  # nobody searched any
    searched = run("verify", path, "--key", _key(tmp_path))
    assert searched.code == 1
    assert "Only the first of 2 frames was searched" in searched.out
    refused = run("protect", path)
    assert refused.code == 4
    assert "animated" in refused.err
    assert imaging.read_header(path.read_bytes()).animated


@pytest.fixture
def previewed(run: Run, tmp_path: Path, photographs: dict[str, NDArray[np.uint8]]) -> Path:
    """A protected picture whose manifest holds a preview, a part replaced since, reposted."""
    original, path = tmp_path / "sheet.png", tmp_path / "sheet.jpg"
    original.write_bytes(imaging.encode(photographs["astronaut"], "png"))
    assert run("protect", original, "-o", path, "--thumbnail-side", 300).code == 0
    pixels = imaging.decode(path.read_bytes()).pixels.copy()
    pixels[150:320, 150:320] = photographs["coffee"][150:320, 150:320]
    path.write_bytes(imaging.encode(pixels, "jpeg", quality=80))
    return path


def test_a_map_of_what_was_changed(run: Run, previewed: Path, tmp_path: Path) -> None:
    place = tmp_path / "map.png"
    answer = run("verify", "--map", place, "--json", previewed)
    told = json.loads(answer.out)["changes"]
    assert told["state"] == "compared"
    (region,) = told["regions"]
    assert region["picture"] == pytest.approx([150, 150, 320, 320], abs=25)
    assert str(place) in answer.err
    drawn = imaging.decode(place.read_bytes()).pixels
    assert drawn.shape[0] > drawn.shape[1] == 512
    # Nothing is overwritten unless that is asked for.
    before = place.read_bytes()
    again = run("verify", "--map", place, previewed)
    assert again.code == 2
    assert "exists already" in again.err
    assert place.read_bytes() == before
    place.write_bytes(b"")
    words = run("verify", "--map", place, "--force", previewed)
    assert re.search(r"changes +about \d+ % in one region", words.out)
    assert place.read_bytes() == before


def test_no_map_where_there_is_nothing_to_compare_with(
    run: Run, reposted: Path, plain: Path, tmp_path: Path
) -> None:
    place = tmp_path / "map.png"
    answer = run("verify", "--map", place, reposted)
    assert answer.code == 0
    assert "No map was drawn." in answer.err
    assert "holds no preview" in answer.err
    assert not place.exists()
    assert run("verify", "--map", place, reposted, plain).code == 2
    assert run("verify", "--map", tmp_path / "map.txt", reposted).code == 2
    assert not place.exists()


def test_a_map_of_standard_input(run: Run, previewed: Path, tmp_path: Path) -> None:
    place = tmp_path / "map.jpg"
    assert run("verify", "--map", place, "-", stdin=previewed.read_bytes()).code in (0, 3)
    assert place.exists()


def test_another_language(
    run: Run, protected: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Signiert und unverändert" in run("verify", "--language", "de", protected).out
    assert "Ergebnis" in run("verify", "--language", "de", protected, plain).out
    answer = run("verify", "--language", "fr", protected)
    assert answer.code == 2
    assert "de, en" in answer.err
    monkeypatch.setenv("INDELIBLE_REPORT_LANGUAGE", "de")
    assert "Signiert und unverändert" in run("verify", protected).out
    assert "Signed and unchanged" in run("verify", "--language", "en", protected).out
    as_json = json.loads(run("verify", "--json", protected).out)
    assert as_json["headline"] == "Signed and unchanged"
