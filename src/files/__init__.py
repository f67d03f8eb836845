"""Files: bounded reads, private folders, and writes of which nothing half-done is ever visible.

Pictures and other inputs and outputs of a call fail with errors of ours, which say what to do
(`read_bytes`, `stage`, `write_atomic`, `append_line`). Keys, certificates, settings and databases
fail with `OSError` (the other functions), because only the caller can say what the file is for.
"""

from indelible.files.reading import open_regular, read_bytes, read_file, read_private_file
from indelible.files.writing import (
    StagedFile,
    append_line,
    make_private_folder,
    stage,
    stage_with,
    write_atomic,
    write_new_private_file,
)

__all__ = [
    "StagedFile",
    "append_line",
    "make_private_folder",
    "open_regular",
    "read_bytes",
    "read_file",
    "read_private_file",
    "stage",
    "stage_with",
    "write_atomic",
    "write_new_private_file",
]
