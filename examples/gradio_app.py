"""A Gradio interface that hands out signed files.

Run it: ``python -m examples.gradio_app``. It needs the extra ``gradio``.
"""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

import gradio
import numpy as np
from numpy.typing import NDArray

from examples.image_generator import ACME, generate
from indelible import Protector
from indelible.integrations.gradio import protected


@protected(Protector.from_settings(generator=ACME))
def draw(seed: float) -> NDArray[np.uint8]:
    """Stand in for a model."""
    return generate(int(seed))


if __name__ == "__main__":
    gradio.Interface(draw, gradio.Number(value=1, precision=0), gradio.Image(format="png")).launch()
