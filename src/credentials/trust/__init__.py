"""Whose signatures count: trust lists, certificate paths and time stamps."""
