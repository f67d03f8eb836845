"""The whole way of one photograph: protect it, lose its metadata, recover its credentials.

Run ``make demo``, or ``python -m examples.demo [PICTURE]``. Everything lands in ``demo-output/``.
"""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

import indelible
from examples import contact_sheet
from indelible import IndelibleError, imaging
from indelible.credentials import Generator
from indelible.files import read_bytes, write_atomic
from indelible.protection import ProtectedImage
from indelible.verification import Verification

OUTPUT = Path("demo-output")
GENERATOR = Generator(name="Demo Generator", version="1.0", model="demo-model")

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to the photograph."""

    original: Pixels
    protected: ProtectedImage
    before: Verification
    reposted: bytes
    after: Verification

    @property
    def recovered(self) -> bool:
        """Whether the repost led back to the manifest that was signed."""
        return self.after.registry.manifest_id == self.protected.manifest_id


def photograph() -> Path:
    """Return a photograph inside scikit-image's package: Eileen Collins, NASA, public domain."""
    import skimage  # noqa: PLC0415 - only needed where no picture is given

    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def repost(data: bytes) -> bytes:
    """Do what a social network does: drop the metadata, crop, and compress with JPEG 75."""
    pixels = imaging.decode(data).pixels
    height, width = pixels.shape[:2]
    top, left = height // 9, width // 7
    cropped = np.ascontiguousarray(pixels[top : height - height // 12, left : width - width // 16])
    return imaging.encode(cropped, "jpeg", quality=75)


def tell(source: Path, folder: Path) -> Story:
    """Protect a picture, verify it, repost it, verify it again."""
    folder.mkdir(parents=True, exist_ok=True)
    original = imaging.decode(read_bytes(source)).pixels
    protected = indelible.protect(
        source, folder / "protected.jpg", generator=GENERATOR, overwrite=True
    )
    reposted = repost(protected.data)
    write_atomic(folder / "reposted.jpg", reposted, overwrite=True)
    return Story(
        original=original,
        protected=protected,
        before=indelible.verify(folder / "protected.jpg"),
        reposted=reposted,
        after=indelible.verify(folder / "reposted.jpg"),
    )


def draw(story: Story, folder: Path) -> Path:
    """Put the original, the protected, the difference and the reposted picture side by side."""
    original = contact_sheet.as_rgb(story.original)
    protected = contact_sheet.as_rgb(imaging.decode(story.protected.data).pixels)
    compressed = imaging.decode(imaging.encode(original, "jpeg")).pixels
    both = contact_sheet.psnr(original, protected)
    codec = contact_sheet.psnr(original, compressed)
    sheet = contact_sheet.draw(
        [
            ("Original", "as it came", original),
            (
                "Protected",
                f"watermark, manifest, JPEG: {both:.1f} dB (JPEG alone: {codec:.1f})",
                protected,
            ),
            (
                "Difference x 20",
                "mark and JPEG compression; grey is none",
                contact_sheet.difference(original, protected, 20),
            ),
            (
                "Reposted",
                f"no metadata, cropped, JPEG 75: {story.after.verdict}",
                contact_sheet.as_rgb(imaging.decode(story.reposted).pixels),
            ),
        ]
    )
    path = folder / "demo.png"
    write_atomic(path, imaging.encode(sheet, "png"), overwrite=True)
    return path


def show(story: Story, picture: Path, console: Console) -> None:
    """Print the verdicts before and after, and what was recovered."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "protected", "reposted"):
        table.add_column(heading, overflow="fold")
    before, after = story.before, story.after
    for label, left, right in (
        ("verdict", f"[bold]{before.verdict}[/]", f"[bold]{after.verdict}[/]"),
        ("manifest in the file", before.credential.state, after.credential.state),
        ("watermark id", _payload(before), _payload(after)),
        ("registry", before.registry.state, after.registry.state),
    ):
        table.add_row(label, left, right)
    console.print(table)

    found = after.registry.credential
    if story.recovered and found is not None:
        facts = Table.grid(padding=(0, 2))
        for label, value in (
            ("generator", found.generator),
            ("time", found.time),
            ("manifest id", found.manifest_id),
            ("signer", f"{found.signer} (development: trusted on this machine only)"),
        ):
            facts.add_row(f"[dim]{label}[/]", escape(str(value)))
        console.print(
            Panel(facts, title="recovered through the watermark", title_align="left", style="cyan")
        )
    console.print(f"[italic]{escape(after.verdict.words.caution)}[/]\n")
    console.print("For this demo a photograph stands in for a generated picture.")
    console.print(f"Look at it: [bold green]{escape(str(picture.resolve()))}[/]", soft_wrap=True)
    command = Path(sys.executable).with_name("indelible")
    if command.exists():
        reposted = picture.with_name("reposted.jpg")
        line = f"{_short(command)} verify {_short(reposted)}"
        console.print(f"The whole report: [bold]{escape(line)}[/]", soft_wrap=True)


def _short(path: Path) -> str:
    """Return a path as somebody in this folder would type it."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _payload(result: Verification) -> str:
    payload = result.watermark.payload
    return "none found" if payload is None else payload.hex()


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(prog="demo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("image", nargs="?", type=Path, help="a picture of your own")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder (demo-output)")
    options = parser.parse_args(arguments)
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("indelible.engine").setLevel(logging.INFO)  # says when it compiles
    try:
        source = options.image or photograph()
        console.print(f"Protecting [bold]{escape(str(source))}[/]", soft_wrap=True)
        with errors.status("Working (the first run compiles the engine: up to a minute) ..."):
            story = tell(source, options.output)
            picture = draw(story, options.output)
        show(story, picture, console)
    except IndelibleError as error:
        errors.print(f"[bold red]error:[/] {escape(error.diagnostics())}", soft_wrap=True)
        return 1
    except ImportError as error:
        errors.print(
            f"[bold red]error:[/] {escape(str(error))}\nThe demo needs what `make demo` installs; "
            "or name a picture of your own.",
            soft_wrap=True,
        )
        return 1
    except OSError as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        errors.print("Interrupted.")
        return 130
    if not story.recovered:
        errors.print("The watermark did not survive the repost of this picture.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
