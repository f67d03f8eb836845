"""Settings: the environment before the file, the file before the default; nothing guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.credentials import SourceType
from indelible.errors import ConfigurationError
from indelible.registry import sqlite_url
from indelible.settings import Settings, load_settings, load_with_origins, user_folders
from tests.settings.files import write


def test_without_anything_everything_has_its_default() -> None:
    assert load_settings() == Settings()
    assert load_settings().watermark.strength == "balanced"
    assert load_settings().watermark.effort == "standard"
    assert load_settings().trust.official is True


def test_file_of_the_user(home: Path) -> None:
    write(
        user_folders().settings_file,
        """
        [signer]
        certificate = "chain.pem"
        private_key = "/secret/key.pem"
        timestamp_url = "http://tsa.example.com"

        [watermark]
        keys = "~/ring"
        strength = "discreet"

        [trust]
        anchors = ["a.pem", "sub/b.pem"]
        official = false

        [generator]
        name = "Acme Images"

        [limits]
        max_pixels = 1_000_000
        """,
    )
    settings = load_settings()
    folder = user_folders().config
    assert settings.signer.certificate == folder / "chain.pem"
    assert settings.signer.private_key == "/secret/key.pem"
    assert settings.signer.timestamp_url == "http://tsa.example.com"
    assert settings.watermark.keys == home / "ring"
    assert settings.watermark.strength == "discreet"
    assert settings.trust.anchors == (folder / "a.pem", folder / "sub" / "b.pem")
    assert settings.trust.official is False
    assert settings.generator.name == "Acme Images"
    assert settings.limits.max_pixels == 1_000_000


def test_environment_wins(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[generator]\nname = "file"\nversion = "1"\n')
    settings = load_settings(
        file,
        environ={
            "INDELIBLE_GENERATOR_NAME": "environment",
            "INDELIBLE_REGISTRY_URL": str(tmp_path / "r.sqlite3"),
            "INDELIBLE_TRUST_ANCHORS": f"{tmp_path / 'a'}:{tmp_path / 'b'}",
            "INDELIBLE_TRUST_OFFICIAL": "no",
            "INDELIBLE_LIMITS_MAX_PIXELS": "42",
            "INDELIBLE_WATERMARK_STRENGTH": "robust",
        },
    )
    assert settings.generator.name == "environment"
    assert settings.generator.version == "1"
    assert settings.registry.url == (sqlite_url(tmp_path / "r.sqlite3"),)
    assert settings.trust.anchors == (tmp_path / "a", tmp_path / "b")
    assert settings.trust.official is False
    assert settings.limits.max_pixels == 42
    assert settings.watermark.strength == "robust"


def test_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "c.toml", '[generator]\nname = "named"\n')
    monkeypatch.setenv("INDELIBLE_CONFIG", str(file))
    assert load_settings().generator.name == "named"
    monkeypatch.setenv("INDELIBLE_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("key.pem", "{folder}/key.pem"),
        ("/abs/key.pem", "/abs/key.pem"),
        ("aws-kms:alias/acme", "aws-kms:alias/acme"),
        ("pkcs11:token=T;object=K?module-path=/m.so", "pkcs11:token=T;object=K?module-path=/m.so"),
    ],
)
def test_private_keys_may_live_elsewhere(tmp_path: Path, name: str, expected: str) -> None:
    file = write(tmp_path / "c.toml", f'[signer]\ncertificate = "c.pem"\nprivate_key = "{name}"\n')
    assert load_settings(file).signer.private_key == expected.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[signer\n", "not valid TOML"),
        ("[sign]\n", r"unknown section \[sign\]"),
        ("signer = 3\n", r"\[signer\] must be a table"),
        ('[signer]\ncertificat = "x"\n', "unknown setting signer.certificat"),
        ('[signer]\ncertificate = "x"\n', "signer.private_key is not"),
        ('[signer]\nprivate_key = "x"\n', "signer.certificate is not"),
        ("[registry]\nurl = 3\n", "registry.url must be a path or a URL"),
        ('[trust]\nofficial = "yes"\n', "trust.official must be true or false"),
        ('[trust]\nanchors = "one"\n', "trust.anchors must be a list of paths"),
        ("[trust]\nanchors = [1]\n", "trust.anchors must be a list of paths"),
        ("[limits]\nmax_pixels = true\n", "limits.max_pixels must be a whole number"),
        ("[limits]\nmax_pixels = 0\n", "must be positive"),
        ("[service]\nqueue = 0\n", "service.queue must be positive, not 0"),
        ("[service]\nworkers = -1\n", "service.workers must be positive, not -1"),
        ('[watermark]\nstrength = "loud"\n', "must be one of: robust, balanced, discreet"),
        ("[watermark]\nstrength = []\n", "must be one of: robust, balanced, discreet"),
        ("[generator]\nname = 1\n", "generator.name must be text"),
        ('[generator]\nname = " "\n', "generator.name must be text"),
        ("[registry]\nurl = ''\n", "registry.url must be a path or a URL"),
        ("[trust]\nanchors = ['']\n", "trust.anchors must be a path"),
        ('[registry]\nurl = "a\\u0000"\n', "registry.url is not a usable path"),
        ('[registry]\nurl = "~nobody-of-this-name/x"\n', "registry.url is not a usable path"),
        ('[registry]\nurl = "http://host/v1"\n', "registry.url: .* plain http"),
        ("[registry]\nurl = []\n", "registry.url must be a path or a URL, or a list of them"),
        ('[registry]\nurl = ["r", 3]\n', "registry.url must be a path or a URL, or a list"),
        ('[registry]\nurl = ["r", "http://host/v1"]\n', "plain http"),
        ("[resolvers]\nask = 'https://r.example'\n", "resolvers.ask must be a list of https"),
        ("[resolvers]\nask = ['http://r.example']\n", "resolvers.ask: .* plain http"),
        ("[resolvers]\nask = ['']\n", "resolvers.ask must be a list of https"),
        ("[resolvers]\nask = [1]\n", "resolvers.ask must be a list of https"),
        ('[registry]\nurl = "sqlite://r"\n', "registry.url: .* three slashes"),
        ('[registry]\nurl = "sqlite://"\n', "registry.url: .* in memory"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_settings(write(tmp_path / "c.toml", text))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INDELIBLE_LIMITS_MAX_PIXELS", "many"),
        ("INDELIBLE_TRUST_OFFICIAL", "perhaps"),
        ("INDELIBLE_WATERMARK_STRENGTH", "loud"),
        ("INDELIBLE_GENERATOR_NAME", " "),
        ("INDELIBLE_REGISTRY_URL", "a\0b"),
        ("INDELIBLE_REGISTRY_URL", "http://host/v1"),
        ("INDELIBLE_RESOLVERS_ASK", "resolver.example"),
    ],
)
def test_mistakes_in_the_environment_are_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load_settings(environ={variable: value, "INDELIBLE_HOME": "/nonexistent"})


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load_settings(tmp_path)
    binary = tmp_path / "c.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        load_settings(binary)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[watermrk]\n", "watermark"),
        ("[registri]\nurl = 'x'\n", "registry"),
        ('[signer]\ncertificat = "x"\n', "certificate"),
        ("[limits]\nmax_pixel = 5\n", "max_pixels"),
        ('[generator]\nabuse_contct = "x"\n', "abuse_contact"),
    ],
)
def test_a_misspelt_setting_is_an_error_with_a_suggestion(
    tmp_path: Path, text: str, wanted: str
) -> None:
    with pytest.raises(ConfigurationError, match="unknown") as caught:
        load_settings(write(tmp_path / "c.toml", text))
    assert caught.value.hint == f"Did you mean {wanted}?"


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("INDELIBLE_REGISTRY_ULR", "Did you mean INDELIBLE_REGISTRY_URL?"),
        ("INDELIBLE_SIGNER_CERTIFICAT", "Did you mean INDELIBLE_SIGNER_CERTIFICATE?"),
        ("INDELIBLE_KEY_PASSPHRAS", "Did you mean INDELIBLE_KEY_PASSPHRASE?"),
        ("INDELIBLE_CONFG", "Did you mean INDELIBLE_CONFIG?"),
        ("INDELIBLE_XYZZY", "config show"),
    ],
)
def test_a_misspelt_variable_is_an_error_with_a_suggestion(variable: str, hint: str) -> None:
    environ = {variable: "a secret, perhaps", "INDELIBLE_HOME": "/nonexistent"}
    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_settings(environ=environ)
    assert hint in caught.value.diagnostics()
    assert "secret" not in caught.value.diagnostics()


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    environ = {"INDELIBLE_HOME": str(tmp_path), "INDELIBLE_XYZZY": "", "INDELIBLE_CONFIG": ""}
    assert load_settings(environ=environ) == Settings()


@pytest.mark.parametrize(
    "contact", ["abuse@acme.example", "https://acme.example/abuse", "https://acme.example:8443/x"]
)
def test_an_abuse_contact(tmp_path: Path, contact: str) -> None:
    file = write(tmp_path / "c.toml", f'[generator]\nabuse_contact = "{contact}"\n')
    assert load_settings(file).generator.abuse_contact == contact


@pytest.mark.parametrize(
    "contact",
    [
        "", "nobody", "http://acme.example/", "mailto:a@b.example", "a@b", "a b@acme.example",
        "https://", "https://user:pw@acme.example/", "javascript:alert(1)", "a@b.example\\nX: y",
        "https://acme.example/ x", "https://[::1", "ä@acme.example", "a@" + "b" * 600 + ".example",
    ],
)  # fmt: skip
def test_what_is_no_abuse_contact(tmp_path: Path, contact: str) -> None:
    file = write(tmp_path / "c.toml", f'[generator]\nabuse_contact = "{contact}"\n')
    with pytest.raises(ConfigurationError, match="abuse_contact"):
        load_settings(file)


def test_a_source_type(tmp_path: Path) -> None:
    for text in ("ai-edited", "compositeWithTrainedAlgorithmicMedia"):
        file = write(tmp_path / "c.toml", f'[generator]\nsource_type = "{text}"\n')
        assert load_settings(file).generator.source_type is SourceType.AI_EDITED
        environ = {"INDELIBLE_GENERATOR_SOURCE_TYPE": text}
        assert load_settings(environ=environ).generator.source_type is SourceType.AI_EDITED
    with pytest.raises(ConfigurationError, match="one of: generated, "):
        load_settings(write(tmp_path / "c.toml", '[generator]\nsource_type = "painted"\n'))


def test_where_each_setting_comes_from(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[generator]\nname = "a"\nversion = "1"\n')
    _, origins = load_with_origins(file, environ={"INDELIBLE_GENERATOR_NAME": "b"})
    assert origins == {
        "generator.name": "INDELIBLE_GENERATOR_NAME",
        "generator.version": str(file),
    }


def test_a_home_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ = {"INDELIBLE_HOME": str(tmp_path / "file")}
    assert load_settings(environ=environ) == Settings()
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_settings(environ={"INDELIBLE_CONFIG": str(tmp_path / "file" / "config.toml")})


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("r.sqlite3", "sqlite:///{folder}/r.sqlite3"),
        ("/srv/r.sqlite3", "sqlite:////srv/r.sqlite3"),
        ("~/r.sqlite3", "sqlite:///{home}/r.sqlite3"),
        ("sqlite:///r.sqlite3", "sqlite:///{folder}/r.sqlite3"),
        ("sqlite:////srv/r.sqlite3?timeout=2.5", "sqlite:////srv/r.sqlite3?timeout=2.5"),
    ],
)
def test_a_registry_is_named_by_a_path_or_a_url(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, value: str, url: str
) -> None:
    file = write(tmp_path / "c.toml", f'[registry]\nurl = "{value}"\n')
    assert load_settings(file).registry.url == (url.format(folder=tmp_path, home=home),)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    settings = load_settings(environ={"INDELIBLE_REGISTRY_URL": value})
    assert settings.registry.url == (url.format(folder=tmp_path / "here", home=home),)


def test_the_hint_of_a_url_is_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[registry]\nurl = "http://host/v1"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file)
    assert "sqlite:///relative" in (caught.value.hint or "")


def test_hosts_are_a_list_or_separated_by_commas(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[service]\nreference_hosts = ["a.example", "*.b.example"]\n', "utf-8")
    assert load_settings(file, environ={}).service.reference_hosts == ("a.example", "*.b.example")
    environ = {"INDELIBLE_SERVICE_REFERENCE_HOSTS": "c.example, d.example:8443"}
    found = load_settings(file, environ=environ).service.reference_hosts
    assert found == ("c.example", "d.example:8443")


@pytest.mark.parametrize("url", ["example.org", "https://example.org/", "https://a b", "ftp://x"])
def test_the_address_of_the_service_is_an_origin(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"service\.url"):
        load_settings(environ={"INDELIBLE_SERVICE_URL": url})


def test_resolvers_to_ask(tmp_path: Path) -> None:
    file = write(
        tmp_path / "c.toml", '[resolvers]\nask = ["https://a.example/", "https://b.example/v1"]'
    )
    assert load_settings(file).resolvers.ask == ("https://a.example", "https://b.example/v1")
    assert load_settings(write(tmp_path / "d.toml", "[resolvers]\nask = []")).resolvers.ask == ()
    text = {"INDELIBLE_RESOLVERS_ASK": "https://a.example http://localhost:8000"}
    settings = load_settings(environ={**text, "INDELIBLE_HOME": "/nonexistent"})
    assert settings.resolvers.ask == ("https://a.example", "http://localhost:8000")
