"""Entry point of ``python -m benchmarks.quality``."""

from benchmarks._running import main
from benchmarks.quality.run import run

if __name__ == "__main__":
    main(run)
