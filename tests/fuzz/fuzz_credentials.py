"""Fuzz whatever reads credentials: ``python tests/fuzz/fuzz_credentials.py [seconds]``.

Coverage-guided with atheris where it is installed; without it, the corpus is mutated at random.
The corpus is made anew at each start: signed pictures, manifest stores, trust lists, XMP. Anything
raised that is not one of Indelible's own errors is a finding; its input is written beside the
corpus.
"""

from __future__ import annotations

import hashlib
import importlib
import random
import sys
import tempfile
import time
from pathlib import Path

from indelible import imaging
from indelible.credentials import (
    Generator,
    ManifestDefinition,
    ManifestRequest,
    SoftBinding,
    Trust,
    create_identity,
    extract_store,
    find_signals,
    new_manifest_id,
    parse_list,
    read,
    sign,
    signing_chains,
    xmp,
)
from indelible.credentials.exif import read_text_fields
from indelible.errors import IndelibleError

KINDS = ("jpeg", "png", "webp")
TRUST = Trust.nobody()
DEFAULT_SECONDS = 60


def check(data: bytes) -> None:
    """Read `data` in every way there is; the first byte chooses the format."""
    if not data:
        return
    kind, data = KINDS[data[0] % len(KINDS)], data[1:]
    for call in (
        lambda: read(data, kind, trust=TRUST).to_dict(),
        lambda: read(PLAIN[kind], kind, trust=TRUST, manifest_store=data).to_dict(),
        lambda: extract_store(data),
        lambda: signing_chains(data),
        lambda: xmp.read_properties(data),
        lambda: read_text_fields(data),
        lambda: find_signals(imaging.Metadata(exif=data, xmp=data)),
        lambda: parse_list(data),
        lambda: ManifestDefinition.from_json(data).definition(has_parent=True),
    ):
        try:
            call()
        except IndelibleError:
            continue


def _plain(kind: str) -> bytes:
    pixels = imaging.decode(_TINY_PNG).pixels
    return imaging.encode(pixels, kind)


# 1 x 1 pixel, grey
_TINY_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
PLAIN = {kind: _plain(kind) for kind in KINDS}


def make_corpus(folder: Path) -> None:
    """Write a corpus of small, well-formed inputs."""
    identity = create_identity(folder / "identity")
    inputs: list[bytes] = []
    for index, kind in enumerate(KINDS):
        request = ManifestRequest(
            new_manifest_id(),
            Generator("Fuzz", "1", model="m"),
            soft_binding=SoftBinding("org.indelible.dft.1", bytes(8)),
        )
        signed = sign(PLAIN[kind], kind, request, identity.signer)
        inputs += [bytes([index]) + signed.data, bytes([index]) + signed.manifest_store]
    inputs.append(b"\0" + xmp.with_properties(None, {xmp.AI_SYSTEM: "m"}))
    inputs.append(b'\0{"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": []}}]}')
    inputs.append(b'\0{"LoTE": {"ListAndSchemeInformation": {}, "TrustedEntitiesList": []}}')
    (folder / "corpus").mkdir()
    for data in inputs:
        (folder / "corpus" / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def fuzz_at_random(corpus: list[bytes], seconds: float) -> int:
    """Mutate the corpus without coverage, for where atheris is not installed."""
    rng = random.Random(time.time_ns())
    deadline, runs = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        data = bytearray(rng.choice(corpus))
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[at] ^= 1 << rng.randrange(8)
                case 1:
                    data[at : at + rng.randrange(16)] = rng.randbytes(rng.randrange(16))
                case 2:
                    del data[at : at + rng.randrange(64)]
                case _:
                    other = rng.choice(corpus)
                    start = rng.randrange(len(other))
                    data[at:at] = other[start : start + rng.randrange(200)]
            if not data:
                break
        try:
            check(bytes(data))
        except Exception:
            finding = Path.cwd() / f"fuzz-finding-{hashlib.sha256(data).hexdigest()[:16]}"
            finding.write_bytes(data)
            sys.stderr.write(f"finding written to {finding}\n")
            raise
        runs += 1
    return runs


def main() -> None:
    """Fuzz for the number of seconds on the command line."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_corpus(folder)
        try:
            atheris = importlib.import_module("atheris")
        except ImportError:
            corpus = [path.read_bytes() for path in sorted((folder / "corpus").iterdir())]
            runs = fuzz_at_random(corpus, seconds)
            sys.stdout.write(f"{runs} inputs, no finding (at random: atheris is not installed)\n")
            return
        atheris.instrument_all()
        options = [f"-max_total_time={int(seconds)}", "-max_len=20000", "-timeout=10"]
        atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
