"""Orders to forget: what must be known to carry one out once what it is about is gone."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

FORGOTTEN = "The customer deleted the conversation."
"""What people read in its ticket."""


class Erasure(BaseModel):
    """One conversation that is to be forgotten."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    conversation_id: str
    site_id: str
    user_id: str = ""
    """The customer's name at the company, where it is proven; they stay, with their other conversations."""
    customer_ids: tuple[str, ...] = ()
    """Of the visitor, who goes with it, or of the known customer, from whom only what was learned here is taken."""
    ticket_ids: tuple[str, ...] = ()
    message_times: tuple[str, ...] = ()
    """When the customer's messages came (ISO 8601, UTC): facts that stand behind newer ones are known by it."""
    passed_once: bool = False
    """Everything was removed; what functions that were still at work have written since is removed once more."""
    due_key: str = ""
    """Its place among what is due; changes whenever somebody takes it up."""


class CustomerErasure(BaseModel):
    """One customer who is to be forgotten everywhere."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    customer_id: str
    user_id: str = ""
    """The customer's name at the company, where it is proven."""
    by: str
    """Id of who asked for it."""
    asked_at: datetime
    at_work: tuple[str, ...] = ()
    """Conversations that are being forgotten: a round that broke off may have left some half done."""
    passed_once: bool = False
    """Everything was removed; what functions that were still at work have written since is removed once more."""
    due_key: str = ""
    """Its place among what is due; changes whenever somebody takes it up."""
