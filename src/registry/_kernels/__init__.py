"""Compiled kernels of the registry: numba and numpy only, no validation, no objects."""
