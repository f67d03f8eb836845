"""Which algorithm fits a key."""

from __future__ import annotations

import pytest

from indelible.credentials.signers.algorithms import algorithm_for
from indelible.errors import SigningError
from tests.credentials.authority import new_key


def test_algorithms_follow_the_key() -> None:
    assert algorithm_for(new_key("es384").public_key()) == "es384"
    assert algorithm_for(new_key("ps256").public_key()) == "ps256"
    with pytest.raises(SigningError):
        algorithm_for("a password")
