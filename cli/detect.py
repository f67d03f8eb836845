"""``indelible detect``: the watermark alone."""

from __future__ import annotations

from typing import Any

import typer

from indelible import imaging, watermark
from indelible.cli._batch import Outcome, collect, worst
from indelible.cli._console import answer
from indelible.cli._errors import UsageError, error_fields, guarded
from indelible.cli._inputs import Input, expand
from indelible.cli._options import (
    EffortOption,
    FilesArgument,
    JobsOption,
    JsonOption,
    KeysOption,
    detection_keys,
)
from indelible.cli._tables import drawn_table
from indelible.settings import current
from indelible.verification import wording
from indelible.watermark import Detection

__all__ = ["EPILOG", "command"]

EPILOG = """
[bold]Example[/bold]

[cyan]indelible detect photo.jpg --key my.key --json[/cyan]

Exit codes: 0 found, 1 not found, 4 not a picture. Not found proves nothing: marks can be removed,
and most pictures never carried one.
"""


@guarded
def command(
    files: FilesArgument,
    key: KeysOption = None,
    effort: EffortOption = None,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Look for a watermark and nothing else: no manifest, no registry."""
    inputs = expand(files)
    defaults = current()
    limits = defaults.limits
    keys = detection_keys(key, defaults)
    looked = effort or defaults.settings.watermark.effort
    if not keys:
        raise UsageError(
            "There is no watermark key to look with.",
            hint="Only the key that a picture was marked with finds its mark: name it with --key, "
            "or add it to your key ring with `indelible keys add FILE --detect-only`.",
        )

    def work(item: Input) -> Detection:
        image = imaging.open_image(item.source(limits), limits=limits)
        return watermark.detect(image.decode(tolerant=True).pixels, keys, effort=looked)

    def as_json(outcome: Outcome[Detection]) -> dict[str, Any]:
        return {**_as_json(outcome), "effort": looked}

    done = collect(inputs, work, jobs=jobs, title="detecting", as_json=as_json if json else None)
    if not json and any(outcome.value is not None for outcome in done):
        rows = [(outcome.item.name, outcome.value) for outcome in done]
        answer(drawn_table(wording.detection_table(rows)))
    raise typer.Exit(worst(done, lambda found: 0 if found.found else 1))


def _as_json(outcome: Outcome[Detection]) -> dict[str, Any]:
    found = outcome.value or Detection(found=False)
    answered: dict[str, Any] = {
        "file": outcome.item.name,
        "found": found.found,
        "payload": None if found.payload is None else found.payload.hex(),
        "false_positive_probability": found.false_positive_probability,
        "key_id": found.key_id,
        "algorithm": found.algorithm,
        "geometry": None if found.geometry is None else found.geometry.tolist(),
    }
    if outcome.error is not None:
        answered.update(error_fields(outcome.error))
    return answered
