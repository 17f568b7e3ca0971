"""The only place that chooses adapters; each is made once, on first use."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firstline.adapters.system import SystemClock, SystemIds, SystemRandom
from firstline.container import Container, Ports, assemble
from firstline.domain.ports import LanguageModel
from firstline.observability import logger
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.adapters.anthropic_model import AnthropicLanguageModel

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
    return assemble(chosen, aws_ports(chosen) if chosen.runtime == "aws" else local_ports(chosen))


def local_ports(chosen: Settings) -> Ports:
    """Return the adapters of one machine; makes the data folder."""
    from firstline.adapters.documents.reader import FileReader
    from firstline.adapters.local.asl import load_state_machine
    from firstline.adapters.local.connections import LocalConnections
    from firstline.adapters.local.embedder import OnnxEmbedder
    from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
    from firstline.adapters.local.object_store import FolderObjectStore
    from firstline.adapters.local.table import SQLiteTable
    from firstline.adapters.local.workflow_engine import LocalWorkflowEngine

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
        reader=FileReader(),
        connections=LocalConnections(),
        workflow_engine=LocalWorkflowEngine(machine, ids=ids, max_workers=chosen.workers),
        clock=clock,
        ids=ids,
        random=SystemRandom(),
        language_model=_anthropic(chosen, chosen.anthropic_api_key) if chosen.anthropic_api_key else None,
    )


def aws_ports(chosen: Settings) -> Ports:
    """Return the adapters of AWS."""
    import boto3

    from firstline.adapters.aws.connections import ApiGatewayConnections
    from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
    from firstline.adapters.aws.object_store import S3ObjectStore
    from firstline.adapters.aws.table import DynamoDBTable
    from firstline.adapters.aws.table_retries import client_config, quick_config
    from firstline.adapters.aws.workflow_engine import StepFunctionsWorkflowEngine
    from firstline.adapters.documents.reader import FileReader
    from firstline.adapters.local.embedder import OnnxEmbedder

    clock = SystemClock()
    embedder = OnnxEmbedder(Path(chosen.embedding_model_path), threads=chosen.embedding_threads)
    quick = quick_config()
    return Ports(
        table=DynamoDBTable(
            boto3.client("dynamodb", config=client_config()), chosen.required("table_name"), clock=clock
        ),
        index=OpenSearchKnowledgeIndex(
            _opensearch(chosen), chosen.opensearch_index, dimensions=embedder.dimensions, clock=clock
        ),
        embedder=embedder,
        objects=S3ObjectStore(boto3.client("s3", config=quick), chosen.knowledge_bucket),
        reader=FileReader(),
        connections=ApiGatewayConnections(
            boto3.client("apigatewaymanagementapi", endpoint_url=chosen.required("websocket_endpoint"), config=quick)
        ),
        workflow_engine=StepFunctionsWorkflowEngine(
            boto3.client("stepfunctions", config=quick), chosen.state_machine_arn
        ),
        clock=clock,
        ids=SystemIds(),
        random=SystemRandom(),
        language_model=_anthropic(chosen, _secret(chosen.anthropic_secret_arn))
        if chosen.anthropic_secret_arn
        else None,
    )


def _anthropic(chosen: Settings, api_key: str) -> LanguageModel:
    from firstline.adapters.anthropic_model import AnthropicLanguageModel

    model: AnthropicLanguageModel = AnthropicLanguageModel(
        api_key, base_url=chosen.anthropic_base_url, model=chosen.llm_model, timeout_s=chosen.llm_timeout_s
    )
    return model


def _opensearch(chosen: Settings) -> Any:
    import boto3
    from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

    endpoint = chosen.required("opensearch_endpoint")
    session = boto3.Session()
    signed = endpoint.startswith("https://")
    return OpenSearch(
        endpoint,
        http_auth=Urllib3AWSV4SignerAuth(session.get_credentials(), session.region_name, "es") if signed else None,
        connection_class=Urllib3HttpConnection,
        timeout=10,
        max_retries=1,
    )


def _secret(arn: str) -> str:
    from aws_lambda_powertools.utilities import parameters

    return str(parameters.get_secret(arn, max_age=3600))
