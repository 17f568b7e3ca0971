"""What a first deployment, a change of choices and a bad release meet."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

RUNBOOKS = Path(__file__).resolve().parents[2] / "infra_cdk" / "runbooks"
pytestmark = pytest.mark.timeout(600)
STAGES = ("dev", "prod")
Found = dict[str, dict[str, Any]]


def found(templates: dict[str, Any], kind: str, stage: str = "") -> Found:
    return {
        name: resource
        for stack, template in templates.items()
        if stack.startswith(stage)
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def alarm(templates: dict[str, Any], part: str) -> dict[str, Any]:
    (match,) = [
        a["Properties"] for name, a in found(templates, "AWS::CloudWatch::Alarm", "dev").items() if part in name
    ]
    return dict(match)


def watched(properties: dict[str, Any]) -> set[str]:
    metrics = [m["MetricStat"]["Metric"] for m in properties.get("Metrics", []) if "MetricStat" in m] or [properties]
    return {f"{metric['Namespace']}/{metric['MetricName']}" for metric in metrics}


@pytest.mark.parametrize("stage", STAGES)
def test_the_socket_apis_log_can_be_written_in_an_account_that_never_had_an_api(templates, stage):
    ((account_id, account),) = found(templates, "AWS::ApiGateway::Account", stage).items()
    (logging,) = [
        s for s in found(templates, "AWS::ApiGatewayV2::Stage", stage).values() if account_id in s.get("DependsOn", [])
    ]
    assert logging["Properties"]["StageName"] == "live"
    role_id = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
    role = found(templates, "AWS::IAM::Role", stage)[role_id]
    assert "AmazonAPIGatewayPushToCloudWatchLogs" in json.dumps(role["Properties"]["ManagedPolicyArns"])
    # The account has one for all its APIs: it stays when we go.
    assert account["DeletionPolicy"] == role["DeletionPolicy"] == "Retain"


def exports(templates: dict[str, Any]) -> set[str]:
    return {
        json.dumps(output["Export"]["Name"])
        for template in templates.values()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }


def imports(templates: dict[str, Any]) -> set[str]:
    return {f'"{name}"' for name in re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(templates))}


def test_no_choice_takes_away_an_export_that_another_choice_reads(variants):
    assert all(imports(templates) <= exports(templates) for templates in variants.values())
    # The stack that exports is deployed first, while the one that reads is as it was.
    missing = {
        (before, after): imports(variants[before]) - exports(variants[after])
        for before, after in itertools.permutations(variants, 2)
    }
    assert {change: names for change, names in missing.items() if names} == {}
    assert len(imports(variants["default"])) > 10


def test_a_choice_that_comes_and_goes_is_read_from_a_parameter_that_its_stack_writes(variants):
    written = {
        name: {p["Properties"]["Name"] for p in found(templates, "AWS::SSM::Parameter").values()}
        for name, templates in variants.items()
    }
    assert written["default"] == {"/firstline/dev/search-endpoint"}
    assert written["less"] == set()
    assert written["more"] - written["default"] == {"/firstline/dev/anthropic-secret-arn", "/firstline/dev/key-arn"}
    for name, templates in variants.items():
        read = {
            parameter["Default"]
            for template in templates.values()
            for parameter in template.get("Parameters", {}).values()
            if parameter["Type"] == "AWS::SSM::Parameter::Value<String>" and "bootstrap" not in parameter["Default"]
        }
        assert read == written[name], name


@pytest.mark.parametrize("stage", STAGES)
def test_a_person_can_point_prod_back_at_an_earlier_version(templates, stage):
    policies = {v["DeletionPolicy"] for v in found(templates, "AWS::Lambda::Version", stage).values()}
    assert policies == ({"RetainExceptOnCreate"} if stage == "prod" else {"Delete"})


@pytest.mark.parametrize("function", ["Api", "Websocket", "Workflow"])
def test_a_canary_is_judged_by_the_calls_of_its_own_version(templates, function):
    failing = alarm(templates, f"{function}CanaryFailures")
    dimensions = {d["Name"]: d["Value"] for d in failing["Dimensions"]}
    versions = found(templates, "AWS::Lambda::Version", "dev")
    assert dimensions["ExecutedVersion"]["Fn::GetAtt"][0] in versions
    assert set(dimensions) == {"FunctionName", "Resource", "ExecutedVersion"}
    # One call in twenty goes there: one that fails is enough.
    assert (failing["MetricName"], failing["Threshold"], failing["EvaluationPeriods"]) == ("Errors", 0, 1)
    slow = alarm(templates, f"{function}CanaryLatency")
    assert (slow["MetricName"], slow["ExtendedStatistic"], slow["Threshold"]) == ("Duration", "p95", 10_000)


def test_an_alias_moves_only_after_the_alarms_look_at_its_new_version(templates):
    resources = templates["dev-Application"]["Resources"]
    for alias in (r for r in resources.values() if r["Type"] == "AWS::Lambda::Alias" and "UpdatePolicy" in r):
        group = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
        named = resources[group]["Properties"]["AlarmConfiguration"]["Alarms"]
        assert alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0] in json.dumps(
            [resources[alarm["Name"]["Ref"]] for alarm in named]
        )


def test_api_alarms_count_what_callers_get_and_not_what_functions_raise(templates):
    assert watched(alarm(templates, "ApiAlarmsFailuresCritical")) == {"AWS/ApiGateway/5xx", "AWS/ApiGateway/Count"}
    assert watched(alarm(templates, "ApiAlarmsLatencyCritical")) == {"AWS/ApiGateway/Latency"}
    assert watched(alarm(templates, "WebsocketAlarmsFailuresCritical")) == {
        f"AWS/ApiGateway/{name}" for name in ("IntegrationError", "ExecutionError", "MessageCount")
    }


def test_the_table_is_watched_by_metrics_that_are_told_for_the_whole_table(templates):
    assert watched(alarm(templates, "Throttled")) == {
        "AWS/DynamoDB/ReadThrottleEvents",
        "AWS/DynamoDB/WriteThrottleEvents",
    }


def test_pages_are_the_apis_own_and_their_files_stand_where_they_ask_for_them(templates):
    (distribution,) = found(templates, "AWS::CloudFront::Distribution", "dev").values()
    config = distribution["Properties"]["DistributionConfig"]
    origins = {origin["Id"]: "S3OriginConfig" in origin for origin in config["Origins"]}
    assert {files["PathPattern"] for files in config["CacheBehaviors"]} == {"/static/*", "/widget.js", "/widget/*"}
    assert all(origins[files["TargetOriginId"]] for files in config["CacheBehaviors"])
    everything_else = config["DefaultCacheBehavior"]
    assert origins[everything_else["TargetOriginId"]] is False
    assert "POST" in everything_else["AllowedMethods"]
    assert "DefaultRootObject" not in config
    copied = deployments(templates)
    assert {name: (prefix, prunes) for name, (prefix, prunes, _) in copied.items()} == {
        "Widget": ("static", True),
        "WidgetFiles": ("widget", False),
        "WidgetLoader": (None, False),
    }


def deployments(templates):
    """By name: prefix in the bucket, whether older files are removed, and how long browsers may keep them."""
    return {
        re.fullmatch(r"(\w+?)CustomResource.*", name)[1]: (
            resource["Properties"].get("DestinationBucketKeyPrefix"),
            resource["Properties"]["Prune"],
            resource["Properties"].get("SystemMetadata", {}).get("cache-control"),
        )
        for name, resource in found(templates, "Custom::CDKBucketDeployment", "dev").items()
    }


def test_the_widget_may_be_carried_by_any_page_and_its_versions_stay(templates):
    (distribution,) = found(templates, "AWS::CloudFront::Distribution", "dev").values()
    policies = found(templates, "AWS::CloudFront::ResponseHeadersPolicy", "dev")
    behaviours = distribution["Properties"]["DistributionConfig"]["CacheBehaviors"]
    headers = {
        each["PathPattern"]: policies[each["ResponseHeadersPolicyId"]["Ref"]]["Properties"] for each in behaviours
    }
    for path in ("/widget.js", "/widget/*"):
        said = headers[path]["ResponseHeadersPolicyConfig"]
        assert said["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == ["*"]
        assert said["CorsConfig"]["AccessControlAllowCredentials"] is False
        assert said["CustomHeadersConfig"]["Items"][0]["Value"] == "cross-origin"
    assert "CorsConfig" not in headers["/static/*"]["ResponseHeadersPolicyConfig"]
    kept = {name: kept for name, (_, _, kept) in deployments(templates).items()}
    assert kept["WidgetLoader"] == "public, max-age=300"
    assert kept["WidgetFiles"] == "public, max-age=31536000, immutable"
    (loader,) = (r for n, r in found(templates, "Custom::CDKBucketDeployment", "dev").items() if "Loader" in n)
    assert any("WidgetFiles" in name for name in loader["DependsOn"])
    assert loader["Properties"]["DistributionPaths"] == ["/widget.js"]


def test_every_function_of_dev_writes_to_a_log_that_goes_with_its_stack(templates):
    for stack in (name for name in templates if name.startswith("dev")):
        resources = templates[stack]["Resources"]
        for name, resource in resources.items():
            if resource["Type"] == "AWS::Lambda::Function":
                group = resources[resource["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
                assert group["DeletionPolicy"] == "Delete", name


def test_every_output_that_a_runbook_names_exists(templates):
    outputs = {name for template in templates.values() for name in template.get("Outputs", {})}
    text = "\n".join(path.read_text(encoding="utf-8") for path in RUNBOOKS.glob("*.md"))
    named = set(re.findall(r"output `(\w+)`", text))
    assert {"SiteUrl", "SessionKeySecretArn"} <= named <= outputs
    in_commands = set(re.findall(r"\b[A-Z]{3,}(?:NAME|ARN|ID|URL)\b", text))
    assert "KNOWLEDGEBUCKETNAME" in in_commands
    assert in_commands <= {name.upper() for name in outputs}
