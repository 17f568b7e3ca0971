"""Outgoing mail through SES."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from firstline.domain.errors import DeliveryError

_REFUSED = frozenset(
    {
        "AccountSuspendedException",
        "BadRequestException",
        "InternalServiceErrorException",
        "LimitExceededException",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "SendingPausedException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class SESClient(Protocol):
    """What is used of boto3's ``sesv2`` client."""

    def send_email(self, **parameters: Any) -> Mapping[str, Any]:
        """Send a message."""
        ...


class SESMailer:
    """Implements ``Mailer`` by SES v2.

    Parameters
    ----------
    client : SESClient
        Made by bootstrap, with its timeouts and retries.
    """

    def __init__(self, client: SESClient) -> None:
        self._client = client

    def send(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Hand over a message and return SES's id for it. Raises ``DeliveryError``."""
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": list(recipients)},
                Content={"Raw": {"Data": message}},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _REFUSED:
                raise
            raise DeliveryError(f"SES took no mail: {code}") from error
        except (ConnectionError, HTTPClientError) as error:
            raise DeliveryError("SES did not answer") from error
        return str(answer["MessageId"])
