"""Every Lambda function as one record: what it is for, its size, its settings, what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Settings that every function gets: whatever an adapter asks for when the container is made.
COMMON_SETTINGS = (
    "APP_ENV",
    "RUNTIME",
    "LOG_LEVEL",
    "TABLE_NAME",
    "KNOWLEDGE_BUCKET",
    "ATTACHMENTS_BUCKET",
    "MAIL_BUCKET",
    "OPENSEARCH_ENDPOINT",
    "OPENSEARCH_INDEX",
    "WEBSOCKET_ENDPOINT",
    "WEBSOCKET_URL",
    "EMBEDDING_MODEL_PATH",
    "EMBEDDING_THREADS",
    "PUBLIC_URL",
)

# Of what calls the company's own tools.
TOOL_SETTINGS = ("CUSTOM_TOOLS_PATH", "TOOL_SECRETS_PREFIX")


class Grant(StrEnum):
    """One thing that a function may do."""

    USE_TABLE = "read and write the table"
    START_TURNS = "start the support turn"
    POST_TO_SOCKETS = "post to and close connections of the WebSocket API"
    READ_KNOWLEDGE = "read the knowledge bucket"
    WRITE_KNOWLEDGE = "write the knowledge bucket"
    READ_ATTACHMENTS = "read attached files"
    WRITE_ATTACHMENTS = "write and delete attached files"
    READ_MAIL = "read received mail"
    WRITE_MAIL = "write and delete received mail"
    SEARCH = "search the index, and make it where there is none"
    INDEX = "write and delete in the index"
    SEND_MAIL = "send mail from the company's domain"
    READ_SESSION_KEY = "read the secret that signs our own tokens"
    READ_IDENTITY_SECRET = "read the secret that the company's site signs with"  # noqa: S105 - names a grant
    READ_ANTHROPIC_KEY = "read the secret with the Anthropic key"
    INVOKE_MODELS = "have the models answer that Bedrock runs"
    READ_TOOL_SECRETS = "read the secrets of the company's own tools"


@dataclass(frozen=True)
class FunctionRecord:
    """One function; its handler is ``functions/<name>/handler.py``."""

    name: str
    purpose: str
    memory_mb: int
    """1769 MB is one whole core."""
    timeout_s: int
    grants: tuple[Grant, ...]
    settings: tuple[str, ...] = ()
    """Beside those that every function gets."""
    further_layers: tuple[str, ...] = ()
    """Beside those of every function."""
    visitor_waits: bool = False
    """Deployed by canary, kept warm on request, watched for latency."""

    traced: bool = True
    """By X-Ray. Not what is called all day though nobody talks: each trace is paid for, and a support turn has its own
    from its state machine on."""
    asynchronous: bool = False
    """Called by schedules: what it cannot work off goes to a dead-letter queue."""

    @property
    def logical_name(self) -> str:
        """Name of its construct, such as ``IngestKnowledge``."""
        return self.name.title().replace("_", "")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, at most five."""
        return ("firstline", "dependencies", *self.further_layers)


FUNCTIONS = (
    FunctionRecord(
        name="api",
        purpose="REST API",
        memory_mb=1024,
        # The HTTP API cuts at 30 s.
        timeout_s=29,
        grants=(
            Grant.USE_TABLE,
            Grant.START_TURNS,
            Grant.POST_TO_SOCKETS,
            Grant.READ_KNOWLEDGE,
            Grant.WRITE_KNOWLEDGE,
            Grant.SEARCH,
            Grant.INDEX,
            Grant.READ_ATTACHMENTS,
            Grant.WRITE_ATTACHMENTS,
            Grant.READ_MAIL,
            # A conversation's raw mail goes with it.
            Grant.WRITE_MAIL,
            Grant.READ_SESSION_KEY,
            Grant.READ_IDENTITY_SECRET,
            Grant.READ_TOOL_SECRETS,
        ),
        settings=(
            "STATE_MACHINE_ARN",
            "SESSION_KEY_SECRET_ARN",
            "IDENTITY_SECRET_ARN",
            "OIDC_ISSUER",
            "OIDC_AUDIENCE",
            "DEPLOYED_AT",
            # What a person approves is carried out there.
            *TOOL_SETTINGS,
        ),
        further_layers=("documents", "embedding", "web"),
        visitor_waits=True,
        traced=False,
    ),
    FunctionRecord(
        name="websocket",
        purpose="frames of the chat sockets",
        memory_mb=1024,
        timeout_s=29,
        grants=(
            Grant.USE_TABLE,
            Grant.START_TURNS,
            Grant.POST_TO_SOCKETS,
            Grant.READ_ATTACHMENTS,
            Grant.WRITE_ATTACHMENTS,
            Grant.READ_SESSION_KEY,
        ),
        settings=("STATE_MACHINE_ARN", "SESSION_KEY_SECRET_ARN"),
        # A message takes its attached files in.
        further_layers=("documents",),
        visitor_waits=True,
    ),
    FunctionRecord(
        name="workflow",
        purpose="every state of the support turn",
        memory_mb=1769,
        # The longest state's timeout, and a little for the answer that nobody waits for any more.
        timeout_s=65,
        grants=(
            Grant.USE_TABLE,
            Grant.POST_TO_SOCKETS,
            Grant.READ_ATTACHMENTS,
            Grant.SEARCH,
            Grant.READ_ANTHROPIC_KEY,
            Grant.INVOKE_MODELS,
            Grant.READ_TOOL_SECRETS,
        ),
        settings=("ANTHROPIC_SECRET_ARN", "LLM_MODEL", "LLM_PROVIDER", *TOOL_SETTINGS),
        further_layers=("embedding", "language_model", "tools"),
        visitor_waits=True,
    ),
    FunctionRecord(
        name="ingest_knowledge",
        purpose="brings changed documents into the index",
        memory_mb=1769,
        timeout_s=600,
        # The scheduled sync finishes decisions on drafts, which become files of the bucket or leave it.
        grants=(Grant.USE_TABLE, Grant.READ_KNOWLEDGE, Grant.WRITE_KNOWLEDGE, Grant.SEARCH, Grant.INDEX),
        asynchronous=True,
        further_layers=("documents", "embedding"),
    ),
    FunctionRecord(
        name="sweep",
        purpose="starts unfinished turns again and sends waiting notices, every minute",
        memory_mb=512,
        timeout_s=55,
        grants=(
            Grant.USE_TABLE,
            Grant.START_TURNS,
            Grant.POST_TO_SOCKETS,
            Grant.SEND_MAIL,
            Grant.READ_TOOL_SECRETS,
            # What a visitor has had forgotten and is not removed yet.
            Grant.WRITE_ATTACHMENTS,
            Grant.WRITE_MAIL,
        ),
        settings=("STATE_MACHINE_ARN", "MAIL_CONFIGURATION_SET", *TOOL_SETTINGS),
        further_layers=("tools",),
        traced=False,
        asynchronous=True,
    ),
    FunctionRecord(
        name="email_intake",
        purpose="takes in received mail, and what SES tells of sent mail",
        # A mail of 40 MB, which is as large as SES takes, is in memory several times over while its parts are decoded.
        memory_mb=1769,
        timeout_s=120,
        grants=(
            Grant.USE_TABLE,
            Grant.START_TURNS,
            Grant.POST_TO_SOCKETS,
            Grant.READ_MAIL,
            Grant.WRITE_MAIL,
            Grant.READ_ATTACHMENTS,
            Grant.WRITE_ATTACHMENTS,
        ),
        settings=("STATE_MACHINE_ARN",),
        # A mail's attached files are read as a chat's are.
        further_layers=("documents",),
    ),
    FunctionRecord(
        name="learn",
        purpose="settles what was observed of answers, and makes figures, gaps and drafts of it, every night",
        memory_mb=1769,
        timeout_s=900,
        grants=(Grant.USE_TABLE, Grant.READ_KNOWLEDGE, Grant.READ_ANTHROPIC_KEY),
        settings=("ANTHROPIC_SECRET_ARN", "LLM_MODEL", "LLM_PROVIDER"),
        # Questions are embedded, drafts are checked as files, and the weekly review asks the model in a batch.
        further_layers=("documents", "embedding", "language_model"),
        asynchronous=True,
    ),
)
SEARCHING = tuple(record for record in FUNCTIONS if Grant.SEARCH in record.grants)
