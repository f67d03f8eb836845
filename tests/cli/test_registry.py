"""``indelible registry``: making, listing, moving, backing up and purging one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from indelible.registry import open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import SCHEMA_VERSION
from tests.cli.conftest import Run
from tests.registry.records import everything_below, execute, make_record

OLD = Path(__file__).parents[1] / "registry" / "data" / "schema-1.sqlite3"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A registry of three records."""
    path = tmp_path / "registry.sqlite3"
    registry = open_registry(sqlite_url(path))
    for number in range(3):
        registry.put(make_record(bytes([number]) * 8, manifest_id=f"urn:c2pa:{number}"))
    registry.close()
    return path


def opened(path: Path) -> SqlRegistry:
    return open_registry(sqlite_url(path))


def told(text: str) -> dict[str, Any]:
    (line,) = text.splitlines()
    return dict(json.loads(line))


def test_help_names_every_command(run: Run) -> None:
    text = run("registry", "--help").out
    for name in (
        "init", "migrate", "stats", "backup", "list", "show", "status", "purge", "export", "import",
        "merge",
    ):  # fmt: skip
        assert name in text
        assert run("registry", name, "--help").code == 0


def test_the_users_own_is_made_and_counted(run: Run, home: Path) -> None:
    assert run("registry", "stats").code == 2
    assert list(home.rglob("*.sqlite3")) == []
    made = told(run("registry", "init", "--json").out)
    assert made["made"]
    assert not told(run("registry", "init", "--json").out)["made"]
    found = told(run("registry", "stats", "--json").out)
    assert (found["url"], found["live"], found["oldest"]) == (made["url"], 0, None)
    assert "live" in run("registry", "stats").out
    assert "nothing yet" in run("registry", "list").err


def test_of_several_the_first_is_meant(
    run: Run, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text('[registry]\nurl = ["registry.sqlite3", "partner.sqlite3"]\n')
    answer = run("--config", settings, "registry", "stats", "--json")
    assert told(answer.out)["live"] == 3
    assert "first of your 2" in answer.err


def test_init_touches_nothing_else(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new" / "registry.sqlite3"
    assert run("registry", "init", path).code == 0
    assert path.exists()
    (tmp_path / "diary").write_text("a diary\n" * 100)
    assert run("registry", "init", tmp_path / "diary").code == 2
    assert run("registry", "init", "--registry", tmp_path / "diary").code == 2
    assert run("registry", "init", path, "--registry", path).code == 2
    assert run("registry", "init", "https://example.com/registry").code == 2
    assert (tmp_path / "diary").read_text() == "a diary\n" * 100


def test_migrate(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    shutil.copyfile(OLD, path)
    assert run("registry", "init", path).code == 5
    answer = run("registry", "migrate", path)
    assert answer.code == 0
    assert f"from schema 1 to {SCHEMA_VERSION}" in answer.out
    assert "registry-schema-1.sqlite3" in answer.err
    assert "already" in run("registry", "migrate", path).out
    again = told(run("registry", "migrate", "--registry", path, "--json").out)
    assert (again["from"], again["to"], again["backup"]) == (
        SCHEMA_VERSION,
        SCHEMA_VERSION,
        None,
    )
    assert run("registry", "migrate", tmp_path / "nowhere").code == 2


def test_list_page_by_page(run: Run, place: Path) -> None:
    page = run("registry", "list", "--registry", place, "--limit", 2)
    assert "urn:c2pa:0" in page.out
    assert "--after" in page.err
    lines = run("registry", "list", "--registry", place, "--limit", 2, "--json").out.splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["payload"] for entry in entries] == ["00" * 8, "01" * 8]
    cursor = entries[-1]["cursor"]
    rest = run("registry", "list", "--registry", place, "--after", cursor, "--json")
    assert told(rest.out)["manifest_id"] == "urn:c2pa:2"
    end = told(rest.out)["cursor"]
    assert "nothing more" in run("registry", "list", "--registry", place, "--after", end).err


def test_show_by_either_id(run: Run, place: Path) -> None:
    found = told(run("registry", "show", "urn:c2pa:1", "--registry", place, "--json").out)
    assert found["payload"] == "01" * 8
    assert found["bindings"][0]["value"] == "01" * 8
    by_payload = run("registry", "show", "01" * 8, "--registry", place)
    assert "urn:c2pa:1" in by_payload.out
    assert run("registry", "show", "urn:c2pa:x", "--registry", place).code == 2
    assert run("registry", "show", "ff" * 8, "--registry", place).code == 2


def test_what_is_somebody_elses_cannot_steer_the_terminal(run: Run, place: Path) -> None:
    execute(place, "UPDATE manifests SET generator = 'Evil' || char(27) || '[2J'")
    for command in (["list"], ["show", "urn:c2pa:1"]):
        assert "\x1b" not in run("registry", *command, "--registry", place).out


def test_status(run: Run, place: Path) -> None:
    answer = run(
        "registry", "status", "urn:c2pa:1", "withdrawn", "--reason", "a mistake",
        "--registry", place,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    record = opened(place).get("urn:c2pa:1")
    assert record is not None
    assert (record.status, record.status_reason) == ("withdrawn", "a mistake")
    listed = run("registry", "audit", "--registry", place).out
    assert "status withdrawn urn:c2pa:1: a mistake" in listed
    erase = ["registry", "status", "urn:c2pa:1", "erased", "--registry", place]
    refused = run(*erase)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert run(*erase, "--yes").code == 0
    assert run("registry", "status", "urn:c2pa:1", "live", "--registry", place).code == 2
    assert run("registry", "status", "urn:c2pa:x", "live", "--registry", place).code == 2
    assert run("registry", "status", "urn:c2pa:2", "lost", "--registry", place).code == 2


def test_purge_says_what_it_would_do_and_asks(run: Run, place: Path) -> None:
    opened(place).set_status("urn:c2pa:1", "withdrawn")
    purge = ["registry", "purge", "--older-than", 0, "--registry", place]
    refused = run(*purge)
    assert refused.code == 2
    assert "3 records" in refused.err
    assert told(run(*purge, "--status", "withdrawn", "--yes", "--json").out)["erased"] == 1
    assert run(*purge, "--status", "erased").code == 2
    assert "Erased: 2 records" in run(*purge, "--yes", "--reason", "policy").out
    assert "Erased: 0 records" in run(*purge).out
    assert run("registry", "purge", "--older-than", 1, "--registry", place).code == 0
    assert run("registry", "purge", "--registry", place).code == 2


@pytest.mark.parametrize(("reply", "left"), [("y\n", 0), ("n\n", 3)])
def test_purge_asks_on_a_terminal(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, reply: str, left: int
) -> None:
    monkeypatch.setattr("indelible.cli._registry_shared.is_terminal", lambda _: True)
    answer = run("registry", "purge", "--older-than", 0, "--registry", place, stdin=reply.encode())
    assert answer.code == (1 if left else 0)
    assert "3 records" in answer.err
    assert told(run("registry", "stats", "--registry", place, "--json").out)["live"] == left


def test_export_and_import(run: Run, place: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "export.parquet", tmp_path / "target.sqlite3"
    answer = run("registry", "export", file, "--registry", place)
    assert answer.code == 0, answer.err
    assert "3 records" in answer.out
    assert run("registry", "export", file, "--registry", place).code == 2
    forced = run("registry", "export", file, "--registry", place, "--force", "--json")
    assert told(forced.out)["records"] == 3
    since = ["--since", "2100-01-01", "--force", "--json"]
    none = run("registry", "export", tmp_path / "none.parquet", "--registry", place, *since)
    assert told(none.out)["records"] == 0

    assert "New: 3 records" in run("registry", "import", file, "--registry", target).out
    again = told(run("registry", "import", file, "--registry", target, "--json").out)
    assert (again["new"], again["equal"], again["conflicting"]) == (0, 3, 0)
    for bad in (place, tmp_path / "nowhere"):
        assert run("registry", "import", bad, "--registry", target).code == 4
    assert run("registry", "import", file, "--registry", file).code == 2


def test_merge_reports_conflicts(run: Run, place: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.sqlite3"
    opened(target).put(make_record(bytes([1]) * 8, manifest_id="urn:c2pa:mine"))
    before = everything_below(tmp_path)[str(place)]
    answer = run("registry", "merge", place, "--registry", target)
    assert answer.code == 3
    assert "New: 2 records. There already: 0. In conflict: 1." in answer.out
    assert "urn:c2pa:1: the id 0101010101010101 leads to urn:c2pa:mine here" in answer.out
    again = run("registry", "merge", place, "--registry", target, "--json")
    assert again.code == 3
    (conflict,) = told(again.out)["conflicts"]
    assert (conflict["kind"], conflict["manifest_id"]) == ("binding", "urn:c2pa:1")
    assert everything_below(tmp_path)[str(place)] == before
    assert run("registry", "merge", tmp_path / "nowhere", "--registry", target).code == 2
    assert run("registry", "merge", place, "--registry", place).code == 2


def test_backup(run: Run, place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    answer = run("registry", "backup", copy, "--registry", place)
    assert answer.code == 0, answer.err
    assert opened(copy).count() == 3
    assert run("registry", "backup", copy, "--registry", place).code == 2
    kept = told(run("registry", "backup", copy, "--registry", place, "-f", "--json").out)
    assert kept["bytes"] == copy.stat().st_size


def test_a_registry_that_cannot_be_asked(run: Run, place: Path, tmp_path: Path) -> None:
    execute(place, "PRAGMA user_version = 99")
    for command in (
        ["stats"], ["list"], ["show", "urn:c2pa:1"], ["backup", tmp_path / "copy"], ["migrate"],
        ["export", tmp_path / "copy"], ["purge", "--older-than", 1], ["init"],
        ["status", "urn:c2pa:1", "live"], ["merge", OLD],
    ):  # fmt: skip
        answer = run("registry", *command, "--registry", place)
        assert (answer.code, answer.out) == (5, ""), command
        assert "newer version" in answer.err
    assert not (tmp_path / "copy").exists()


def test_a_server_that_is_not_there(run: Run) -> None:
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:9/none?connect_timeout=1"
    answer = run("registry", "stats", "--registry", url)
    assert answer.code == 5
    assert "secret" not in answer.err
