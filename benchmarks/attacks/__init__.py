"""The public attack suite: what people, platforms and adversaries do to a picture.

Every attack is a pure function of an 8-bit RGB picture and a seed. It returns the attacked picture
and the true homography from original to received coordinates, where one exists. Random choices
come from the seed and the name of the attack only, so that two systems meet the same ones.

Examples
--------
>>> from benchmarks import attacks
>>> attacked = attacks.get("rotate 10 expanded")(picture, seed=7)  # doctest: +SKIP
>>> attacked.pixels.shape, attacked.homography  # doctest: +SKIP
>>> attack = attacks.draw("chain", numpy.random.default_rng(0))  # doctest: +SKIP
"""

from benchmarks.attacks.draws import WORKLOADS, draw
from benchmarks.attacks.model import Attack, Attacked, Matrix, Operation, Pixels, compose, generator
from benchmarks.attacks.suite import SUITE, get, groups, select
from benchmarks.attacks.workload import Workload

__all__ = [
    "SUITE",
    "WORKLOADS",
    "Attack",
    "Attacked",
    "Matrix",
    "Operation",
    "Pixels",
    "Workload",
    "compose",
    "draw",
    "generator",
    "get",
    "groups",
    "select",
]
