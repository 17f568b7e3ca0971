"""Files of a training: written whole, all at once, and only where they differ."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def replace_files(contents: Mapping[Path, bytes], *, write: bool) -> list[str]:
    """Return the names of the files whose content differs from what they shall hold; write all of them, or none.

    Each is written beside its place first and takes it when every other has been written too, so that a training that
    is stopped, or a full disk, leaves weights and card as they were.

    Raises
    ------
    OSError
        A file could not be written; none is changed.
    """
    changed = [path for path in contents if not path.is_file() or path.read_bytes() != contents[path]]
    if write and changed:
        written: dict[Path, str] = {}
        try:
            for path in changed:
                file, written[path] = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
                with os.fdopen(file, "wb") as beside:
                    beside.write(contents[path])
                Path(written[path]).chmod(0o644)
            for path in changed:
                Path(written.pop(path)).replace(path)
        finally:
            for left in written.values():
                Path(left).unlink(missing_ok=True)
    return [path.name for path in changed]
