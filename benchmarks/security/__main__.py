"""Entry point of ``python -m benchmarks.security``."""

from benchmarks._running import main
from benchmarks.security.run import run

if __name__ == "__main__":
    main(run)
