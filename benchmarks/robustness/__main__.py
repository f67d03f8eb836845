"""Entry point of ``python -m benchmarks.robustness``."""

from benchmarks._running import main
from benchmarks.robustness.run import run

if __name__ == "__main__":
    main(run)
