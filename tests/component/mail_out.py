"""Mails that come in, are answered and leave, for tests of what leaves."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any, cast

from firstline.adapters.system import SystemIds
from firstline.repositories.conversations import AcceptedMessage
from firstline.services.receive_mail import Received
from firstline.services.send_mails import MailReport
from tests.component.received import OURS, mail
from tests.component.world import World

QUESTION = "How do I reset a forgotten password?"
SETTINGS: dict[str, Any] = {"support_address": f"Shop <{OURS}>, sales@shop.example", "mail_min_confidence": 0.0}


def arrive(world: World, raw: bytes) -> Received:
    """Have a mail come in, and return what became of it."""
    store = world.ports.received_mail
    assert store is not None
    key = f"incoming/{SystemIds().new()}"
    store.write(key, raw)
    world.clock.forward(1)
    return world.container.mailing.receive.receive(key)


def answer(world: World, conversation_id: str) -> dict[str, Any]:
    """Run the turn of a conversation's last mail."""
    conversation = world.container.conversations.get(conversation_id)
    accepted = AcceptedMessage(conversation.last_customer_seq, conversation.last_turn, duplicate=False)
    return world.run(conversation_id, accepted)


def ask(world: World, text: str = QUESTION, **fields: Any) -> str:
    """Have a mail come in and its turn run; what it says waits to be sent. Return the conversation's id."""
    received = arrive(world, mail(text, **{"message_id": f"{SystemIds().new()}@home.example", **fields}))
    answer(world, received.conversation_id)
    return received.conversation_id


def say_again(world: World, conversation_id: str) -> None:
    """Have Firstline say its last words once more, as of another turn; they wait to be sent."""
    conversation = world.container.conversations.get(conversation_id)
    last = world.container.conversations.events(conversation_id)[-1]
    event = last.model_copy(update={"seq": conversation.next_seq, "at": world.clock.now()})
    also = world.container.ticket_log.answers.of_event(conversation, event)
    assert world.container.conversations.append(conversation, event, changes={}, also=also)


def deliver(world: World, *, after_s: float = 0) -> MailReport:
    """Send what is due then."""
    world.clock.forward(after_s)
    return world.container.visitors.mail_customer.deliver_due()


def mails(world: World) -> list[EmailMessage]:
    """Return what has left, oldest first."""
    return [read(raw) for raw, _, _ in world.post.mails]


def read(raw: bytes) -> EmailMessage:
    """Return a message with all its headers decoded."""
    return cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default))


def words(message: EmailMessage) -> str:
    """Return a mail's plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def reply_to(message: EmailMessage, text: str, *, sender: str, message_id: str) -> bytes:
    """Return what a customer's program makes of an answer to a mail of ours."""
    quote = "\n".join(f"> {line}".rstrip() for line in words(message).splitlines())
    references = f"{message['References']} {message['Message-ID']}"
    return mail(
        f"{text}\n\nOn Mon, Jun 1, 2026 at 2:00 PM Shop <{OURS}> wrote:\n{quote}\n",
        sender=sender,
        to=str(message["Reply-To"]),
        subject=str(message["Subject"]),
        message_id=message_id,
        In_Reply_To=str(message["Message-ID"]),
        References=references,
    )
