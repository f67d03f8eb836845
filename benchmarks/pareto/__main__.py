"""Entry point of ``python -m benchmarks.pareto``."""

from benchmarks._running import main
from benchmarks.pareto.run import run

if __name__ == "__main__":
    main(run)
