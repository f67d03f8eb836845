"""Handing on: each holder's word stays, and can be checked."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from indelible.credentials import Signer, create_identity
from indelible.errors import ArgumentError, EvidenceError, OutputExistsError
from indelible.evidence import (
    Bundle,
    Contents,
    check,
    entries,
    hand_on,
    history_faults,
    read_bundle,
)
from indelible.evidence.packing import sha256, zipped
from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.owners import parts_of


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return create_identity(tmp_path_factory.mktemp("second") / "identity").signer


@pytest.fixture(scope="module")
def chain(
    made: Bundle,
    second: Signer,
    stamper: TimeStampAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A bundle that went through three hands."""
    folder = tmp_path_factory.mktemp("chain")
    path = folder / "case.wacz"
    path.write_bytes(made.data)
    for who in ("B. Second", "C. Third"):
        hand_on(
            path,
            path,
            who=who,
            what="took it over",
            why="case 12",
            signer=second,
            time_stamps=[stamper.url],
            overwrite=True,
        )
    return path


def test_a_line_is_added_and_nothing_else_changed(made: Bundle, chain: Path) -> None:
    before, after = parts_of(made), dict(read_bundle(chain).parts)
    log = after["custody/custody.jsonl"]
    assert log.startswith(before["custody/custody.jsonl"])
    assert [one["who"] for one in entries(log)][-3:] == ["A. Holder", "B. Second", "C. Third"]
    for path, data in before.items():
        if path.startswith(("signatures/", "datapackage", "custody/")):
            continue
        assert after[path] == data
    assert after["history/1-datapackage"] == before["datapackage.json"]
    assert after["history/1-1-tsr"] == before["signatures/1-tsr"]
    assert history_faults(read_bundle(chain)) == ()


def test_the_whole_chain_is_checked(chain: Path) -> None:
    assert check(chain).changed == ()


def test_what_an_earlier_holder_signed_cannot_be_changed(
    chain: Path, second: Signer, tmp_path: Path
) -> None:
    """By who holds it now, and signs all of it anew: as far as the earlier signatures reach."""
    contents = read_bundle(chain)
    for path, changed in (
        ("findings/verdict.json", b'{"verdict": "none"}'),
        ("history/1-signature", contents.parts["history/2-signature"]),
        ("history/1-datapackage", contents.parts["history/2-datapackage"]),
        ("custody/custody.jsonl", contents.parts["custody/custody.jsonl"].replace(b"B.", b"X.")),
    ):
        parts = {**contents.parts, path: changed}
        assert history_faults(type(contents)(parts, contents.package, contents.digest))
        (tmp_path / "forged.wacz").write_bytes(zipped(parts, _created(contents.package)))
        with pytest.raises(EvidenceError, match="does not hold"):
            hand_on(
                tmp_path / "forged.wacz",
                None,
                who="D",
                what="took",
                why="x",
                signer=second,
            )
    parts = {path: data for path, data in contents.parts.items() if "history/1-" not in path}
    assert history_faults(type(contents)(parts, contents.package, contents.digest))


def _created(package: dict[str, object]) -> dt.datetime:
    return dt.datetime.fromisoformat(str(package["created"]))


def test_garbage_in_the_history(chain: Path) -> None:
    contents = read_bundle(chain)
    for garbage in (b"", b"[]", b"[" * 50_000, b'{"resources": 7, "signer": 3}', b"\xff"):
        parts = {**contents.parts, "history/1-datapackage": garbage}
        assert history_faults(type(contents)(parts, contents.package, contents.digest))


def test_an_earlier_list_that_was_signed_and_is_odd(chain: Path, second: Signer) -> None:
    contents = read_bundle(chain)
    package = b'{"signer": 3, "resources": {"path": 4}}'
    text = f"sha256:{sha256(package)}".encode()
    odd = {
        "history/1-datapackage": package,
        "history/1-signed-text": text,
        "history/1-signature": second.sign(text),
    }
    faults = history_faults(Contents({**contents.parts, **odd}, contents.package, contents.digest))
    assert "history/1-signature does not hold." in faults


def test_nothing_is_overwritten(chain: Path, second: Signer, tmp_path: Path) -> None:
    place = tmp_path / "case.wacz"
    shutil.copy(chain, place)
    with pytest.raises(OutputExistsError):
        hand_on(place, place, who="D", what="took", why="x", signer=second)
    with pytest.raises(ArgumentError):
        hand_on(place, None, who="D", what="", why="x", signer=second)
    assert place.read_bytes() == chain.read_bytes()
    made = hand_on(place, None, who="D", what="took", why="x", signer=second)
    assert json.loads(parts_of(made)["datapackage.json"])["signer"]["name"] == made.signer
