"""Open sockets of API Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstline.domain.errors import ConnectionGoneError, ConnectionUnreachableError

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

_TRANSIENT = frozenset(
    {"LimitExceededException", "TooManyRequestsException", "InternalServerError", "ServiceUnavailable"}
)


def posting_config() -> Config:
    """Return the client's settings: the sockets of a conversation wait at most 6 s for one that does not answer."""
    from botocore.config import Config

    return Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})


class ApiGatewayConnections:
    """Implements ``Connections`` by the management API of a WebSocket API's stage.

    A socket that cannot be posted to after the client's own retries is closed: its client then comes back and resumes,
    where it would wait for ever for the frame that it missed.

    Parameters
    ----------
    client : ApiGatewayManagementApiClient
        Made by bootstrap for the stage's https address, with its timeouts and retries.
    """

    def __init__(self, client: ApiGatewayManagementApiClient) -> None:
        self._client = client

    def post(self, connection_id: str, frame: str) -> None:
        """Send one text frame. Raises ``ConnectionGoneError``."""
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame.encode())
        except ClientError as error:
            if _is_gone(error.response):
                raise ConnectionGoneError(connection_id) from error
            if error.response["Error"]["Code"] not in _TRANSIENT:
                raise
            self.close(connection_id)
            raise ConnectionGoneError(f"{connection_id} took no frame") from error
        except (ConnectionError, HTTPClientError) as error:
            raise ConnectionUnreachableError(f"{connection_id} could not be reached") from error

    def close(self, connection_id: str) -> None:
        """Close the socket; one already gone, or out of reach, is no error."""
        from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            if not _is_gone(error.response) and error.response["Error"]["Code"] not in _TRANSIENT:
                raise
        except (ConnectionError, HTTPClientError):
            return


def _is_gone(response: object) -> bool:
    # A connection id that never was is a 410 as well; some emulators say 404.
    details = response if isinstance(response, dict) else {}
    status = details.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return details.get("Error", {}).get("Code") == "GoneException" or status in {404, 410}
