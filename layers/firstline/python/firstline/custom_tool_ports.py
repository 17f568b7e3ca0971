"""Adapters of a company's own tools, chosen where it declares any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firstline.domain.tool_ports import CustomToolPorts, ToolSecrets
from firstline.ports import Ports
from firstline.settings import Settings


def with_custom_tools(ports: Ports, settings: Settings, environ: Mapping[str, str]) -> Ports:
    """Return the ports with what calls custom tools; as they are where ``CUSTOM_TOOLS_PATH`` is empty."""
    if not settings.custom_tools_path:
        return ports
    from firstline.adapters.http_tools import CheckedHttp
    from firstline.adapters.json_schema import JsonSchemas

    return replace(ports, custom_tools=CustomToolPorts(CheckedHttp(), _secrets(settings, environ), JsonSchemas()))


def _secrets(settings: Settings, environ: Mapping[str, str]) -> ToolSecrets:
    if settings.runtime == "aws":
        from firstline.adapters.aws.tool_secrets import SecretsManagerToolSecrets

        return SecretsManagerToolSecrets(settings.tool_secrets_prefix)
    from firstline.adapters.local.tool_secrets import EnvironmentToolSecrets

    return EnvironmentToolSecrets(environ)
