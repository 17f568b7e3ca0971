"""What becomes of mail, by what it is about: answered, drafted for a person, or left to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from firstline.domain.classified import Category
from firstline.domain.errors import InvalidInputError


class InvalidMailModesError(InvalidInputError):
    """``MAIL_MODES`` names a mode or a category that there is not, or names one twice."""


class MailMode(StrEnum):
    """What becomes of a mail."""

    ANSWER = "answer"
    """It is answered where the answer is sure enough."""
    DRAFT = "draft"
    """The answer is written, and goes out when a person has approved it."""
    TICKET = "ticket"
    """People answer; the sender gets an acknowledgement."""


@dataclass(frozen=True)
class MailModes:
    """A mode for each category."""

    default: MailMode = MailMode.ANSWER
    by_category: Mapping[Category, MailMode] = field(default_factory=dict)

    def of(self, category: Category) -> MailMode:
        """Return the mode of a category."""
        return self.by_category.get(category, self.default)

    @staticmethod
    def parse(text: str) -> MailModes:
        """Return the modes of a setting such as ``answer, billing_inquiry=draft, bug_report=ticket``.

        What names no category is the mode of all others; without it, that is ``answer``.

        Raises
        ------
        InvalidMailModesError
            It names a mode or a category that there is not, or one twice.
        """
        default: MailMode | None = None
        by_category: dict[Category, MailMode] = {}
        for part in (part.strip() for part in text.split(",")):
            if not part:
                continue
            name, sign, mode = (word.strip().lower() for word in part.partition("="))
            if not sign:
                if default is not None:
                    raise InvalidMailModesError(f"MAIL_MODES: {part!r} is a second mode for all categories")
                default = _mode(name)
                continue
            category = _category(name)
            if category in by_category:
                raise InvalidMailModesError(f"MAIL_MODES: {name} is named twice")
            by_category[category] = _mode(mode)
        return MailModes(default or MailMode.ANSWER, by_category)


def _mode(word: str) -> MailMode:
    try:
        return MailMode(word)
    except ValueError as error:
        raise InvalidMailModesError(f"MAIL_MODES: {word!r} is none of {', '.join(MailMode)}") from error


def _category(word: str) -> Category:
    try:
        return Category(word)
    except ValueError as error:
        raise InvalidMailModesError(f"MAIL_MODES: {word!r} is none of {', '.join(Category)}") from error
