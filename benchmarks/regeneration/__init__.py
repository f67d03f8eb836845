"""Attacks by neural networks that the user points to: ``python -m benchmarks.regeneration``."""
