"""The bytes of a manifest store: found in a file, taken apart and checked before any library."""
