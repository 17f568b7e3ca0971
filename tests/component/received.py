"""Mails as customers and their servers send them, for tests of the intake."""

from __future__ import annotations

from email.message import EmailMessage

from tests.component.world import World

OURS = "support@shop.example"
ADA = "Ada Byron <ada@home.example>"
QUESTION = "How do I reset my password?"
SERVER = "mx.shop.example"
"""Takes mail for us, and looks at who sends it."""
PROVEN = f"{SERVER}; spf=pass smtp.mailfrom=home.example; dmarc=pass header.from=home.example"
"""What it finds of Ada's mail."""


def mail(
    text: str = QUESTION,
    *,
    sender: str = ADA,
    to: str = OURS,
    subject: str = "Password",
    message_id: str = "m1@home.example",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """Return a mail; further headers are named with underscores for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if message_id:
        message["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, content in (files or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def answered(world: World, conversation_id: str, *message_ids: str) -> None:
    """Have the thread know a mail of ours under these ids, as after sending it."""
    world.clock.forward(60)
    threads = world.container.mailing.threads
    sent = threads.sent(conversation_id, message_ids, automatic=True, at=world.clock.now())
    world.ports.table.transact(sent)
    world.clock.forward(60)


def words(world: World, conversation_id: str) -> list[str]:
    """Return what the conversation's log says, with who says it."""
    events = world.container.conversations.events(conversation_id)
    return [f"{event.author.value}: {event.text}" for event in events]
