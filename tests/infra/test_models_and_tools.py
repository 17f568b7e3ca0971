"""Who answers, what it may reach, and what is watched of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from firstline import observability
from infra_cdk.app_constructs.usage_alarms import METRICS, NAMESPACE, SERVICE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(600)
ACTION = "bedrock:InvokeModelWithResponseStream"


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def statements(template: dict[str, Any], function: str) -> list[dict[str, Any]]:
    return [
        statement
        for name, policy in resources(template, "AWS::IAM::Policy").items()
        if name.startswith(function)
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def text(value: Any) -> str:
    """A value with its joins resolved and its references named."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(text(part) for part in value["Fn::Join"][1])
    return f"<{value.get('Ref') or value}>"


def environment(template: dict[str, Any], function: str) -> dict[str, Any]:
    (found,) = [f for name, f in resources(template, "AWS::Lambda::Function").items() if name.startswith(function)]
    return dict(found["Environment"]["Variables"])


def test_on_bedrock_the_workflow_may_ask_its_model_by_its_profile_and_needs_no_secret(variants):
    template = variants["bedrock"]["dev-Application"]
    asked = [s for s in statements(template, "Workflow") if ACTION in s["Action"]]
    profile = "arn:aws:bedrock:eu-west-1:<AWS::AccountId>:inference-profile/eu.anthropic.claude-sonnet-5-5"
    assert {
        text(s["Resource"]): s.get("Condition") and text(s["Condition"]["StringEquals"].popitem()[1]) for s in asked
    } == {
        profile: None,
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5-5": profile,
    }
    assert {s["Action"] for s in asked} == {ACTION}
    assert "bedrock:" not in json.dumps(
        [statements(template, name) for name in ("Api", "Websocket", "Sweep", "Ingest")]
    )
    found = environment(template, "Workflow")
    assert found["LLM_PROVIDER"] == "bedrock"
    assert "ANTHROPIC_SECRET_ARN" not in found
    assert "ANTHROPIC" not in json.dumps(variants["bedrock"]).upper().replace("ANTHROPIC.CLAUDE", "")


def test_without_bedrock_nobody_may_ask_it_and_a_fall_back_that_runs_there_may_be_asked(templates):
    assert "bedrock" not in json.dumps(templates["dev-Application"])
    asked = [s for s in statements(templates["prod-Application"], "Workflow") if ACTION in s["Action"]]
    assert {text(s["Resource"]).rpartition("/")[2] for s in asked} == {
        "us.anthropic.claude-haiku-5-5",
        "anthropic.claude-haiku-5-5",
    }


FUNCTIONS = ("Api", "Websocket", "Workflow", "Sweep", "IngestKnowledge")
CALLERS = {"Api", "Workflow", "Sweep"}


def readers_of_secrets(template: dict[str, Any], prefix: str) -> set[str]:
    return {
        function
        for function in FUNCTIONS
        for statement in statements(template, function)
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
        if text(resource).endswith(f":secret:{prefix}*")
    }


def test_a_companys_tools_go_with_the_code_of_the_functions_that_call_them_and_their_secrets_by_prefix(variants):
    template = variants["tools"]["dev-Application"]
    found = {name: environment(template, name) for name in FUNCTIONS}
    assert {
        name for name, of in found.items() if of.get("CUSTOM_TOOLS_PATH") == "/var/task/custom_tools.yaml"
    } == CALLERS
    assert {name for name, of in found.items() if of.get("TOOL_SECRETS_PREFIX") == "firstline/dev/tools/"} == CALLERS
    assert readers_of_secrets(template, "firstline/dev/tools/") == CALLERS


def test_the_file_of_tools_lies_beside_the_handler(assembly):
    declared = (ROOT / "tests" / "infra" / "custom_tools.yaml").read_text(encoding="utf-8")
    packed = list(assembly.with_name("variants").joinpath("tools").glob("asset.*/custom_tools.yaml"))
    assert {path.read_text(encoding="utf-8") for path in packed} == {declared}
    handlers = {(ROOT / "functions" / name.lower() / "handler.py").read_text(encoding="utf-8") for name in CALLERS}
    assert {(path.parent / "handler.py").read_text(encoding="utf-8") for path in packed} == handlers


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_without_tools_of_a_companys_own_nobody_reads_a_secret_of_theirs(templates, stage):
    template = templates[f"{stage}-Application"]
    assert ":secret:firstline/" not in json.dumps(template)
    assert all("CUSTOM_TOOLS_PATH" not in environment(template, name) for name in FUNCTIONS)


def test_the_days_money_and_the_tickets_that_wait_have_two_alarms_each_and_a_frozen_arm_one(templates):
    found = {
        (p["MetricName"], p["Statistic"], p["Period"], p["Threshold"])
        for p in resources(templates["prod-Observability"], "AWS::CloudWatch::Alarm").values()
        if p.get("Namespace") == NAMESPACE
    }
    assert found == {
        ("ModelCostMicroUSD", "Sum", 86_400, 200_000_000),
        ("ModelCostMicroUSD", "Sum", 86_400, 300_000_000),
        ("ArmsFrozen", "Sum", 3_600, 0),
        ("TicketsWaitingForPeople", "Maximum", 300, 100),
        ("TicketsWaitingForPeople", "Maximum", 300, 500),
    }


def test_alarms_look_where_the_functions_tell(templates, monkeypatch, capsys):
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    with observability.logger.append_context_keys(env="prod"):
        observability.count({"TurnsAnswered": (observability.MetricUnit.Count, 1)})
    line = json.loads(capsys.readouterr().out)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    dimensions = {name: line[name] for name in told["Dimensions"][0]}
    assert (told["Namespace"], dimensions) == (NAMESPACE, {"stage": "prod", "service": SERVICE})
    for alarm in resources(templates["prod-Observability"], "AWS::CloudWatch::Alarm").values():
        if alarm.get("Namespace") == NAMESPACE:
            assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == dimensions


def test_every_metric_that_the_functions_tell_is_known_to_the_bill():
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "firstline" / "python").rglob("*.py")]
    told = {
        name for path in sources for name in re.findall(r'"(\w+)": \(MetricUnit\.', path.read_text(encoding="utf-8"))
    }
    assert told == set(METRICS)
