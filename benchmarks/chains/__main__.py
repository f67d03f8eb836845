"""Entry point of ``python -m benchmarks.chains``."""

from benchmarks._running import main
from benchmarks.chains.run import run

if __name__ == "__main__":
    main(run)
