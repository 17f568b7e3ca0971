"""Find the thread that a mail belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.domain.errors import NotFoundError
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.sender_proof import SenderProof
from firstline.domain.mail.threading import KnownThread, ThreadChoice, choose_thread, ticket_numbers
from firstline.domain.ticket import canonical_ticket_id
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.repositories.tickets import TicketRepository
from firstline.services.mail_marks import MailMarks

_MOST_REFERENCES, _MOST_TICKETS = 20, 3


class PlaceMail:
    """What points to a thread is looked up; ``choose_thread`` decides what it proves."""

    def __init__(
        self,
        threads: MailThreadRepository,
        routes: ThreadRoutes,
        conversations: ConversationRepository,
        tickets: TicketRepository,
        marks: MailMarks,
    ) -> None:
        self._threads = threads
        self._routes = routes
        self._conversations = conversations
        self._tickets = tickets
        self._marks = marks

    def place(self, mail: ParsedMail, proof: SenderProof) -> ThreadChoice:
        """Return where a mail goes; one whose sender is unproven gets into a thread by a signed token alone."""
        believed = proof in (SenderProof.PROVEN, SenderProof.UNKNOWN)
        sender = mail.sender.address if mail.sender is not None and believed else ""
        by_token = self._first(self._marks.tokens.named(mail), mail)
        if by_token is not None:
            return choose_thread(sender, by_token=by_token)
        return choose_thread(
            sender,
            by_reference=self._first(self._referred(mail, sent=True), mail),
            by_their_mail=self._first(self._referred(mail, sent=False), mail),
            by_ticket=next(self._by_ticket(mail), None),
            proven=proof is SenderProof.PROVEN,
            reply_to=[mailbox.address for mailbox in mail.reply_to],
        )

    def is_ours(self, mail: ParsedMail) -> bool:
        """Tell whether a mail is one that we have sent, by its message id."""
        if not mail.message_id:
            return False
        signed = self._marks.tokens.conversation_id(mail.message_id.partition(".")[0])
        return bool(signed) or any(known.sent for known in self._threads.known([mail.message_id]))

    def refers_to_ours(self, mail: ParsedMail) -> bool:
        """Tell whether a mail refers to one that we have sent."""
        signed = any(self._marks.tokens.conversation_id(one.partition(".")[0]) for one in mail.references)
        return signed or any(known.sent for known in self._threads.known(mail.references[-_MOST_REFERENCES:]))

    def of_sent(self, message_ids: tuple[str, ...]) -> str:
        """Return the conversation whose mail of ours has one of these ids; empty where none has."""
        known = self._threads.known(message_ids[-_MOST_REFERENCES:])
        found = next((one.conversation_id for one in known if one.sent), "")
        return found if found and self._threads.find(found) is not None else ""

    def _referred(self, mail: ParsedMail, *, sent: bool) -> Iterator[str]:
        for message_id in reversed(mail.references[-_MOST_REFERENCES:]):
            yield from (known.conversation_id for known in self._threads.known([message_id]) if known.sent is sent)

    def _by_ticket(self, mail: ParsedMail) -> Iterator[KnownThread]:
        for number in ticket_numbers(mail.subject)[:_MOST_TICKETS]:
            try:
                ticket = self._tickets.get(canonical_ticket_id(number))
                conversation = self._conversations.get(ticket.conversation_id)
            except NotFoundError:
                continue
            thread = self._known(ticket.conversation_id, mail)
            if thread is not None:
                # Of the ticket's customer alone, as it is known there.
                owner = frozenset({conversation.contact.email, ticket.email} - {""})
                yield KnownThread(thread.conversation_id, frozenset(address.lower() for address in owner))

    def _first(self, conversation_ids: Iterator[str], mail: ParsedMail) -> KnownThread | None:
        looked_at = set[str]()
        for conversation_id in conversation_ids:
            if conversation_id not in looked_at:
                looked_at.add(conversation_id)
                thread = self._known(conversation_id, mail)
                if thread is not None:
                    return thread
        return None

    def _known(self, conversation_id: str, mail: ParsedMail) -> KnownThread | None:
        """Return a thread, or the one that people have moved such mails of it to; None where it is gone."""
        if self._threads.find(conversation_id) is None:
            return None
        there = self._routes.where(conversation_id, mail.references)
        thread = self._threads.find(there)
        return KnownThread(there, thread.participants) if thread is not None else None
