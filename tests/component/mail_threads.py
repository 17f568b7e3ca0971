"""Threads of mails as the intake leaves them, without its gate: for tests of what people do with them."""

from __future__ import annotations

from email.message import EmailMessage

from firstline.container import Container
from firstline.domain.contact import Contact
from firstline.domain.conversation import Channel, Conversation
from firstline.domain.mail.parsed_mail import Mailbox
from firstline.domain.mail.received_mail import ReceivedMail
from firstline.domain.mail.thread import MailThread
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.table import Operation
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from tests.component.world import HandClock

OURS = "support@shop.example"


class MailThreads:
    """Begins threads, and writes mails into them where people have routed them to."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._n_mails = 0
        table, days = container.ports.table, container.settings.retention_days
        self.threads = MailThreadRepository(table, retention_days=days)
        self.received = ReceivedMailRepository(table, retention_days=days)

    def begin(self, sender: str, subject: str) -> str:
        """Open a conversation by mail without any mail in it, and return its id."""
        ports = self._container.ports
        now, conversation_id = ports.clock.now(), ports.ids.new()
        thread = MailThread(conversation_id, subject, OURS, Mailbox(sender), participants=frozenset({sender}))
        conversation = Conversation(
            conversation_id=conversation_id, channel=Channel.EMAIL, contact=Contact(email=sender), created_at=now
        )
        self._container.conversations.create(conversation, "", also=[self.threads.stored(thread, at=now)])
        return conversation_id

    def write(
        self, conversation_id: str, sender: str, text: str, *, html: str = "", references: tuple[str, ...] = ()
    ) -> ReceivedMail:
        """Have a mail come for a thread; it goes where that is now."""
        container, clock = self._container, self._container.ports.clock
        if isinstance(clock, HandClock):
            clock.forward(60)
        self._n_mails += 1
        conversation_id = container.mail_people.routes.where(conversation_id, references)
        mail_id, now = f"m{self._n_mails:04d}", clock.now()
        mail = ReceivedMail(
            mail_id=mail_id,
            received_at=now,
            verdict=Verdict.ANSWER,
            reason=GateReason.ORDINARY,
            conversation_id=conversation_id,
            seq=container.conversations.get(conversation_id).next_seq,
            message_id=f"{mail_id}@customers.example",
            sender=sender,
            to=(OURS,),
            subject="About my order",
            object_key=f"kept/{mail_id}.eml",
        )
        assert container.ports.received_mail is not None
        container.ports.received_mail.write(mail.object_key, raw_mail(mail, text, html))

        def also() -> list[Operation]:
            still = container.mail_people.routes.stays(conversation_id, references)
            return [
                *still,
                *self.threads.received(conversation_id, mail.message_id, at=now),
                self.received.recorded(mail),
            ]

        container.accept_message.accept(
            conversation_id, f"mail-{mail_id}", text, channel=Channel.EMAIL, correlation_id=mail_id, also=also
        )
        return mail


def raw_mail(mail: ReceivedMail, text: str, html: str = "") -> bytes:
    """Return a mail as it came."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, OURS, mail.subject
    message["Message-ID"] = f"<{mail.message_id or mail.mail_id + '@customers.example'}>"
    message.set_content(
        text + "\n\nOn Mon, 1 Jun 2026 at 10:00, Shop <support@shop.example> wrote:\n> Hello, what can we do for you?\n"
    )
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()
