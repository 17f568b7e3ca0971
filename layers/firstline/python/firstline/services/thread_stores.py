"""Where threads of mails lie that people merge and split."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.conversation import BOT, Channel, Conversation
from firstline.domain.errors import InvalidInputError
from firstline.domain.identity import Principal, Role
from firstline.domain.mail.routes import ThreadRoute
from firstline.domain.mail.thread import MailThread
from firstline.domain.ports import Table
from firstline.repositories.agents import AgentRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.ownership import OwnershipRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.own_conversation import owned_by


@dataclass(frozen=True)
class ThreadStores:
    """Where threads lie."""

    table: Table
    conversations: ConversationRepository
    threads: MailThreadRepository
    routes: ThreadRoutes
    ownership: OwnershipRepository
    agents: AgentRepository

    def of_mail(self, conversation_id: str, by: Principal) -> tuple[Conversation, MailThread, ThreadRoute]:
        """Return a conversation by mail that this person may rearrange.

        Raises
        ------
        NotFoundError, InvalidInputError
        ConversationOwnedError
            Another person owns it, unless ``by`` is an admin.
        """
        # The route is read first: what changes after it makes the write fail.
        route = self.routes.get(conversation_id)
        seen = self.conversations.get(conversation_id)
        thread = self.threads.find(conversation_id)
        if seen.channel is not Channel.EMAIL or thread is None:
            raise InvalidInputError(f"conversation {conversation_id} is not one by mail")
        if seen.owner not in (BOT, by.user_id) and by.role is not Role.ADMIN:
            raise owned_by(seen, self.agents)
        return seen, thread, route
