"""What the process is made of that workers are forked from: imported once, and warm."""

from __future__ import annotations

from indelible import watermark
from indelible.scan import rows, working

__all__ = ["rows", "working"]

watermark.warm_up()
