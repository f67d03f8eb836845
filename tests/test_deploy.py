"""deploy/: read, not built. What the files name has to exist, and the container to be closed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from indelible.settings import OTHER_VARIABLES, SECRET_VARIABLES, every_setting

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parent.parent
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))


def test_what_the_files_name_exists(compose: Any) -> None:
    build = compose["services"]["service"]["build"]
    context = (ROOT / "deploy" / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()
    named = re.findall(r"-r (\S+)", CONTAINER)
    assert named
    assert all((ROOT / name).is_file() for name in named)


def test_the_container_is_closed(compose: Any) -> None:
    service = compose["services"]["service"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert re.search(r"^USER indelible$", CONTAINER, re.MULTILINE)
    assert "HEALTHCHECK" in CONTAINER
    assert "healthcheck" in compose["services"]["database"]


def test_volumes_are_declared(compose: Any) -> None:
    for service in compose["services"].values():
        for volume in service["volumes"]:
            assert volume.partition(":")[0] in compose["volumes"]


def test_every_variable_is_one_of_ours(compose: Any) -> None:
    known = {setting.variable for setting in every_setting()}
    known |= {*OTHER_VARIABLES, *SECRET_VARIABLES}
    used = set(re.findall(r"\bINDELIBLE_\w+", CONTAINER))
    used |= {name for name in compose["services"]["service"]["environment"] if "INDELIBLE" in name}
    assert used <= known
