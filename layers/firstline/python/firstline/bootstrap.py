"""The only place that chooses adapters; each is made once, on first use."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from firstline import cold_start
from firstline.adapters.system import SystemClock, SystemIds, SystemRandom
from firstline.container import Container, Ports, assemble
from firstline.custom_tool_ports import with_custom_tools
from firstline.domain.attachment_ports import AttachmentPorts, AttachmentStore
from firstline.domain.ports import KnowledgeIndex, LanguageModel, Mailer
from firstline.identity_adapters import identity_ports
from firstline.observability import logger
from firstline.services.keep_unreadable import keep_unreadable, misfit_of
from firstline.settings import InvalidSettingError, Settings

SUPPORT_TURN = Path(__file__).parents[4] / "statemachines" / "support_turn.asl.json"
"""The state machine, in a checkout; on AWS it is deployed, not read."""

WORKFLOW_FUNCTION = "workflow"
"""Name of the workflow function for the local engine."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process. Raises ``InvalidSettingError``."""
    return Settings.from_env(os.environ)


@lru_cache(maxsize=1)
def container() -> Container:
    """Return everything this process is made of."""
    chosen = settings()
    logger.append_keys(env=chosen.app_env)
    ports = aws_ports(chosen) if chosen.runtime == "aws" else local_ports(chosen)
    made = assemble(chosen, with_custom_tools(ports, chosen, os.environ))
    cold_start.end()
    if chosen.runtime != "aws":
        # Before a server's threads make it twice.
        made.complete()
    return made


def prepare(make: Callable[[], object] = container) -> None:
    """On Lambda make the container, or more, now, while the function starts: until then it has a whole core."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        make()


def rebuild_knowledge() -> None:
    """Make the OpenSearch index anew beside the one in use, from the whole bucket, and put it in that one's place.

    Compare with the bucket afterwards: what changed meanwhile went into the old one.

    Raises
    ------
    InvalidSettingError
        The adapters are those of one machine, whose index is a file: delete that, and it is made anew.
    EmbedderUnavailableError, KnowledgeIndexUnavailableError, StoreUnavailableError
        The index in use stays as it was.
    """
    from firstline.adapters.aws.knowledge_rebuild import rebuild_index

    chosen, ports = settings(), container().ports
    if chosen.runtime != "aws":
        raise InvalidSettingError("only an OpenSearch index is rebuilt; RUNTIME is not aws")
    if misfit := misfit_of(ports.index):
        logger.warning("files that cannot be read now will be missing", extra={"reason": misfit})
    rebuild_index(
        # Copying what answers cite is one call, which takes its time.
        _opensearch(chosen, timeout_s=300),
        chosen.opensearch_index,
        name=f"{chosen.opensearch_index}-{ports.ids.new().lower()}",
        dimensions=ports.embedder.dimensions,
        fill=lambda index: _fill(chosen, replace(ports, index=index), None if misfit else ports.index),
        clock=ports.clock,
    )


def _fill(chosen: Settings, ports: Ports, old: KnowledgeIndex | None) -> None:
    report = assemble(chosen, ports).ingest_knowledge.sync()
    if old is not None:
        keep_unreadable(old, ports.index, report, ports.embedder)


def local_ports(chosen: Settings) -> Ports:
    """Return the adapters of one machine; makes the data folder."""
    from firstline.adapters.documents.reader import FileReader
    from firstline.adapters.local.asl import load_state_machine
    from firstline.adapters.local.attachment_store import FolderAttachmentStore
    from firstline.adapters.local.connections import LocalConnections
    from firstline.adapters.local.embedder import OnnxEmbedder
    from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
    from firstline.adapters.local.object_store import FolderObjectStore
    from firstline.adapters.local.signing_keys import SIGNING_KEYS, FileSigningKeys
    from firstline.adapters.local.table import SQLiteTable
    from firstline.adapters.local.workflow_engine import LocalWorkflowEngine
    from firstline.adapters.webhooks import HttpWebhooks, public_webhooks

    data, clock, ids = Path(chosen.data_path), SystemClock(), SystemIds()
    embedder = OnnxEmbedder(Path(chosen.embedding_model_path), threads=chosen.embedding_threads)
    machine = load_state_machine(
        SUPPORT_TURN.read_text(encoding="utf-8"), substitutions={"WorkflowFunctionArn": WORKFLOW_FUNCTION}
    )
    data.mkdir(parents=True, exist_ok=True)
    return Ports(
        table=SQLiteTable(data / "firstline.db", clock=clock),
        index=SQLiteKnowledgeIndex(data / "knowledge.db", dimensions=embedder.dimensions, clock=clock),
        embedder=embedder,
        objects=FolderObjectStore(Path(chosen.documents_path)),
        received_mail=FolderObjectStore(data / "received_mail", durable=True),
        reader=FileReader(),
        connections=LocalConnections(),
        workflow_engine=LocalWorkflowEngine(machine, ids=ids, max_workers=chosen.workers),
        clock=clock,
        ids=ids,
        random=SystemRandom(),
        identity=(identity := identity_ports(chosen, FileSigningKeys(data / SIGNING_KEYS), clock)),
        attachments=_attachments(FolderAttachmentStore(data / "attachments", identity.tokens)),
        language_model=_language_model(chosen, chosen.anthropic_api_key),
        mailer=_allowed(chosen, _local_mailer(chosen)),
        webhooks=HttpWebhooks(),
        public_webhooks=public_webhooks(chosen.webhook_allowed_networks),
    )


def aws_ports(chosen: Settings) -> Ports:
    """Return the adapters of AWS."""
    from botocore.session import get_session

    from firstline.adapters.aws.attachment_store import S3AttachmentStore
    from firstline.adapters.aws.connections import ApiGatewayConnections, posting_config
    from firstline.adapters.aws.deferred_client import DeferredClient
    from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
    from firstline.adapters.aws.mailer import SESMailer
    from firstline.adapters.aws.model_key import model_key
    from firstline.adapters.aws.object_store import S3ObjectStore
    from firstline.adapters.aws.signing_keys import SecretsManagerSigningKeys
    from firstline.adapters.aws.table import DynamoDBTable
    from firstline.adapters.aws.table_retries import client_config, presigning_config, quick_config, sending_config
    from firstline.adapters.aws.workflow_engine import StepFunctionsWorkflowEngine
    from firstline.adapters.documents.reader import FileReader
    from firstline.adapters.local.embedder import OnnxEmbedder
    from firstline.adapters.webhooks import HttpWebhooks, public_webhooks

    clock = SystemClock()
    embedder = OnnxEmbedder(Path(chosen.embedding_model_path), threads=chosen.embedding_threads)
    quick, session = quick_config(), get_session()

    # boto3 itself is not imported: what it adds to botocore takes a cold start a tenth of a second, and we use none.
    def client(service: str, **options: Any) -> Any:
        return DeferredClient(lambda: session.create_client(service, **options))

    signing_keys = SecretsManagerSigningKeys(
        lambda: client("secretsmanager", config=quick), chosen.session_key_secret_arn, clock=clock
    )
    return Ports(
        table=DynamoDBTable(client("dynamodb", config=client_config()), chosen.required("table_name"), clock=clock),
        index=OpenSearchKnowledgeIndex(
            _opensearch(chosen), chosen.opensearch_index, dimensions=embedder.dimensions, clock=clock
        ),
        embedder=embedder,
        objects=S3ObjectStore(client("s3", config=quick), chosen.knowledge_bucket),
        received_mail=S3ObjectStore(client("s3", config=quick), chosen.mail_bucket),
        reader=FileReader(),
        attachments=_attachments(
            S3AttachmentStore(
                client("s3", config=quick.merge(presigning_config())), chosen.attachments_bucket, clock=clock
            )
        ),
        connections=ApiGatewayConnections(
            client(
                "apigatewaymanagementapi",
                endpoint_url=chosen.required("websocket_endpoint"),
                config=posting_config(),
            )
        ),
        workflow_engine=StepFunctionsWorkflowEngine(client("stepfunctions", config=quick), chosen.state_machine_arn),
        clock=clock,
        ids=SystemIds(),
        random=SystemRandom(),
        identity=identity_ports(chosen, signing_keys, clock),
        language_model=_language_model(
            chosen, (lambda: model_key(chosen.anthropic_secret_arn)) if chosen.anthropic_secret_arn else ""
        ),
        mailer=_allowed(chosen, SESMailer(client("sesv2", config=sending_config()), chosen.mail_configuration_set)),
        webhooks=HttpWebhooks(),
        public_webhooks=public_webhooks(chosen.webhook_allowed_networks),
    )


def _attachments(store: AttachmentStore) -> AttachmentPorts:
    from firstline.adapters.documents.limits import ATTACHMENT_LIMITS
    from firstline.adapters.documents.reader import FileReader

    return AttachmentPorts(store, FileReader(ATTACHMENT_LIMITS))


def _local_mailer(chosen: Settings) -> Mailer:
    from firstline.adapters.local.mailer import FolderMailer, SMTPMailer

    if not chosen.smtp_host:
        return FolderMailer(Path(chosen.data_path) / "mail")
    user, password = chosen.smtp_username, chosen.smtp_password
    return SMTPMailer(
        chosen.smtp_host, chosen.smtp_port, username=user, password=password, starttls=chosen.smtp_starttls
    )


def _allowed(chosen: Settings, mailer: Mailer) -> Mailer:
    if not chosen.mail_allow_list:
        return mailer
    from firstline.domain.mail.allow_list import AllowList
    from firstline.services.allowed_mailer import AllowedMailer

    return AllowedMailer(
        mailer,
        AllowList.parse(chosen.mail_allow_list),
        on_held_back=lambda n: logger.warning("mail held back: not on MAIL_ALLOW_LIST", extra={"recipients": n}),
    )


def _language_model(chosen: Settings, api_key: str | Callable[[], str]) -> LanguageModel | None:
    from firstline.language_models import failure_counter, model_chain

    on_failure = failure_counter(lambda: container().counters)
    return model_chain(chosen, api_key, region=os.environ.get("AWS_REGION", ""), on_failure=on_failure)


def _opensearch(chosen: Settings, *, timeout_s: float = 10) -> Any:
    from firstline.adapters.aws.deferred_client import DeferredClient

    endpoint = chosen.required("opensearch_endpoint")

    def make() -> Any:
        from botocore.session import get_session
        from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

        session, signed = get_session(), endpoint.startswith("https://")
        region = session.get_config_variable("region")
        return OpenSearch(
            endpoint,
            http_auth=Urllib3AWSV4SignerAuth(session.get_credentials(), region, "es") if signed else None,
            connection_class=Urllib3HttpConnection,
            timeout=timeout_s,
            max_retries=1,
        )

    return DeferredClient(make)
