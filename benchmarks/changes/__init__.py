"""Changed regions: how well the change map finds them."""
