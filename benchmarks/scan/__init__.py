"""The bulk scan: what it costs, and whether it uses the cores that there are."""
