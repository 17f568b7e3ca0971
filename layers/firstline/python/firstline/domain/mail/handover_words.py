"""What a customer is told by mail where a person is asked; the texts are in ``locales``."""

from __future__ import annotations

from firstline.domain.locales import DEFAULT, text
from firstline.domain.turn import Reason

_OF_REASON = {
    Reason.EXPLICIT_REQUEST: "explicit_request",
    Reason.HIGH_FRUSTRATION: "sorry",
    Reason.NEGATIVE_SENTIMENT: "sorry",
    Reason.SAFETY: "safety",
    Reason.ATTACHMENT: "attachment",
    Reason.NOTHING_FOUND: "nothing_found",
    Reason.STILL_NOTHING_FOUND: "nothing_found",
}
"""All others are ours alone: how sure the assistant is, or what has failed, is nothing to a customer."""
_WITHOUT_SPACES = ("ja", "zh")


def mail_handover_text(
    reason: Reason,
    *,
    already_open: bool,
    answered: bool = False,
    away: str = "",
    back_at: str = "",
    language: str = DEFAULT,
) -> str:
    """Return the acknowledgement: why, and from when somebody answers, by mail.

    The ticket's number stands in the mail around it.

    Parameters
    ----------
    already_open : bool
        People have the thread already.
    answered : bool
        It follows an answer, and is about what that leaves open.
    away : str
        The offline message where people are not there now, else empty.
    back_at : str
        From when they are, in words (``when.from_moment``); empty where that is not known.
    """
    when = text("mail.when", language, time=back_at) if away and back_at else ""
    if already_open:
        return text("mail.handover_open", language, when=when)
    if answered:
        return text("mail.handover_rest", language, when=when)
    why = text(f"mail.handover_{_OF_REASON.get(reason, 'other')}", language)
    said = (why, away, text("mail.handover_answer", language, when=when))
    return ("" if language.startswith(_WITHOUT_SPACES) else " ").join(filter(None, said))


def away_words(offline_message: str, language: str = DEFAULT) -> str:
    """Return a company's own offline message; that of mail, in this language, where it has none of its own."""
    return text("mail.away", language) if offline_message == text("offline_message") else offline_message
