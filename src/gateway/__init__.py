"""The gateway: in front of an image server, nothing unmarked comes out of it."""
