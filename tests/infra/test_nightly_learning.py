"""The nightly function: called once a day, with what it needs and no more."""

from __future__ import annotations

from typing import Any

import pytest

from infra_cdk.function_records import FUNCTIONS, Grant
from infra_cdk.stacks.application import LEARN_EVERY

STAGES = ("dev", "prod")


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in template["Resources"].items() if found["Type"] == kind}


@pytest.mark.parametrize("stage", STAGES)
def test_the_night_is_called_once_a_day_and_what_it_cannot_do_is_kept(
    templates: dict[str, dict[str, Any]], stage: str
) -> None:
    application = templates[f"{stage}-Application"]
    functions = of_type(application, "AWS::Lambda::Function")
    (name,) = [name for name, found in functions.items() if found.get("Description", "").endswith("every night")]
    assert functions[name]["DeadLetterConfig"]["TargetArn"]
    assert LEARN_EVERY.to_days() == 1
    daily = [
        rule
        for rule in of_type(application, "AWS::Events::Rule").values()
        if rule.get("ScheduleExpression") == "rate(1 day)"
    ]
    (rule,) = daily
    (target,) = rule["Targets"]
    assert target["Arn"]["Ref"].startswith("LearnLive")
    assert target["DeadLetterConfig"]["Arn"]


def test_the_night_may_read_the_knowledge_but_neither_change_it_nor_speak_to_customers() -> None:
    (record,) = [record for record in FUNCTIONS if record.name == "learn"]
    assert set(record.grants) == {Grant.USE_TABLE, Grant.READ_KNOWLEDGE, Grant.READ_ANTHROPIC_KEY}
    assert record.asynchronous
    assert not record.visitor_waits
