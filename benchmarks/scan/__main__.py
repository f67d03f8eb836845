"""Entry point of ``python -m benchmarks.scan``."""

from benchmarks._running import main
from benchmarks.scan.run import run

if __name__ == "__main__":
    main(run)
