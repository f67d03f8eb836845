"""What the process is made of that workers are forked from: imported once, and warm."""

from __future__ import annotations

from indelible import watermark
from indelible.service import jobs

__all__ = ["jobs"]

watermark.warm_up()
