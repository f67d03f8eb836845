"""Several marks in one picture: see ``python -m benchmarks.several --help``."""
