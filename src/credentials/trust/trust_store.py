"""The trust lists on this machine: those shipped with the package, and newer ones fetched since."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable
from pathlib import Path

from indelible.credentials.trust.trust import Trust
from indelible.credentials.trust.trust_lists import OFFICIAL, OFFICIAL_TSA, TrustList, parse_list
from indelible.errors import IndelibleError, OutputError, TrustError
from indelible.files import read_bytes, write_atomic
from indelible.network import Fetcher

__all__ = ["TrustStore"]

_FILES = {OFFICIAL: "c2pa-trust-list.json", OFFICIAL_TSA: "c2pa-tsa-trust-list.json"}
_URL = re.compile(r"https?://", re.IGNORECASE)


class TrustStore:
    """Official lists kept in a folder of the user's, in place of the shipped ones when newer.

    Parameters
    ----------
    folder : path
        For example ``<user's data folder>/trust``. It need not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def lists(self) -> tuple[TrustList, ...]:
        """Return the official lists to go by, each in its newest version here.

        Raises
        ------
        TrustError
            If a list in the folder cannot be read.
        """
        return tuple(self._newest(shipped) for shipped in Trust.official().lists)

    def trust(self) -> Trust:
        """Return trust in the official lists, as `lists`."""
        return Trust.of(self.lists())

    def update(
        self,
        source: str | os.PathLike[str],
        *,
        hosts: Iterable[str] = (),
        now: dt.datetime | None = None,
    ) -> TrustList:
        """Take over a newer official list from a file or URL.

        Parameters
        ----------
        source : path or URL
            The list in its official JSON form.
        hosts : iterable of str
            Hosts that may be contacted; a URL elsewhere is refused. See `Fetcher`.
        now : datetime.datetime, optional
            For tests.

        Returns
        -------
        TrustList
            The list, now kept.

        Raises
        ------
        TrustError
            If it is no official list, is older than the one in use, or is dated in the future.
        NetworkError
            If it may not, or cannot, be fetched.

        Notes
        -----
        The official lists are not signed. Over https the host's certificate vouches for the file;
        over http, or from a file, whoever hands it over does.
        """
        content = self._load(source, hosts)
        found = parse_list(content, source=os.fspath(source))
        if found.name not in _FILES or found.issued is None:
            raise TrustError(
                f"{os.fspath(source)} is no official C2PA trust list",
                hint="To trust other authorities, add them as user anchors.",
            )
        moment = dt.datetime.now(dt.UTC) if now is None else now
        if found.issued > moment + dt.timedelta(days=1):
            raise TrustError(f"the list is dated in the future ({found.issued:%Y-%m-%d})")
        current = next(item for item in self.lists() if item.name == found.name)
        if current.issued is not None and found.issued < current.issued:
            raise TrustError(
                f"the list of {found.issued:%Y-%m-%d} is older than the one in use, of "
                f"{current.issued:%Y-%m-%d}",
                hint="An old list may trust authorities that were removed since.",
            )
        self._keep(found, content)
        return found

    def reset(self) -> None:
        """Go back to the shipped lists."""
        for name in _FILES.values():
            (self.folder / name).unlink(missing_ok=True)

    def _newest(self, shipped: TrustList) -> TrustList:
        path = self.folder / _FILES[shipped.name]
        if not path.exists():
            return shipped
        try:
            kept = parse_list(read_bytes(path), source=str(path))
        except IndelibleError as error:
            raise TrustError(
                f"the trust list {path} cannot be read: {error}",
                hint="Delete it to go back to the list shipped with Indelible, or update it again.",
            ) from error
        if kept.name != shipped.name or kept.issued is None or shipped.issued is None:
            raise TrustError(f"{path} is not the {shipped.name}", hint="Delete it.")
        return kept if kept.issued > shipped.issued else shipped

    def _load(self, source: str | os.PathLike[str], hosts: Iterable[str]) -> bytes:
        text = os.fspath(source)
        if _URL.match(text):
            return Fetcher.of(hosts).get(text, accept="application/json")
        try:
            return read_bytes(source)
        except IndelibleError as error:
            raise TrustError(f"the trust list {text} cannot be read: {error}") from error

    def _keep(self, found: TrustList, content: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / _FILES[found.name], content, overwrite=True)
        except (OSError, OutputError) as error:
            raise TrustError(f"the trust list cannot be kept in {self.folder}: {error}") from error
