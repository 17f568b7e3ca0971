"""What Firstline says that is not an answer from the company's knowledge."""

from __future__ import annotations

from firstline.domain.turn import Intent, Reason

SOCIAL = {
    Intent.GREETING: "Hello! What can I help you with?",
    Intent.THANKS: "You are welcome! Is there anything else I can help with?",
    Intent.GOODBYE: "Goodbye, and thank you for writing. This chat stays open if anything else comes up.",
    Intent.FEEDBACK: "Thank you for telling us. I have kept your feedback with this conversation.",
}

NOTHING_FOUND = (
    "I could not find this in our help articles. Could you describe it in other words, for example what you were doing "
    "and what you saw? If I still find nothing, I will ask a colleague to look at it."
)

PERSON_OFFER = "This topic has come up a few times now. If you would rather talk to a person, just say so."

_HANDOVER = {
    Reason.EXPLICIT_REQUEST: "I am passing you on to a colleague.",
    Reason.HIGH_FRUSTRATION: "I am sorry about the trouble you have had. I am passing this to a colleague.",
    Reason.NEGATIVE_SENTIMENT: "I am sorry that this has gone badly. I am passing this to a colleague.",
    Reason.LEGAL: "This is a matter that one of our people should look at. I am passing it on.",
    Reason.NO_PROGRESS: "I am not getting any further with this, so I am passing it to a colleague.",
    Reason.STILL_NOTHING_FOUND: "I still find nothing on this in our articles, so I am passing it to a colleague.",
    Reason.FAILURE: "Something went wrong on our side, so I am passing this to a colleague.",
}


def handover_text(reason: Reason, ticket_id: str, *, already_open: bool) -> str:
    """Return what the customer is told of a handover."""
    if already_open:
        return f"A colleague already has this under ticket {ticket_id} and will answer here. I have added your message."
    return f"{_HANDOVER[reason]} Your ticket is {ticket_id}; the answer will come here."
