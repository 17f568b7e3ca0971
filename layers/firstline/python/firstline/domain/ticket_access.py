"""Who asks for tickets, and which of them are theirs."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.ticket import Ticket
from firstline.domain.ticket_events import ASSISTANT, CUSTOMER


@dataclass(frozen=True)
class TicketParty:
    """Somebody of the company, a customer, or the assistant on a customer's behalf."""

    by: str
    """``customer``, ``assistant``, or the id of the person."""
    of_company: bool = False
    """Sees every ticket, and may change all of it."""
    customer_id: str = ""
    """The customer to whose tickets everything is confined."""
    conversation_id: str = ""
    """The conversation that they are in."""
    verified: bool = False
    """The company vouches for who the customer is."""

    @classmethod
    def person(cls, user_id: str) -> TicketParty:
        """Return an agent, an admin, or a server that holds the token of one."""
        return cls(user_id, of_company=True)

    @classmethod
    def customer(cls, customer_id: str, conversation_id: str, *, verified: bool) -> TicketParty:
        """Return a customer in their own session."""
        return cls(CUSTOMER, False, customer_id, conversation_id, verified)

    @classmethod
    def assistant(cls, customer_id: str, conversation_id: str, *, verified: bool) -> TicketParty:
        """Return the assistant, which may see and do no more than the customer it talks to."""
        return cls(ASSISTANT, False, customer_id, conversation_id, verified)

    def may_see(self, ticket: Ticket) -> bool:
        """Tell whether a ticket is theirs: the customer's, or of their conversation while nobody knows whose it is."""
        if self.of_company:
            return True
        if ticket.customer_id:
            return ticket.customer_id == self.customer_id
        return bool(self.conversation_id) and ticket.conversation_id == self.conversation_id
