"""Honest edits and copied marks: what the fingerprint says of each."""
