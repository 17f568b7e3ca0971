"""What a customer is told by mail where a person is asked; the texts are in ``locales``."""

from __future__ import annotations

from firstline.domain.locales import DEFAULT, text, texts
from firstline.domain.turn import Reason


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
        From when they are, in words; empty where that is not known.
    """
    when = text("handover_when", language, time=back_at) if away and back_at else ""
    if already_open:
        return text("mail.handover_open", language, when=when)
    if answered:
        return text("mail.handover_rest", language, when=when)
    known = texts(DEFAULT)
    keys = (f"mail.handover_{reason.value}", f"handover_{reason.value}", "handover_other")
    why = text(next(key for key in keys if key in known), language)
    return " ".join(filter(None, (why, away, text("mail.handover_answer", language, when=when))))
