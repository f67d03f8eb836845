"""Entry point of ``python -m benchmarks.agreement``."""

from benchmarks._running import main
from benchmarks.agreement.run import run

if __name__ == "__main__":
    main(run)
