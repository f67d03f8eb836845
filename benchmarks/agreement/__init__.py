"""Whether two versions answer the same: see ``python -m benchmarks.agreement --help``."""
