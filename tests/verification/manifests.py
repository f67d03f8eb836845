"""Manifests' reports, made by hand."""

from __future__ import annotations

from dataclasses import replace

from indelible.credentials import Action, ManifestReport


def manifest(*actions: str, source_type: str | None = None, name: str = "urn:1") -> ManifestReport:
    steps = [Action(action) for action in actions]
    if steps and source_type is not None:
        steps[0] = replace(steps[0], source_type=source_type)
    return ManifestReport(name, generator=name, actions=tuple(steps), source_type=source_type)
