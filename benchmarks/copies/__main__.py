"""Entry point of ``python -m benchmarks.copies``."""

from benchmarks._running import main
from benchmarks.copies.run import run

if __name__ == "__main__":
    main(run)
