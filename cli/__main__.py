"""``python -m indelible.cli``: the same as the ``indelible`` command."""

from indelible.cli import script

if __name__ == "__main__":
    script()
