"""What counts as a refusal of a gate."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from indelible.errors import InputDeniedError
from indelible.integrations.gates import ask


class StubGate:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def check(self, data: bytes) -> Any:
        return self.answer


@pytest.mark.parametrize("answer", [None, True, 0, SimpleNamespace(allowed=True)])
def test_passes(answer: Any) -> None:
    assert ask(StubGate(answer), b"") == answer
    assert ask(lambda _: answer, b"") == answer
    assert ask(None, b"") is None


@pytest.mark.parametrize("answer", [False, SimpleNamespace(allowed=False, reference="r-1")])
def test_refuses(answer: Any) -> None:
    for gate in (StubGate(answer), lambda _: answer):
        with pytest.raises(InputDeniedError):
            ask(gate, b"")
    with pytest.raises(InputDeniedError, match="r-1"):
        ask(lambda _: SimpleNamespace(allowed=False, reference="r-1"), b"")
