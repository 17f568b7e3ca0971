"""Declarations of a company's own tools: what is taken, what is refused, and where a call goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.json_schema import JsonSchemas
from firstline.adapters.local.tool_secrets import EnvironmentToolSecrets
from firstline.domain.custom_tools import CustomTool, address_of
from firstline.domain.tool_errors import InvalidCustomToolsError, InvalidToolArgumentsError, ToolFailedError
from firstline.domain.tools import RiskClass
from firstline.services.custom_tools import declared_tools

ORDER = {
    "type": "object",
    "properties": {"order": {"type": "string", "pattern": "^[A-Z0-9/. -]{1,20}$"}, "full": {"type": "boolean"}},
    "required": ["order"],
    "additionalProperties": False,
}
DECLARED = {"description": "Look up an order", "url": "https://shop.example/orders/{order}", "arguments": ORDER}
KIM = {"user_id": "kim", "customer_id": "c1"}


def tool(**changes: Any) -> CustomTool:
    return CustomTool.model_validate({**DECLARED, **changes})


def written(folder: Path, content: str) -> str:
    path = folder / "tools.yaml"
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_tools_are_read_from_yaml_or_json_in_their_order(tmp_path: Path) -> None:
    text = """
get_order:
  description: Look up an order
  url: https://shop.example/orders/{order}
  risk: read
  secret: SHOP
  arguments: {type: object, properties: {order: {type: string}}, required: [order]}
cancel_order:
  description: Cancel an order
  url: https://shop.example/cancel
  method: POST
"""
    found = declared_tools(written(tmp_path, text))
    assert list(found) == ["get_order", "cancel_order"]
    assert (found["get_order"].risk, found["get_order"].secret) == (RiskClass.READ, "SHOP")
    # What does not say how harmless it is waits for a person.
    assert found["cancel_order"].risk is RiskClass.APPROVAL_REQUIRED
    assert declared_tools(written(tmp_path, json.dumps({"get_order": DECLARED})))["get_order"].method == "GET"
    assert declared_tools("") == declared_tools(written(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("name", "changes", "place"),
    [
        ("create_ticket", {}, "create_ticket"),
        ("Get-Order", {}, "Get-Order"),
        ("get_order", {"url": "http://shop.example/x"}, "https"),
        ("get_order", {"url": "file:///etc/passwd"}, "https"),
        ("get_order", {"url": "https://{order}.shop.example/"}, "host"),
        ("get_order", {"url": "https://user:secret@shop.example/"}, "user"),  # pragma: allowlist secret
        ("get_order", {"url": "https://2130706433/"}, "get_order"),
        ("get_order", {"url": "https:///x"}, "get_order"),
        ("get_order", {"url": "https://shop.example/{other}"}, "other"),
        ("get_order", {"url": "https://shop.example:99999/"}, "get_order"),
        ("get_order", {"arguments": {"type": "string"}}, "arguments"),
        ("get_order", {"allowed_networks": "ten"}, "allowed_networks"),
        ("get_order", {"risk": "harmless"}, "risk"),
        ("get_order", {"secret": "../etc"}, "secret"),
        ("get_order", {"timeout_s": 600}, "timeout_s"),
        ("get_order", {"header": "X: y"}, "header"),
        ("get_order", {"colour": "red"}, "colour"),
    ],
)
def test_what_no_tool_can_be_is_refused_with_its_place(
    tmp_path: Path, name: str, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidCustomToolsError, match=place):
        declared_tools(written(tmp_path, json.dumps({name: {**DECLARED, **changes}})))


@pytest.mark.parametrize("content", ["- a list", "a: {", "just text", "\x00"])
def test_a_file_that_declares_nothing_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidCustomToolsError):
        declared_tools(written(tmp_path, content))
    with pytest.raises(InvalidCustomToolsError):
        declared_tools(str(tmp_path / "missing.yaml"))


def test_plain_http_and_private_networks_only_where_they_are_allowed() -> None:
    assert tool(url="http://10.0.0.7/{order}", allowed_networks="10.0.0.0/8").url.startswith("http:")


def test_arguments_and_customer_go_into_path_query_and_body() -> None:
    assert address_of(tool(), {"order": "A/7 9"}, KIM) == ("https://shop.example/orders/A%2F7%209", None)
    with_rest = address_of(tool(), {"order": "A7", "full": True}, KIM)
    assert with_rest == ("https://shop.example/orders/A7?full=true", None)
    templated = tool(url="https://shop.example/c/{customer.user_id}?o={order}", method="POST")
    url, body = address_of(templated, {"order": "A&b=c", "full": False}, {**KIM, "user_id": "kim/../root"})
    assert url == "https://shop.example/c/kim%2F..%2Froot?o=A%26b%3Dc"
    assert json.loads(body or b"") == {"arguments": {"full": False}, "customer": {**KIM, "user_id": "kim/../root"}}


@pytest.mark.parametrize("value", ["..", ".", "", None, ["a"], {"a": 1}, "x" * 501])
def test_a_value_that_would_lead_elsewhere_is_refused(value: Any) -> None:
    with pytest.raises(InvalidToolArgumentsError):
        address_of(tool(), {"order": value}, KIM)


def test_arguments_are_checked_by_the_declared_schema_without_telling_their_values() -> None:
    problem = JsonSchemas().compiled(ORDER)
    assert problem({"order": "A7", "full": True}) == ""
    for wrong in ({}, {"order": 7}, {"order": "hunter2"}, {"order": "A7", "customer": "eve"}):
        assert problem(wrong)
        assert "hunter2" not in problem(wrong)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"type": "object", "properties": {"a": {"pattern": "("}}},
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}},
        {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
    ],
)
def test_what_is_no_schema_or_leads_outside_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidCustomToolsError):
        JsonSchemas().compiled(schema)


def test_a_tool_can_name_no_secret_but_those_of_tools() -> None:
    secrets = EnvironmentToolSecrets({"TOOL_SECRET_SHOP": "s", "ANTHROPIC_API_KEY": "k"})
    assert secrets.get("SHOP") == "s"
    with pytest.raises(ToolFailedError):
        secrets.get("ANTHROPIC_API_KEY")
