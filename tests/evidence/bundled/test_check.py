"""The script in a bundle: whatever was changed is noticed, and named."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from indelible.evidence.bundled import check
from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.bundles import NAME, PICTURE, Key, Maker, log, plain_parts, text

SCRIPT = Path(check.__file__)
OPENSSL = check.OpenSsl("openssl")


def bad(bundle: bytes, crypto: check.OpenSsl | None = OPENSSL, **trust: Any) -> dict[str, str]:
    """Return what a check names as changed: files, and the first words about each."""
    report = check.examine(io.BytesIO(bundle), crypto, check.Trust(**trust))
    found: dict[str, str] = {}
    for state, where, words in report.findings:
        if state == check.BAD:
            found.setdefault(where, words)
    assert (report.exit_code == 1) == bool(found)
    return found


def owner(bundle: bytes, place: int) -> str:
    """Return the file to which a byte of a bundle belongs: its data, or a record about it."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        members, at = archive.infolist(), archive.start_dir
    if place < at:
        return [one.filename for one in members if one.header_offset <= place][-1]
    for one in members:
        at += 46 + len(one.filename)
        if place < at:
            return one.filename
    return ""


def run(*arguments: str | Path, cwd: Path, path: str | None = None) -> tuple[int, str]:
    """Run the script alone, as a stranger does; return its exit status and what it says."""
    environment = {"PATH": os.environ["PATH"] if path is None else path}
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


# --- as it was made -----------------------------------------------------------------------------


def test_a_bundle_holds(small_bundle: bytes) -> None:
    report = check.examine(io.BytesIO(small_bundle), OPENSSL)
    assert report.exit_code == 0
    assert not report.has(check.UNKNOWN)
    said = " ".join(words for _, _, words in report.findings)
    assert "Signed by O=Test,CN=Test signer" in said
    assert "Time-stamped" in said


def test_the_script_alone(small_bundle: bytes, maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "small.wacz").write_bytes(small_bundle)
    (tmp_path / "ca.pem").write_bytes(maker.authority.pem)
    (tmp_path / "stampers.pem").write_bytes(maker.stampers[0].authority.pem)
    trusted = ("--ca", "ca.pem", "--stamp-ca", "stampers.pem")
    code, said = run("small.wacz", *trusted, cwd=tmp_path)
    assert code == 0
    assert said.count("vouches") == 2
    assert "Nothing in this bundle was changed since it was signed." in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ca.pem",
        "small.wacz",
        "stampers.pem",
    ]


def test_without_openssl_it_says_what_was_not_checked(small_bundle: bytes, tmp_path: Path) -> None:
    (tmp_path / "small.wacz").write_bytes(small_bundle)
    code, said = run("small.wacz", cwd=tmp_path, path="")
    assert code == 2
    assert "Not checked: signature and time stamps." in said
    assert "not everything could be checked" in said
    (tmp_path / "small.wacz").write_bytes(small_bundle.replace(PICTURE, PICTURE.swapcase()))
    assert run("small.wacz", cwd=tmp_path, path="")[0] == 1


def test_no_such_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, "nothing.wacz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("es384", ec.generate_private_key(ec.SECP384R1())),
        ("ps256", rsa.generate_private_key(65537, 2048)),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_every_kind_of_signature(
    algorithm: str, key: Key, tmp_path: Path, stamper: TimeStampAuthority
) -> None:
    maker = Maker(tmp_path, (), key, algorithm)
    parts = maker.complete(plain_parts())
    assert bad(maker.zipped(parts)) == {}
    parts["signatures/signature"] = parts["signatures/seal"]
    assert "signatures/signature" in bad(maker.zipped(parts))


def test_several_time_stamps_or_none(tmp_path: Path, stamper: TimeStampAuthority) -> None:
    assert bad(Maker(tmp_path, (stamper, stamper)).bundle(), None) == {}
    report = check.examine(io.BytesIO(Maker(tmp_path, ()).bundle()), OPENSSL)
    assert report.exit_code == 0
    assert any("has no time stamp" in words for _, _, words in report.findings)


# --- one byte changed ---------------------------------------------------------------------------


def test_each_changed_byte_is_noticed_and_named(small_bundle: bytes) -> None:
    """A sample, without openssl; `exhaustive` in the report of issue 15 had all of them."""
    rng = random.Random(15)
    for place in rng.sample(range(len(small_bundle)), 250):
        changed = bytearray(small_bundle)
        changed[place] ^= rng.randrange(1, 256)
        found = bad(bytes(changed), None)
        name = owner(small_bundle, place)
        garbled = any("name that no bundle has" in words for words in found.values())
        assert garbled or name in found, (place, found)


def test_each_file_is_under_a_signature(maker: Maker, small_bundle: bytes) -> None:
    """Somebody mends the zip file's own records after the change."""
    rng = random.Random(3)
    with zipfile.ZipFile(io.BytesIO(small_bundle)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    for name, data in parts.items():
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= rng.randrange(1, 128)
        signs = name in ("signatures/seal", "signatures/seal-text", "signatures/1-tsr")
        found = bad(maker.zipped(parts | {name: bytes(changed)}), OPENSSL if signs else None)
        assert name in found, (name, changed, found)


@pytest.mark.parametrize("name", ["1-tsr", "1-chain", "chain", "public-key"])
def test_bytes_that_no_authority_signed(maker: Maker, name: str) -> None:
    """Status texts, spare certificates, comments between them: the bundle's own seal has them."""
    parts = maker.complete(plain_parts())
    name = f"signatures/{name}"
    assert name in bad(maker.zipped(parts | {name: parts[name] + b"\n"}), None)


# --- parts added, removed, swapped --------------------------------------------------------------


def test_a_file_that_was_added(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    for name in ("letters/more.txt", "original/other.jpg", "README", "signatures/2-tsr"):
        assert name in bad(maker.zipped(parts | {name: b"more"}), None), name


def test_a_file_that_was_removed(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    for name in parts:
        rest = {one: data for one, data in parts.items() if one != name}
        assert name in bad(maker.zipped(rest), None), name


def test_files_that_were_swapped(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    one, other = "letters/police.txt", NAME
    found = bad(maker.zipped(parts | {one: parts[other], other: parts[one]}))
    assert {one, other} <= set(found)


def test_a_list_that_was_made_anew_by_somebody_else(maker: Maker, tmp_path: Path) -> None:
    """Everything fits, but another key signed: only who knows the signer can tell."""
    sha256 = check.first_certificate(maker.chain)
    assert bad(maker.bundle(), None, signer=sha256, signers=maker.authority.pem) == {}
    forged = Maker(tmp_path, maker.stampers).bundle()
    assert bad(forged, signer=sha256).keys() == {"signatures/chain"}
    assert bad(forged, signers=maker.authority.pem, stampers=maker.authority.pem).keys() == {
        "signatures/chain",
        "signatures/1-tsr",
    }


def test_the_list_without_a_new_signature(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    changed = plain_parts() | {"letters/police.txt": b"Dear polise"}
    package = maker.package(changed)
    found = bad(maker.zipped(parts | changed | {"datapackage.json": package}), None)
    assert "datapackage.json" in found
    assert "datapackage-digest.json" in found


def test_a_signature_of_another_bundle(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    other = maker.complete(plain_parts() | {"letters/police.txt": b"Dear judge"})
    names = [one for one in parts if one.startswith("signatures/")]
    names.append("datapackage-digest.json")
    found = bad(maker.zipped(parts | {one: other[one] for one in names}), None)
    assert "datapackage.json" in found


def test_a_time_stamp_of_another_bundle(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    other = maker.complete(plain_parts())
    names = ("signatures/1-tsr", "signatures/1-tsq")
    assert "signatures/1-tsr" in bad(maker.zipped(parts | {one: other[one] for one in names}))


def test_a_time_stamp_of_another_day(tmp_path: Path, stamper: TimeStampAuthority) -> None:
    maker = Maker(tmp_path, (stamper,))
    maker.created = maker.created.replace(year=2025)
    found = bad(maker.bundle())
    assert "not of the time" in found["signatures/1-tsr"]


# --- what the files say -------------------------------------------------------------------------

SHA256 = text({"sha256": "0" * 64})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("capture/picture.json", SHA256),
        ("capture/capture.json", SHA256),
        ("findings/verdict.json", SHA256),
        ("findings/verdict.json", b"[]"),
        ("findings/verdict.json", b'{"sha256": "1", "sha256": "2"}'),
        ("findings/verdict.json", b"[" * 100_000),
        ("findings/verdict.json", b'{"sha256": ' + b"9" * 100_000 + b"}"),
        ("findings/verdict.json", b'{"sha256": NaN}'),
        ("findings/verdict.json", b"\xff"),
        ("statement/statement.html", b"<p>about another picture</p>"),
        (NAME, b"another picture"),
        ("custody/custody.jsonl", b""),
        ("custody/custody.jsonl", log("obtained").rstrip(b"\n")),
        ("custody/custody.jsonl", log("obtained", "examined").replace(b"obtained", b"invented")),
        ("custody/custody.jsonl", log("a", "b", "c").partition(b"\n")[2]),
        ("custody/custody.jsonl", log("a") + log("b")),
        ("custody/custody.jsonl", b"\xff\n"),
    ],
)
def test_files_that_contradict_each_other(maker: Maker, name: str, data: bytes) -> None:
    """Signed all the same: the one who signed is not believed either."""
    assert bad(maker.bundle(plain_parts() | {name: data}), None).keys() == {name}


def test_a_picture_that_may_show_a_minor(maker: Maker) -> None:
    facts = {"path": None, "sha256": "", "sealed": False, "may_show_minor": True}
    parts = plain_parts()
    facts["sha256"] = hashlib.sha256(PICTURE).hexdigest()
    assert bad(maker.bundle(parts, picture=facts), None).keys() == {NAME}
    del parts[NAME]
    assert bad(maker.bundle(parts, picture=facts), None) == {}


def test_a_sealed_picture(maker: Maker) -> None:
    sealed = f"{NAME}.sealed"
    parts = plain_parts()
    del parts[NAME]
    parts[sealed] = b"nobody can read this"
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    facts = {"path": sealed, "sha256": sha256, "sealed": True, "may_show_minor": False}
    assert bad(maker.bundle(parts, picture=facts), None) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"resources": None},
        {"resources": [1, None, {}]},
        {"resources": [{"path": "datapackage.json"}]},
        {"picture": None},
        {"picture": {"sha256": 5, "path": []}},
        {"signer": []},
        {"signer": {"algorithm": "-help"}},
        {"created": "9999-12-31T23:59:59Z"},
        {"created": 5},
    ],
)
def test_a_list_of_nonsense(maker: Maker, change: dict[str, Any]) -> None:
    crypto = OPENSSL if "signer" in change else None
    assert bad(maker.bundle(**change), crypto) != {}


# --- the zip file -------------------------------------------------------------------------------


def test_bytes_around_the_zip_file(small_bundle: bytes) -> None:
    assert bad(small_bundle + b"x", None) != {}
    assert bad(b"x" + small_bundle, None) != {}
    commented = small_bundle[:-2] + b"\x05\x00hello"
    assert bad(commented, None) != {}


def repacked(bundle: bytes, change: Callable[[zipfile.ZipInfo], None], **options: Any) -> bytes:
    """Return a bundle whose zip file was written anew, with something changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            data = old.read(one)
            change(one)
            new.writestr(one, data, **options)
    return out.getvalue()


def setting(name: str, value: Any) -> Callable[[zipfile.ZipInfo], None]:
    return lambda one: setattr(one, name, value)


@pytest.mark.parametrize(
    "change",
    [
        setting("date_time", (2020, 1, 1, 0, 0, 0)),
        setting("comment", b"hello"),
        setting("extra", b"\x01\x02\x00\x00"),
        setting("external_attr", 0o120777 << 16),
        setting("create_system", 0),
        setting("internal_attr", 1),
    ],
)
def test_fields_of_the_zip_file(
    small_bundle: bytes, change: Callable[[zipfile.ZipInfo], None]
) -> None:
    assert bad(repacked(small_bundle, lambda one: None), None) == {}
    assert bad(repacked(small_bundle, change), None) != {}


def test_a_compressed_bundle_is_not_unpacked(small_bundle: bytes) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", b" " * 50_000_000)
    assert bad(bomb.getvalue(), None) != {}
    deflated = repacked(small_bundle, lambda one: None, compress_type=zipfile.ZIP_DEFLATED)
    assert bad(deflated, None) != {}


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/passwd",
        "C:evil",
        "letters\\evil",
        "letters//evil",
        "letters/../evil",
        "a/b/c",
        "LETTERS/police.txt",
        "Datapackage.json",
        "letters",
        "con\x1b[2J",
        "ä",
        "x" * 300,
    ],
)
def test_names_that_do_harm(maker: Maker, name: str) -> None:
    parts = maker.complete(plain_parts())
    assert bad(maker.zipped(parts | {name: b"evil"}), None) != {}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(maker: Maker) -> None:
    parts = maker.complete(plain_parts())
    out = io.BytesIO(maker.zipped(parts))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("README", b"one")
        archive.writestr("README", b"two")
    assert "README" in bad(out.getvalue(), None)


def test_files_that_overlap(small_bundle: bytes) -> None:
    """The list says that two files share bytes: other programs would read it so."""
    with zipfile.ZipFile(io.BytesIO(small_bundle)) as archive:
        start, names = archive.start_dir, archive.namelist()
    at = start + 46 + len(names[0])
    moved = bytearray(small_bundle)
    moved[at + 42 : at + 46] = bytes(4)
    assert names[1] in bad(bytes(moved), None)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), bytes(100_000), b"P" * 99])
def test_what_is_no_bundle(data: bytes) -> None:
    assert bad(data) != {}


def test_a_bundle_that_is_cut_off(small_bundle: bytes) -> None:
    for size in range(1, len(small_bundle), 997):
        assert bad(small_bundle[:size], None) != {}


def test_many_files_cost_little() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"letters/{number}", b"")
    assert bad(out.getvalue(), None) != {}


def test_what_is_printed_is_harmless(maker: Maker, tmp_path: Path) -> None:
    parts = maker.complete(plain_parts())
    (tmp_path / "b").write_bytes(maker.zipped(parts | {"x\x1b[2Jy\u202e": b""}))
    code, said = run("b", cwd=tmp_path)
    assert code == 1
    assert all(one.isprintable() or one == "\n" for one in said)


# --- the script itself --------------------------------------------------------------------------


def test_the_script_needs_the_standard_library_of_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
    assert not imported & {"http", "socket", "ssl", "urllib", "zipfile"}


def test_sentences_fill_their_holes() -> None:
    said = check.say("{b} and {a_1}", b="{a_1}", a_1=5)
    assert (said, said.template) == ("{a_1} and 5", "{b} and {a_1}")


def test_a_report_is_bounded_and_repeats_nothing() -> None:
    report = check.Report()
    for number in range(3 * check.MOST_FINDINGS):
        report.bad("x", check.say("{n}", n=number // 2))
    assert len(report.findings) == check.MOST_FINDINGS
