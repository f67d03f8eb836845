"""Entry point of ``python -m benchmarks.gateway``."""

from benchmarks._running import main
from benchmarks.gateway.run import run

if __name__ == "__main__":
    main(run)
