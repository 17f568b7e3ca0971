"""What the synthesised stacks promise: least privilege, encryption, retention, dead letters, no words in logs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.aws.table_definition import TTL_ATTRIBUTE, table_definition
from firstline.settings import Settings
from infra_cdk.function_records import COMMON_SETTINGS, FUNCTIONS

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dev", "prod")
# Actions that AWS offers for no resource in particular, and why something here needs them.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "tracing",
    "xray:PutTelemetryRecords": "tracing",
    "xray:GetSamplingRules": "tracing of the state machine",
    "xray:GetSamplingTargets": "tracing of the state machine",
    "logs:CreateLogDelivery": "the state machine's log",
    "logs:GetLogDelivery": "the state machine's log",
    "logs:UpdateLogDelivery": "the state machine's log",
    "logs:DeleteLogDelivery": "the state machine's log",
    "logs:ListLogDeliveries": "the state machine's log",
    "logs:PutResourcePolicy": "the state machine's log",
    "logs:DescribeResourcePolicies": "the state machine's log",
    "logs:DescribeLogGroups": "the state machine's log",
    "cloudfront:GetInvalidation": "CDK's deployment of the widget",
    "cloudfront:CreateInvalidation": "CDK's deployment of the widget",
}


def resources(templates: dict[str, Any], kind: str, stage: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for stack, template in templates.items():
        if stack.startswith(stage):
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield f"{stack}/{name}", resource


def properties(templates: dict[str, Any], kind: str, stage: str = "") -> dict[str, dict[str, Any]]:
    return {name: resource.get("Properties", {}) for name, resource in resources(templates, kind, stage)}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(templates: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("AWS::IAM::Policy", "AWS::IAM::Role"):
        for name, found in properties(templates, kind).items():
            documents = [found.get("PolicyDocument"), *(p["PolicyDocument"] for p in found.get("Policies", []))]
            for document in filter(None, documents):
                for statement in document["Statement"]:
                    yield name, statement


def our_functions(templates: dict[str, Any], stage: str) -> dict[str, dict[str, Any]]:
    found = properties(templates, "AWS::Lambda::Function", stage)
    return {p["Description"]: p for p in found.values() if str(p.get("Description", "")).startswith("Firstline: ")}


def test_no_function_may_do_anything_on_every_resource_without_a_written_reason(templates):
    loose = [
        (name, action)
        for name, statement in statements(templates)
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
        if action not in WITHOUT_RESOURCE
    ]
    assert loose == []


def test_no_role_of_ours_is_allowed_a_whole_service(templates):
    found = [
        (name, action)
        for name, statement in statements(templates)
        for action in listed(statement["Action"])
        if action == "*" or action.endswith(":*")
    ]
    assert found == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_is_there_with_its_processor_log_retention_and_tracing(templates, stage):
    functions = our_functions(templates, stage)
    assert set(functions) == {f"Firstline: {record.purpose}" for record in FUNCTIONS}
    for found in functions.values():
        assert found["Architectures"] == ["arm64"]
        assert found["Runtime"] == "python3.14"
        assert found["Handler"] == "handler.lambda_handler"
        # What is called all day though nobody talks would be most of the bill for traces.
        record = next(record for record in FUNCTIONS if found["Description"] == f"Firstline: {record.purpose}")
        untraced = record.name in {"api", "sweep"}
        assert found["TracingConfig"] == {"Mode": "PassThrough" if untraced else "Active"}
        assert found["LoggingConfig"]["LogGroup"]
        assert len(found["Layers"]) <= 5


def test_every_handler_has_a_record_and_every_record_a_handler():
    assert {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")} == {r.name for r in FUNCTIONS}


@pytest.mark.parametrize("stage", STAGES)
def test_log_groups_are_kept_for_a_set_time_that_differs_by_stage(templates, stage):
    kept = {p["RetentionInDays"] for p in properties(templates, "AWS::Logs::LogGroup", f"{stage}-App").values()}
    assert kept == ({7} if stage == "dev" else {90})


@pytest.mark.parametrize("stage", STAGES)
def test_every_setting_that_the_infrastructure_supplies_reaches_a_function(templates, stage):
    supplied = {v.name for v in Settings.variables() if v.meaning.endswith("(AWS)")} | {"RUNTIME", "APP_ENV"}
    given = {name for f in our_functions(templates, stage).values() for name in f["Environment"]["Variables"]}
    # Only with a model, only where CI tells the time, only with a mail domain.
    optional = {"ANTHROPIC_SECRET_ARN", "DEPLOYED_AT", "MAIL_CONFIGURATION_SET"} if stage == "dev" else set()
    assert supplied - given == optional


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_gets_only_settings_that_exist_and_never_a_secret(templates, stage):
    known = {variable.name for variable in Settings.variables()}
    for found in our_functions(templates, stage).values():
        names = set(found["Environment"]["Variables"])
        assert names <= known
        assert set(COMMON_SETTINGS) <= names
        assert [name for name in names if re.search(r"(API_KEY|PASSWORD|TOKEN|SECRET)$", name)] == []


def test_the_settings_of_the_context_reach_every_function(templates):
    given = {
        name: found["Environment"]["Variables"].get("BUSINESS_HOURS")
        for name, found in our_functions(templates, "prod").items()
    }
    assert set(given.values()) == {"Mon-Fri 09:00-17:30"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_table_is_the_packages_table(templates, stage):
    (found,) = properties(templates, "AWS::DynamoDB::GlobalTable", stage).values()
    defined = table_definition("any")
    assert found["BillingMode"] == defined["BillingMode"]
    assert found["KeySchema"] == defined["KeySchema"]
    by_name = lambda attribute: attribute["AttributeName"]  # noqa: E731
    assert sorted(found["AttributeDefinitions"], key=by_name) == sorted(defined["AttributeDefinitions"], key=by_name)
    assert found["GlobalSecondaryIndexes"] == defined["GlobalSecondaryIndexes"]
    assert found["TimeToLiveSpecification"] == {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}


@pytest.mark.parametrize("stage", STAGES)
def test_the_table_can_be_recovered_and_prod_is_protected(templates, stage):
    (found,) = properties(templates, "AWS::DynamoDB::GlobalTable", stage).values()
    (replica,) = found["Replicas"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert replica["DeletionProtectionEnabled"] is (stage == "prod")


def test_a_replica_of_the_table_is_made_where_the_context_says_and_can_be_recovered_too(variants):
    (found,) = properties(variants["replicated"], "AWS::DynamoDB::GlobalTable").values()
    assert {replica["Region"] for replica in found["Replicas"]} == {"us-east-1", "eu-west-1"}
    for replica in found["Replicas"]:
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


STATEFUL = {
    "AWS::DynamoDB::GlobalTable": {"Data/StoreTable0CCFA19B"},
    "AWS::S3::Bucket": {
        "Data/KnowledgeDocumentsBucket3653B557",
        "Data/AttachmentsFilesBucket9F2ADF67",
        "Data/MailReceivedBucket6FF7AA5F",
        "Edge/SiteBucket978D4AEB",
    },
    "AWS::Cognito::UserPool": {"Data/UsersPoolBFC35D3B"},
    "AWS::SecretsManager::Secret": {"Data/SecretsSessionKeyBDCFDE07", "Data/SecretsIdentity74DCF23E"},
    "AWS::OpenSearchService::Domain": {"Search/SearchDomainAB6007CD"},
}


@pytest.mark.parametrize("kind", STATEFUL)
@pytest.mark.parametrize("stage", STAGES)
def test_what_holds_data_keeps_its_logical_id_and_is_retained_in_prod_only(templates, kind, stage):
    found = dict(resources(templates, kind, stage))
    expected = {f"{stage}-{name}" for name in STATEFUL[kind]}
    # A changed id would have CloudFormation make a new, empty one: move the data first, then change this test.
    assert {name for name in found if name in expected} == expected
    for name, resource in found.items():
        # Not what a first deployment made before it failed: its name would be taken at the next try.
        assert resource["DeletionPolicy"] == ("RetainExceptOnCreate" if stage == "prod" else "Delete"), name
        assert resource["UpdateReplacePolicy"] == ("Retain" if stage == "prod" else "Delete"), name


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_of_dev_is_left_behind_and_its_buckets_are_emptied(templates, stage):
    left = [
        f"{stack}/{name}"
        for stack, template in templates.items()
        if stack.startswith("dev")
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy", "").startswith("Retain")
    ]
    # API Gateway has one role for its logs in the whole account, which others may be using by then.
    assert len(left) == 2
    assert all(name.startswith("dev-Application/SocketsAccount") for name in left)
    emptied = list(resources(templates, "Custom::S3AutoDeleteObjects", stage))
    assert len(emptied) == (4 if stage == "dev" else 0)


def test_every_bucket_is_private_encrypted_versioned_and_serves_tls_only(templates):
    buckets = properties(templates, "AWS::S3::Bucket")
    assert len(buckets) == 8
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"]["NoncurrentDays"] == (
            1 if "Attachments" in name or "Mail" in name else 35
        )
    denied = [
        statement
        for policy in properties(templates, "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"].get("Bool", {}).get("aws:SecureTransport") == "false"
    ]
    assert len(denied) == len(buckets)


def test_every_queue_is_encrypted_and_has_dead_letters_or_is_where_they_go(templates):
    queues = properties(templates, "AWS::SQS::Queue")
    targets = json.dumps([q.get("RedrivePolicy") for q in queues.values()]) + json.dumps(
        [f.get("DeadLetterConfig") for f in properties(templates, "AWS::Lambda::Function").values()]
    )
    assert len(queues) == 10
    for name, queue in queues.items():
        assert queue["SqsManagedSseEnabled"] is True
        assert "RedrivePolicy" in queue or name.partition("/")[2] in targets, name


@pytest.mark.parametrize("stage", STAGES)
def test_a_changed_document_reaches_the_queue_and_the_function_that_follows_it(templates, stage):
    knowledge = properties(templates, "AWS::S3::Bucket", stage)[f"{stage}-Data/KnowledgeDocumentsBucket3653B557"]
    events = knowledge["NotificationConfiguration"]["QueueConfigurations"]
    assert {event["Event"] for event in events} == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    (mapping,) = (
        mapping
        for mapping in properties(templates, "AWS::Lambda::EventSourceMapping", stage).values()
        if "KnowledgeChanges" in json.dumps(mapping["EventSourceArn"])
    )
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    waits = properties(templates, "AWS::SQS::Queue", stage)[f"{stage}-Data/KnowledgeChangesQueue07E64EC6"]
    ingest = next(record for record in FUNCTIONS if record.name == "ingest_knowledge")
    assert waits["VisibilityTimeout"] == 6 * ingest.timeout_s


@pytest.mark.parametrize("stage", STAGES)
def test_both_apis_are_throttled_and_log_no_query_no_header_no_address(templates, stage):
    stages = properties(templates, "AWS::ApiGatewayV2::Stage", stage)
    assert len(stages) == 2
    for found in stages.values():
        assert found["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 400, "ThrottlingRateLimit": 200}
        logged = found["AccessLogSettings"]["Format"]
        assert set(json.loads(logged)) >= {"requestId", "status", "error"}
        assert not re.search(r"query|authorizer|header|identity|sourceIp|\.uri", logged, re.IGNORECASE)


@pytest.mark.parametrize("stage", STAGES)
def test_the_state_machine_is_the_file_runs_express_and_logs_no_data(templates, stage):
    (found,) = properties(templates, "AWS::StepFunctions::StateMachine", stage).values()
    definition = (ROOT / "statemachines" / "support_turn.asl.json").read_text(encoding="utf-8")
    assert found["DefinitionString"] == definition
    assert set(found["DefinitionSubstitutions"]) == set(re.findall(r"\$\{(\w+)\}", definition))
    assert found["StateMachineType"] == "EXPRESS"
    assert found["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert found["TracingConfiguration"] == {"Enabled": True}


@pytest.mark.parametrize("stage", STAGES)
def test_the_state_machine_calls_the_alias_that_a_canary_moves(templates, stage):
    (machine,) = properties(templates, "AWS::StepFunctions::StateMachine", stage).values()
    alias = machine["DefinitionSubstitutions"]["WorkflowFunctionArn"]["Ref"]
    found = templates[f"{stage}-Application"]["Resources"][alias]
    assert found["Type"] == "AWS::Lambda::Alias"
    assert found["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_canary_of_five_percent_for_five_minutes_is_taken_back_by_alarms(templates, stage):
    (config,) = properties(templates, "AWS::CodeDeploy::DeploymentConfig", stage).values()
    assert config["TrafficRoutingConfig"] == {
        "TimeBasedCanary": {"CanaryInterval": 5, "CanaryPercentage": 5},
        "Type": "TimeBasedCanary",
    }
    groups = properties(templates, "AWS::CodeDeploy::DeploymentGroup", stage)
    assert len(groups) == sum(record.visitor_waits for record in FUNCTIONS)
    for group in groups.values():
        alarms = json.dumps(group["AlarmConfiguration"]["Alarms"])
        assert "CanaryFailures" in alarms
        assert "CanaryLatency" in alarms
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_alarm_goes_to_the_topic_and_names_a_runbook_that_exists(templates, stage):
    alarms = properties(templates, "AWS::CloudWatch::Alarm", stage)
    # Those on what a model costs, on how it answers, and on mail are for a stage that has one, or the other.
    assert len(alarms) == (23 if stage == "dev" else 31)
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"], name
        assert alarm["OKActions"], name
        runbook = alarm["AlarmDescription"].rpartition("Runbook: ")[2].replace(" ", "_")
        assert (ROOT / "infra_cdk" / "runbooks" / f"{runbook}.md").is_file(), name


@pytest.mark.parametrize("stage", STAGES)
def test_the_search_domain_is_one_small_node_that_only_the_functions_roles_reach(templates, stage):
    (domain,) = properties(templates, "AWS::OpenSearchService::Domain", stage).values()
    assert domain["EngineVersion"] == "OpenSearch_2.19"
    assert domain["ClusterConfig"]["InstanceCount"] == 1
    assert domain["DomainEndpointOptions"]["EnforceHTTPS"] is True
    assert domain["EncryptionAtRestOptions"]["Enabled"] is True
    assert domain["NodeToNodeEncryptionOptions"]["Enabled"] is True
    assert "AdvancedSecurityOptions" not in domain
    principals = {
        json.dumps(principal)
        for statement in domain["AccessPolicies"]["Statement"]
        for principal in listed(statement["Principal"]["AWS"])
    }
    assert len(principals) == 3
    assert all("Role" in principal and "*" not in principal for principal in principals)
    deleting = [s for s in domain["AccessPolicies"]["Statement"] if "es:ESHttpDelete" in listed(s["Action"])]
    assert "WorkflowRole" not in json.dumps(deleting)


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_decides_on_drafts_may_write_and_delete_files_of_knowledge(templates, stage):
    allowed: dict[str, set[str]] = {}
    for name, policy in properties(templates, "AWS::IAM::Policy", stage).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if "KnowledgeDocumentsBucket" in json.dumps(statement["Resource"]):
                allowed.setdefault(name.partition("/")[2].partition("SearchRole")[0], set()).update(
                    listed(statement["Action"])
                )
    written = {"s3:PutObject", "s3:DeleteObject"}
    assert {name for name, actions in allowed.items() if actions >= written} == {"Api", "IngestKnowledge"}


def test_choices_of_prod_are_all_there_and_cost_nothing_in_dev(templates):
    for kind in (
        "AWS::KMS::Key",
        "AWS::WAFv2::WebACL",
        "AWS::GuardDuty::Detector",
        "AWS::SecurityHub::Hub",
        "AWS::SES::EmailIdentity",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::ApiGatewayV2::DomainName",
    ):
        assert properties(templates, kind, "prod"), kind
        assert not properties(templates, kind, "dev"), kind
    for kind in (
        "AWS::Budgets::Budget",
        "AWS::Route53::HealthCheck",
        "AWS::CloudWatch::Dashboard",
        "AWS::Logs::QueryDefinition",
        "AWS::CloudFront::Distribution",
    ):
        assert properties(templates, kind, "dev"), kind


def test_the_dashboard_shows_the_turn_node_by_node(templates):
    (dashboard,) = properties(templates, "AWS::CloudWatch::Dashboard", "dev").values()
    assert "details.name" in json.dumps(dashboard["DashboardBody"])


def test_snapstart_is_on_for_what_a_visitor_waits_for(templates):
    waited = {f"Firstline: {record.purpose}" for record in FUNCTIONS if record.visitor_waits}
    on = {name for name, f in our_functions(templates, "prod").items() if "SnapStart" in f}
    assert on == waited
    assert not [f for f in our_functions(templates, "dev").values() if "SnapStart" in f]


def test_stages_differ_by_name_only_in_retention_and_protection(templates):
    # The same kinds of resources stand in both; prod here has further choices made.
    for stack in ("Data", "Search", "Application", "Edge", "Observability"):
        kinds = {r["Type"] for r in templates[f"dev-{stack}"]["Resources"].values()} - {"Custom::S3AutoDeleteObjects"}
        assert kinds <= {r["Type"] for r in templates[f"prod-{stack}"]["Resources"].values()} | {
            # Of the function that empties buckets.
            "AWS::IAM::Role",
            "AWS::Lambda::Function",
            "AWS::Logs::LogGroup",
        }


def test_the_rehearsal_leaves_out_what_no_emulator_has_and_nothing_else(templates, rehearsed):
    kinds = {r["Type"] for template in rehearsed.values() for r in template["Resources"].values()}
    everything = {r["Type"] for name, t in templates.items() if name.startswith("dev") for r in t["Resources"].values()}
    assert everything - kinds == {
        "AWS::Budgets::Budget",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentConfig",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::Logs::QueryDefinition",
        "AWS::OpenSearchService::Domain",
        "AWS::Route53::HealthCheck",
        "AWS::SSM::Parameter",
        "AWS::ApiGateway::Account",
        "Custom::CDKBucketDeployment",
        "Custom::S3AutoDeleteObjects",
    }


def test_the_rehearsals_functions_are_told_the_emulators_addresses(rehearsed):
    values = [f["Environment"]["Variables"] for f in our_functions(rehearsed, "").values()]
    assert len(values) == len(FUNCTIONS)
    for found in values:
        assert json.dumps(found["WEBSOCKET_ENDPOINT"]).count("http://127.0.0.1:4566/_aws/execute-api/") == 1
        assert json.dumps(found["WEBSOCKET_URL"]).count("ws://127.0.0.1:4566/_aws/execute-api/") == 1
        assert found["OPENSEARCH_ENDPOINT"] == "http://127.0.0.1:9260"
