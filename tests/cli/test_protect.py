"""``indelible protect``: where results go, and what happens when they cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import indelible
from indelible import imaging
from indelible.cli._app import app
from indelible.credentials import create_identity
from indelible.registry import open_registry, sqlite_url
from indelible.settings import user_folders
from indelible.watermark import Key
from tests.cli.conftest import Run
from tests.imaging import pictures


def test_beside_the_input_by_default(run: Run, plain: Path) -> None:
    answer = run("protect", plain)
    assert answer.code == 0
    output = plain.with_name("plain.protected.png")
    assert str(output) in answer.out
    assert indelible.verify(output).verdict == "authentic"


def test_the_notice_comes_once(run: Run, plain: Path) -> None:
    first, second = run("protect", plain), run("protect", plain, "--force")
    assert first.err.count("Created a development identity") == 1
    assert "Created" not in second.err
    assert "development identity" in second.err  # every face says so


def test_json(run: Run, plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.webp"
    answer = run("protect", plain, "-o", output, "--json")
    told = json.loads(answer.out)
    assert told["file"] == str(plain)
    assert told["path"] == str(output)
    assert told["format"] == "webp"
    assert len(bytes.fromhex(told["payload"])) == 8
    assert told["manifest_id"].startswith("urn:c2pa:")


def test_into_a_folder(run: Run, plain: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.png", "b.png"):
        (source / name).write_bytes(plain.read_bytes())
    (source / "broken.png").write_bytes(b"broken")
    answer = run("protect", source, "-o", f"{tmp_path}/target/", "--format", "jpeg")
    assert answer.code == 4
    assert "broken.png" in answer.err
    names = sorted(path.name for path in (tmp_path / "target").iterdir())
    assert names == ["a.jpg", "b.jpg"]


def test_a_pipe(run: Run, plain: Path) -> None:
    for arguments in (["protect", "-"], ["protect", "-", "-o", "-", "--format", "jpeg"]):
        result = CliRunner().invoke(app, arguments, input=plain.read_bytes())
        assert result.exit_code == 0, result.stderr
        assert indelible.verify(result.stdout_bytes).verdict == "authentic"


def test_nothing_is_overwritten_without_force(run: Run, plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jpg"
    output.write_bytes(b"precious")
    answer = run("protect", plain, "-o", output)
    assert answer.code == 2
    assert "--force" in answer.err or "overwrit" in answer.err
    assert output.read_bytes() == b"precious"
    assert run("protect", plain, "-o", output, "--force").code == 0


def test_in_place(run: Run, plain: Path) -> None:
    assert run("protect", plain, "-o", plain).code == 2
    assert run("protect", plain, "-o", plain, "--force").code == 0
    assert indelible.verify(plain).verdict == "authentic"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"hello world, this is text", "text"), (b"\x89PNG\r\n\x1a\n\0\0", "")],
)
def test_no_picture(run: Run, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(content)
    answer = run("protect", path, "-o", tmp_path / "out.jpg")
    assert answer.code == 4
    assert words in answer.err
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(run: Run, plain: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    answer = run("protect", plain, "-o", folder / "out.jpg")
    assert answer.code == 5
    assert "cannot be written" in answer.err
    assert open_registry(sqlite_url(user_folders().registry)).count() == 0


def test_contradictions(run: Run, plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(plain.read_bytes())
    for arguments in (
        (plain, other, "-o", tmp_path / "one.png"),
        (plain, "-o", "-", "--json"),
        (plain, other, "-o", "-"),
        (plain, "--cert", "x.pem"),
        (plain, "--source-type", "painted"),
        (plain, "--strength", "loud"),
        (plain, "--quality", "0"),
        (plain, "--key", tmp_path / "missing.key"),
        (plain, "-o", tmp_path / "a.jpg", "--unknown"),
    ):
        answer = run("protect", *arguments)
        assert answer.code == 2, arguments
        assert answer.err
        assert answer.out == ""


def test_two_results_of_one_name(run: Run, plain: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(plain.read_bytes())
    answer = run("protect", tmp_path / "a", tmp_path / "b", "-o", f"{tmp_path}/out/")
    assert answer.code == 2
    assert "both become" in answer.err


def test_a_signer_key_registry_and_generator_of_ones_own(
    run: Run, plain: Path, tmp_path: Path, home: Path
) -> None:
    create_identity(tmp_path / "acme")
    Key.generate().save(tmp_path / "acme.key")
    registry = tmp_path / "acme.sqlite3"
    output = tmp_path / "out.jpg"
    answer = run(
        "protect", plain, "-o", output, "--quality", "95", "--strength", "robust",
        "--cert", tmp_path / "acme" / "development-chain.pem",
        "--cert-key", tmp_path / "acme" / "development-key.pem",
        "--key", tmp_path / "acme.key", "--registry", registry,
        "--generator", "Acme Images", "--generator-version", "2", "--model", "acme-diffusion",
        "--source-type", "ai-edited",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "Created" not in answer.err
    assert open_registry(sqlite_url(registry)).count() == 1
    assert list(home.rglob("*.key")) == []
    told = run(
        "verify", output, "--json", "--key", tmp_path / "acme.key",
        "--registry", sqlite_url(registry), "--trust", tmp_path / "acme" / "development-ca.pem",
    )  # fmt: skip
    result = json.loads(told.out)
    assert result["verdict"] == "authentic"
    assert result["credential"]["generator"] == "Acme Images 2"
    assert result["credential"]["source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert result["credential"]["development"] is False


def test_metadata_may_be_stripped(run: Run, plain: Path, tmp_path: Path) -> None:
    source = tmp_path / "with-text.png"
    pixels = imaging.decode(plain.read_bytes()).pixels
    text = imaging.Metadata(text=(("parameters", "a secret prompt"),))
    source.write_bytes(imaging.encode(pixels, "png", metadata=text))
    assert run("protect", source, "-o", tmp_path / "kept.png").code == 0
    assert run("protect", source, "-o", tmp_path / "stripped.png", "--strip").code == 0
    assert b"a secret prompt" in (tmp_path / "kept.png").read_bytes()
    assert b"a secret prompt" not in (tmp_path / "stripped.png").read_bytes()


def test_nothing_is_claimed_by_default(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INDELIBLE_GENERATOR_SOURCE_TYPE")
    output = tmp_path / "out" / "out.jpg"
    answer = run("protect", plain, "-o", f"{output.parent}/")
    assert answer.code == 2
    assert "--source-type" in answer.err
    assert "generator.source_type" in answer.err
    assert not output.parent.exists()
    monkeypatch.setenv("INDELIBLE_GENERATOR_SOURCE_TYPE", "sculpted")
    answer = run("protect", plain, "-o", output)
    assert answer.code == 2
    assert "INDELIBLE_GENERATOR_SOURCE_TYPE must be one of: generated" in answer.err


def test_on_a_terminal_it_is_asked(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INDELIBLE_GENERATOR_SOURCE_TYPE")
    monkeypatch.setattr("indelible.cli._claims.is_terminal", lambda stream: True)
    answer = run("protect", plain, "-o", tmp_path / "out.jpg", stdin=b"sculpted\nai-edited\n")
    assert answer.code == 0, answer.err
    assert "'sculpted' is no source type" in answer.err
    credential = indelible.verify(tmp_path / "out.jpg").credential
    assert credential.source_type == "compositeWithTrainedAlgorithmicMedia"


def test_what_is_claimed_is_said(run: Run, plain: Path, tmp_path: Path) -> None:
    named = run(
        "protect", plain, "-o", tmp_path / "a.jpg", "--generator", "Acme Images",
        "--generator-version", "2.1",
    )  # fmt: skip
    claim = "Claiming: generated by AI, by Acme Images 2.1."
    assert claim in named.err
    unnamed = run("protect", plain, "-o", tmp_path / "b.jpg", "--source-type", "captured")
    assert "Claiming: captured by a camera. The generator is not" in unnamed.err


def test_a_camera_contradicts_the_claim_that_ai_made_it(
    run: Run, plain: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[271], exif[272] = "Acme", "Acme Mark II"
    photo = tmp_path / "photo.jpg"
    with Image.open(plain) as picture:
        picture.save(photo, exif=exif)
    assert "camera" not in run("protect", photo, "-o", tmp_path / "a.jpg").err
    exif.get_ifd(34665)[33434] = (1, 125)  # exposure time
    with Image.open(plain) as picture:
        picture.save(photo, exif=exif)
    for command in ("protect", "sign"):
        answer = run(command, photo, "-o", tmp_path / f"{command}.jpg")
        assert answer.code == 0, answer.err
        assert "a camera took it (Acme Mark II)" in answer.err
    captured = run("protect", photo, "-o", tmp_path / "c.jpg", "--source-type", "captured")
    assert "a camera took it" not in captured.err


def test_camera_raw_files_are_refused(run: Run, tmp_path: Path) -> None:
    raw = tmp_path / "photo.dng"
    raw.write_bytes(pictures.tiff(pictures.scene(), extra={50706: (1,)}))
    answer = run("protect", raw, "-o", tmp_path / "out.jpg")
    assert answer.code == 4
    assert "camera raw file (DNG)" in answer.err
    told = json.loads(run("verify", raw, "--json").out)
    assert "camera raw" in told["watermark"]["reason"]
    assert told["credential"]["state"] == "absent"


def test_nothing_is_left_of_a_picture_that_signing_damages(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "indelible.credentials.manifests.readback.difference", lambda *_, **__: "page 2"
    )
    output = tmp_path / "out.jpg"
    answer = run("protect", plain, "-o", output)
    assert answer.code == 4
    assert "page 2" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.png"]
    assert open_registry(sqlite_url(user_folders().registry)).count() == 0


def test_fast_files(run: Run, plain: Path, tmp_path: Path) -> None:
    usual, fast, key = tmp_path / "usual.png", tmp_path / "fast.png", tmp_path / "a.key"
    assert run("keys", "new", key).code == 0
    mark = ("embed", plain, "--key", key, "--payload", "0123456789abcdef", "-o")
    assert run(*mark, usual).code == 0
    assert run(*mark, fast, "--fast").code == 0
    assert usual.read_bytes() != fast.read_bytes()
    pixels = [imaging.decode(path.read_bytes()).pixels for path in (usual, fast)]
    assert (pixels[0] == pixels[1]).all()
    output = tmp_path / "protected.webp"
    assert run("protect", plain, "-o", output, "--fast").code == 0
    assert indelible.verify(output).verdict == "authentic"
