"""Whether the newest mark wins: see ``python -m benchmarks.chains --help``."""
