"""Whether unmarked pictures stay unmarked: see ``python -m benchmarks.false_positives --help``."""
