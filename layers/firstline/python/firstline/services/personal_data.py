"""Personal data hidden from the language model behind placeholders, and put back into what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from firstline.domain.language_model import ToolCall
from firstline.domain.pii_placeholders import held_back, hide, restore

_PERSONAL = frozenset({"name", "email", "phone", "address"})
"""Kinds of remembered facts that tell who somebody is."""


class PersonalData:
    """Of one turn: the same value has the same placeholder in all that the model is given. Off, it changes nothing."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on
        self._known: dict[str, str] = {}
        self._held = ""

    def hide(self, text: str) -> str:
        """Return a text with placeholders."""
        if self.is_on:
            text, self._known = hide(text, self._known)
        return text

    def remember(self, facts: Mapping[str, str]) -> None:
        """Take what is known of the customer, by kind of fact: from now on it is hidden wherever it stands."""
        for kind in _PERSONAL & facts.keys():
            self._known.setdefault(f"[{kind}_{len(self._known) + 1}]", facts[kind])

    def restored(self, text: str) -> str:
        """Return a text with its placeholders undone."""
        return restore(text, self._known) if self.is_on else text

    def restore_stream(self, text: str) -> str:
        """Return what can be told so far of a text that comes in pieces; what may begin a placeholder is held back."""
        if not self.is_on:
            return text
        self._held += text
        cut = len(self._held) - held_back(self._held)
        told, self._held = self._held[:cut], self._held[cut:]
        return self.restored(told)

    def restore_rest(self) -> str:
        """Return what was held back."""
        told, self._held = self._held, ""
        return self.restored(told)

    def restored_call(self, call: ToolCall) -> ToolCall:
        """Return a call with the placeholders in its arguments undone."""
        return replace(call, arguments=self._undone(dict(call.arguments))) if self.is_on else call

    def _undone(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.restored(value)
        if isinstance(value, dict):
            return {name: self._undone(inner) for name, inner in value.items()}
        return [self._undone(inner) for inner in value] if isinstance(value, list) else value
