"""Secrets of custom tools from Secrets Manager."""

from __future__ import annotations

from firstline.domain.tool_errors import ToolFailedError

MAX_AGE_S = 300


class SecretsManagerToolSecrets:
    """Implements ``ToolSecrets``: a declaration names ``SHOP``, the secret is called ``<prefix>SHOP``."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def get(self, name: str) -> str:
        """Return the secret as it is or was within five minutes. Raises ``ToolFailedError``."""
        from aws_lambda_powertools.utilities import parameters
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

        try:
            return str(parameters.get_secret(f"{self._prefix}{name}", max_age=MAX_AGE_S))
        except GetParameterError as error:
            raise ToolFailedError(f"the secret {name} cannot be read") from error
