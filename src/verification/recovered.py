"""What a manifest that did not come with the file is worth, whoever it came from."""

from __future__ import annotations

from abc import ABC, abstractmethod

from indelible.choices import Integrity
from indelible.credentials import CredentialReport, Standing, State

__all__ = ["RecoveredManifest"]


class RecoveredManifest(ABC):
    """A report with a manifest about another file of this picture: a repost changes no more."""

    __slots__ = ()

    credential: CredentialReport | None

    @property
    def integrity(self) -> Integrity:
        """Integrity of the manifest, leaving aside that this may be a repost."""
        if self.credential is None:
            return "absent"
        found = self.credential.integrity
        return "intact" if found == "changed" else found

    @property
    @abstractmethod
    def counts(self) -> bool:
        """Whether the manifest holds, and speaks for this picture, whoever signed it."""

    @property
    def standing(self) -> Standing | None:
        """What a claim of the manifest is worth here; None where there is none."""
        report = self.credential
        if report is None:
            return None
        if not self.counts:
            return "broken"
        return report.standing_as_signed

    @property
    def credential_state(self) -> State:
        """State of the manifest, leaving aside that this may be a repost."""
        report = self.credential
        if report is None:
            return "absent"
        if report.integrity == "changed":
            return "trusted" if report.standing_as_signed == "trusted" else "valid"
        return report.state
