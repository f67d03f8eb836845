"""The Python blocks of the page on consent run as they are printed, in order, in a folder."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.credentials import DevelopmentIdentity
from indelible.watermark import consent_key

PAGE = (Path(__file__).parents[2] / "docs" / "consent.md").read_text("utf-8")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the page opens a file in passing
def test_the_blocks_of_the_page_run(
    photograph: NDArray[np.uint8],
    identity: DevelopmentIdentity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(imaging.encode(photograph, "jpeg"))
    names: dict[str, object] = {"signer": identity.signer}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "consent.md", "exec"), names)
    said = capsys.readouterr().out
    assert "active" in said
    assert "False consent_denied" in said


def test_the_page_names_the_phrase_where_it_is() -> None:
    assert "`CONSENT_PHRASE` in `src/watermark/consent_key.py`" in PAGE
    assert consent_key.CONSENT_PHRASE
