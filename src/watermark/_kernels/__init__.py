"""Compiled kernels of the watermark engine: numba and numpy only, no validation, no objects."""
