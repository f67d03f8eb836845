"""Protecting a picture: mark, encode, check, sign, register, and only then show."""

from __future__ import annotations

from indelible.protection.protector import ProtectedImage, protect

__all__ = ["ProtectedImage", "protect"]
