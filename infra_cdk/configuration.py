"""What an ops engineer chooses: the context of cdk.json, checked before anything is synthesised."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from firstline.adapters.claude_models import bedrock_id, claude_models
from firstline.settings import InvalidSettingError, Settings
from infra_cdk.mail_choices import mail_misfit, support_addresses

_REGION = r"[a-z]{2}(-[a-z]+)+-\d"
_DOMAIN = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
_CERTIFICATE = r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+"
_FUNCTION = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_:-]+"
_CHOICES = {
    "stage": ("dev", "prod"),
    "architecture": ("arm64", "x86_64"),
    "search": ("managed", "existing"),
    "provider": ("none", "anthropic", "bedrock"),
    "deployment": ("canary", "all_at_once", "direct"),
    "warm": ("none", "snapstart", "provisioned"),
    "encryption": ("aws", "customer"),
    "mail_tls": ("Optional", "Require"),
}
# What a text that is not empty must look like.
_PATTERNS = {
    "region": _REGION,
    "replica_region": _REGION,
    "python": r"3\.\d{2}",
    "search_endpoint": r"https?://[^\s/]+",
    "anthropic_rotation_function_arn": _FUNCTION,
    "api_domain": _DOMAIN,
    "api_certificate_arn": _CERTIFICATE,
    "websocket_domain": _DOMAIN,
    "websocket_certificate_arn": _CERTIFICATE,
    "site_domain": _DOMAIN,
    "site_certificate_arn": _CERTIFICATE,
    "mail_domain": _DOMAIN,
    "mail_rule_set": r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?",
    "alarm_email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "pager_url": r"https://\S+",
    "deployed_at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "emulator_endpoint": r"http://127\.0\.0\.1:\d+",
}
# What the stacks themselves supply is not for the context to change, and a secret is not for an environment.
_SUPPLIED = re.compile(
    r".*(_ARN|_BUCKET|_ENDPOINT|_CONFIGURATION_SET|TABLE_NAME|WEBSOCKET_URL|RUNTIME|APP_ENV|EMBEDDING_MODEL_PATH"
    r"|CUSTOM_TOOLS_PATH)$"
)
_SECRET = re.compile(r".*(SECRET|PASSWORD|API_KEY|TOKEN)$")
_EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"
_MODELS = _EXAMPLE.parent / "layers" / "firstline" / "python" / "firstline" / "adapters" / "claude_models.json"
_NEVER_EMPTY = ("region", "python", "model")


class InvalidContextError(ValueError):
    """A context value is missing or does not fit; the message names it."""


@dataclass(frozen=True)
class Configuration:
    """The context of cdk.json, every value of its type and range."""

    stage: str
    region: str
    architecture: str
    python: str
    search: str
    search_endpoint: str
    provider: str
    model: str
    anthropic_rotation_function_arn: str
    api_domain: str
    api_certificate_arn: str
    websocket_domain: str
    websocket_certificate_arn: str
    site_domain: str
    site_certificate_arn: str
    mail_domain: str
    mail_rule_set: str
    """Receipt rule set of this account that our rule is added to; empty: one of our own."""
    mail_tls: str
    """``Require``: SES takes mail in over TLS only."""
    alarm_email: str
    pager_url: str
    custom_tools: str
    """Path of the company's file of HTTP tools on this machine; it goes into the functions that use them."""
    settings: Mapping[str, str]
    """Settings of the package, by the names of README.md, that every function gets."""
    deployed_at: str
    """Told by ``/health``; empty: uptime is the process's. Another value is another version of the function."""
    monthly_budget_usd: int
    """0: no budget."""
    deployment: str
    """``canary``: 5 % for 5 minutes by CodeDeploy; ``all_at_once``: the alias moves at once; ``direct``: no alias."""
    warm: str
    encryption: str
    """``aws``: keys that AWS owns; ``customer``: a key of this account."""
    reserved_concurrency: int
    """Of each function a visitor waits for; 0: none reserved."""
    replica_region: str
    waf: bool
    threat_detection: bool
    edge: bool
    health_check: bool
    saved_queries: bool
    emulator_endpoint: str
    """Address of an emulator on this machine, in place of AWS; empty for AWS."""

    @property
    def bedrock_models(self) -> tuple[str, ...]:
        """Ids and ARNs of the models that Bedrock is asked for: the one in use, if it runs there, and fall-backs."""
        fallbacks = [name.strip() for name in self.settings.get("LLM_FALLBACK_MODELS", "").split(",") if name.strip()]
        asked = (
            [_of_bedrock(name, self.provider) for name in (self.model, *fallbacks)] if self.provider != "none" else []
        )
        return tuple(dict.fromkeys(bedrock_id(name, self.bedrock_region, claude_models()) for name in asked if name))

    @property
    def bedrock_region(self) -> str:
        """Where Bedrock is asked."""
        return self.settings.get("BEDROCK_REGION", "") or self.region

    @property
    def tool_secrets_prefix(self) -> str:
        """What the names of the secrets of the company's own tools begin with; empty where it has no tools."""
        if not self.custom_tools:
            return ""
        return self.settings.get("TOOL_SECRETS_PREFIX", f"firstline/{self.stage}/tools/")

    @property
    def is_prod(self) -> bool:
        """Whether data is retained and protected."""
        return self.stage == "prod"

    @property
    def prefix(self) -> str:
        """What every stack's name starts with."""
        return f"Firstline-{self.stage}"

    @property
    def support_addresses(self) -> tuple[str, ...]:
        """Addresses that customers write to; empty: no mail is received."""
        return support_addresses(self.settings)

    @property
    def mail_configuration_set(self) -> str:
        """Name of the SES configuration set that outgoing mail is sent with."""
        return f"firstline-{self.stage}"

    @classmethod
    def from_context(cls, get: Callable[[str], Any]) -> Configuration:
        """Read and check every value.

        Parameters
        ----------
        get : callable
            Gives a context value by name, None where it is missing; ``-c name=value`` arrives as text.

        Raises
        ------
        InvalidContextError
        """
        hints = get_type_hints(cls)
        values = {field.name: _read(field.name, get(field.name), hints[field.name]) for field in fields(cls)}
        _check_together(values)
        return cls(**values)


def refuse_unknown(names: Iterable[str]) -> None:
    """Refuse context that nothing reads, such as a misspelt name; the CDK's own names have a colon or a slash.

    Raises
    ------
    InvalidContextError
    """
    known = {field.name for field in fields(Configuration)}
    for name in sorted(set(names) - known):
        if ":" not in name and "/" not in name:
            raise InvalidContextError(f"{name} is not a name of the context (cdk.json has them all)")


def _read(name: str, value: Any, kind: type) -> Any:
    if value is None:
        raise InvalidContextError(f"{name} is missing in the context (cdk.json, or -c {name}=...)")
    if kind is bool:
        if str(value).lower() not in {"true", "false"}:
            raise InvalidContextError(f"{name} must be true or false, not {value!r}")
        return str(value).lower() == "true"
    if kind is int:
        if not re.fullmatch(r"\d{1,9}", str(value)):
            raise InvalidContextError(f"{name} must be a whole number from 0, not {value!r}")
        return int(value)
    if name == "settings":
        return _read_settings(value)
    text = str(value).strip()
    if name in _CHOICES and text not in _CHOICES[name]:
        raise InvalidContextError(f"{name} must be one of {', '.join(_CHOICES[name])}, not {text!r}")
    if name in _NEVER_EMPTY and not text:
        raise InvalidContextError(f"{name} must not be empty")
    if name == "model" and text not in json.loads(_MODELS.read_text(encoding="utf-8"))["models"]:
        raise InvalidContextError(f"model is none of {_MODELS.name}: {text!r}")
    if name == "custom_tools" and text:
        return _declarations(text)
    if text and name in _PATTERNS and not re.fullmatch(_PATTERNS[name], text):
        raise InvalidContextError(f"{name} does not look right: {text!r}")
    return text


def _declarations(path: str) -> str:
    # Imported here because few stages declare tools, and the package is large.
    from firstline.adapters.json_schema import JsonSchemas
    from firstline.domain.tool_errors import InvalidCustomToolsError
    from firstline.services.custom_tools import declared_tools

    try:
        declared = declared_tools(path)
        for tool in declared.values():
            JsonSchemas().compiled(tool.arguments)
    except InvalidCustomToolsError as error:
        raise InvalidContextError(f"custom_tools: {error}") from error
    if not declared:
        raise InvalidContextError(f"custom_tools: {path} declares no tool")
    return str(Path(path).resolve())


def _of_bedrock(name: str, provider: str) -> str:
    named, colon, rest = name.partition(":")
    if colon and named in _CHOICES["provider"]:
        return rest if named == "bedrock" else ""
    return name if provider == "bedrock" else ""


def _read_settings(value: Any) -> Mapping[str, str]:
    try:
        found = json.loads(value) if isinstance(value, str) else dict(value)
        pairs = {str(name): str(text) for name, text in found.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidContextError(f"settings must be an object of names and texts, not {value!r}") from error
    known = set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]*)=", _EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    for name in pairs:
        if name not in known:
            raise InvalidContextError(f"settings: there is no setting {name}")
        if _SUPPLIED.fullmatch(name):
            raise InvalidContextError(f"settings: {name} is supplied by the stacks")
        if _SECRET.fullmatch(name):
            raise InvalidContextError(f"settings: {name} is a secret, which no environment may hold")
    try:
        Settings.from_env(pairs)
    except InvalidSettingError as error:
        raise InvalidContextError(f"settings: {error}") from error
    return pairs


def _check_together(values: Mapping[str, Any]) -> None:
    for domain, certificate in (
        ("api_domain", "api_certificate_arn"),
        ("websocket_domain", "websocket_certificate_arn"),
        ("site_domain", "site_certificate_arn"),
    ):
        if bool(values[domain]) != bool(values[certificate]):
            raise InvalidContextError(f"{domain} and {certificate} are set together or not at all")
    if (values["search"] == "existing") != bool(values["search_endpoint"]):
        raise InvalidContextError("search_endpoint is set with search=existing, and only then")
    if values["search_endpoint"].startswith("http://") and not values["emulator_endpoint"]:
        raise InvalidContextError("search_endpoint must be https: only beside an emulator is http allowed")
    if values["replica_region"] and values["replica_region"] == values["region"]:
        raise InvalidContextError("replica_region must be another region than region")
    if values["replica_region"] and values["encryption"] == "customer":
        raise InvalidContextError("encryption must be aws with replica_region: a key of this account is in one region")
    for certificate, region in (
        ("api_certificate_arn", values["region"]),
        ("websocket_certificate_arn", values["region"]),
        ("site_certificate_arn", "us-east-1"),
    ):
        if values[certificate] and values[certificate].split(":")[3] != region:
            raise InvalidContextError(f"{certificate} must be of {region}")
    if values["settings"].get("NOTIFY_EMAIL") and not values["mail_domain"]:
        raise InvalidContextError("mail_domain must be set for NOTIFY_EMAIL: there is nothing to send mail from")
    if misfit := mail_misfit(values):
        raise InvalidContextError(misfit)
    if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{3,}", values["settings"].get("TOOL_SECRETS_PREFIX", "tools")):
        raise InvalidContextError("settings: TOOL_SECRETS_PREFIX must have 3 characters that names of secrets may have")
    if values["emulator_endpoint"] and values["stage"] == "prod":
        raise InvalidContextError("emulator_endpoint is for stage=dev only")
    if values["warm"] != "none" and values["deployment"] == "direct":
        raise InvalidContextError("warm needs published versions: set deployment to canary or all_at_once")
    if values["warm"] == "snapstart" and int(values["python"].split(".")[1]) < 12:
        raise InvalidContextError("python must be 3.12 or later for warm=snapstart")
    if values["waf"] and not values["edge"]:
        raise InvalidContextError("edge must be true for waf: the firewall stands in front of CloudFront")
    if values["waf"] and values["region"] != "us-east-1":
        raise InvalidContextError("region must be us-east-1 for waf: CloudFront's firewall lives there")
    if values["anthropic_rotation_function_arn"] and values["provider"] != "anthropic":
        raise InvalidContextError("provider must be anthropic for anthropic_rotation_function_arn")
