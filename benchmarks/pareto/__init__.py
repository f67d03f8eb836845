"""What visibility buys: see ``python -m benchmarks.pareto --help``."""
