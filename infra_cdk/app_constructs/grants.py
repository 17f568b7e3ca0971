"""What each grant of a function's record means in IAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.model_access import model_statements, wildcards
from infra_cdk.app_constructs.secrets import Secrets
from infra_cdk.app_constructs.single_table import INDEXES
from infra_cdk.app_constructs.socket_api import STAGE, SocketApi
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import Grant

# All that the store does: a transaction needs no more than its parts, and nothing ever scans.
_TABLE_ACTIONS = tuple(
    f"dynamodb:{action}" for action in ("ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
)
# What CDK calls the buckets' addresses in another stack; the buckets' logical ids are pinned by a test.
_EXPORTS = {
    "ExportsOutputFnGetAttKnowledgeDocumentsBucket3653B557Arn9FE8A33D": "All are served.",  # pragma: allowlist secret
    "ExportsOutputFnGetAttAttachmentsFilesBucket9F2ADF67Arn8C83A765": "Named as they come.",  # pragma: allowlist secret
    "ExportsOutputFnGetAttMailReceivedBucket6FF7AA5FArnD7FE1CB1": "Named by SES.",  # pragma: allowlist secret
}


@dataclass(frozen=True)
class Grants:
    """The resources that grants are about."""

    configuration: Configuration
    table: dynamodb.ITableV2
    knowledge: s3.IBucket
    attachments: s3.IBucket
    mail: s3.IBucket
    key_arn: str | None
    anthropic_secret_arn: str | None
    secrets: Secrets
    sockets: SocketApi
    state_machine_arn: str

    def apply(self, grants: Sequence[Grant], role: iam.IRole, stack: Stack) -> None:
        """Let the role do these things, and give the reason for every asterisk; a test looks for others."""
        for grant in grants:
            for actions, resources in self._statements(grant, stack):
                role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=resources))
        if Grant.INVOKE_MODELS in grants:
            for statement in model_statements(self.configuration, stack):
                role.add_to_principal_policy(statement)
        self._acknowledge_wildcards(role, stack)

    def _statements(self, grant: Grant, stack: Stack) -> list[tuple[list[str], list[str]]]:
        match grant:
            case Grant.USE_TABLE:
                indexes = [f"{self.table.table_arn}/index/{name}" for name in INDEXES]
                used = (list(_TABLE_ACTIONS), [self.table.table_arn, *indexes])
                return [used, *self._use_key("kms:Decrypt", "kms:DescribeKey")]
            case Grant.START_TURNS:
                return [(["states:StartExecution"], [self.state_machine_arn])]
            case Grant.POST_TO_SOCKETS:
                return [(["execute-api:ManageConnections"], self.sockets.connection_arns)]
            case Grant.READ_KNOWLEDGE:
                return self._read_objects(self.knowledge)
            case Grant.WRITE_KNOWLEDGE:
                return self._write_objects(self.knowledge)
            case Grant.READ_ATTACHMENTS:
                return self._read_objects(self.attachments)
            case Grant.WRITE_ATTACHMENTS:
                return self._write_objects(self.attachments)
            case Grant.READ_MAIL:
                return self._read_objects(self.mail)
            case Grant.WRITE_MAIL:
                return self._write_objects(self.mail)
            case Grant.READ_SESSION_KEY:
                return self._read(self.secrets.session_key.secret_arn)
            case Grant.READ_IDENTITY_SECRET:
                return self._read(self.secrets.identity.secret_arn)
            case Grant.READ_ANTHROPIC_KEY:
                return self._read(self.anthropic_secret_arn) if self.anthropic_secret_arn else []
            case Grant.READ_TOOL_SECRETS:
                return self._read(self._tool_secrets(stack)) if self.configuration.custom_tools else []
            case Grant.SEND_MAIL:
                return self._send_mail(stack)
            case Grant.SEARCH | Grant.INDEX:
                # The search domain's own policy names its callers.
                return []
            case Grant.INVOKE_MODELS:
                # Statements with conditions; see above.
                return []

    def _read_objects(self, bucket: s3.IBucket) -> list[tuple[list[str], list[str]]]:
        listed, read = (["s3:ListBucket"], [bucket.bucket_arn]), (["s3:GetObject"], [f"{bucket.bucket_arn}/*"])
        return [listed, read, *self._use_key("kms:Decrypt")]

    def _write_objects(self, bucket: s3.IBucket) -> list[tuple[list[str], list[str]]]:
        written = (["s3:DeleteObject", "s3:PutObject"], [f"{bucket.bucket_arn}/*"])
        return [written, *self._use_key("kms:Decrypt", "kms:GenerateDataKey")]

    def _read(self, secret_arn: str) -> list[tuple[list[str], list[str]]]:
        # CDK's own grant would write the role into the key's policy, and so tie the data to this stack.
        return [(["secretsmanager:GetSecretValue"], [secret_arn]), *self._use_key("kms:Decrypt")]

    def _tool_secrets(self, stack: Stack) -> str:
        # Secrets Manager adds six characters to a name, and the names are in a file of the company's.
        prefix = self.configuration.tool_secrets_prefix
        return f"arn:aws:secretsmanager:{self.configuration.region}:{stack.account}:secret:{prefix}*"

    def _send_mail(self, stack: Stack) -> list[tuple[list[str], list[str]]]:
        domain = self.configuration.mail_domain
        if not domain:
            return []
        identity = stack.format_arn(service="ses", resource="identity", resource_name=domain)
        sending = stack.format_arn(
            service="ses", resource="configuration-set", resource_name=self.configuration.mail_configuration_set
        )
        return [(["ses:SendEmail", "ses:SendRawEmail"], [identity, sending])]

    def _use_key(self, *actions: str) -> list[tuple[list[str], list[str]]]:
        return [(list(actions), [self.key_arn])] if self.key_arn else []

    def _acknowledge_wildcards(self, role: iam.IRole, stack: Stack) -> None:
        region, prefix = self.configuration.region, self.configuration.prefix
        sockets = f"arn:aws:execute-api:{region}:<AWS::AccountId>:<{self.sockets.logical_id}>/{STAGE}"
        reasons = {
            "*": "X-Ray's two actions take no resource.",
            **wildcards(self.configuration),
            self._tool_secrets(stack).replace(stack.account, "<AWS::AccountId>"): "Named in a file of the company's.",
            **{f"{prefix}-Data:{export}/*": reason for export, reason in _EXPORTS.items()},
            f"{sockets}/POST/@connections/*": "Which connections are open shows at run time.",
            f"{sockets}/DELETE/@connections/*": "Which connections are open shows at run time.",
        }
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{what}]": reason for what, reason in reasons.items()})
