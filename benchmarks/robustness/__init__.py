"""Which attacks a mark survives: see ``python -m benchmarks.robustness --help``."""
