"""The library's check is the script's, with packages where there is no openssl."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from indelible.credentials import create_identity
from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence import Bundle, hand_on
from indelible.evidence.bundled import check as script
from indelible.evidence.checking import CheckReport, check
from indelible.evidence.closing import Closing, close
from indelible.languages import translate, translated
from tests.credentials.authority import Authority
from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.bundles import NAME, Key, Maker, plain_parts
from tests.evidence.owners import Owner, parts_of

BOTH = pytest.mark.parametrize("openssl", [True, False])


def found(report: CheckReport) -> set[tuple[str, str]]:
    """Return what was found, but for names of certificates, which openssl writes otherwise."""
    return {(one.state, one.file) for one in report.findings}


@BOTH
def test_a_bundle_holds(maker: Maker, small_bundle: bytes, openssl: bool) -> None:
    report = check(
        small_bundle,
        signer=script.first_certificate(maker.chain).upper(),
        authorities=maker.authority.pem,
        stamp_authorities=maker.stampers[0].authority.pem,
        openssl=openssl,
    )
    assert report.holds
    assert report.exit_code == 0
    assert report.changed == ()
    said = json.loads(json.dumps(report.to_dict()))
    assert said["holds"] is True
    assert "Test signer" in json.dumps(said)
    assert "Test TSA" in json.dumps(said)


@pytest.mark.parametrize(
    ("name", "openssl"),
    [
        *((name, False) for name in ("signature", "seal", "1-tsr", "1-tsq", "1-chain", "chain")),
        *((name, True) for name in ("signature", "1-tsr", "1-tsq")),
    ],
)
def test_each_file_of_a_signature_counts(maker: Maker, name: str, openssl: bool) -> None:
    """Those of another bundle in its place, and the seal made anew: only its meaning is wrong."""
    parts = maker.complete(plain_parts())
    path = f"signatures/{name}"
    if name.endswith("chain"):
        parts[path] = Authority().pem
    else:
        parts[path] = maker.complete(plain_parts() | {"letters/x.txt": b"x"})[path]
    seal = parts[script.SEAL_SIGNATURE]
    bundle = resealed(maker, parts)
    if name == "seal":
        bundle = maker.zipped(parts | {path: seal})
    report = check(bundle, openssl=openssl)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("es512", ec.generate_private_key(ec.SECP521R1())),
        ("ps384", rsa.generate_private_key(65537, 2048)),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_every_kind_of_signature(algorithm: str, key: Key, tmp_path: Path) -> None:
    maker = Maker(tmp_path, (), key, algorithm)
    assert check(maker.bundle(), openssl=False).holds
    parts = maker.complete(plain_parts())
    parts["signatures/signature"] = parts["signatures/seal"]
    report = check(maker.zipped(parts), openssl=False)
    assert "signatures/signature" in report.changed


@BOTH
@pytest.mark.parametrize(
    "trust",
    [
        {"signer": "00" * 32},
        {"authorities": Authority().pem},
        {"stamp_authorities": Authority().pem},
        {"authorities": b"nonsense"},
        {"stamp_authorities": b"\xff"},
    ],
)
def test_nobody_who_is_trusted(small_bundle: bytes, trust: dict[str, Any], openssl: bool) -> None:
    assert check(small_bundle, openssl=openssl, **trust).exit_code == 1


def test_a_time_stamp_counts_after_its_certificate_has_expired(
    maker: Maker, small_bundle: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Openssl is told the stamp's own time; here it is seen that it is asked so."""
    asked: list[list[str]] = []
    run = subprocess.run

    def listening(command: list[str], **options: Any) -> Any:
        asked.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", listening)
    assert check(small_bundle, openssl=True).holds
    verifying = [one for one in asked if one[1:3] == ["ts", "-verify"]]
    assert verifying
    assert all("-attime" in one for one in verifying)


def test_a_file_on_disk(small_bundle: bytes, tmp_path: Path) -> None:
    path = tmp_path / "case.wacz"
    path.write_bytes(small_bundle)
    assert check(path, openssl=False).holds
    path.write_bytes(small_bundle.replace(b"Dear police", b"Dear polise"))
    report = check(path, openssl=False)
    assert "letters/police.txt" in report.changed
    with pytest.raises(EvidenceError, match="cannot be read"):
        check(tmp_path / "nothing.wacz")
    with pytest.raises(EvidenceError, match="cannot be read"):
        check(tmp_path)


@pytest.mark.parametrize("signer", ["", "abc", "zz" * 32, "00" * 33])
def test_no_hash_of_a_certificate(small_bundle: bytes, signer: str) -> None:
    with pytest.raises(ArgumentError, match="SHA-256"):
        check(small_bundle, signer=signer)


def test_what_it_says_in_german(maker: Maker) -> None:
    report = check(maker.zipped({NAME: b"x"}), openssl=False)
    assert translate(report.conclusion, "de").startswith("Dieses Bündel ist NICHT so")
    german = translated(report, "de")
    assert "Die Datei fehlt." in [one.words for one in german.findings]
    header = check(maker.bundle() + b"x", openssl=False)
    assert "noch 1 Bytes" in translate(header.findings[0].words, "de")


def test_both_ways_find_the_same(maker: Maker, stamper: TimeStampAuthority, tmp_path: Path) -> None:
    two = Maker(tmp_path, (stamper, stamper))
    for bundle in (two.bundle(), two.bundle(created="2020-01-01T00:00:00Z")):
        assert found(check(bundle, openssl=True)) == found(check(bundle, openssl=False))


# --- by hand ------------------------------------------------------------------------------------

GUIDE = Path(script.__file__).with_name("VERIFY.md").read_text("utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def by_hand(bundle: bytes, folder: Path) -> tuple[int, str]:
    """Run every command of the guide as it stands; return the status and what they print."""
    (folder / "BUNDLE").write_bytes(bundle)
    (folder / "check.py").write_bytes(Path(script.__file__).read_bytes())
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(COMMANDS)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_guides_commands_do_what_it_says(small_bundle: bytes, tmp_path: Path) -> None:
    status, said = by_hand(small_bundle, tmp_path)
    assert status == 0, said
    assert said.count("Verified OK") == 2
    assert said.count("Verification: OK") == 2
    assert "FAILED" not in said
    listed = re.search(r"^([0-9a-f]{64})  datapackage.json$", said, re.MULTILINE)
    assert listed is not None
    assert f"sha256:{listed[1]}" in said


@pytest.mark.parametrize("name", ["letters/police.txt", "signatures/1-tsr", "signatures/signature"])
def test_the_guides_commands_notice_changes(maker: Maker, name: str, tmp_path: Path) -> None:
    parts = maker.complete(plain_parts())
    data = bytearray(parts[name])
    data[-3] ^= 1
    parts[name] = bytes(data)
    (tmp_path / "check.py").write_text("")
    with zipfile.ZipFile(io.BytesIO(maker.zipped(parts))) as archive:
        archive.extractall(tmp_path)
    said = []
    for command in COMMANDS[2:]:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        said.append(done.stdout + done.stderr)
    told = "".join(said)
    assert "FAILED" in told or "failure" in told.lower()


# --- bundles as `make` makes them ---------------------------------------------------------------


def test_a_bundle_that_was_made_holds(
    made: Bundle, owner: Owner, stamper: TimeStampAuthority
) -> None:
    trusted: dict[str, Any] = {
        "authorities": owner.identity.authority_pem,
        "stamp_authorities": stamper.authority.pem,
    }
    for openssl in (True, False):
        report = check(made.data, openssl=openssl, **trusted)
        assert report.holds, [one for one in report.findings if one.state != "good"]
        stamped = {one.file for one in report.findings if one.file.endswith("tsr")}
        assert stamped == {"signatures/1-tsr", "capture/1.tsr"}


def test_a_changed_byte_of_a_bundle_that_was_made(made: Bundle) -> None:
    rng = random.Random(7)
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        members = archive.infolist()
    for member in members:
        changed = bytearray(made.data)
        start = member.header_offset + 30 + len(member.filename)
        changed[start + rng.randrange(member.file_size)] ^= rng.randrange(1, 256)
        report = script.examine(io.BytesIO(changed))
        bad = {one.where for one in report.findings if one.state == script.BAD}
        assert member.filename in bad


def test_the_script_and_the_guide_are_inside(made: Bundle) -> None:
    parts = parts_of(made)
    assert parts["verify/check.py"] == Path(script.__file__).read_bytes()
    assert parts["verify/VERIFY.md"].decode() == GUIDE


@BOTH
def test_each_holders_word_is_checked(
    made: Bundle, owner: Owner, tmp_path: Path, openssl: bool
) -> None:
    first, second, third = (tmp_path / f"{number}.wacz" for number in "123")
    first.write_bytes(made.data)
    other = create_identity(tmp_path / "other")
    step: dict[str, Any] = {"who": "B", "what": "took it over", "why": "a case"}
    hand_on(first, second, signer=other.signer, **step)
    hand_on(second, third, signer=owner.identity.signer, **step)
    mine = script.first_certificate(owner.identity.signer.certificates)
    report = check(second, signer=mine, openssl=openssl)
    assert report.holds
    assert "history/1-signature" in {one.file for one in report.findings}
    assert check(third, openssl=openssl).holds
    assert not check(third, signer="00" * 32, openssl=openssl).holds


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("letters/police.txt", b"Dear police, it was him."),
        ("letters/more.txt", b"added"),
        ("custody/custody.jsonl", b""),
        ("history/1-datapackage", b"{}"),
        ("history/1-signature", b"forged"),
        ("history/1-1-tsr", None),
        ("history/1-chain", None),
        ("statement/statement.pdf", None),
    ],
)
def test_a_later_holder_cannot_change_what_an_earlier_one_signed(
    made: Bundle, owner: Owner, tmp_path: Path, name: str, data: bytes | None
) -> None:
    """Though the list is made and signed anew, with the change in it."""
    path = tmp_path / "1.wacz"
    path.write_bytes(made.data)
    signer = create_identity(tmp_path / "other").signer
    handed = hand_on(path, None, who="B", what="x", why="y", signer=signer)
    parts = parts_of(handed)
    package = json.loads(parts["datapackage.json"])
    kept = {
        one: content
        for one, content in parts.items()
        if one not in (script.PACKAGE, script.DIGEST) and not one.startswith(script.SIGNATURES)
    }
    if data is None:
        del kept[name]
    else:
        kept[name] = data
    forged = close(kept, package, Closing(signer, owner.identity.trust())).data
    report = check(forged, openssl=False)
    assert not report.holds
    assert any(name in one or "history/1-" in one for one in report.changed), report.changed


# --- forgeries that a checker may fall for ------------------------------------------------------


def resealed(maker: Maker, parts: dict[str, bytes]) -> bytes:
    """Return a bundle whose maker closed it over whatever files."""
    named = ("signatures/", "datapackage-digest")
    seal = "".join(
        f"{hashlib.sha256(parts[one]).hexdigest()}  {one}\n"
        for one in sorted(parts)
        if one.startswith(named) and one not in (script.SEAL, script.SEAL_SIGNATURE)
    )
    parts[script.SEAL], parts[script.SEAL_SIGNATURE] = seal.encode(), maker.sign(seal.encode())
    return maker.zipped(parts)


@BOTH
@pytest.mark.parametrize("kind", [b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"])
def test_a_key_behind_somebody_elses_certificate(
    maker: Maker, tmp_path: Path, kind: bytes, openssl: bool
) -> None:
    """Programs skip, or take, blocks of a PEM file that others do not see."""
    forger = Maker(tmp_path, ())
    own = forger.chain.replace(b" CERTIFICATE", b" " + kind)
    forger.chain = own + maker.chain
    parts = forger.complete(plain_parts())
    victim = script.first_certificate(maker.chain)
    report = check(resealed(forger, parts), signer=victim, openssl=openssl)
    assert not report.holds
    assert "signatures/signature" in report.changed


@BOTH
def test_a_time_stamp_in_the_name_of_another_authority(
    maker: Maker, tmp_path: Path, openssl: bool
) -> None:
    """Its certificate stands first, and what made the stamp comes after it."""
    (tmp_path / "t").mkdir()
    forger = TimeStampAuthority(tmp_path / "t")
    try:
        made = Maker(tmp_path, (forger,), maker.key, authority=maker.authority)
        parts = made.complete(plain_parts())
    finally:
        forger.close()
    honest = maker.stampers[0]
    parts["signatures/1-chain"] = (
        (honest.folder / "tsa.pem").read_bytes()
        + (forger.folder / "tsa.pem").read_bytes()
        + forger.authority.pem
    )
    report = check(resealed(made, parts), openssl=openssl)
    assert "signatures/1-tsr" in report.changed


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


@BOTH
def test_a_time_in_the_part_of_an_answer_that_nobody_signed(maker: Maker, openssl: bool) -> None:
    parts = maker.complete(plain_parts())
    reply = parts["signatures/1-tsr"]
    (_, inner), *rest = script._elements(reply)
    assert rest == []
    status, token = script._elements(inner)
    assert status[0] == 0x30
    text = element(0x0C, b"fine\nTime stamp: Jan  1 00:00:00 2020 GMT\n")
    forged = element(0x30, b"\x02\x01\x00" + element(0x30, text))
    parts["signatures/1-tsr"] = element(0x30, forged + element(0x30, token[1]))
    report = check(resealed(maker, parts), openssl=openssl)
    told = " ".join(one.words for one in report.findings if one.file == "signatures/1-tsr")
    assert "2020" not in told
    assert f"Time-stamped {maker.created:%Y}" in told


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30" * 100_000,
        b"\x30\x00",
    ],
)
def test_what_is_no_time_stamp(data: bytes) -> None:
    with pytest.raises(script.CryptoError):
        script.stamped_time(data)


@pytest.mark.parametrize(
    "data", [b"", b"-----BEGIN CERTIFICATE-----\n=A=\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(script.CryptoError):
        script.certificates(data)
