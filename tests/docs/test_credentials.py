"""The blocks of the two pages on credentials run as they are printed, in order, in a folder."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indelible import credentials
from indelible.cli._app import app
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import picture

TRUST_LIST = Path(credentials.__file__).parent / "data" / "c2pa-trust-list.json"

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["credentials.md", "certificates.md"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the pages open files in passing
def test_the_blocks_of_a_page_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, key = Authority(), new_key()
    (tmp_path / "photo.jpg").write_bytes(picture())
    (tmp_path / "chain.pem").write_bytes(pem(authority.issue(key)))
    (tmp_path / "key.pem").write_bytes(key_pem(key))
    (tmp_path / "partner-ca.pem").write_bytes(authority.pem)
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text("utf-8")
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    names: dict[str, object] = {"__name__": "docs"}
    for _, block in blocks:
        exec(compile(textwrap.dedent(block), page, "exec"), names)


@pytest.mark.parametrize("page", ["credentials.md", "certificates.md"])
def test_the_commands_of_a_page_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photograph_path: dict[str, Path]
) -> None:
    authority, key = Authority(), new_key()
    chain = pem(authority.issue(key))
    files = {
        **{name: picture() for name in ("photo.jpg", "edit.jpg", "original.jpg", "pictures/1.jpg")},
        "photo.png": photograph_path["chelsea"].read_bytes(),
        "chain.pem": chain,
        "signer.pem": chain,
        "key.pem": key_pem(key),
        "partner-ca.pem": authority.pem,
        "C2PA-TRUST-LIST.json": TRUST_LIST.read_bytes(),
    }
    text = (DOCS / page).read_text("utf-8")
    for block in re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        files["manifest.json"] = block.encode()
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", "a passphrase")
    monkeypatch.setenv("INDELIBLE_SIGNER_TIMESTAMP_URL", "none")  # no test asks the default one
    blocks = re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    lines = "".join(block for _, block in blocks).replace("\\\n", " ").splitlines()
    assert lines
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        assert program == "indelible"
        answer = CliRunner().invoke(app, arguments)
        assert answer.exit_code == 0, (line, answer.stderr)
