"""Outgoing mail through SES."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from firstline.domain.errors import DeliveryError
from firstline.domain.mail.ses_ids import message_id_of
from firstline.domain.mailer import DeliveryUnknownError, Envelope

_NOT_TAKEN = frozenset({"ServiceUnavailable", "ThrottlingException", "TooManyRequestsException"})
"""SES says so, whatever the status is under which it does."""
_UNCERTAIN = frozenset({"RequestTimeout", "RequestTimeoutException"})
"""No word on the mail, although the status says that the request was at fault."""
_SERVER_FAILED = 500


class SESClient(Protocol):
    """What is used of boto3's ``sesv2`` client."""

    @property
    def meta(self) -> Any:
        """Names the region."""
        ...

    def send_email(self, **parameters: Any) -> Mapping[str, Any]:
        """Send a message."""
        ...


class SESMailer:
    """Implements ``Mailer`` by SES v2.

    SendEmail has no idempotency token, so a request is never repeated here: whether it is, is decided by who knows how
    often the mail has been tried.

    Parameters
    ----------
    client : SESClient
        Made by bootstrap, with its timeouts and without retries.
    configuration_set : str
        Which reports on the mail are sent, and where to; may be empty.
    """

    def __init__(self, client: SESClient, configuration_set: str = "") -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, message: bytes, envelope: Envelope) -> str:
        """Hand over a message and return the ``Message-ID`` that SES gives it.

        Raises
        ------
        DeliveryUnknownError
            Time ran out, the connection was lost, or SES itself failed, after the request may have left.
        DeliveryError
            SES refused it, or there was no connection.
        """
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectionError,
            ConnectTimeoutError,
            EndpointConnectionError,
            HTTPClientError,
            ProxyConnectionError,
        )

        named = {"ConfigurationSetName": self._configuration_set} if self._configuration_set else {}
        tags = [{"Name": name, "Value": value} for name, value in envelope.tags.items()]
        try:
            answer = self._client.send_email(
                FromEmailAddress=envelope.sender,
                Destination={"ToAddresses": [*envelope.recipients, *envelope.copies]},
                Content={"Raw": {"Data": message}},
                **named,
                **({"EmailTags": tags} if tags else {}),
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_FAILED))
            if code in _UNCERTAIN or (status >= _SERVER_FAILED and code not in _NOT_TAKEN):
                raise DeliveryUnknownError(f"SES may have taken the mail: {status} {code}") from error
            raise DeliveryError(f"SES took no mail: {status} {code}") from error
        except (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError) as error:
            raise DeliveryError("SES cannot be reached") from error
        except (ConnectionError, HTTPClientError) as error:
            raise DeliveryUnknownError("SES did not answer") from error
        except BotoCoreError as error:
            # Without credentials, or with parameters that cannot be sent, nothing leaves.
            raise DeliveryError(f"no mail can be given to SES: {type(error).__name__}") from error
        return message_id_of(str(answer["MessageId"]), str(self._client.meta.region_name or ""))
