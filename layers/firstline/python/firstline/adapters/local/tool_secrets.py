"""Secrets of custom tools from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from firstline.domain.tool_errors import ToolFailedError

PREFIX = "TOOL_SECRET_"
"""A declaration names ``SHOP``, the environment has ``TOOL_SECRET_SHOP``: no tool can name another of our secrets."""


class EnvironmentToolSecrets:
    """Implements ``ToolSecrets``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str) -> str:
        """Return the secret. Raises ``ToolFailedError``."""
        secret = self._environ.get(f"{PREFIX}{name}", "")
        if not secret:
            raise ToolFailedError(f"{PREFIX}{name} is not set")
        return secret
