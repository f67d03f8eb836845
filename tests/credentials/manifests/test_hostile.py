"""Damaged and transplanted manifests, a sample of each.

The full counts (20,000 flips, 5,000 mutations, 1,000 transplants) take some minutes:
``python -m tests.credentials.hostile``.
"""

from __future__ import annotations

import random

import pytest

from indelible.credentials import DevelopmentIdentity, Trust
from tests.credentials import hostile


@pytest.fixture(scope="module", params=hostile.KINDS)
def sample(request: pytest.FixtureRequest, identity: DevelopmentIdentity) -> hostile.Sample:
    return hostile.make_sample(request.param, identity)


def test_flipped_bytes_change_nothing_that_stays_trusted(
    sample: hostile.Sample, trust: Trust
) -> None:
    rng = random.Random(20261122)
    for damaged in hostile.flips(sample.data, 150, rng):
        assert hostile.complaint(sample, damaged, trust) is None


def test_structured_damage_raises_only_our_errors(sample: hostile.Sample, trust: Trust) -> None:
    rng = random.Random(20261122)
    for damaged in hostile.mutations(sample, 100, rng):
        assert hostile.complaint(sample, damaged, trust) is None


def test_a_transplanted_manifest_is_invalid(identity: DevelopmentIdentity, trust: Trust) -> None:
    for case in hostile.transplants(identity, 40, random.Random(20261122)):
        assert hostile.transplant_complaint(*case, trust) is None


def test_the_checks_would_notice(
    sample: hostile.Sample, other_identity: DevelopmentIdentity
) -> None:
    """A picture of somebody else's is trusted by them, and says something else."""
    other = hostile.make_sample(sample.kind, other_identity)
    assert hostile.complaint(sample, sample.data, other_identity.trust()) is None
    assert hostile.complaint(sample, other.data, other_identity.trust()) is not None
