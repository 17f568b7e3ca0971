"""YAML files of the company's own that settings name: a mapping of names to what each declares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

Refusal = Callable[[str], Exception]
"""Makes the error that a file of this kind is refused with."""


def read_declarations(path: str, *, what: str, refusal: Refusal) -> dict[str, object]:
    """Return what a file declares, by name; nothing for no file.

    Parameters
    ----------
    path : str
        Empty for none.
    what : str
        What the file holds, in the plural, such as ``sites``.

    Raises
    ------
    Exception
        The one that ``refusal`` makes: the file is not there, not YAML, or no mapping.
    """
    if not path:
        return {}
    import yaml

    try:
        read = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise refusal(f"the file of {what}, {path}, cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise refusal(f"{path} must map names of {what} to what each of them is")
    return {str(name): content for name, content in read.items()}


def first_fault(path: str, name: str, error: ValidationError) -> str:
    """Return the first thing that is wrong with a declaration, and its place in the file; never what stands there."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in (name, *first["loc"]))
    return f"{path}: {place}: {first['msg']}"
