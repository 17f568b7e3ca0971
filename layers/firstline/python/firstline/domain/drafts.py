"""Drafts: an answer that a person gave, waiting to become knowledge."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.documents import CATEGORIES, DEFAULT_CATEGORY, category_slug
from firstline.domain.errors import ConflictError, InvalidInputError

LONGEST_QUESTION = 500
LONGEST_ANSWER = 20_000
LONGEST_URL = 2_000
_SLUG_CHARACTERS = 60


class DraftChangedError(ConflictError):
    """The draft is no longer the version that was read."""


class DraftDecidedError(ConflictError):
    """The draft was approved or rejected already."""


class DraftNotServedError(ConflictError):
    """Only an approved draft can be withdrawn."""


class InvalidDraftError(InvalidInputError):
    """A draft's question, answer, category or address does not fit."""


class DraftKind(StrEnum):
    """What the draft becomes."""

    FAQ = "faq"
    ARTICLE = "article"


class DraftStatus(StrEnum):
    """Where the draft stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Approved once, and taken out of the knowledge again."""


class DraftDecision(StrEnum):
    """What a person decides about a draft."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class DraftOrigin(StrEnum):
    """Where the answer comes from."""

    PERSON = "person"
    TICKETS = "tickets"


class DraftContent(BaseModel):
    """What would be served."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: DraftKind = DraftKind.FAQ
    question: str
    """Of an article, its title."""
    answer: str
    """Markdown."""
    category: str = DEFAULT_CATEGORY
    url: str = ""


class Draft(BaseModel):
    """A draft with its history."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    draft_id: str
    content: DraftContent
    status: DraftStatus = DraftStatus.DRAFT
    version: int = Field(default=1, ge=1)
    """Raised by every change; what ``If-Match`` names."""
    origin: DraftOrigin = DraftOrigin.PERSON
    support: int = Field(default=0, ge=0)
    """Tickets behind it."""
    agreement: float = Field(default=1.0, ge=0.0, le=1.0)
    """Share of these tickets that were resolved in this way."""
    created_at: datetime
    created_by: str
    edited_by: str = ""
    """Who last changed the content, where somebody did."""
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    """Why it was rejected, or the rule by which it was approved."""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawal_reason: str = ""
    served_at: datetime | None = None
    """When it was found to be in the index; None as long as it is not."""

    @property
    def object_key(self) -> str:
        """Where an approved draft lies among the knowledge: always the same, so that approving again adds nothing."""
        name = f"{slug(self.content.question)}-{self.draft_id[-8:].lower()}"
        if self.content.kind is DraftKind.ARTICLE:
            return f"articles/approved/{name}.md"
        return f"faqs/approved/{name}.jsonl"


def checked_content(
    question: str, answer: str, *, category: str = "", url: str = "", kind: DraftKind = DraftKind.FAQ
) -> DraftContent:
    """Return a draft's content in the form it is kept.

    The question is put on one line; an empty category is ``general_inquiry``.

    Raises
    ------
    InvalidDraftError
        Question or answer is empty or too long (500 and 20,000 characters), holds control characters or half a
        surrogate pair; the category is not one of ``CATEGORIES``; the address is not http or https.
    """
    one_line = " ".join(_checked(question, "question", LONGEST_QUESTION).split())
    body = _checked(answer, "answer", LONGEST_ANSWER)
    named = category_slug(category) or DEFAULT_CATEGORY
    if named not in CATEGORIES:
        raise InvalidDraftError(f"category must be one of {', '.join(CATEGORIES)}")
    address = url.strip()
    if address and (len(address) > LONGEST_URL or not re.fullmatch(r"https?://[^\s<>\"\x00-\x1f\x7f]+", address)):
        raise InvalidDraftError("url must be an address that begins with http:// or https://")
    return DraftContent(kind=kind, question=one_line, answer=body, category=named, url=address)


def slug(text: str) -> str:
    """Return a name for files: a-z, digits and hyphens, cut between words; ``question`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:_SLUG_CHARACTERS]
        if len(longer) > _SLUG_CHARACTERS:
            break
        name = longer
    return name or "question"


def _checked(text: str, name: str, longest: int) -> str:
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not cleaned or len(cleaned) > longest:
        raise InvalidDraftError(f"{name} must have 1 to {longest} characters")
    for letter in cleaned:
        kind = unicodedata.category(letter)
        if kind == "Cs" or (kind == "Cc" and letter not in "\n\t"):
            raise InvalidDraftError(f"{name} holds the character U+{ord(letter):04X}, which is no text")
    return cleaned
