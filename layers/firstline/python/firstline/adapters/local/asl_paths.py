"""Reference paths and payload templates of the Amazon States Language, as far as Firstline uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firstline.domain.errors import FirstlineError

_REFERENCE_PATH = re.compile(r"(\$\$?)((?:\.[A-Za-z_][A-Za-z0-9_]*)*)")
_CONTEXT_PATHS = frozenset({"$$.Execution.Id", "$$.Execution.Name", "$$.State.Name", "$$.State.RetryCount"})


class UnsupportedPathError(FirstlineError):
    """A path is not one of those that the local interpreter follows."""


class PathNotFoundError(FirstlineError):
    """A path leads to nothing in this document."""


class ResultPathMismatchError(FirstlineError):
    """A result cannot be put where its path leads, because a value that is no object is in the way."""


@dataclass(frozen=True, slots=True)
class ReferencePath:
    """A place in the state's document (``$.a.b``) or in the context object (``$$.Execution.Id``).

    Parameters
    ----------
    text : str
        The path as written.
    steps : tuple of str
        Field names from the root on; empty for the root itself.
    of_context : bool
        Whether it starts at the context object.
    """

    text: str
    steps: tuple[str, ...]
    of_context: bool

    @classmethod
    def parse(cls, text: object) -> ReferencePath:
        """Read a path of field names.

        Raises
        ------
        UnsupportedPathError
            It is no string, or has anything else than field names (indexes, filters, intrinsic functions), or names
            a part of the context object that the interpreter does not keep.
        """
        match = _REFERENCE_PATH.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise UnsupportedPathError(f"{text!r} is not a path of field names")
        of_context = match[1] == "$$"
        if of_context and match[0] not in _CONTEXT_PATHS:
            raise UnsupportedPathError(f"{text!r} is not one of {sorted(_CONTEXT_PATHS)}")
        return cls(text=match[0], steps=tuple(match[2].split(".")[1:]), of_context=of_context)

    def read(self, document: Any, context: Mapping[str, Any]) -> Any:
        """Return what is there, not copied.

        Raises
        ------
        PathNotFoundError
        """
        value: Any = context if self.of_context else document
        for step in self.steps:
            if not isinstance(value, Mapping) or step not in value:
                raise PathNotFoundError(self.text)
            value = value[step]
        return value

    def write(self, document: Any, value: Any) -> Any:
        """Return the document with the value put there; the given document stays as it is.

        Objects that are missing on the way are made.

        Raises
        ------
        ResultPathMismatchError
        """
        if not self.steps:
            return value
        if not isinstance(document, dict):
            raise ResultPathMismatchError(self.text)
        root = dict(document)
        parent = root
        for step in self.steps[:-1]:
            child = parent.get(step, {})
            if not isinstance(child, dict):
                raise ResultPathMismatchError(self.text)
            parent[step] = dict(child)
            parent = parent[step]
        parent[self.steps[-1]] = value
        return root


@dataclass(frozen=True, slots=True)
class PayloadTemplate:
    """The object in a ``Parameters`` field: constants, and fields filled from paths.

    Parameters
    ----------
    constants : mapping
        Fields taken as they are.
    references : mapping of str to ReferencePath
        Fields written as ``name.$``, by ``name``.
    nested : mapping of str to PayloadTemplate
        Objects within.
    """

    constants: Mapping[str, Any]
    references: Mapping[str, ReferencePath]
    nested: Mapping[str, PayloadTemplate]

    @classmethod
    def parse(cls, template: Mapping[str, Any]) -> PayloadTemplate:
        """Read a template.

        Raises
        ------
        UnsupportedPathError
            A path cannot be followed, a field is given twice, or an array holds an object (whose paths would not be
            looked at).
        """
        constants: dict[str, Any] = {}
        references: dict[str, ReferencePath] = {}
        nested: dict[str, PayloadTemplate] = {}
        for field, value in template.items():
            if field.endswith(".$"):
                if field[:-2] in template:
                    raise UnsupportedPathError(f"both {field!r} and {field[:-2]!r} are given")
                references[field[:-2]] = ReferencePath.parse(value)
            elif isinstance(value, dict):
                nested[field] = cls.parse(value)
            elif _holds_object(value):
                raise UnsupportedPathError(f"the array {field!r} holds an object")
            else:
                constants[field] = value
        return cls(constants, references, nested)

    def render(self, document: Any, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object with its paths followed; what they lead to is not copied.

        Raises
        ------
        PathNotFoundError
        """
        payload = dict(self.constants)
        for field, path in self.references.items():
            payload[field] = path.read(document, context)
        for field, template in self.nested.items():
            payload[field] = template.render(document, context)
        return payload


def _holds_object(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) or _holds_object(part) for part in value)
