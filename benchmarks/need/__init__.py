"""How much of a mark a picture hides and needs: see ``python -m benchmarks.need --help``."""
