"""Entry point of ``python -m benchmarks.everyday``."""

from benchmarks._running import main
from benchmarks.everyday.run import run

if __name__ == "__main__":
    main(run)
