"""What Firstline says that is not an answer from the company's knowledge; the texts are in ``locales``."""

from __future__ import annotations

from enum import StrEnum

from firstline.domain.locales import DEFAULT, text, texts
from firstline.domain.turn import Intent, Reason

PERSON_OFFER = text("person_offer")

_SOCIAL = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK)


def social_text(intent: Intent, name: str, language: str = DEFAULT) -> str:
    """Return the answer to a greeting, thanks and the like; a greeting is by the first of ``name``'s words.

    Raises
    ------
    ValueError
        The intent is none that is answered by a word alone.
    """
    if intent not in _SOCIAL:
        raise ValueError(f"{intent} is not answered by a word")
    if name.strip() and intent is Intent.GREETING:
        return text("greeting_named", language, name=name.split()[0])
    return text(intent.value, language)


def clarifying_text(topics: tuple[str, ...], language: str = DEFAULT) -> str:
    """Return the question that asks back: which of two topics, or for other words where there are not two."""
    if len(topics) != 2:
        return text("nothing_found", language)
    return text("clarify_topics", language, first=topics[0], second=topics[1])


class OwnerAction(StrEnum):
    """How a conversation changes hands."""

    TAKEN = "taken"
    HANDED_BACK = "handed_back"
    TRANSFERRED = "transferred"
    CLOSED = "closed"


def handover_text(
    reason: Reason,
    ticket_id: str,
    *,
    already_open: bool,
    away: str = "",
    back_at: str = "",
    language: str = DEFAULT,
) -> str:
    """Return what the customer is told of a handover.

    Parameters
    ----------
    away : str
        The offline message where people are not there now, else empty.
    back_at : str
        From when they are, in words; empty where that is not known.
    """
    when = text("handover_when", language, time=back_at) if away and back_at else ""
    if already_open:
        return text("handover_open", language, ticket=ticket_id, when=when)
    own = f"handover_{reason.value}"
    why = text(own if own in texts(DEFAULT) else "handover_other", language)
    if not away:
        return f"{why} {text('handover_joins', language, ticket=ticket_id)}"
    return f"{why} {away} {text('handover_away', language, ticket=ticket_id, when=when)}"


def ownership_text(action: OwnerAction, name: str, language: str = DEFAULT) -> str:
    """Return the line of the conversation's log that tells of a change of hands; ``name`` may be empty."""
    return text(f"owner_{action.value}", language, name=name or text("somebody", language))
