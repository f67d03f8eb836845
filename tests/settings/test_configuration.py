"""What the user's settings and folders lead to, each part when it is asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from indelible.credentials import Generator, ManifestRequest, create_identity, new_manifest_id
from indelible.errors import (
    CertificateError,
    ConfigurationError,
    KeyFileError,
    NoRegistryError,
    TrustError,
)
from indelible.registry import Record, Registries, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.settings import (
    Configuration,
    Folders,
    KeyRing,
    Settings,
    current,
    load_trust_list,
    user_folders,
    with_timestamp,
)
from indelible.watermark import Key


def configure(text: str) -> None:
    file = user_folders().settings_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_looking_creates_nothing(home: Path) -> None:
    configuration = current()
    assert configuration.detection_keys() == ()
    assert configuration.existing_registry() is None
    assert configuration.trust().lists
    assert list(home.rglob("*")) == []


def test_everything_is_made_once(home: Path) -> None:
    configuration = current()
    assert configuration.signer() is configuration.signer()
    key = configuration.marking_keys()[0]
    again = Configuration(Settings(), user_folders())
    assert again.marking_keys()[0] == key
    assert again.signer().certificates == configuration.signer().certificates


def test_the_configuration_follows_the_settings(tmp_path: Path) -> None:
    before = current()
    assert current() is before
    configure('[generator]\nname = "Acme"\nmodel = "m"\n')
    assert current() is not before
    assert current().generator.name == "Acme"
    assert current().generator.model == "m"


def test_configured_signer(tmp_path: Path) -> None:
    identity = create_identity(tmp_path / "acme")
    configure(
        f"""
        [signer]
        certificate = "{tmp_path}/acme/development-chain.pem"
        private_key = "{tmp_path}/acme/development-key.pem"
        timestamp_url = "http://tsa.example.com"
        """
    )
    signer = current().signer()
    assert signer.certificates == identity.signer.certificates
    assert signer.timestamp_url == "http://tsa.example.com"
    assert not user_folders().identity.exists()


def test_a_time_stamp_can_be_switched_off(tmp_path: Path) -> None:
    signer = create_identity(tmp_path / "acme").signer
    asking = with_timestamp(signer, "http://tsa.example.com")
    assert asking.timestamp_url == "http://tsa.example.com"
    assert with_timestamp(asking, None) is asking
    assert with_timestamp(asking, "none").timestamp_url is None
    assert with_timestamp(signer, "none") is signer


def test_a_configured_key_file(tmp_path: Path) -> None:
    key = Key.generate()
    key.save(tmp_path / "one.key")
    configure(f'[watermark]\nkeys = "{tmp_path}/one.key"\n')
    assert current().marking_keys()[0] == key
    assert current().detection_keys() == (key,)
    with pytest.raises(ConfigurationError, match="key file"):
        _ = current().key_ring


def test_a_configured_ring(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "ring")
    older = ring.rotate().key
    newer = ring.rotate().key
    configure(f'[watermark]\nkeys = "{tmp_path}/ring"\n')
    assert current().marking_keys()[0] == newer
    assert current().detection_keys() == (newer, older)


def test_a_configured_ring_that_is_missing_is_an_error(tmp_path: Path) -> None:
    configure(f'[watermark]\nkeys = "{tmp_path}/missing"\n')
    with pytest.raises(KeyFileError, match="no watermark key"):
        current().detection_keys()


def test_anchors_are_added_to_the_official_list(tmp_path: Path) -> None:
    create_identity(tmp_path / "partner")
    anchors = tmp_path / "partner" / "development-ca.pem"
    official = len(current().trust().lists)
    configure(f'[trust]\nanchors = ["{anchors}"]\n')
    assert len(current().trust().lists) == official + 1
    configure(f'[trust]\nanchors = ["{anchors}"]\nofficial = false\n')
    assert len(current().trust().lists) == 1


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"{}"])
def test_anchors_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "anchors.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrustError):
        load_trust_list(path)


def test_limits(tmp_path: Path) -> None:
    defaults = current().limits
    configure("[limits]\nmax_pixels = 5\nmax_decoded_bytes = 6\n")
    assert current().limits.max_pixels == 5
    assert current().limits.max_decoded_bytes == 6
    assert current().limits.max_bytes == defaults.max_bytes


def test_folders_may_be_anywhere(tmp_path: Path) -> None:
    configuration = Configuration(Settings(), Folders(tmp_path / "c", tmp_path / "d"))
    configuration.marking_keys()
    configuration.signer()
    assert (tmp_path / "c" / "keys").is_dir()
    assert (tmp_path / "c" / "development").is_dir()


def test_a_generator_that_nobody_named_is_not_made_up() -> None:
    """The manifest names the software that makes the claim, and nobody as the picture's maker."""
    generator = current().generator
    assert generator.name == "Indelible"
    assert generator.agent() is None
    configure('[generator]\nmodel = "m"\nabuse_contact = "abuse@acme.example"\n')
    assert current().generator.agent() == {"name": "m"}
    assert current().generator.abuse_contact == "abuse@acme.example"
    request = ManifestRequest(new_manifest_id(), Generator.unnamed())
    (first,) = request.definition(has_parent=False)["assertions"][0]["data"]["actions"]
    assert "softwareAgent" not in first


def test_a_partners_key_does_not_mark() -> None:
    own = current().marking_keys()[0]
    partner = current().key_ring.add(Key.generate(), detect_only=True).key
    assert current().marking_keys()[0] == own
    assert current().detection_keys() == (own, partner)


def test_trust_that_cannot_be_read(tmp_path: Path) -> None:
    folder = current().anchor_folder
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.pem")
    with pytest.raises(TrustError, match="pipe"):
        current().trust()


def test_each_part_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    """What is broken is nobody's business who does not need it."""
    for name in ("chain.pem", "key.pem", "anchors.pem", "one.key", "registry.sqlite3"):
        (tmp_path / name).write_text("broken", encoding="utf-8")
    configure(
        f"""
        [signer]
        certificate = "{tmp_path}/chain.pem"
        private_key = "{tmp_path}/key.pem"
        [watermark]
        keys = "{tmp_path}/one.key"
        [registry]
        url = "{tmp_path}/registry.sqlite3"
        [trust]
        anchors = ["{tmp_path}/anchors.pem"]
        """
    )
    configuration = current()
    assert configuration.limits.max_pixels
    assert configuration.generator.name == "Indelible"
    registry = configuration.registry()
    assert configuration.existing_registry() is registry
    for part, error in (
        (configuration.signer, CertificateError),
        (configuration.marking_keys, KeyFileError),
        (configuration.detection_keys, KeyFileError),
        (configuration.trust, TrustError),
        (lambda: registry.get("urn:c2pa:x"), NoRegistryError),
    ):
        with pytest.raises(error):
            part()


def url_of_the_registry() -> str:
    registry = current().registry()
    assert isinstance(registry, SqlRegistry)
    assert current().registry() is registry
    return registry.url


def test_the_registry_of_the_settings(tmp_path: Path) -> None:
    assert url_of_the_registry() == sqlite_url(user_folders().registry)
    configure(f'[registry]\nurl = "sqlite:///{tmp_path}/r.sqlite3?timeout=0.5"\n')
    assert url_of_the_registry() == f"{sqlite_url(tmp_path / 'r.sqlite3')}?timeout=0.5"
    assert current().existing_registry() is current().registry()


def test_several_registries_in_the_settings(tmp_path: Path) -> None:
    """The first is written to; a path is relative to the file, as everywhere."""
    partner = open_registry(sqlite_url(tmp_path / "partner.sqlite3"))
    record = Record("urn:c2pa:x", "org.indelible.dft.2", bytes(8), b"store", "image/png")
    partner.put(record)
    configure(f'[registry]\nurl = ["own.sqlite3", "sqlite:///{tmp_path}/partner.sqlite3"]\n')
    registry = current().registry()
    assert isinstance(registry, Registries)
    assert not registry.has(record.algorithm, b"12345678")
    own = replace(record, manifest_id="urn:c2pa:y", payload=b"12345678")
    registry.put(own)
    assert registry.find(record.algorithm, bytes(8)) == [record]
    assert registry.get("urn:c2pa:y") == own
    assert partner.get("urn:c2pa:y") is None
