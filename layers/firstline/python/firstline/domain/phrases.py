"""What Firstline says that is not an answer from the company's knowledge."""

from __future__ import annotations

from enum import StrEnum

from firstline.domain.turn import Intent, Reason

SOCIAL = {
    Intent.GREETING: "Hello! What can I help you with?",
    Intent.THANKS: "You are welcome! Is there anything else I can help with?",
    Intent.GOODBYE: "Goodbye, and thank you for writing. This chat stays open if anything else comes up.",
    Intent.FEEDBACK: "Thank you for telling us. I have kept your feedback with this conversation.",
}


def social_text(intent: Intent, name: str) -> str:
    """Return the answer to a greeting, thanks and the like; a greeting is by the first of ``name``'s words."""
    text = SOCIAL[intent]
    return text.replace("Hello!", f"Hello {name.split()[0]}!") if name and intent is Intent.GREETING else text


NOTHING_FOUND = (
    "I could not find this in our help articles. Could you describe it in other words, for example what you were doing "
    "and what you saw? If I still find nothing, I will ask a colleague to look at it."
)

PERSON_REQUEST = "I want to talk to a human."
"""What a customer says by a button; it is classified as what it is."""

ATTACHED_ONLY = "I have attached a file."
"""What a customer says who sends files and no words."""

PERSON_OFFER = "This topic has come up a few times now. If you would rather talk to a person, just say so."

_HANDOVER = {
    Reason.EXPLICIT_REQUEST: "I am passing you on to a colleague.",
    Reason.HIGH_FRUSTRATION: "I am sorry about the trouble you have had. I am passing this to a colleague.",
    Reason.NEGATIVE_SENTIMENT: "I am sorry that this has gone badly. I am passing this to a colleague.",
    Reason.LEGAL: "This is a matter that one of our people should look at. I am passing it on.",
    Reason.NO_PROGRESS: "I am not getting any further with this, so I am passing it to a colleague.",
    Reason.STILL_NOTHING_FOUND: "I still find nothing on this in our articles, so I am passing it to a colleague.",
    Reason.BOT_PAUSED: "The assistant does not answer at the moment, so I am passing this to a colleague.",
    Reason.ATTACHMENT: "I cannot tell from the file you sent, so I am passing it to a colleague.",
    Reason.FAILURE: "Something went wrong on our side, so I am passing this to a colleague.",
}


class OwnerAction(StrEnum):
    """How a conversation changes hands."""

    TAKEN = "taken"
    HANDED_BACK = "handed_back"
    TRANSFERRED = "transferred"
    CLOSED = "closed"


def handover_text(reason: Reason, ticket_id: str, *, already_open: bool, away: str = "", back_at: str = "") -> str:
    """Return what the customer is told of a handover.

    Parameters
    ----------
    away : str
        The offline message where people are not there now, else empty.
    back_at : str
        From when they are, in words; empty where that is not known.
    """
    when = f" from {back_at}" if away and back_at else ""
    if already_open:
        told = f"A colleague already has this under ticket {ticket_id} and will answer here{when}."
        return f"{told} I have added your message."
    if not away:
        return f"{_HANDOVER[reason]} A person will join you here. Your ticket is {ticket_id}."
    return f"{_HANDOVER[reason]} {away} Your ticket is {ticket_id}; somebody will answer here{when}."


def ownership_text(action: OwnerAction, name: str) -> str:
    """Return the line of the conversation's log that tells of a change of hands; ``name`` may be empty."""
    who = name or "A person"
    return {
        OwnerAction.TAKEN: f"{who} has joined the conversation.",
        OwnerAction.TRANSFERRED: f"{who} has taken over the conversation.",
        OwnerAction.HANDED_BACK: "The assistant is back in the conversation.",
        OwnerAction.CLOSED: "The conversation was closed.",
    }[action]
