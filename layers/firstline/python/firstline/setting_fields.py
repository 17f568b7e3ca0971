"""How a setting is written down, documented and read from text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from firstline.domain.errors import InvalidInputError


class InvalidSettingError(InvalidInputError):
    """An environment variable is missing or its value does not fit; the message names it."""


@dataclass(frozen=True)
class Variable:
    """One environment variable, as documented."""

    name: str
    default: str | None
    """None where it must be set."""
    meaning: str


def setting(
    default: Any,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    check: Callable[[Any], object] | None = None,
) -> Any:
    """Return a field for text, a number or a truth value, with a number's range, or what refuses a value."""
    return field(default=default, metadata={"meaning": meaning, "low": low, "high": high, "check": check})


def choice(default: str, meaning: str, *choices: str) -> Any:
    """Return a field for one of several words."""
    return field(default=default, metadata={"meaning": meaning, "choices": choices})


def shown(default: Any) -> str | None:
    """Return a default as it is written in an environment."""
    if default is MISSING:
        return None
    return str(default).lower() if isinstance(default, bool) else str(default)


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def parse(name: str, text: str, kind: type, metadata: Mapping[str, Any]) -> Any:
    """Return a value of a type from text. Raises ``InvalidSettingError``."""
    if kind is bool:
        if text.strip().lower() not in _BOOLEANS:
            raise InvalidSettingError(f"{name} must be true or false, not {text!r}")
        return _BOOLEANS[text.strip().lower()]
    try:
        value = kind(text)
    except ValueError as error:
        raise InvalidSettingError(f"{name} must be of type {kind.__name__}, not {text!r}") from error
    choices, several = metadata.get("choices"), metadata.get("several")
    if choices and not set([part.strip() for part in value.split(",")] if several else [value]) <= set(choices):
        raise InvalidSettingError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    low, high = metadata.get("low"), metadata.get("high")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise InvalidSettingError(f"{name} must be within {low} and {high}, not {text!r}")
    if check := metadata.get("check"):
        try:
            check(value)
        except InvalidInputError as error:
            raise InvalidSettingError(str(error)) from error
    return value
