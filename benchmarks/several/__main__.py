"""Entry point of ``python -m benchmarks.several``."""

from benchmarks._running import main
from benchmarks.several.run import run

if __name__ == "__main__":
    main(run)
