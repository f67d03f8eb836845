"""Indelible: invisible watermarks and C2PA Content Credentials for AI-generated images.

Two verbs do most of the work:

- :func:`protect` marks and signs a picture, and registers what it says about it;
- :func:`verify` finds out who vouches for a picture, also after its metadata was stripped;

and :func:`derive` resizes, crops and converts a picture without losing that.

:class:`Protector` holds what does not change from picture to picture, and does without the user's
configuration.

What they are made of is public too: :mod:`indelible.watermark` (pixels in, pixels or a payload
out), :mod:`indelible.credentials` (manifests, signers, trust), :mod:`indelible.registry`,
:mod:`indelible.consent` (what owners ask, and the gate that heeds it), :mod:`indelible.evidence`
(bundles that a stranger can check), and :mod:`indelible.imaging` (the decoder and encoder).
Everything raised on purpose derives from :class:`IndelibleError`.

Importing this package loads nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from indelible import consent, credentials, evidence, imaging, registry, watermark
    from indelible.protection import (
        DerivedImage,
        ProtectedImage,
        Protector,
        derive,
        derive_many,
        protect,
    )
    from indelible.verification import Verdict, Verification, Verifier, verify

__all__ = [
    "DerivedImage",
    "IndelibleError",
    "ProtectedImage",
    "Protector",
    "Verdict",
    "Verification",
    "Verifier",
    "__version__",
    "consent",
    "credentials",
    "derive",
    "derive_many",
    "evidence",
    "imaging",
    "protect",
    "registry",
    "verify",
    "watermark",
]

__version__ = "0.1.0"

# Where each name that is loaded on first use lives; None: the name is a sub-package.
_LAZY: dict[str, str | None] = {
    "DerivedImage": "indelible.protection",
    "ProtectedImage": "indelible.protection",
    "Protector": "indelible.protection",
    "Verdict": "indelible.verification",
    "Verification": "indelible.verification",
    "Verifier": "indelible.verification",
    "consent": None,
    "credentials": None,
    "derive": "indelible.protection",
    "derive_many": "indelible.protection",
    "evidence": None,
    "imaging": None,
    "protect": "indelible.protection",
    "registry": None,
    "verify": "indelible.verification",
    "watermark": None,
}

if not TYPE_CHECKING:  # a type checker would take any name for an existing one

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = _LAZY[name]
        if home is None:
            return importlib.import_module(f"{__name__}.{name}")
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
