"""Whether geometry and presence are right: see ``python -m benchmarks.localisation --help``."""
