"""Entry point of ``python -m benchmarks.load``."""

from benchmarks._running import main
from benchmarks.load.run import run

if __name__ == "__main__":
    main(run)
