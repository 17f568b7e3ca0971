"""What a customer has stated of themselves: kinds of facts, what their values may be, which of two stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.conversation import CommunicationStyle, Customer
from firstline.domain.errors import InvalidInputError
from firstline.domain.turn import Category

MAX_VALUE_CHARACTERS = 60


class FactKind(StrEnum):
    """What a fact is about; a customer has at most one of each kind."""

    NAME = "name"
    PRODUCT = "product"
    PLAN = "plan"
    LANGUAGE = "language"
    TONE = "tone"
    RECURRING_PROBLEM = "recurring_problem"


class Tone(StrEnum):
    """How a customer wants to be answered."""

    CONCISE = "concise"
    DETAILED = "detailed"
    SIMPLE = "simple"
    TECHNICAL = "technical"
    FORMAL = "formal"
    CASUAL = "casual"


class Provenance(StrEnum):
    """How we know."""

    STATED = "stated"
    """The customer's own words."""
    COUNTED = "counted"
    """The customer has asked about it so often."""
    ENTERED = "entered"
    """A person on our side has written it down."""


class EarlierValue(BaseModel):
    """The value that stood before."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    value: str
    provenance: Provenance
    stated_at: datetime


class Fact(BaseModel):
    """One thing known of a customer, where it comes from, and until when it is kept.

    ``value`` has passed ``checked_value``.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: FactKind
    value: str
    provenance: Provenance
    conversation_id: str = ""
    """Of the source message; empty where a person entered the fact."""
    seq: int = Field(default=0, ge=0)
    """Place of the source message in that conversation; 0 where a person entered the fact."""
    stated_at: datetime
    expires_at: datetime
    previous: EarlierValue | None = None

    @property
    def age(self) -> tuple[datetime, int]:
        """What decides which of two facts is the newer."""
        return self.stated_at.astimezone(UTC), self.seq

    def replaces(self, standing: Fact | None) -> bool:
        """Tell whether this newer fact may stand in the place of another, or of a forgotten one (None).

        What was only counted never displaces what somebody has said, or wanted forgotten.
        """
        if self.provenance is not Provenance.COUNTED:
            return True
        return standing is not None and standing.provenance is Provenance.COUNTED


_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019-](?=[^\W\d_])|\.(?=[^\W\d_]| |$)| (?=[^\W\d_]))*")
_PLAIN = re.compile(r"[^\W_](?:[\w.+&/'\u2019()-]| (?=[^\W_]))*")
_STYLES = {
    Tone.FORMAL: CommunicationStyle.FORMAL,
    Tone.CASUAL: CommunicationStyle.CASUAL,
    Tone.TECHNICAL: CommunicationStyle.TECHNICAL,
}


def checked_value(kind: FactKind, value: str) -> str:
    """Return a value as it is kept, without surrounding and repeated white space.

    Names are letters, plans and products letters, digits and a few signs, none with a line end or markup; a language
    is an ISO 639-1 code; a tone and a recurring problem are one of ``Tone`` and ``Category``.

    Raises
    ------
    InvalidInputError
        It is empty, over ``MAX_VALUE_CHARACTERS``, or not of its kind's form.
    """
    cleaned = " ".join(value.split())
    if not 1 <= len(cleaned) <= MAX_VALUE_CHARACTERS:
        raise InvalidInputError(f"a {kind} has 1 to {MAX_VALUE_CHARACTERS} characters")
    if not _fits(kind, cleaned):
        raise InvalidInputError(f"this is no value for {kind}; {_FORMS[kind]}")
    return cleaned


def as_remembered(customer: Customer, memory: Mapping[str, str]) -> Customer:
    """Return the profile with the language and the communication style that the customer has asked for.

    Parameters
    ----------
    memory : mapping of str to str
        Value by kind of fact.
    """
    changes: dict[str, object] = {}
    if FactKind.LANGUAGE in memory:
        changes["language"] = memory[FactKind.LANGUAGE]
    style = _STYLES.get(Tone(memory[FactKind.TONE])) if FactKind.TONE in memory else None
    if style is not None:
        changes["communication_style"] = style
    return customer.model_copy(update=changes)


_FORMS = {
    FactKind.NAME: "letters, spaces, hyphens and apostrophes",
    FactKind.PRODUCT: "letters, digits, spaces and . + & / ' ( ) -",
    FactKind.PLAN: "letters, digits, spaces and . + & / ' ( ) -",
    FactKind.LANGUAGE: "an ISO 639-1 code such as de",
    FactKind.TONE: "one of " + ", ".join(Tone),
    FactKind.RECURRING_PROBLEM: "one of " + ", ".join(Category),
}


def _fits(kind: FactKind, value: str) -> bool:
    if kind is FactKind.NAME:
        return _NAME.fullmatch(value) is not None
    if kind is FactKind.LANGUAGE:
        return re.fullmatch("[a-z]{2}", value) is not None
    if kind is FactKind.TONE:
        return value in set(Tone)
    if kind is FactKind.RECURRING_PROBLEM:
        return value in set(Category)
    return _PLAIN.fullmatch(value) is not None
