"""Entry point of ``python -m benchmarks.changes``."""

from benchmarks._running import main
from benchmarks.changes.run import run

if __name__ == "__main__":
    main(run)
