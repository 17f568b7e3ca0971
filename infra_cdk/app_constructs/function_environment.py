"""What the functions' settings are worth in this deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3

from infra_cdk.app_constructs.mail_intake import MailIntake
from infra_cdk.app_constructs.python_function import CUSTOM_TOOLS
from infra_cdk.app_constructs.rest_api import RestApi
from infra_cdk.app_constructs.secrets import Secrets
from infra_cdk.app_constructs.socket_api import SocketApi
from infra_cdk.app_constructs.user_pool import UserPool
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import COMMON_SETTINGS, FunctionRecord

MODEL_IN_LAYER = "/opt/embedding"
CODE_FOLDER = "/var/task"


class _Data(Protocol):
    table: dynamodb.TableV2
    knowledge_bucket: s3.Bucket
    attachments_bucket: s3.Bucket
    mail: MailIntake
    secrets: Secrets
    users: UserPool


def environment_values(
    configuration: Configuration,
    *,
    data: _Data,
    search_endpoint: str,
    anthropic_secret_arn: str,
    rest: RestApi,
    sockets: SocketApi,
) -> dict[str, str]:
    """Return the value of every setting that a record may name, but ``STATE_MACHINE_ARN``."""
    pool = data.users.pool.user_pool_id
    return {
        "APP_ENV": configuration.stage,
        "RUNTIME": "aws",
        "LOG_LEVEL": "INFO",
        "TABLE_NAME": data.table.table_name,
        "KNOWLEDGE_BUCKET": data.knowledge_bucket.bucket_name,
        "ATTACHMENTS_BUCKET": data.attachments_bucket.bucket_name,
        "MAIL_BUCKET": data.mail.bucket.bucket_name,
        "MAIL_CONFIGURATION_SET": configuration.mail_configuration_set if configuration.mail_domain else "",
        "OPENSEARCH_ENDPOINT": search_endpoint,
        "OPENSEARCH_INDEX": "firstline-knowledge",
        "WEBSOCKET_ENDPOINT": sockets.endpoint,
        "WEBSOCKET_URL": sockets.url,
        "EMBEDDING_MODEL_PATH": MODEL_IN_LAYER,
        # A Lambda function of this size has one core.
        "EMBEDDING_THREADS": "1",
        # Where people open the pages: behind CloudFront, if that has a name of ours.
        "PUBLIC_URL": f"https://{configuration.site_domain}" if configuration.site_domain else rest.url,
        "SESSION_KEY_SECRET_ARN": data.secrets.session_key.secret_arn,
        "IDENTITY_SECRET_ARN": data.secrets.identity.secret_arn,
        "OIDC_ISSUER": f"https://cognito-idp.{configuration.region}.amazonaws.com/{pool}",
        "OIDC_AUDIENCE": data.users.client.user_pool_client_id,
        "DEPLOYED_AT": configuration.deployed_at,
        "ANTHROPIC_SECRET_ARN": anthropic_secret_arn,
        "LLM_MODEL": configuration.model,
        "LLM_PROVIDER": configuration.provider,
        "CUSTOM_TOOLS_PATH": f"{CODE_FOLDER}/{CUSTOM_TOOLS}" if configuration.custom_tools else "",
        "TOOL_SECRETS_PREFIX": configuration.tool_secrets_prefix,
    }


def of_record(record: FunctionRecord, values: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return a function's environment: what its record names, and over it what the ops engineer chose."""
    named = {name: values[name] for name in (*COMMON_SETTINGS, *record.settings)}
    return {name: value for name, value in {**named, **chosen}.items() if value}
