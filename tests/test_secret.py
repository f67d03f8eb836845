"""Secrets show themselves nowhere: not in a representation, not in the local variables of an error.

Error reporters write down the local variables of every frame that an error went through.
"""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from indelible.credentials import (
    PemSigner,
    create_identity,
    identity,
    load_identity,
)
from indelible.credentials.signers import certificates
from indelible.credentials.signers.opening import open_signer
from indelible.credentials.signers.pkcs11 import Pkcs11Signer
from indelible.credentials.signers.private_keys import load_private_key
from indelible.errors import IndelibleError
from indelible.secret import Secret
from indelible.settings import current, load_settings
from indelible.watermark import Key, keys

CANARY = "CaNaRy-0123456789-secret-passphrase"
WATERMARK = CANARY[:32].encode()


def test_nothing_but_reveal_gives_it_away() -> None:
    for secret in (Secret(CANARY), Secret(CANARY.encode()), Secret(Secret(CANARY))):
        for text in (repr(secret), str(secret), f"{secret}", f"{secret!a:>40}", repr([secret])):
            assert CANARY not in text
        assert secret.reveal() == CANARY.encode()
        assert len(secret) == len(CANARY)
        for way in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars):
            with pytest.raises(TypeError):
                way(secret)


def represented(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # an object whose constructor failed half way
        return object.__repr__(value)


def shown(error: BaseException) -> str:
    """Render an error with the local variables of every frame of this package, as reporters do."""
    kept: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None:
            continue
        frames = traceback.walk_tb(one.__traceback__)
        for frame, _ in frames:
            if frame.f_code.co_filename != __file__:
                kept.extend(represented(value) for value in frame.f_locals.values())
        kept.extend([repr(one), repr(one.args), repr(vars(one))])
        todo += [one.__cause__, one.__context__]
    return "\n".join(kept)


def pem(passphrase: str | None = None) -> bytes:
    key = certificates.generate_private_key()
    if passphrase is None:
        encryption: object = NoEncryption()
    else:
        encryption = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)  # type: ignore[arg-type]


def forms(secret: bytes) -> list[str]:
    """The ways in which a secret may show."""
    if b"PRIVATE KEY" in secret:
        return [secret.decode().splitlines()[1]]  # the last lines are the public key
    return [
        secret.decode(),
        secret.hex(),
        base64.b64encode(secret).decode(),
        repr(list(secret)),
    ]


def test_watermark_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = tmp_path / "good.key"
    Key(WATERMARK).save(good)
    content = good.read_text()
    damaged = tmp_path / "damaged.key"

    def load(text: str) -> Callable[[], object]:
        def act() -> object:
            damaged.write_text(text)
            return Key.load(damaged)

        return act

    flipped = content.replace('"check": "', '"check": "0')
    acts: list[Callable[[], object]] = [
        lambda: Key(WATERMARK + b"!"),
        lambda: Key.from_bytes(WATERMARK + b"!"),
        lambda: Key(WATERMARK, family=""),
        lambda: Key.from_bytes(WATERMARK, family="x" * 65),
        lambda: Key(WATERMARK).save(good),
        lambda: Key(WATERMARK).save(tmp_path / "missing" / "key"),
        lambda: keys.as_key_ring([Key(WATERMARK), 5]),  # type: ignore[list-item]
        load(flipped),
        load(content[:-5]),
        load(content.replace("version", "vrsion")),
        load(content + " " * 5000),
        load(content.replace('"type"', '"secret": "x", "type"')),
    ]
    for act in acts:
        with pytest.raises(IndelibleError) as caught:
            act()
        for form in forms(WATERMARK):
            assert form not in shown(caught.value)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(IndelibleError) as caught:
        Key(WATERMARK).save(tmp_path / "new.key")
    for form in forms(WATERMARK):
        assert form not in shown(caught.value)


def test_private_keys_and_passphrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = create_identity(tmp_path / "acme").folder / "development-chain.pem"
    bare, locked, other = pem(), pem(CANARY), pem()
    (tmp_path / "locked.pem").write_bytes(locked)
    (tmp_path / "bare.pem").write_bytes(bare)
    for path in tmp_path.glob("*.pem"):
        path.chmod(0o600)
    wrong = CANARY + "?"
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", wrong)
    certificate = chain.read_bytes()
    acts: list[Callable[[], object]] = [
        lambda: PemSigner(certificate, bare),
        lambda: PemSigner(certificate, bare[:-60]),
        lambda: PemSigner(b"no chain", bare),
        lambda: PemSigner(certificate, locked, passphrase=wrong),
        lambda: PemSigner(certificate, locked, passphrase=wrong.encode()),
        lambda: PemSigner(certificate, locked, passphrase=lambda: wrong),
        lambda: PemSigner(certificate, locked, passphrase=CANARY),  # another key's certificate
        lambda: PemSigner(certificate, locked),
        lambda: PemSigner.load(chain, tmp_path / "locked.pem", passphrase=wrong),
        lambda: PemSigner.load(tmp_path / "missing", tmp_path / "bare.pem", passphrase=wrong),
        lambda: open_signer(chain, tmp_path / "locked.pem"),
        lambda: open_signer(chain, tmp_path / "locked.pem", ask=lambda: Secret(wrong)),
        lambda: open_signer(chain, tmp_path / "bare.pem"),
        lambda: load_private_key(locked, passphrase=wrong),
        lambda: load_private_key(bare[:-60]),
        lambda: certificates.create_request(
            common_name="x", organization="y", country="far too long", passphrase=CANARY
        ),
        lambda: certificates.create_request(
            common_name="x" * 500, organization="y", key_pem=other, passphrase=CANARY
        ),
        lambda: certificates.write_request(
            certificates.create_request(common_name="x", organization="y", passphrase=CANARY),
            key_path=tmp_path / "missing" / "key.pem",
            request_path=tmp_path / "missing" / "request.pem",
        ),
    ]
    for act in acts:
        with pytest.raises(IndelibleError) as caught:
            act()
        text = shown(caught.value)
        assert CANARY not in text
        for form in (*forms(bare), *forms(locked), *forms(other)):
            assert form not in text


def test_the_development_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_identity(tmp_path / "one").folder
    secret = (made / "development-key.pem").read_bytes()
    (made / "development-chain.pem").write_bytes(b"damaged")
    with pytest.raises(IndelibleError) as caught:
        load_identity(made)
    for form in forms(secret):
        assert form not in shown(caught.value)
    drawn: list[Secret] = []
    make = identity._make_certificates

    def making(*arguments: object) -> object:
        made = make(*arguments)  # type: ignore[arg-type]
        drawn.append(made[2])
        return made

    monkeypatch.setattr(identity, "_make_certificates", making)
    (tmp_path / "file").touch()
    with pytest.raises(IndelibleError) as caught:
        create_identity(tmp_path / "file" / "two")
    for form in forms(drawn[0].reveal()):
        assert form not in shown(caught.value)


def test_settings_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment, with all secrets in it, stands in no variable."""
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", CANARY)
    monkeypatch.setenv("INDELIBLE_PKCS11_PIN", CANARY)
    monkeypatch.setenv("INDELIBLE_LIMITS_MAX_PIXELS", "many")
    for act in (load_settings, current):
        with pytest.raises(IndelibleError) as caught:
            act()
        assert CANARY not in shown(caught.value)


def test_a_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token is needed: what fails is all that comes before."""
    monkeypatch.setattr("indelible.credentials.signers.pkcs11._library", lambda: None)
    chain = (create_identity(tmp_path / "acme").folder / "development-chain.pem").read_bytes()
    with pytest.raises(IndelibleError) as caught:
        Pkcs11Signer(chain, module="x", token_label="T", pin=CANARY)
    assert CANARY not in shown(caught.value)
    signer = Pkcs11Signer(chain, module="x", token_label="T", key_label="K", pin=CANARY)
    assert CANARY not in repr(vars(signer))
