"""What the law wants said about AI: profiles to fill in and to check, and claims of AI."""
