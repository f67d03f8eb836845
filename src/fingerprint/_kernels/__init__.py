"""Compiled kernels of the fingerprint: numba and numpy only, no validation, no objects."""
