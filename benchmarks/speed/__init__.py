"""What a mark costs, in multiples of a JPEG: see ``python -m benchmarks.speed --help``."""
