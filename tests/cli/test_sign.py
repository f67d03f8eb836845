"""``indelible sign``: Content Credentials without a watermark."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization

from indelible import credentials, imaging
from indelible.credentials import SourceType, create_identity
from tests.cli.conftest import Run

CREATED = {"action": "c2pa.created", "digitalSourceType": SourceType.CAPTURED.uri}


def manifest_of(path: Path) -> credentials.CredentialReport:
    return credentials.read(path.read_bytes())


def test_a_photograph_of_ones_own(run: Run, plain: Path, home: Path) -> None:
    answer = run("sign", plain, "--source-type", "captured", "--no-training", "--title", "A cat")
    assert answer.code == 0, answer.err
    signed = plain.with_name("plain.signed.png")
    report = manifest_of(signed)
    assert report.source_type == "digitalCapture"
    assert report.manifest is not None
    assert report.manifest.title == "A cat"
    assert "cawg.training-mining" in report.manifest.assertions
    assert report.soft_bindings == ()
    before, after = (imaging.decode(p.read_bytes()).pixels for p in (plain, signed))
    assert np.array_equal(before, after)  # not a pixel changed
    assert list(home.rglob("*.key")) == []  # no watermark key is made


def test_nothing_is_claimed_by_default(
    run: Run, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INDELIBLE_GENERATOR_SOURCE_TYPE")
    answer = run("sign", plain)
    assert answer.code == 2
    assert "--source-type" in answer.err
    assert "captured" in answer.err


def test_prompts_are_hashed_unless_asked(run: Run, plain: Path, tmp_path: Path) -> None:
    hashed, kept = tmp_path / "hashed.png", tmp_path / "kept.png"
    options = ("--source-type", "generated", "--prompt", "a secret idea")
    assert run("sign", plain, "-o", hashed, *options).code == 0
    assert run("sign", plain, "-o", kept, *options, "--keep-prompt").code == 0
    assert b"a secret idea" not in hashed.read_bytes()
    assert b"a secret idea" in kept.read_bytes()
    report = manifest_of(hashed).manifest
    assert report is not None
    assert report.prompt_sha256 is not None
    assert run("sign", plain, "--source-type", "generated", "--keep-prompt").code == 2


def test_a_manifest_in_json(run: Run, plain: Path, protected: Path, tmp_path: Path) -> None:
    definition = tmp_path / "manifest.json"
    definition.write_text(
        json.dumps(
            {
                "alg": "es256",
                "private_key": "somewhere.pem",
                "claim_generator_info": [{"name": "elsewhere", "version": "9"}],
                "title": "From JSON",
                "assertions": [
                    {"label": "c2pa.actions", "data": {"actions": [CREATED]}},
                    {"label": "com.example.review", "data": {"stars": 5}},
                ],
            }
        ),
        encoding="utf-8",
    )
    answer = run("sign", plain, "-m", definition, "-o", tmp_path / "out.png")
    assert answer.code == 0, answer.err
    assert "private_key" in answer.err  # not used, and said so
    report = manifest_of(tmp_path / "out.png")
    assert report.generator == "elsewhere 9"
    assert report.manifest is not None
    assert "com.example.review" in report.manifest.assertions
    named = json.loads(definition.read_text(encoding="utf-8"))
    named["label"] = credentials.new_manifest_id()
    definition.write_text(json.dumps(named), encoding="utf-8")
    assert run("sign", plain, "-m", definition, "-o", tmp_path / "named.png").code == 0
    assert manifest_of(tmp_path / "named.png").manifest_id == named["label"]
    assert run("sign", plain, protected, "-m", definition, "-o", f"{tmp_path}/d/").code == 2
    definition.write_text("[1, 2]", encoding="utf-8")
    assert run("sign", plain, "-m", definition, "-o", tmp_path / "x.png").code == 2
    assert run("sign", plain, "-m", tmp_path / "missing", "-o", tmp_path / "x.png").code == 4


def test_a_parent(run: Run, plain: Path, protected: Path, tmp_path: Path) -> None:
    output = tmp_path / "edit.png"
    answer = run("sign", plain, "--parent", protected, "--source-type", "ai-edited", "-o", output)
    assert answer.code == 0, answer.err
    (parent,) = manifest_of(output).ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == manifest_of(protected).manifest_id


def test_a_signed_picture_keeps_its_history(run: Run, protected: Path, tmp_path: Path) -> None:
    output = tmp_path / "again.jpg"
    assert run("sign", protected, "--source-type", "human-edited", "-o", output).code == 0
    (parent,) = manifest_of(output).ingredients
    assert parent.manifest is not None
    assert run("verify", output).code == 0


def test_a_manifest_that_the_parent_lost(
    run: Run, protected: Path, reposted: Path, tmp_path: Path
) -> None:
    store, output = tmp_path / "lost.c2pa", tmp_path / "out.jpg"
    assert run("inspect", protected, "--extract", store).code == 0
    answer = run(
        "sign", reposted, "--parent", reposted, "--parent-manifest", store,
        "--source-type", "human-edited", "-o", output,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    (parent,) = manifest_of(output).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == manifest_of(protected).manifest_id


def test_sidecars(run: Run, plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    answer = run(
        "sign",
        plain,
        "--source-type",
        "captured",
        "--sidecar",
        "--no-embed",
        "-o",
        output,
        "--json",
    )
    assert answer.code == 0, answer.err
    told = json.loads(answer.out)
    assert output.read_bytes() == plain.read_bytes()
    assert told["sidecar"] == str(tmp_path / "out.c2pa")
    assert run("verify", output).code == 0
    assert run("inspect", output).code == 0
    # Beside nothing, the picture has no manifest of its own.
    (tmp_path / "out.c2pa").rename(tmp_path / "elsewhere.c2pa")
    assert run("inspect", output).code == 1
    assert run("inspect", output, "--manifest", tmp_path / "elsewhere.c2pa").code == 0
    assert run("verify", output, "--manifest", tmp_path / "elsewhere.c2pa").code == 0


def test_remote_manifests_are_named_not_fetched(run: Run, plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jpg"
    url = "https://manifests.example.com/1.c2pa"
    jpeg = tmp_path / "in.jpg"
    jpeg.write_bytes(imaging.encode(imaging.decode(plain.read_bytes()).pixels, "jpeg"))
    answer = run(
        "sign", jpeg, "--source-type", "captured", "--remote", url, "--no-embed", "-o", output
    )
    assert answer.code == 0, answer.err
    inspected = run("inspect", output)
    assert inspected.code == 1
    assert url in inspected.out
    told = json.loads(run("verify", output, "--json").out)
    assert told["credential"]["state"] == "absent"
    assert told["credential"]["remote_url"] == url
    refused = run("verify", output, "--allow-host", "elsewhere.example.com")
    assert refused.code == 1


def test_in_place(run: Run, plain: Path) -> None:
    assert run("sign", plain, "-o", plain, "--source-type", "captured").code == 2
    assert run("sign", plain, "-o", plain, "--source-type", "captured", "--force").code == 0
    assert manifest_of(plain).state == "valid"


def test_several_get_ids_of_their_own(run: Run, plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(plain.read_bytes())
    answer = run(
        "sign", plain, other, "-o", f"{tmp_path}/signed/", "--source-type", "captured", "--json"
    )
    ids = {json.loads(line)["manifest_id"] for line in answer.out.splitlines()}
    assert len(ids) == 2


def test_an_encrypted_key(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acme"
    create_identity(folder)
    key_file = folder / "development-key.pem"
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    command = (
        "sign", plain, "--source-type", "captured", "--force",
        "--cert", folder / "development-chain.pem", "--cert-key", key_file,
    )  # fmt: skip
    refused = run(*command)
    assert refused.code == 2
    assert "INDELIBLE_KEY_PASSPHRASE" in refused.err
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", "open sesame")
    answer = run(*command)
    assert answer.code == 0, answer.err
    assert "open sesame" not in answer.out + answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--source-type", "captured", "--no-embed"),
        ("--source-type", "captured", "--cert", "x.pem"),
        ("--source-type", "captured", "--sidecar", "-o", "-"),
        ("--source-type", "painted"),
    ],
)
def test_contradictions(run: Run, plain: Path, arguments: tuple[str, ...]) -> None:
    assert run("sign", plain, *arguments).code == 2


def test_no_picture(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("text", encoding="utf-8")
    answer = run("sign", path, "--source-type", "captured", "-o", tmp_path / "x.jpg")
    assert answer.code == 4
    assert not (tmp_path / "x.jpg").exists()


def test_a_file_that_breaks_its_rules_is_not_signed(run: Run, plain: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "odd.png", tmp_path / "signed.png"
    path.write_bytes(plain.read_bytes()[:-12])  # without its end, which viewers do not miss
    answer = run("sign", path, "--source-type", "captured", "-o", out)
    assert answer.code == 4
    assert "cannot be signed" in answer.err
    assert "protect" in answer.err
    assert not out.exists()
