"""Entry point of ``python -m benchmarks.speed``."""

from benchmarks._running import main
from benchmarks.speed.run import run

if __name__ == "__main__":
    main(run)
