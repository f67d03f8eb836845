"""Fuzz every parser and every decoder together: ``python -m tests.fuzz.run [seconds]``.

First the corpus, then variants of what is in it, for the time that is left. A variant that ends
in a new way, or costs a new order of magnitude, becomes a beginning for further ones. A foreign
exception, or more time or memory than `tests.fuzz.targets` allows, is a finding: its input is
written to the working folder, and the run fails.
"""

from __future__ import annotations

import collections
import hashlib
import math
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.corpus import seeds
from tests.fuzz.corpus_store import gif_seeds, store_seeds
from tests.fuzz.harness import Cost, Target, run_all
from tests.fuzz.mutate import MAX_BYTES, mutate
from tests.fuzz.targets import TARGETS

DEFAULT_SECONDS = 60.0
MAX_FINDINGS = 10


class Pool:
    """Inputs to make variants of, by target."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._inputs: dict[str, list[bytes]] = {name: [b"\0"] for name in TARGETS}
        self._seen: collections.Counter[tuple[object, ...]] = collections.Counter()

    def learn(self, target: Target, data: bytes, cost: Cost) -> None:
        """Keep an input that did something new."""
        outcome = re.sub(r"[0-9]+|'[^']{0,80}'", "#", cost.outcome[:200])
        magnitude = round(math.log2(cost.seconds + 0.002)), round(math.log2(cost.memory + 1e6))
        key = (target.name, outcome, *magnitude)
        self._seen[key] += 1
        if self._seen[key] <= 2 and len(data) <= MAX_BYTES:
            self._inputs[target.name].append(data)

    def variants(self, deadline: float) -> Iterator[tuple[Target, bytes]]:
        """Yield variants for every target in turn, until a time of the monotonic clock."""
        while True:
            for name, inputs in self._inputs.items():
                if time.monotonic() > deadline:
                    return
                data, other = self._rng.choice(inputs), self._rng.choice(inputs)
                yield TARGETS[name], mutate(data, other, self._rng)

    @property
    def size(self) -> int:
        """How many inputs there are."""
        return sum(map(len, self._inputs.values()))


def main() -> int:
    """Fuzz for the number of seconds on the command line."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    began = time.monotonic()
    seed = time.time_ns()
    rng = random.Random(seed)
    pool = Pool(rng)

    def work() -> Iterator[tuple[Target, bytes]]:
        corpus = [*seeds(), *store_seeds(), *gif_seeds()]
        rng.shuffle(corpus)
        for item in sorted(corpus, key=lambda item: len(item.data) > MAX_BYTES):
            # On a slow machine, large inputs wait for another run.
            if len(item.data) <= MAX_BYTES or time.monotonic() < began + seconds / 2:
                yield TARGETS[item.target], item.data
        yield from pool.variants(began + seconds)

    runs, findings, slowest, largest = 0, 0, 0.0, 0
    for target, data, cost in run_all(work()):
        runs += 1
        if cost.complaint is None:
            pool.learn(target, data, cost)
            slowest, largest = max(slowest, cost.seconds), max(largest, cost.memory)
            continue
        findings += 1
        file = Path(f"fuzz-finding-{target.name}-{hashlib.sha256(data).hexdigest()[:12]}")
        file.write_bytes(data)
        sys.stderr.write(f"{file} ({len(data)} bytes): {cost.complaint}\n")
        if findings == MAX_FINDINGS:
            break
    sys.stdout.write(
        f"{runs} inputs for {len(TARGETS)} targets, {pool.size} kept, {findings} findings; "
        f"at most {slowest:.1f} s and {largest / 1e6:.0f} MB (seed {seed})\n"
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
