"""What the checks of an answer found, for its receipt."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class GuardReason(StrEnum):
    """Why a sentence may not leave."""

    UNGROUNDED = "ungrounded"
    """The sources do not bear it out."""
    CONTRADICTED = "contradicted"
    """It is close to the sources and turns them round."""
    UNKNOWN_FIGURE = "unknown_figure"
    """A number, amount or date that no source states."""
    UNKNOWN_ADDRESS = "unknown_address"
    """A web address that no source has."""
    UNKNOWN_NAME = "unknown_name"
    """A product, code or other name that no source has."""
    PROMISE = "promise"
    """Promises, or says to have done, what no source states."""
    ADVICE = "advice"
    """Legal, medical or financial advice."""
    PERSONAL_DATA = "personal_data"
    """An address or number of a person that is neither the company's nor the customer's own."""
    SECRET = "secret"  # noqa: S105  # pragma: allowlist secret
    INSTRUCTIONS = "instructions"
    """Quotes the assistant's own instructions."""
    ASKS_SECRET = "asks_secret"  # noqa: S105  # pragma: allowlist secret
    """Asks the customer for a password, a code or a card's number."""
    TOXIC = "toxic"


class ForeignAnswers(StrEnum):
    """What becomes of an answer in another language than all of its sources."""

    HOLD = "hold"
    """It is compared word by word like any other, and does not pass: the articles answer themselves."""
    CITED = "cited"
    """It leaves sentence by sentence: each that states something must name a source that has its figures, codes and
    addresses, and promise nothing. Whether it turns a source's words into their opposite is not judged."""
    PASS = "pass"  # noqa: S105
    """It leaves if its figures, names and addresses are the sources' and it promises nothing; the receipt says so."""


class SentenceCheck(BaseModel):
    """What the check of one sentence found; never its words."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    score: float | None = Field(default=None, ge=0.0, le=1.0)
    """How far the sources bear it out; None where it states nothing or is in another language than they are."""
    cited: bool = False
    """The sources that it names itself bear it out."""
    ungrounded_language: bool = False
    """It states something in another language than all sources, which its words are not compared with."""
    reason: GuardReason | None = None


class GuardResult(BaseModel):
    """The checks of one answer, for its receipt."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    sentences: list[SentenceCheck] = Field(default_factory=list)
    """In order, the one that was held back last."""
    score: float = Field(default=1.0, ge=0.0, le=1.0)
    """Of the answer as a whole."""
    reason: GuardReason | None = None
    """Why it was held back; None where it was not."""
    ungrounded_language: bool = False
    """Some of it states something in another language than all sources: only its figures, names and addresses count."""
    ms: float = Field(default=0.0, ge=0.0)
    """Spent on the checks."""
