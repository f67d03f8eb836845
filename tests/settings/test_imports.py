"""The package's public names, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from indelible import settings


def test_import_is_light() -> None:
    program = (
        "import sys\nbefore = set(sys.modules)\nimport indelible.settings\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(answer.stdout.split()) <= {"indelible", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", settings.__all__)
def test_public_names_exist(name: str) -> None:
    assert getattr(settings, name) is not None
    assert name in dir(settings)


def test_unknown_names_raise_attribute_error() -> None:
    name = "nonsense"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(settings, name)
