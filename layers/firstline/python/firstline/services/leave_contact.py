"""Where a visitor wants to be answered while they are away."""

from __future__ import annotations

from firstline.domain.contact import Contact
from firstline.repositories.contacts import ContactRepository
from firstline.repositories.conversations import ConversationRepository


class LeaveContact:
    """Kept with the conversation, for the people who answer; nobody has proven it, and it opens nothing."""

    def __init__(self, conversations: ConversationRepository, contacts: ContactRepository) -> None:
        self._conversations = conversations
        self._contacts = contacts

    def leave_email(self, conversation_id: str, email: str) -> Contact:
        """Keep an address in the place of any before it. Raises ``NotFoundError``."""
        seen = self._conversations.get(conversation_id)
        contact = seen.contact.model_copy(update={"email": email})
        self._contacts.put(conversation_id, contact)
        return contact
