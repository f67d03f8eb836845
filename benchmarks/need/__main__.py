"""Entry point of ``python -m benchmarks.need``."""

from benchmarks._running import main
from benchmarks.need.run import run

if __name__ == "__main__":
    main(run)
