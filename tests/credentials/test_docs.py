"""The Python blocks of the two pages on credentials run, in order, in an empty folder."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import picture

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
