"""Mail of customers on AWS: received by SES for the support addresses alone, kept private, worked off one by one."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstline.settings import Settings
from infra_cdk.app_constructs.mail_intake import INCOMING_DAYS
from infra_cdk.configuration import Configuration, InvalidContextError
from infra_cdk.function_records import FUNCTIONS, Grant
from infra_cdk.mail_choices import RECEIVING
from infra_cdk.stacks.mail import EVENTS

CDK_JSON = Path(__file__).resolve().parents[2] / "infra_cdk" / "cdk.json"
pytestmark = pytest.mark.timeout(600)
Templates = dict[str, dict[str, Any]]
STAGES = ("dev", "prod")


def found(templates: Templates, kind: str, stage: str = "") -> dict[str, dict[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for stack, template in templates.items()
        if stack.startswith(stage)
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def the(templates: Templates, kind: str, part: str, stage: str = "") -> dict[str, Any]:
    (match,) = (properties for name, properties in found(templates, kind, stage).items() if part in name)
    return match


def outputs(template: dict[str, Any]) -> dict[str, Any]:
    return {name: output["Value"] for name, output in template["Outputs"].items()}


def of_ses(templates: Templates, stage: str) -> Iterator[dict[str, Any]]:
    """Every statement of a resource's policy that lets SES do something."""
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"):
        for policy in found(templates, kind, stage).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow" and statement["Principal"].get("Service") == "ses.amazonaws.com":
                    yield statement


def read(**changes: Any) -> Configuration:
    context = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"] | changes
    return Configuration.from_context(context.get)


def mail(address: str = "support@acme.example", **changes: Any) -> Configuration:
    return read(**{"mail_domain": "acme.example", "settings": {"SUPPORT_ADDRESS": address}, **changes})


def test_mail_to_the_support_addresses_and_nothing_else_goes_scanned_into_the_bucket_and_stops_there(templates):
    (rule,) = found(templates, "AWS::SES::ReceiptRule").values()
    assert rule["Rule"]["Recipients"] == ["support@help.acme.example"]
    assert rule["Rule"]["Enabled"] is rule["Rule"]["ScanEnabled"] is True
    assert rule["Rule"]["TlsPolicy"] == "Optional"
    stored, stop = rule["Rule"]["Actions"]
    assert stored["S3Action"]["ObjectKeyPrefix"] == "incoming/"
    assert "MailReceivedBucket6FF7AA5F" in json.dumps(stored["S3Action"]["BucketName"])
    # A function that SES called would lose the mail where it fails, and slow SES down.
    assert set(stored["S3Action"]) == {"BucketName", "ObjectKeyPrefix"}
    assert stop == {"StopAction": {"Scope": "RuleSet"}}


def test_without_a_rule_set_of_the_companys_we_make_one_that_nothing_here_activates(templates):
    (rule_set,) = found(templates, "AWS::SES::ReceiptRuleSet").values()
    (rule,) = found(templates, "AWS::SES::ReceiptRule").values()
    assert rule_set["RuleSetName"] == rule["RuleSetName"] == "firstline-prod"
    assert "SetActiveReceiptRuleSet" not in json.dumps(templates)
    resources = templates["prod-Mail"]["Resources"]
    (made,) = (resource for resource in resources.values() if resource["Type"] == "AWS::SES::ReceiptRule")
    assert [resources[name]["Type"] for name in made["DependsOn"]] == ["AWS::SES::ReceiptRuleSet"]


def test_a_rule_set_of_the_companys_gets_one_rule_more_and_is_not_ours_to_make_or_remove(variants):
    assert found(variants["mail"], "AWS::SES::ReceiptRuleSet") == {}
    (rule,) = found(variants["mail"], "AWS::SES::ReceiptRule").values()
    assert rule["RuleSetName"] == "company-mail"
    assert rule["Rule"]["Recipients"] == ["support@acme.example", "billing@help.acme.example"]
    assert rule["Rule"]["TlsPolicy"] == "Require"


@pytest.mark.parametrize(
    ("active", "done"),
    [
        ("None", "set-active-receipt-rule-set --region us-east-1 --rule-set-name firstline-prod"),
        ("somebody-elses", "already active: somebody-elses"),
    ],
)
def test_the_command_of_the_output_activates_our_rule_set_only_where_none_is_active(templates, tmp_path, active, done):
    command = outputs(templates["prod-Mail"])["ReceivingCommand"]
    aws = tmp_path / "aws"
    aws.write_text(f'#!/bin/sh\ncase "$*" in *describe*) echo {active} ;; *) echo "$*" ;; esac\n')
    aws.chmod(0o755)
    run = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip().removeprefix("ses ") == done


def test_outputs_tell_the_records_of_every_domain_that_mail_comes_to(templates, variants):
    told = outputs(templates["prod-Mail"])
    assert told["MxRecord1"] == "help.acme.example MX 10 inbound-smtp.us-east-1.amazonaws.com"
    assert told["MailFromMxRecord"] == "mail.acme.example MX 10 feedback-smtp.us-east-1.amazonses.com"
    assert told["MailFromSpfRecord"].startswith("mail.acme.example TXT ")
    assert {name for name in told if name.startswith("Dkim")} == {f"DkimRecord{number}" for number in (1, 2, 3)}
    two = outputs(variants["mail"]["dev-Mail"])
    assert [two[f"MxRecord{number}"].split()[0] for number in (1, 2)] == ["acme.example", "help.acme.example"]
    # The whole domain's mail would go to SES.
    assert ["all its mail" in two[f"MxRecord{number}"] for number in (1, 2)] == [True, False]


def test_ses_may_write_incoming_mail_by_our_rule_and_tell_of_mail_of_our_configuration_set_and_do_no_more(templates):
    allowed = list(of_ses(templates, "prod"))
    by_action = {statement["Action"]: statement for statement in allowed}
    by_rule = by_action["s3:PutObject"]
    assert json.dumps(by_rule["Resource"]).count("/incoming/*") == 1
    for action, named in (
        ("s3:PutObject", "receipt-rule-set/firstline-prod:receipt-rule/firstline-prod"),
        ("sns:Publish", "configuration-set/firstline-prod"),
    ):
        conditions = by_action[action]["Condition"]["StringEquals"]
        assert set(conditions) >= {"aws:SourceAccount"}
        if action == "s3:PutObject":
            assert named in json.dumps(conditions["aws:SourceArn"])
    told = [s for s in allowed if s["Action"] == "sns:Publish" and "MailEvents" in json.dumps(s["Resource"])]
    assert len(told) == 1
    assert "configuration-set/firstline-prod" in json.dumps(told[0]["Condition"]["StringEquals"]["aws:SourceArn"])
    # Without a mail domain SES may do nothing with them.
    assert not [s for s in of_ses(templates, "dev") if "Mail" in json.dumps(s["Resource"])]


def test_the_accounts_key_lets_ses_encrypt_what_it_writes(templates):
    (key,) = found(templates, "AWS::KMS::Key", "prod").values()
    (statement,) = (s for s in key["KeyPolicy"]["Statement"] if s["Principal"] == {"Service": "ses.amazonaws.com"})
    assert set(statement["Action"]) == {"kms:GenerateDataKey", "kms:Decrypt"}
    assert set(statement["Condition"]["StringEquals"]) == {"aws:SourceAccount"}


def test_raw_mail_is_gone_a_day_after_its_conversation_and_what_nothing_took_in_after_its_message(variants):
    bucket = the(variants["mail"], "AWS::S3::Bucket", "MailReceived")
    days = {rule["Id"]: rule.get("ExpirationInDays") for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert days == {"old-versions": None, "incoming": INCOMING_DAYS, "kept": 31}
    dead_letters = the(variants["mail"], "AWS::SQS::Queue", "MailArrivalsDeadLetters")
    assert dead_letters["MessageRetentionPeriod"] < INCOMING_DAYS * 86_400


@pytest.mark.parametrize("stage", STAGES)
def test_what_arrives_waits_in_one_queue_and_is_worked_off_one_by_one(templates, stage):
    intake = next(record for record in FUNCTIONS if record.name == "email_intake")
    bucket = the(templates, "AWS::S3::Bucket", "MailReceived", stage)
    (told,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "incoming/"}]
    queue = the(templates, "AWS::SQS::Queue", "MailArrivalsQueue", stage)
    assert queue["VisibilityTimeout"] == 6 * intake.timeout_s
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    (mapping,) = (
        found
        for found in found(templates, "AWS::Lambda::EventSourceMapping", stage).values()
        if "MailArrivals" in json.dumps(found["EventSourceArn"])
    )
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # Where no mail can come nothing looks for it: that would be paid for.
    assert mapping["Enabled"] is (stage == "prod")


def test_what_becomes_of_sent_mail_comes_raw_to_the_same_queue_and_pages_nobody(templates):
    (destination,) = found(templates, "AWS::SES::ConfigurationSetEventDestination").values()
    told = destination["EventDestination"]
    assert set(told["MatchingEventTypes"]) == set(EVENTS) >= {"send", "delivery", "bounce", "complaint", "reject"}
    assert "MailEvents" in json.dumps(told["SnsDestination"]["TopicARN"])
    (subscription,) = (s for s in found(templates, "AWS::SNS::Subscription", "prod").values() if s["Protocol"] == "sqs")
    assert subscription["RawMessageDelivery"] is True
    assert "MailArrivalsQueue" in json.dumps(subscription["Endpoint"])
    assert "MailArrivalsDeadLetters" in json.dumps(subscription["RedrivePolicy"])


def test_alarms_watch_what_waits_what_was_given_up_and_the_shares_that_ses_judges_by(templates):
    alarms = {
        name.removeprefix("Mail")[:-8]: alarm
        for name, alarm in found(templates, "AWS::CloudWatch::Alarm", "prod").items()
        if name.startswith("Mail")
    }
    watched = {name: (alarm["MetricName"], alarm["Threshold"]) for name, alarm in alarms.items()}
    assert watched == {
        "GivenUp": ("ApproximateNumberOfMessagesVisible", 0),
        "Oldest": ("ApproximateAgeOfOldestMessage", 900),
        "Errors": ("Errors", 2),
        "Bounce": ("Reputation.BounceRate", 0.05),
        "Complaint": ("Reputation.ComplaintRate", 0.001),
    }
    for kind in ("Bounce", "Complaint"):
        assert alarms[kind]["Dimensions"] == [{"Name": "ses:configuration-set", "Value": "firstline-prod"}]


def test_the_dashboard_shows_mail_where_there_is_some(templates):
    boards = {
        stage: json.dumps(board["DashboardBody"])
        for stage in STAGES
        for board in found(templates, "AWS::CloudWatch::Dashboard", stage).values()
    }
    assert "Reputation.BounceRate" in boards["prod"]
    assert "Reputation.BounceRate" not in boards["dev"]


def test_mail_leaves_by_our_identity_and_configuration_set_only_and_by_one_function(templates):
    sending = {
        name: statement
        for name, policy in found(templates, "AWS::IAM::Policy", "prod").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "ses:" in json.dumps(statement["Action"])
    }
    ((name, statement),) = sending.items()
    assert name.startswith("Sweep")
    assert set(statement["Action"]) == {"ses:SendEmail", "ses:SendRawEmail"}
    assert sorted(re.findall(r"(?:identity|configuration-set)/[\w.-]+", json.dumps(statement["Resource"]))) == [
        "configuration-set/firstline-prod",
        "identity/acme.example",
    ]


def test_who_reads_and_who_deletes_received_mail_is_told_its_bucket():
    readers = {record.name for record in FUNCTIONS if Grant.READ_MAIL in record.grants}
    writers = {record.name for record in FUNCTIONS if Grant.WRITE_MAIL in record.grants}
    # The console shows raw mail, the intake takes it in; the API and the sweep remove what was forgotten.
    assert readers == {"api", "email_intake"}
    assert writers == {"api", "email_intake", "sweep"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_knows_the_bucket_and_in_a_stage_with_mail_the_addresses(templates, stage):
    for function in found(templates, "AWS::Lambda::Function", stage).values():
        if str(function.get("Description", "")).startswith("Firstline: "):
            told = function["Environment"]["Variables"]
            assert "MailReceivedBucket6FF7AA5F" in json.dumps(told["MAIL_BUCKET"])
            assert told.get("SUPPORT_ADDRESS") == (None if stage == "dev" else "support@help.acme.example")


def test_the_stacks_read_the_addresses_as_the_functions_do():
    written = " Support@Acme.example ,help@acme.example,, support@acme.example"
    assert mail(written).support_addresses == ("support@acme.example", "help@acme.example")
    assert Settings.from_env({"SUPPORT_ADDRESS": written}).support_address == written


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mail_domain": ""}, "mail_domain must be set for SUPPORT_ADDRESS"),
        ({"address": "support@other.example"}, "support@other.example is not of mail_domain acme.example"),
        ({"address": "support@evilacme.example"}, "is not of mail_domain"),
        ({"address": "support@acme.example, help@other.example"}, "help@other.example is not of"),
        ({"address": "support@mail.acme.example"}, "where bounces go"),
        ({"address": "support"}, "is no address"),
        ({"address": "Support <support@acme.example>"}, "is no address"),
        ({"address": "support+token@acme.example"}, "plus part"),
        ({"address": ",".join(f"a{n}@acme.example" for n in range(101))}, "more than 100"),
        ({"region": "ap-east-1"}, "region ap-east-1 takes no mail in .*us-east-1"),
        ({"mail_rule_set": "no spaces"}, "mail_rule_set"),
        ({"mail_rule_set": "-dash"}, "mail_rule_set"),
        ({"mail_tls": "Sometimes"}, "mail_tls"),
        ({"address": "", "mail_rule_set": "company-mail"}, "SUPPORT_ADDRESS must be set for mail_rule_set"),
        ({"settings": {"MAIL_CONFIGURATION_SET": "mine"}}, "MAIL_CONFIGURATION_SET is supplied"),
        ({"settings": {"MAIL_BUCKET": "mine"}}, "MAIL_BUCKET is supplied"),
    ],
)
def test_what_could_not_receive_mail_is_refused_before_anything_is_made(changes, named):
    with pytest.raises(InvalidContextError, match=named):
        mail(**changes)


def test_a_region_that_takes_no_mail_in_is_refused_only_where_mail_is_to_be_received():
    assert read(region="ap-east-1", mail_domain="acme.example").support_addresses == ()


def test_the_list_of_regions_says_when_and_where_it_was_read():
    known = json.loads(RECEIVING.read_text(encoding="utf-8"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", known["as_of"])
    assert "General Reference" in known["source"]
    assert known["regions"] == sorted(set(known["regions"]))
