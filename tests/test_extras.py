"""Optional packages: each is named, with how it is installed, where it is missing."""

from __future__ import annotations

import json
import sys

import pytest

from indelible import extras
from indelible.errors import MissingDependencyError


def test_what_is_there_is_loaded() -> None:
    assert extras.load("json", extra="aws", missing="never said") is json


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingDependencyError, match="a client") as caught:
        extras.load("boto3", extra="aws", missing="this needs a client")
    assert caught.value.hint == extras.install_hint("aws")
    with pytest.raises(MissingDependencyError, match="AWS KMS needs its client, boto3"):
        extras.aws_client()
