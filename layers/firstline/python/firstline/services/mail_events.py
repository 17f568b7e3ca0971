"""What the mail queue's messages say: that mail has come, or what became of mail that was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from firstline.domain.errors import FirstlineError, InvalidInputError, NotFoundError
from firstline.services.knowledge_events import changed_keys
from firstline.services.receive_mail import Received

INCOMING = "incoming/"
"""Begin of the keys under which mail comes."""
_SET_UP = "AMAZON_SES_SETUP_NOTIFICATION"


class MailEvents:
    """Understands S3 notifications, and events of SES as they are or within a message of SNS or EventBridge.

    Parameters
    ----------
    receive : callable
        Receives the mail under a key.
    outcome : callable
        Told of an event of SES about mail that was sent.
    on_missing : callable
        Told of a key under which there is nothing, and never was, to log it: there is nothing to try again.
    """

    def __init__(
        self,
        receive: Callable[[str], Received],
        outcome: Callable[[Mapping[str, Any]], object],
        *,
        on_missing: Callable[[str], None],
    ) -> None:
        self._receive = receive
        self._outcome = outcome
        self._on_missing = on_missing

    def take(self, message: object) -> list[Received]:
        """Do what a message asks for, and return what became of the mails that it names.

        One that fails keeps no other from being tried; afterwards the first failure is raised, so that the message is
        delivered again.

        Raises
        ------
        InvalidInputError
            It is none of these messages: delivered again, it would be none either.
        StoreUnavailableError, TransactionConflictError
        """
        event = _unwrapped(message)
        if "eventType" in event or "notificationType" in event:
            self._outcome(event)
            return []
        received, failures = list[Received](), list[FirstlineError]()
        for key in changed_keys(event):
            if not key.startswith(INCOMING) or key.endswith(_SET_UP):
                continue
            try:
                received.append(self._receive(key))
            except NotFoundError:
                self._on_missing(key)
            except FirstlineError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return received


def _unwrapped(message: object) -> Mapping[str, Any]:
    event = message
    if isinstance(event, Mapping) and event.get("Type") == "Notification" and isinstance(event.get("Message"), str):
        try:
            event = json.loads(event["Message"])
        except ValueError as error:
            raise InvalidInputError("a notification that holds no JSON") from error
    if isinstance(event, Mapping) and "detail-type" in event:
        event = event.get("detail")
    if not isinstance(event, Mapping):
        raise InvalidInputError("not a message of the mail queue")
    return event
