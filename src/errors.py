"""The error tree: everything that Indelible raises on purpose.

::

    IndelibleError
    ├── ImageError
    │   ├── UnreadableImageError      no image, truncated, or disguised as another format
    │   ├── UnsupportedImageError     a format or a kind of image that is refused knowingly
    │   └── ImageTooLargeError        the header announces more pixels or bytes than the limit
    ├── WatermarkError
    │   ├── UnmarkableImageError      nothing in the picture can carry a mark
    │   ├── EmbeddingFailedError      a mark was embedded, but is not found in the encoded file
    │   ├── PayloadError              a payload that is not exactly eight bytes
    │   └── KeyFileError              a watermark key that cannot be read, written or used
    ├── FingerprintError              a hash or a reference that is none, or damaged
    ├── CredentialError
    │   ├── SigningError              the signer, the C2PA library or the time-stamp authority
    │   ├── CertificateError          a certificate that breaks the C2PA profile
    │   ├── ManifestError             a manifest that cannot be built
    │   ├── TrustError                a trust list that cannot be read or updated
    │   └── IdentityError             the development identity cannot be created or loaded
    ├── RegistryError
    │   ├── BindingConflictError      the registry already holds this watermark id
    │   ├── NoRecordError             the registry does not hold what is to be changed
    │   ├── NotOwnerError             somebody else owns it
    │   ├── UnreadableExportError     a file of exported records that is none, or is damaged
    │   └── RegistryUnavailableError  locked, full, unreadable, unreachable
    │       ├── NoRegistryError       there is none where it should be, or something else
    │       └── RegistryOutcomeUnknownError  a commit failed: what it wrote may be there or not
    ├── ArgumentError                 an invalid argument of a call, which it names
    ├── ConfigurationError            settings that contradict each other or cannot be read
    ├── OutputError
    │   └── OutputExistsError         the output exists and overwriting was not asked for
    ├── MissingDependencyError        an optional package or a system library is not installed
    ├── EvidenceError                 an evidence bundle that cannot be made, trusted or opened
    │   └── UnreadableBundleError     a file that is no bundle, or is damaged
    ├── InputDeniedError              a picture that may not be edited was given to a generator
    ├── NetworkError                  an outbound connection that failed or is not allowed
    ├── UnreadableScanError           results of a scan that are none, damaged, or of later versions
    └── WorkerDiedError               a process of a batch died while it worked on an item
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BindingConflictError",
    "CertificateError",
    "ConfigurationError",
    "CredentialError",
    "EmbeddingFailedError",
    "EvidenceError",
    "FingerprintError",
    "IdentityError",
    "ImageError",
    "ImageTooLargeError",
    "IndelibleError",
    "InputDeniedError",
    "KeyFileError",
    "ManifestError",
    "MissingDependencyError",
    "NetworkError",
    "NoRecordError",
    "NoRegistryError",
    "NotOwnerError",
    "OutputError",
    "OutputExistsError",
    "PayloadError",
    "RegistryError",
    "RegistryOutcomeUnknownError",
    "RegistryUnavailableError",
    "SigningError",
    "TrustError",
    "UnmarkableImageError",
    "UnreadableBundleError",
    "UnreadableExportError",
    "UnreadableImageError",
    "UnreadableScanError",
    "UnsupportedImageError",
    "WatermarkError",
    "WorkerDiedError",
]


class IndelibleError(Exception):
    """Base of every error that Indelible raises on purpose.

    Parameters
    ----------
    message : str
        What happened, in one sentence.
    hint : str, optional
        What the reader can do about it.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def diagnostics(self) -> str:
        """Return the message and, where there is one, the hint, as text for a person."""
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"

    def reason(self) -> str:
        """Return the same on one line, as a reason within a report."""
        return " ".join(self.diagnostics().split())


class ImageError(IndelibleError):
    """The picture cannot be used."""


class UnreadableImageError(ImageError):
    """The bytes are no image, are cut short, or are not the format they claim to be."""


class UnsupportedImageError(ImageError):
    """The picture is of a kind that is refused knowingly (animated, unknown format, ...)."""


class ImageTooLargeError(ImageError):
    """The header announces more pixels, frames or bytes than the limit allows."""


class WatermarkError(IndelibleError):
    """Embedding or detecting a watermark is impossible as asked."""


class UnmarkableImageError(WatermarkError):
    """Nothing in the picture can carry a mark (one flat colour, a few pixels, ...)."""


class EmbeddingFailedError(WatermarkError):
    """The mark was embedded but is not found again in the encoded file."""


class PayloadError(WatermarkError, ValueError):
    """The payload is not exactly eight bytes."""


class KeyFileError(WatermarkError):
    """A watermark key cannot be read, written or used."""


class FingerprintError(IndelibleError, ValueError):
    """A hash or a reference that is none, or is damaged."""


class CredentialError(IndelibleError):
    """A C2PA credential cannot be made or read."""


class SigningError(CredentialError):
    """The signer, the C2PA library or the time-stamp authority refused."""


class CertificateError(CredentialError):
    """A certificate breaks a rule of the C2PA certificate profile."""


class ManifestError(CredentialError):
    """The manifest cannot be built from what was given."""


class TrustError(CredentialError):
    """A trust list or trust anchor cannot be read or updated."""


class IdentityError(CredentialError):
    """The development identity cannot be created or loaded."""


class RegistryError(IndelibleError):
    """The registry refused or failed."""


class BindingConflictError(RegistryError):
    """The registry already holds this watermark id for another manifest."""


class NoRecordError(RegistryError):
    """The registry holds no such manifest or binding, so that it cannot be changed."""


class NotOwnerError(RegistryError):
    """A binding or a manifest belongs to somebody else, who alone may change it."""


class UnreadableExportError(RegistryError):
    """A file of exported records is none, or is damaged."""


class RegistryUnavailableError(RegistryError):
    """The registry is locked, full, unreadable or unreachable."""


class ArgumentError(IndelibleError, ValueError):
    """An argument of a call is invalid.

    Parameters
    ----------
    argument : str
        Its name.
    message : str
        What is wrong with it, in one sentence.
    hint : str, optional
        What to give instead.
    """

    def __init__(self, argument: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.argument = argument

    def __reduce__(self) -> tuple[object, ...]:
        return (_argument_error, (self.argument, self.message, self.hint))


def _argument_error(argument: str, message: str, hint: str | None) -> ArgumentError:
    return ArgumentError(argument, message, hint=hint)


class NoRegistryError(RegistryUnavailableError):
    """There is no registry where one should be, or there is something else."""


class RegistryOutcomeUnknownError(RegistryUnavailableError):
    """A commit was sent and not acknowledged: what it wrote may be there or not.

    `indelible.registry.Registry` describes what a caller can do about it.
    """


class ConfigurationError(IndelibleError):
    """Settings that cannot be read or contradict each other."""


class OutputError(IndelibleError):
    """The output cannot be written."""


class OutputExistsError(OutputError):
    """The output exists, and overwriting it was not asked for."""


class MissingDependencyError(IndelibleError, ImportError):
    """An optional package, or a system library that one needs, is not installed."""


class EvidenceError(IndelibleError):
    """An evidence bundle cannot be made, trusted or opened."""


class UnreadableBundleError(EvidenceError):
    """A file is no evidence bundle, or cannot be read as one."""


class InputDeniedError(IndelibleError, PermissionError):
    """A gate refused a picture that a generator was to edit."""


class NetworkError(IndelibleError):
    """An outbound connection failed or is not allowed.

    Parameters
    ----------
    message, hint
        As for `IndelibleError`.
    sent : bool
        Whether the other side may have received the request all the same.
    """

    def __init__(self, message: str, *, hint: str | None = None, sent: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent


class UnreadableScanError(IndelibleError):
    """Results of a scan are none, are damaged, or of a later version."""


class WorkerDiedError(IndelibleError):
    """A process of a batch died while it worked on an item."""
