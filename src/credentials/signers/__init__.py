"""Who signs: keys in files, modules and services, and the certificates for them."""
