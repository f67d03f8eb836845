"""Scanning: a verdict for each of many pictures."""
