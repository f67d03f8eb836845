"""Evidence: one file about one picture, that a stranger can check without us."""
