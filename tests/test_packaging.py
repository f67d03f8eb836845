"""What a wheel would hold: every package, the type marker, the data files, one version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import indelible

ROOT = Path(__file__).resolve().parent.parent
SETUP: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages_in(folder: str, name: str) -> set[str]:
    """Name every folder with an __init__.py below `folder` as a sub-package of `name`."""
    base = ROOT / folder
    return {
        ".".join((name, *init.parent.relative_to(base).parts)) for init in base.rglob("__init__.py")
    }


def folder_of(package: str) -> Path:
    """Find a package's folder by the mapping in pyproject.toml; the longest prefix wins."""
    mapping: dict[str, str] = SETUP["tool"]["setuptools"]["package-dir"]
    prefix = max((p for p in mapping if f"{package}.".startswith(f"{p}.")), key=len)
    return ROOT / mapping[prefix] / package.removeprefix(prefix).strip(".").replace(".", "/")


def test_every_package_is_listed() -> None:
    listed = SETUP["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    assert set(listed) == packages_in("src", "indelible") | packages_in("cli", "indelible.cli")


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for top in ("src", "cli") for path in (ROOT / top).rglob("*.py")}
    assert [f for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_every_data_file_is_packaged() -> None:
    packaged = {
        file
        for package, patterns in SETUP["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for file in folder_of(package).glob(pattern)
    }
    present = {
        file
        for top in ("src", "cli")
        for file in (ROOT / top).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc", ".nbi", ".nbc"}
    }
    assert ROOT / "src" / "py.typed" in packaged
    assert sorted(present - packaged) == []


def test_one_version() -> None:
    assert indelible.__version__ == SETUP["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(indelible.__version__)}\]", changelog, re.MULTILINE)


def test_all_extra_names_every_other_extra() -> None:
    """But those of programs that are hooked into, which pin what others exceed."""
    hooked = {"diffusers", "gradio", "litellm"}
    extras = SETUP["project"]["optional-dependencies"]
    everything = extras["all"][0].removeprefix("indelible[").removesuffix("]")
    assert sorted(everything.split(",")) == sorted(set(extras) - {"all"} - hooked)


@pytest.mark.parametrize("name", ["demo", "dev"])
def test_lock_files_name_versions_and_hashes_only(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    requirements = text.replace("\\\n", " ").splitlines()
    line = re.compile(r"[A-Za-z0-9._-]+==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+")
    assert [r for r in requirements if not line.fullmatch(r)] == []
    assert any(r.startswith("setuptools==") for r in requirements)


def test_the_development_lock_holds_the_demo_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^\S+==\S+", text, re.MULTILINE))

    assert pins("demo") <= pins("dev")
