"""What SES calls the mails that it sends."""

from __future__ import annotations

_DOMAIN = "amazonses.com"
_FIRST_REGION = "us-east-1"


def message_id_of(ses_id: str, region: str) -> str:
    """Return the ``Message-ID`` of a mail, by the id that SendEmail returns.

    Notes
    -----
    Amazon SES, Header fields: the domain is ``email.amazonses.com`` in us-east-1, else ``<region>.amazonses.com``.
    """
    return f"{ses_id}@{'email' if region in ('', _FIRST_REGION) else region}.{_DOMAIN}"


def ids_of(message_id: str) -> list[str]:
    """Return the ids under which SES's mail may be named: the whole and, in SES's own events, the bare one."""
    bare, _, domain = message_id.partition("@")
    return [message_id, bare] if domain.endswith(f".{_DOMAIN}") else [message_id]
