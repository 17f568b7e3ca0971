"""What a model is told of the tools, and what of their results it gets."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.domain.tool_catalogue import CATALOGUE, ToolSpecification, bounded, call_digest
from firstline.domain.tools import RiskClass

RISKS = {
    "search_faq": RiskClass.READ,
    "create_ticket": RiskClass.LOW_IMPACT_WRITE,
    "get_ticket_status": RiskClass.READ,
    "update_ticket": RiskClass.LOW_IMPACT_WRITE,
    "get_user_tickets": RiskClass.READ,
    "lookup_account": RiskClass.READ,
    "escalate_to_human": RiskClass.LOW_IMPACT_WRITE,
    "remember_fact": RiskClass.LOW_IMPACT_WRITE,
    "update_account": RiskClass.APPROVAL_REQUIRED,
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=100),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_every_tool_has_its_risk_class() -> None:
    assert {tool.name: tool.risk for tool in CATALOGUE} == RISKS


@pytest.mark.parametrize("tool", CATALOGUE, ids=lambda tool: tool.name)
def test_a_definition_is_a_closed_json_schema_with_a_description(tool: ToolSpecification) -> None:
    definition = tool.definition
    schema = dict(definition.input_schema)
    assert jsonschema_rs.meta.is_valid(schema)
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    assert len(definition.description) > 20
    assert all(field["description"] for field in schema["properties"].values())
    assert "$ref" not in json.dumps(schema)


@pytest.mark.parametrize("tool", CATALOGUE, ids=lambda tool: tool.name)
def test_no_tool_has_an_argument_that_names_a_customer(tool: ToolSpecification) -> None:
    names = set(tool.definition.input_schema["properties"])
    assert not {name for name in names if "customer" in name or "user" in name or "conversation" in name}


def test_a_call_is_the_same_in_whatever_order_its_arguments_come() -> None:
    assert call_digest("t", {"a": 1, "b": {"c": 2, "d": 3}}) == call_digest("t", {"b": {"d": 3, "c": 2}, "a": 1})
    others = [("t", {"a": "1"}), ("u", {"a": 1}), ("t", {"a": 1, "b": None}), ("t", {})]
    assert len({call_digest(*other) for other in [("t", {"a": 1}), *others]}) == 5


@given(st.dictionaries(st.text(min_size=1, max_size=20), JSON, max_size=8), st.integers(60, 2_000))
@settings(deadline=None, max_examples=40)
def test_a_result_is_json_of_at_most_so_many_characters(result: dict[str, Any], most: int) -> None:
    told = bounded(result, most=most)
    whole = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    if len(whole) <= most:
        assert json.loads(told) == result
    else:
        assert len(told) <= most
        assert json.loads(told)["truncated"] is True


def test_of_a_long_list_the_first_entries_stay() -> None:
    told = json.loads(bounded({"tickets": [{"n": n, "text": "x" * 50} for n in range(100)]}, most=500))
    assert [entry["n"] for entry in told["tickets"]] == list(range(len(told["tickets"])))
    assert len(told["tickets"]) > 3
