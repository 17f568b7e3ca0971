"""Keys of the single table for mail to visitors, for orders to forget, and of what goes with a conversation."""

from __future__ import annotations

from firstline.repositories import keys


def linked(conversation_id: str) -> str:
    """Partition of ``by_conversation`` of what lies elsewhere and goes with this conversation."""
    return f"OF#{conversation_id}"


def linked_to(conversation_id: str, pk: str, sk: str) -> dict[str, str]:
    """Attributes of an item that lies elsewhere and is to go with this conversation; none where there is none."""
    if not conversation_id:
        return {}
    return {"by_conversation_pk": linked(conversation_id), "by_conversation_sk": f"{pk}#{sk}"}


def customer_mail(mail_id: str) -> str:
    """Sort key, below a conversation, of a mail to its visitor."""
    return f"MAIL#{mail_id}"


def customer_mail_due(mail_id: str) -> str:
    """Partition of ``by_due`` that this mail waits in."""
    return f"MAIL{keys.due(mail_id)}"


def erasure(conversation_id: str) -> str:
    """Partition of the order to forget a conversation, as long as it is carried out."""
    return f"ERASE#{conversation_id}"


def erasure_due(conversation_id: str) -> str:
    """Partition of ``by_due`` in which that order waits."""
    return f"ERASE{keys.due(conversation_id)}"


def customer_erasure(customer_id: str) -> str:
    """Partition of the order to forget a customer, as long as it is carried out."""
    return f"ERASECUST#{customer_id}"


def customer_erasure_due(customer_id: str) -> str:
    """Partition of ``by_due`` in which that order waits."""
    return f"{CUSTOMER_ERASURES_DUE}{keys.due_shard(customer_id)}"


CUSTOMER_ERASURES_DUE = "ERASECUSTDUE#"
"""What those partitions begin with; the number of the shard follows."""
