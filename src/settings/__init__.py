"""The user's settings, folders and keys: the only reader of the user's configuration."""
