"""What is wrong with data given to evaluate."""

from __future__ import annotations

from pathlib import Path

from firstline.domain.errors import InvalidInputError


class InvalidDataError(InvalidInputError):
    """A file of the data does not fit; the message names file and line.

    Parameters
    ----------
    file : Path
    line : int
        From 1; 0 where the file as a whole is meant.
    reason : str
    """

    def __init__(self, file: Path, line: int, reason: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
