"""Entry point of ``python -m benchmarks.regeneration``."""

from benchmarks._running import main
from benchmarks.regeneration.run import run

if __name__ == "__main__":
    main(run)
