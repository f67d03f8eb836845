"""What an informed adversary can do: see ``python -m benchmarks.security --help``."""
