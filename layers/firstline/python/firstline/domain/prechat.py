"""What a visitor answers before the conversation, held against what the site asks."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.contact import Contact, EmailAddress, PersonName, PrechatRequiredError, consent_sha256
from firstline.domain.sites import Prechat


class PrechatAnswers(BaseModel):
    """The form as it was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: PersonName = Field(default="", description="What the visitor wants to be called")
    email: EmailAddress | None = Field(default=None, description="Where answers go while the visitor is away")
    consent: bool = Field(default=False, description="The visitor agrees to the site's text")


def contact_of(asked: Prechat | None, answers: PrechatAnswers | None, *, now: datetime, vouched: bool) -> Contact:
    """Return what is kept of a visitor's answers.

    Parameters
    ----------
    asked : Prechat or None
        What the site wants to know; what it does not ask for is not kept.
    vouched : bool
        The company itself says who it is: nothing is required of them.

    Raises
    ------
    PrechatRequiredError
        Something that is required is missing; the message names all of it.
    """
    if asked is None or not asked.asks:
        return Contact()
    given = answers or PrechatAnswers()
    name = given.name if asked.name != "no" else ""
    email = given.email if asked.email != "no" and given.email else ""
    agreed = given.consent and bool(asked.consent)
    missing = [
        field
        for field, lacks in (
            ("name", asked.name == "required" and not name),
            ("email", asked.email == "required" and not email),
            ("consent", bool(asked.consent) and not agreed),
        )
        if lacks
    ]
    if missing and not vouched:
        raise PrechatRequiredError(f"this site needs from you before a conversation: {', '.join(missing)}")
    return Contact(
        name=name,
        email=email,
        consent_at=now if agreed else None,
        consent_sha256=consent_sha256(asked.consent) if agreed else "",
    )
