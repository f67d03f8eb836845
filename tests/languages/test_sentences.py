"""A sentence is its English text, and remembers how it was made."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from indelible.languages import Sentence, join, say


def test_it_is_its_text() -> None:
    said = say("{count} regions", count=3)
    assert said == "3 regions"
    assert hash(said) == hash("3 regions")
    assert json.dumps([said]) == '["3 regions"]'
    assert isinstance(said, str)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_survives_pickling_and_copying(protocol: int) -> None:
    said = join(": ", [say("says it is {name}", name="{x}"), "y"])
    for other in (
        pickle.loads(pickle.dumps(said, protocol)),
        copy.copy(said),
        copy.deepcopy(said),
    ):
        assert isinstance(other, Sentence)
        assert (other, other.template) == (said, said.template)
        assert dict(other.values) == dict(said.values)


def test_a_hole_without_a_value_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        say("{count} regions")


def test_what_is_made_of_it_is_a_plain_string() -> None:
    assert type(say("signer") + "!") is str
