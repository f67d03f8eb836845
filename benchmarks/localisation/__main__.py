"""Entry point of ``python -m benchmarks.localisation``."""

from benchmarks._running import main
from benchmarks.localisation.run import run

if __name__ == "__main__":
    main(run)
