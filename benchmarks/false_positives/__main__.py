"""Entry point of ``python -m benchmarks.false_positives``."""

from benchmarks._running import main
from benchmarks.false_positives.run import run

if __name__ == "__main__":
    main(run)
