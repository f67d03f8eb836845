"""Compile the engine beforehand: ``python -m indelible.watermark``.

For container images and installers: the first picture of every process that follows costs no
compiling. Without it each kernel is compiled when it is first needed.
"""

from __future__ import annotations

import sys
import time

from indelible import watermark
from indelible.watermark._kernels._jit import KERNELS

HINT = "Set NUMBA_CACHE_DIR to a folder that can be written here and read by later processes."


def main() -> int:
    """Compile every kernel that the engine uses; 0 if they are kept for the next process."""
    begun = time.perf_counter()
    for kernel in KERNELS:
        kernel.compile()
    seconds = time.perf_counter() - begun
    folders = {kernel.cache_folder for kernel in KERNELS}
    if None in folders:
        sys.stderr.write(f"The compiled kernels cannot be kept: no cache can be written. {HINT}\n")
        return 1
    sys.stdout.write(
        f"{watermark.ALGORITHM}: {len(KERNELS)} kernels ready after {seconds:.1f} s,"
        f" in {', '.join(sorted(map(str, folders)))}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
