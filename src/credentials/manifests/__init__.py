"""What manifests say: requesting and signing them, reading and reporting them."""
