"""What everyday paths do to marks, beyond the promised rows."""
