"""The bill: within what was promised, dated, and true to what is deployed."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra_cdk.bill import ALARM_METRICS, MAIL_ALARM_METRICS, MODEL_ALARM_METRICS, Bill
from infra_cdk.configuration import Configuration

CDK_JSON = Path(__file__).resolve().parents[2] / "infra_cdk" / "cdk.json"


def bill(**changes: Any) -> Bill:
    context = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"] | changes
    return Bill.of(Configuration.from_context(context.get))


@pytest.mark.parametrize(("region", "most_usd"), [("us-east-1", 35), ("eu-west-1", 40)])
def test_an_idle_month_costs_no_more_than_promised(region, most_usd):
    idle = bill(region=region).idle_usd
    # The search node alone is most of it: a bill far below that would have forgotten it.
    assert 26 < idle <= most_usd


def test_every_line_says_what_it_assumes_and_the_text_shows_date_and_sums():
    found = bill(provider="anthropic")
    lines = [*found.idle, *found.conversations, *found.choices]
    assert all(line.assumption for line in lines)
    text = found.text()
    date.fromisoformat(found.as_of)
    assert found.as_of in text
    assert f"{found.idle_usd:.2f}" in text
    assert f"{found.conversations_usd:.2f}" in text


def test_a_model_is_most_of_what_conversations_cost():
    without, with_model = bill(), bill(provider="anthropic")
    model = next(line.usd for line in with_model.conversations if line.what.startswith("model"))
    # 4,000 turns of 3,000 tokens at 2 dollars and 300 at 10 dollars a million.
    assert model == pytest.approx(36.0)
    assert without.conversations_usd < 1 < model


@pytest.mark.parametrize(
    "choice",
    [
        {"warm": "provisioned"},
        {"warm": "snapstart"},
        {"waf": True},
        {"encryption": "customer"},
        {"threat_detection": True},
    ],
)
def test_a_choice_adds_to_the_idle_bill_what_its_line_says(choice):
    (name,) = (f"{key}={value}" if isinstance(value, str) else key for key, value in choice.items())
    added = next(line.usd for line in bill().choices if line.what == name)
    assert bill(**choice).idle_usd - bill().idle_usd == pytest.approx(added)


def test_another_region_is_reckoned_and_says_with_whose_prices():
    assert "at the prices of us-east-1" in bill(region="ap-southeast-2").text()


def test_the_search_of_the_company_costs_us_nothing():
    existing = bill(search="existing", search_endpoint="https://search.example")
    assert existing.idle_usd == pytest.approx(bill().idle_usd - next(line.usd for line in bill().idle))


def test_mail_adds_to_the_idle_bill_what_its_line_says_and_to_conversations_what_ses_takes():
    added = next(line.usd for line in bill().choices if line.what == "mail_domain")
    received = bill(mail_domain="acme.example", settings={"SUPPORT_ADDRESS": "support@acme.example"})
    assert received.idle_usd - bill().idle_usd == pytest.approx(added)
    mails = received.conversations_usd - bill().conversations_usd
    # 4,000 mails received and as many sent, at ten cents a thousand: what else they cost is of that order.
    assert 0.8 < mails < 4
    assert bill(mail_domain="acme.example").conversations_usd == pytest.approx(bill().conversations_usd)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("stage", "expected"), [("dev", 0), ("prod", MODEL_ALARM_METRICS + MAIL_ALARM_METRICS)])
def test_alarms_are_counted_as_deployed(templates, stage, expected):
    counted = 0
    for stack, template in templates.items():
        if stack.startswith(stage):
            for resource in template["Resources"].values():
                if resource["Type"] == "AWS::CloudWatch::Alarm":
                    metrics = resource["Properties"].get("Metrics")
                    counted += sum("MetricStat" in metric for metric in metrics) if metrics else 1
    assert counted == ALARM_METRICS + expected
