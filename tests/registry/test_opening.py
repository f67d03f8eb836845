"""The one door: a URL in, a registry out, and nothing touched on the way."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from indelible.errors import ArgumentError
from indelible.registry import Registry, open_registry, sqlite_url
from tests.registry.records import ALGORITHM, PAYLOAD, make_record


def test_a_registry_is_opened_by_its_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = open_registry("sqlite:///data/registry.sqlite3")
    assert isinstance(relative, Registry)
    assert list(tmp_path.iterdir()) == []
    record = make_record()
    relative.put(record)
    absolute = open_registry(f"sqlite:///{tmp_path}/data/registry.sqlite3")
    assert absolute.find(ALGORITHM, PAYLOAD) == [record]
    assert absolute.url == relative.url == sqlite_url("data/registry.sqlite3")
    assert repr(absolute) == f"SqlRegistry({absolute.url!r})"


def test_a_relative_path_is_that_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that changes its folder keeps its registry, and a worker elsewhere has the same."""
    monkeypatch.chdir(tmp_path)
    registry = open_registry("sqlite:///registry.sqlite3?timeout=0.25")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    registry.put(make_record())
    assert (tmp_path / "registry.sqlite3").exists()
    copy = pickle.loads(pickle.dumps(registry))
    assert copy.url == registry.url
    assert copy.url.endswith("?timeout=0.25")
    assert copy.has(ALGORITHM, PAYLOAD)


@pytest.mark.parametrize("url", ["registry.sqlite3", "http://host/v1", "sqlite://"])
def test_what_cannot_be_opened(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        open_registry(url)
    assert caught.value.argument == "url"


def test_naming_the_protocol_loads_no_database_library() -> None:
    program = (
        "import sys, indelible.registry as r; r.Registry, r.sqlite_url('x'); "
        "print('sqlalchemy' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "False"


def test_only_a_migration_loads_alembic(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from tests.registry.records import make_record, open_at\n"
        "from pathlib import Path\n"
        "registry = open_at(Path(sys.argv[1])); record = make_record(); registry.put(record)\n"
        "assert registry.get(record.manifest_id) == record\n"
        "print(sorted({'alembic', 'fsspec', 'numba', 'psycopg'} & {*sys.modules}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "r.sqlite3"],
        capture_output=True, text=True, check=True, timeout=60, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert answer.stdout.strip() == "[]"
