"""The one room that opens outbound connections to addresses of strangers.

Addresses come from pictures and from people, and a server that follows them can be made to talk to
its own network. So what goes out from here goes only to hosts that the caller lists, only over HTTP
or HTTPS, and only to addresses on the public internet, whatever the name resolves to.

Time-stamp authorities and OCSP responders of manifests are the exception: the C2PA library contacts
those by itself, when a signer names one, or when OCSP is asked for.
"""

from __future__ import annotations

from indelible.network._connection import Witness, is_public_host
from indelible.network.addresses import is_public
from indelible.network.fetching import Answer, Fetcher, Hop, Method, Recording

__all__ = [
    "Answer",
    "Fetcher",
    "Hop",
    "Method",
    "Recording",
    "Witness",
    "is_public",
    "is_public_host",
]
