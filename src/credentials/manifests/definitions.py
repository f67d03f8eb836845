"""What can be signed; and manifests that somebody else defined, as c2patool takes them in JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from indelible.credentials.manifests.request import (
    MAX_DEFINITION_BYTES,
    PARENT_INSTANCE,
    new_manifest_id,
)
from indelible.credentials.source_types import SourceType
from indelible.errors import ManifestError

__all__ = ["Definition", "ManifestDefinition"]

# Keys of c2patool's files that say how to sign, which is not the manifest's business here, and
# keys that name files to be read, which a definition from elsewhere must not do.
_IGNORED = ("alg", "private_key", "sign_cert", "ta_url", "base_path", "ingredients", "thumbnail")


class Definition(Protocol):
    """What can be signed: a `ManifestRequest`, or a `ManifestDefinition` from a JSON file."""

    @property
    def manifest_id(self) -> str:
        """The new manifest's id."""
        ...

    @property
    def source_type(self) -> SourceType:
        """How the picture came to be."""
        ...

    @property
    def begins_here(self) -> bool:
        """Whether it says how the picture began, if the picture has no history."""
        ...

    @property
    def thumbnail(self) -> bool | int:
        """Whether to put a preview into the manifest; a number is its longer side, pixels."""
        ...

    @property
    def embed(self) -> bool:
        """Whether to put the manifest into the picture."""
        ...

    @property
    def remote_url(self) -> str | None:
        """Address at which the manifest will also be found."""
        ...

    def definition(self, *, has_parent: bool) -> dict[str, Any]:
        """Return the manifest definition for the C2PA library."""
        ...


@dataclass(frozen=True, slots=True)
class ManifestDefinition:
    """A manifest in the C2PA library's own JSON form, to be signed as it is.

    Attributes
    ----------
    body : mapping
        The definition: ``assertions``, ``claim_generator_info``, ``title``, ... If it does not say
        how the picture began (``c2pa.created`` with a digital source type), it says that the
        picture was opened, which claims nothing about its beginning.
    manifest_id : str
        The manifest's id; taken from the definition's ``label`` or made up.
    ignored : tuple of str
        Keys of the definition that are not used: signing keys and files to read.
    """

    body: Mapping[str, Any] = field(repr=False)
    manifest_id: str = field(default_factory=new_manifest_id)
    source_type: SourceType = SourceType.COMPOSITE
    thumbnail: bool | int = False
    embed: bool = True
    remote_url: str | None = None
    ignored: tuple[str, ...] = ()

    @classmethod
    def from_json(
        cls, text: str | bytes, *, embed: bool = True, remote_url: str | None = None
    ) -> ManifestDefinition:
        """Parse a definition.

        Raises
        ------
        ManifestError
            If it is not a JSON object of the expected form.
        """
        if len(text) > MAX_DEFINITION_BYTES:
            raise ManifestError(f"a manifest definition of {len(text)} bytes is too large")
        try:
            body = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"the manifest definition is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise ManifestError("the manifest definition is not a JSON object")
        label = body.get("label")
        return cls(
            body={name: value for name, value in body.items() if name not in _IGNORED},
            manifest_id=label if isinstance(label, str) else new_manifest_id(),
            embed=embed,
            remote_url=remote_url,
            ignored=tuple(name for name in _IGNORED if name in body),
        )

    @property
    def begins_here(self) -> bool:
        """Whether the definition says how the picture began."""
        return any(
            action.get("action") == "c2pa.created" and action.get("digitalSourceType")
            for assertion in _objects(self.body.get("assertions"))
            if str(assertion.get("label")).startswith("c2pa.actions")
            and isinstance(assertion.get("data"), dict)
            for action in _objects(assertion["data"].get("actions"))
        )

    def definition(self, *, has_parent: bool) -> dict[str, Any]:
        """Return the definition for the C2PA library, its history begun."""
        body = copy.deepcopy(dict(self.body))
        body["label"] = self.manifest_id
        assertions = body.setdefault("assertions", [])
        if not isinstance(assertions, list):
            raise ManifestError("the manifest definition's assertions are not a list")
        for assertion in assertions:
            if not isinstance(assertion, dict) or not isinstance(assertion.get("label"), str):
                raise ManifestError("an assertion of the manifest definition has no label")
            # What a definition states, its signer states; without this it counts as hearsay.
            assertion.setdefault("created", True)
        self._begin_history(assertions, has_parent=has_parent)
        return body

    @staticmethod
    def _begin_history(assertions: list[dict[str, Any]], *, has_parent: bool) -> None:
        first: dict[str, Any] = {"action": "c2pa.created"}
        if has_parent:
            first = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT_INSTANCE]}}
        for assertion in assertions:
            if not assertion["label"].startswith("c2pa.actions"):
                continue
            data = assertion.setdefault("data", {})
            actions = data.setdefault("actions", []) if isinstance(data, dict) else None
            if not isinstance(actions, list) or not all(isinstance(i, dict) for i in actions):
                raise ManifestError("the actions of the manifest definition are not a list")
            begin = [i for i in actions if i.get("action") in ("c2pa.created", "c2pa.opened")]
            if not begin:
                actions.insert(0, first)
            elif has_parent:
                # A picture with a history was opened, whatever the definition says of it.
                begin[0].update(first)
                actions[:] = [item for item in actions if item not in begin[1:]]
            return
        assertions.insert(
            0, {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [first]}}
        )


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
