"""A company's own HTTP tools, as they are declared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from firstline.domain.errors import InvalidInputError
from firstline.domain.public_address import checked_host, parse_networks
from firstline.domain.tool_catalogue import BY_NAME
from firstline.domain.tool_errors import InvalidToolArgumentsError
from firstline.domain.tools import RiskClass

MAX_ARGUMENT_BYTES = 8_192

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
_OF_CUSTOMER = ("customer.user_id", "customer.customer_id")
_HEADER = r"^[A-Za-z][A-Za-z0-9-]{0,63}$"

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,47}$")]


class CustomTool(BaseModel):
    """One tool.

    ``url`` may hold ``{argument}``, ``{customer.user_id}`` and ``{customer.customer_id}`` in its path and query, never
    in its host. What is left of the arguments goes into the query of a GET or DELETE, else into a JSON body.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=1_000)]
    url: Annotated[str, StringConstraints(max_length=1_000)]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    risk: RiskClass = RiskClass.APPROVAL_REQUIRED
    arguments: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "additionalProperties": False})
    """JSON Schema of an object."""
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")] | None = None
    """Name of the secret that is sent in ``header``."""
    header: Annotated[str, StringConstraints(pattern=_HEADER)] = "Authorization"
    header_prefix: str = "Bearer "
    timeout_s: Annotated[float, Field(gt=0, le=20)] = 5.0
    allowed_networks: str = ""
    """Private networks that its host may lead to, with commas."""
    for_anonymous: bool = False
    """Offered to visitors as well, whom nobody vouches for."""

    @field_validator("arguments")
    @classmethod
    def _is_of_an_object(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if schema.get("type") != "object":
            raise ValueError("must be the schema of an object: type: object")
        return schema

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        try:
            parse_networks(text)
        except InvalidInputError as error:
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="after")
    def _has_a_safe_address(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in (("https", "http") if self.allowed_networks else ("https",)):
            raise ValueError("url must be https; http only with allowed_networks")
        if "{" in parts.netloc or parts.username is not None or parts.password is not None or parts.fragment:
            raise ValueError("url has a fixed host, no user and no fragment")
        try:
            checked_host(parts.hostname or "")
        except InvalidInputError as error:
            raise ValueError(f"url: {error}") from error
        if parts.port is not None and not 0 < parts.port < 65536:
            raise ValueError("url has an impossible port")
        known = set(self.arguments.get("properties", {})) | set(_OF_CUSTOMER)
        unknown = set(_PLACEHOLDER.findall(self.url)) - known
        if unknown:
            raise ValueError(f"url names {', '.join(sorted(unknown))}, which no argument is called")
        return self


def address_of(tool: CustomTool, arguments: Mapping[str, Any], customer: Mapping[str, str]) -> tuple[str, bytes | None]:
    """Return the URL of a call, and its JSON body where the method has one.

    Parameters
    ----------
    customer : mapping of str to str
        ``user_id`` and ``customer_id`` of the session; arguments can never stand for them.

    Raises
    ------
    InvalidToolArgumentsError
        A value in the path is no single text, number or truth value, or would lead to another path.
    """
    used: set[str] = set()

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        if name in _OF_CUSTOMER:
            value: object = customer[name.removeprefix("customer.")]
        else:
            used.add(name)
            value = arguments.get(name)
        if value is None or isinstance(value, dict | list):
            raise InvalidToolArgumentsError(f"{name}: needs a single value")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text.strip(".") == "" or len(text) > 500:
            raise InvalidToolArgumentsError(f"{name}: cannot stand in an address")
        return quote(text, safe="")

    url = _PLACEHOLDER.sub(value_of, tool.url)
    rest = {name: value for name, value in arguments.items() if name not in used}
    if tool.method in ("GET", "DELETE"):
        flat = {name: value if isinstance(value, str) else json.dumps(value) for name, value in rest.items()}
        joint = "&" if urlsplit(url).query else "?"
        return (f"{url}{joint}{urlencode(flat)}" if flat else url), None
    return url, json.dumps({"arguments": rest, "customer": dict(customer)}, ensure_ascii=False).encode()


def check_name(name: str) -> str:
    """Return a tool's name. Raises ``ValueError`` where it is none, or that of a tool that Firstline brings along."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,47}", name):
        raise ValueError("a tool's name is small letters, digits and underscores, at most 48")
    if name in BY_NAME:
        raise ValueError("a tool of this name comes with Firstline")
    return name
