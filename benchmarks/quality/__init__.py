"""How visible a mark is: see ``python -m benchmarks.quality --help``."""
