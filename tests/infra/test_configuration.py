"""The context: what fits is read, what does not is refused by its name."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra_cdk.configuration import Configuration, InvalidContextError, refuse_unknown

CDK_JSON = Path(__file__).resolve().parents[2] / "infra_cdk" / "cdk.json"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


def read(**changes: Any) -> Configuration:
    context = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"] | changes
    return Configuration.from_context(context.get)


def test_the_context_of_cdk_json_is_a_dev_stage_without_a_model():
    configuration = read()
    assert (configuration.stage, configuration.is_prod) == ("dev", False)
    assert configuration.provider == "none"
    assert configuration.prefix == "Firstline-dev"


def test_values_of_the_command_line_arrive_as_text():
    configuration = read(waf="true", monthly_budget_usd="250", settings='{"MAX_TOKENS": 900}')
    assert configuration.waf is True
    assert configuration.monthly_budget_usd == 250
    assert configuration.settings == {"MAX_TOKENS": "900"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"stage": "staging"}, "stage"),
        ({"stage": None}, "stage"),
        ({"region": "mars-1"}, "region"),
        ({"region": ""}, "region"),
        ({"architecture": "riscv"}, "architecture"),
        ({"python": "2.7"}, "python"),
        ({"model": "gpt"}, "model"),
        ({"provider": "azure"}, "provider"),
        ({"custom_tools": "no_such_file.yaml"}, "custom_tools: .*no_such_file.yaml"),
        ({"custom_tools": "README.md"}, "custom_tools"),
        ({"settings": {"CUSTOM_TOOLS_PATH": "tools.yaml"}}, "CUSTOM_TOOLS_PATH"),
        ({"settings": {"TOOL_SECRETS_PREFIX": ""}}, "TOOL_SECRETS_PREFIX"),
        ({"settings": {"TOOL_SECRETS_PREFIX": "firstline/*"}}, "TOOL_SECRETS_PREFIX"),  # pragma: allowlist secret
        ({"waf": "maybe"}, "waf"),
        ({"monthly_budget_usd": "-1"}, "monthly_budget_usd"),
        ({"monthly_budget_usd": "ten"}, "monthly_budget_usd"),
        ({"alarm_email": "nobody"}, "alarm_email"),
        ({"pager_url": "http://pager.example"}, "pager_url"),
        ({"mail_domain": "not a domain"}, "mail_domain"),
        ({"deployed_at": "yesterday"}, "deployed_at"),
        ({"api_domain": "api.acme.example"}, "api_certificate_arn"),
        ({"site_certificate_arn": CERTIFICATE}, "site_domain"),
        ({"search": "existing"}, "search_endpoint"),
        ({"search_endpoint": "https://search.example"}, "search_endpoint"),
        ({"search": "existing", "search_endpoint": "http://search.example"}, "search_endpoint"),
        ({"replica_region": "us-east-1"}, "replica_region"),
        ({"replica_region": "eu-west-1", "encryption": "customer"}, "encryption"),
        ({"region": "eu-west-1", "api_domain": "api.acme.example", "api_certificate_arn": CERTIFICATE}, "of eu-west-1"),
        (
            {
                "site_domain": "chat.acme.example",
                "site_certificate_arn": CERTIFICATE.replace("us-east-1", "eu-west-1"),
            },
            "site_certificate_arn must be of us-east-1",
        ),
        ({"settings": {"NOTIFY_EMAIL": "team@acme.example"}}, "mail_domain"),
        ({"settings": {"MAX_TOKENS": "many"}}, "MAX_TOKENS"),
        ({"stage": "prod", "emulator_endpoint": "http://127.0.0.1:4566"}, "emulator_endpoint"),
        ({"warm": "snapstart", "deployment": "direct"}, "warm"),
        ({"warm": "snapstart", "python": "3.11"}, "python"),
        ({"waf": True, "edge": False}, "edge"),
        ({"waf": True, "region": "eu-west-1"}, "region"),
        ({"anthropic_rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:x"}, "provider"),
        ({"emulator_endpoint": "http://10.0.0.1:4566"}, "emulator_endpoint"),
        ({"settings": "[1, 2]"}, "settings"),
        ({"settings": "{"}, "settings"),
        ({"settings": {"NO_SUCH_SETTING": "1"}}, "NO_SUCH_SETTING"),
        ({"settings": {"TABLE_NAME": "mine"}}, "TABLE_NAME"),
        ({"settings": {"ANTHROPIC_API_KEY": "x"}}, "ANTHROPIC_API_KEY"),  # pragma: allowlist secret
        ({"settings": {"ADMIN_TOKEN": "x"}}, "ADMIN_TOKEN"),  # pragma: allowlist secret
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_name(changes, named):
    with pytest.raises(InvalidContextError, match=named):
        read(**changes)


def test_a_misspelt_name_is_refused_and_the_cdks_own_names_are_not():
    context = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"] | {"aws:cdk:bundling-stacks": ["**"]}
    refuse_unknown(context)
    with pytest.raises(InvalidContextError, match="alarm_mail is not"):
        refuse_unknown({**context, "alarm_mail": "ops@acme.example"})


def test_a_workflow_that_pipes_what_the_cdk_says_fails_when_the_cdk_fails():
    for path in (CDK_JSON.parents[1] / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            for step in job["steps"]:
                if "| tee" in step.get("run", ""):
                    # GitHub's default shell has no pipefail; "bash", said so, has.
                    assert step.get("shell") == "bash", (path.name, step["name"])


def test_an_emulator_may_be_searched_without_tls():
    configuration = read(
        search="existing", search_endpoint="http://127.0.0.1:9260", emulator_endpoint="http://127.0.0.1:4566"
    )
    assert configuration.search_endpoint == "http://127.0.0.1:9260"


@pytest.mark.parametrize(
    ("declared", "named"),
    [
        ("", "declares no tool"),
        ("refund: {description: Pays an order back., url: 'http://shop.example/refund'}", "refund"),
        (
            "refund: {description: Pays an order back., url: 'https://shop.example/refund',"
            " arguments: {type: object, properties: {order: {type: strin}}}}",
            "no JSON schema",
        ),
    ],
)
def test_a_file_of_custom_tools_that_no_function_could_use_is_refused_before_anything_is_deployed(
    tmp_path, declared, named
):
    path = tmp_path / "tools.yaml"
    path.write_text(declared, encoding="utf-8")
    with pytest.raises(InvalidContextError, match=f"^custom_tools: .*{named}"):
        read(custom_tools=str(path))
