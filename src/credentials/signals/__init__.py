"""What plain, unsigned metadata claims about a picture's making."""
