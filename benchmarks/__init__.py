"""Benchmarks of the watermark engine: robustness, speed, false positives, security, quality.

Run from the repository root, for example ``python -m benchmarks.robustness --help``.
"""
