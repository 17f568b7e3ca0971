"""Typed reading of the fields of a state machine's objects; whatever is foreign is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.adapters.local.asl_paths import PayloadTemplate, ReferencePath, UnsupportedPathError
from firstline.domain.errors import FirstlineError


class UnsupportedStateMachineError(FirstlineError):
    """A state machine has something that the local interpreter does not carry out as AWS would."""


class Fields:
    """The fields of one object of a state machine.

    Every method raises ``UnsupportedStateMachineError``, which names the object and the field.

    Parameters
    ----------
    where : str
        What the object is, for messages.
    definition : object
        The object; anything but a mapping is refused, and so is one with a field outside ``known``.
    known : frozenset of str
        The fields it may have.
    """

    def __init__(self, where: str, definition: object, known: frozenset[str]) -> None:
        if not isinstance(definition, Mapping):
            raise UnsupportedStateMachineError(f"{where}: must be an object, is {definition!r}")
        self._where = where
        self._definition = definition
        for name in definition:
            if name not in known:
                raise self.refusal(name, f"not one of those the local interpreter carries out: {sorted(known)}")

    def refusal(self, name: str, reason: str) -> UnsupportedStateMachineError:
        """Return the error that names this object and one of its fields."""
        return UnsupportedStateMachineError(f"{self._where}: field {name!r}: {reason}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; without a default it must be there and not empty."""
        value = self._definition.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.refusal(name, f"must be a string, is {value!r}")
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of a few strings."""
        value = self._definition.get(name, default)
        if value not in choices:
            raise self.refusal(name, f"must be one of {choices}, is {value!r}")
        return str(value)

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return an integer within bounds, both included."""
        value = self._definition.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refusal(name, f"must be an integer from {least} to {most}, is {value!r}")
        return value

    def number(self, name: str, default: float, *, least: float) -> float:
        """Return a finite number of at least ``least``."""
        value = self._definition.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
            raise self.refusal(name, f"must be a number of at least {least}, is {value!r}")
        return float(value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object that has at least one field."""
        value = self._definition.get(name)
        if not isinstance(value, Mapping) or not value:
            raise self.refusal(name, f"must be an object with fields, is {value!r}")
        return value

    def objects(self, name: str, known: frozenset[str]) -> list[Fields]:
        """Return the entries of an array of objects, each checked for foreign fields; none if the field is absent."""
        value = self._definition.get(name, [])
        if not isinstance(value, list):
            raise self.refusal(name, f"must be an array, is {value!r}")
        return [Fields(f"{self._where}: {name}[{position}]", entry, known) for position, entry in enumerate(value)]

    def error_names(self, states_errors: frozenset[str]) -> frozenset[str]:
        """Return ``ErrorEquals``: names of errors, or ``States.ALL`` alone.

        Of the names that begin with ``States.``, only those in ``states_errors`` are accepted.
        """
        names = self._definition.get("ErrorEquals")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise self.refusal("ErrorEquals", f"must be an array of names, is {names!r}")
        if "States.ALL" in names and len(names) > 1:
            raise self.refusal("ErrorEquals", "States.ALL must stand alone")
        for name in names:
            if name.startswith("States.") and name not in states_errors:
                raise self.refusal("ErrorEquals", f"{name!r} is an error that the local interpreter never reports")
        return frozenset(names)

    def template(self, name: str) -> PayloadTemplate:
        """Return a payload template."""
        value = self._definition.get(name)
        if not isinstance(value, dict):
            raise self.refusal(name, f"must be an object, is {value!r}")
        try:
            return PayloadTemplate.parse(value)
        except UnsupportedPathError as error:
            raise self.refusal(name, str(error)) from error

    def result_path(self, name: str) -> ReferencePath:
        """Return a path into the document; ``$`` if the field is absent."""
        try:
            path = ReferencePath.parse(self._definition.get(name, "$"))
        except UnsupportedPathError as error:
            raise self.refusal(name, str(error)) from error
        if path.of_context:
            raise self.refusal(name, "nothing can be written to the context object")
        return path
