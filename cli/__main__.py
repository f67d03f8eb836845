"""``python -m indelible.cli``: the same as the ``indelible`` command."""

from indelible.cli import main

if __name__ == "__main__":
    main()
