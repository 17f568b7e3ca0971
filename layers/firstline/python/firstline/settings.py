"""Settings: every environment variable that Firstline reads, with its default and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_type_hints

from firstline.domain.errors import InvalidInputError
from firstline.domain.learning_names import POLICIES, REWARD_PRESETS, TOPICS


class InvalidSettingError(InvalidInputError):
    """An environment variable is missing or its value does not fit; the message names it."""


@dataclass(frozen=True)
class Variable:
    """One environment variable, as documented."""

    name: str
    default: str | None
    """None where it must be set."""
    meaning: str


def _setting(default: Any, meaning: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"meaning": meaning, "low": low, "high": high})


def _choice(default: str, meaning: str, *choices: str) -> Any:
    return field(default=default, metadata={"meaning": meaning, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings; a field ``log_level`` is the variable ``LOG_LEVEL``."""

    app_env: str = _setting("development", "name of the stage; in every log line")
    runtime: str = _choice("local", "which adapters are used; AWS functions set `aws`", "local", "aws")
    debug: bool = _setting(False, "show the cause of internal errors in REST answers; never in production")
    log_level: str = _choice("INFO", "least severe log line that is written", "DEBUG", "INFO", "WARNING", "ERROR")
    data_path: str = _setting(".data", "folder of everything a laptop stores")
    documents_path: str = _setting("knowledge", "folder of the company's articles and FAQs (local)")
    auto_sync_interval: int = _setting(30, "minutes between two full comparisons of knowledge and index", low=1)
    chunk_size: int = _setting(200, "tokens that a passage of an article aims to stay within", low=32, high=2000)
    overlap_size: int = _setting(
        0, "tokens that a passage repeats from the one before it; at most half of CHUNK_SIZE", low=0, high=1000
    )
    served_audiences: str = _setting(
        "customers,public,everyone,all", "articles that name an audience are served if they name one of these"
    )
    embedding_model_path: str = _setting(".cache/embedding", "folder of the embedding model; on AWS below /opt")
    embedding_threads: int = _setting(2, "threads of one embedding", low=1, high=64)
    llm_temperature: float = _setting(0.3, "how freely the model writes; sent only to models taking it", low=0, high=1)
    max_tokens: int = _setting(2000, "most tokens of one written answer", low=1)
    context_tokens: int = _setting(
        1500, "tokens of the passages that the language model answers from, by estimate", low=100, high=100_000
    )
    attachment_tokens: int = _setting(
        3000, "tokens of the texts of attached files that the language model is given, by estimate", low=0, high=100_000
    )
    anthropic_api_key: str = _setting("", "key of the Anthropic API; without it answers are extractive (local)")
    anthropic_base_url: str = _setting("", "another address of the Anthropic API, such as a proxy")
    llm_model: str = _setting("claude-sonnet-5-5", "language model that writes the answers")
    llm_provider: str = _choice(
        "anthropic",
        "who runs the language model; on Bedrock the credentials are those of the role; `none`: answers are extractive",
        "anthropic",
        "bedrock",
        "none",
    )
    llm_fallback_models: str = _setting(
        "",
        "models asked in turn where the one before failed, such as `claude-haiku-5-5, bedrock:claude-sonnet-5-5`",
    )
    bedrock_region: str = _setting("", "region of Bedrock; empty: AWS_REGION")
    bedrock_endpoint: str = _setting("", "another address of Bedrock, such as a private endpoint")
    llm_timeout_s: float = _setting(30.0, "seconds until a silent language model is given up", low=1, high=40)
    guard_foreign: str = _choice(
        "cited",
        "sentences in another language than all sources: passed by the source they name, all, or none",
        "cited",
        "pass",
        "hold",
    )
    max_tool_rounds: int = _setting(4, "rounds of tool calls that the model has for one answer", low=0, high=20)
    tool_timeout_s: float = _setting(8.0, "seconds after which a tool has failed", low=0.1, high=25)
    approval_hours: float = _setting(72.0, "hours after which what waits for approval expires", low=0.01, high=8_760)
    custom_tools_path: str = _setting("", "YAML or JSON file of the company's own HTTP tools; empty for none")
    tool_secrets_prefix: str = _setting(
        "firstline/tools/", "begin of the names of custom tools' secrets (AWS); locally they are TOOL_SECRET_<name>"
    )
    mask_model_input: bool = _setting(
        False, "hide personal data from the language model behind placeholders, undone in its answer"
    )
    cache_ttl: int = _setting(3600, "seconds that searches and answers are kept for the same question; 0: never", low=0)
    rl_policy: str = _choice("thompson", "which policy learns what way of answering works", *POLICIES)
    rl_learning_rate: float = _setting(0.1, "step size of Q-learning", low=0, high=1)
    rl_exploration_rate: float = _setting(0.1, "share of answers whose strategy is drawn uniformly", low=0, high=1)
    rl_discount_factor: float = _setting(
        0.9, "what the next answer counts (Q-learning), or a day beside the next (`discounted-`)", low=0, high=1
    )
    rl_snapshot_s: float = _setting(30.0, "seconds that a process uses what it read of the arms", low=0, high=86_400)
    rl_holdout_share: float = _setting(0.05, "share of conversations that get the fixed default", low=0, high=1)
    rl_cautious_topics: str = field(
        default="billing_dispute, security, law",
        metadata={"meaning": "topics that get the fixed default: these, `money`, categories"}
        | {"choices": (*TOPICS, ""), "several": True},
    )
    rl_freeze_rating: float = _setting(0.4, "mean rating (0..1) that freezes an arm surely below it", low=0, high=1)
    rl_freeze_reopened: float = _setting(0.3, "share of reopened answers that freezes an arm above", low=0, high=1)
    reward_weights: str = _choice("observed-1", "reward weights; `published-1`: only to compare", *REWARD_PRESETS)
    reward_normalization: bool = _setting(True, "divide rewards by the weight observed; else cut them to 0..1")
    frustration_handover: float = _setting(0.8, "frustration from which a person is asked", low=0, high=1)
    frustration_keywords: str = _setting("", "the company's own words of frustration, separated by commas")
    sentiment_threshold: float = _setting(0.3, "sentiment from which, on either side, it counts", low=0, high=1)
    handoff_threshold: float = _setting(-0.5, "sentiment below which an upset customer gets a person", low=-1, high=1)
    handover_min_confidence: float = _setting(0.75, "confidence below which no answer goes unreviewed", low=0, high=1)
    handover_max_turns: int = _setting(8, "customer messages from which a person is offered or asked", low=1)
    classify_with_model: bool = _setting(True, "ask the language model, if any, what a message is about when unsure")
    assistant_notice: str = _setting(
        "Hello! I am the automated assistant. Ask me anything, and I will bring in a person when I cannot help.",
        "what a visitor is told first: that an assistant answers",
    )
    max_anonymous_session_cost_usd: float = _setting(
        0.5, "US dollars that a visitor nobody vouches for may spend on the model; then answers are extractive", low=0
    )
    daily_budget_usd: float = _setting(
        0.0, "US dollars a day for the language model; people are told at two thirds; 0: no cap", low=0
    )
    monthly_budget_usd: float = _setting(
        0.0, "US dollars a month for it; people are told at 80, 90 and 100 %; over a cap answers are extractive", low=0
    )
    business_hours: str = _setting(
        "", "when people are there, such as `Mon-Fri 09:00-17:30; Sat 10:00-14:00`; empty: always"
    )
    business_time_zone: str = _setting("UTC", "time zone of the business hours, such as `Europe/Berlin`")
    holidays: str = _setting("", "days without people, such as `2026-12-24, 01-01` (every year)")
    offline_message: str = _setting("Our team is not there at the moment.", "what is said outside the business hours")
    public_url: str = _setting("", "address of this installation, for links in notices")
    notify_email: str = _setting("", "addresses that are told of a handover, separated by commas")
    mail_from: str = _setting("", "sender of outgoing mail; empty: the first of NOTIFY_EMAIL")
    notify_webhook_url: str = _setting("", "https address that is told of a handover")
    notify_webhook_secret: str = _setting("", "key that signs those webhooks (header Firstline-Signature)")
    handover_reminder_minutes: int = _setting(
        15, "minutes until people are reminded of a handover that nobody took, at most 3 times; 0: never", low=0
    )
    ticket_auto_handle: bool = _setting(
        True, "whether the assistant answers tickets that are posted over REST and nothing speaks against it"
    )
    ticket_first_response_hours: str = _setting(
        "urgent=1, high=4, normal=8, low=24", "business hours until a ticket's first answer is due, by priority"
    )
    ticket_resolution_hours: str = _setting(
        "urgent=8, high=24, normal=40, low=80", "business hours until a ticket's resolution is due, by priority"
    )
    webhook_allowed_networks: str = _setting(
        "", "private addresses and networks, with commas, that webhooks made over REST may lead to"
    )
    smtp_host: str = _setting("", "server for outgoing mail (local); empty: mail goes to `mail/` in the data folder")
    smtp_port: int = _setting(587, "its port; 465 speaks TLS from the start", low=1, high=65535)
    smtp_username: str = _setting("", "its user, if it asks for one")
    smtp_password: str = _setting("", "its password; sent over TLS only")
    smtp_starttls: bool = _setting(True, "whether TLS is asked for on ports other than 465")
    max_message_characters: int = _setting(4000, "longest customer message", low=1, high=8000)
    max_ws_connections_per_user: int = _setting(5, "open sockets of one user; over it the oldest is closed", low=1)
    max_conversation_history: int = _setting(
        20, "earlier messages that go to the model whole; older ones go as a summary", low=0, high=100
    )
    max_request_bytes: int = _setting(262_144, "largest REST body", low=1024)
    max_requests_per_minute: int = _setting(
        60, "requests of one client: of a signed-in caller, else of an address; 0 for no limit", low=0
    )
    max_requests_per_minute_per_customer: int = _setting(
        100, "requests and messages of one customer, from wherever they come; 0 for no limit", low=0
    )
    max_messages_per_minute: int = _setting(30, "messages of one session; 0 for no limit", low=0)
    max_sessions_per_minute: int = _setting(5, "new sessions of one address; 0 for no limit", low=0)
    trusted_proxies: str = _setting(
        "", "addresses and networks, with commas, whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    sites_path: str = _setting("", "YAML file of the sites that carry the widget; empty for none")
    metrics_token: str = _setting(
        "", "bearer token of GET /metrics; while it is empty, admins and a laptop's own programs may read it"
    )
    deployed_at: str = _setting("", "when this was deployed, such as 2026-06-01T12:00:00Z, for uptime_seconds (AWS)")
    admin_token: str = _setting("", "bearer token of the routes below /admin; while it is empty they are off")
    max_import_bytes: int = _setting(20_971_520, "largest archive that POST /admin/knowledge/import takes", low=1024)
    session_timeout_hours: int = _setting(
        24, "hours without a message after which a conversation is closed; the next message reopens it", low=1
    )
    session_token_minutes: int = _setting(60, "minutes that a session's token is good for until it is renewed", low=1)
    session_key_secret_arn: str = _setting("", "secret whose text signs our own tokens, at least 32 characters (AWS)")
    identity_secret: str = _setting(
        "", "secret with which the company's site signs identity tokens (HS256), at least 32 characters"
    )
    identity_secret_arn: str = _setting("", "secret that holds IDENTITY_SECRET (AWS)")
    identity_jwks_url: str = _setting("", "address of the site's public keys, where it signs with a private one")
    identity_issuer: str = _setting("", "iss that identity tokens must have; empty: any")
    identity_audience: str = _setting("firstline", "aud that identity tokens must have")
    identity_max_age_s: int = _setting(600, "seconds after iat that an identity token is taken", low=1)
    oidc_issuer: str = _setting(
        "", "issuer of agents' and admins' access tokens, such as a Cognito user pool; empty: accounts of scripts/user"
    )
    oidc_audience: str = _setting("", "aud or client_id that those tokens must have; needed with OIDC_ISSUER")
    oidc_role_claim: str = _setting("cognito:groups", "claim of those tokens that names the roles agent and admin")
    retention_days: int = _setting(90, "days that conversations and all that belongs to them are kept", low=1)
    memory_days: int = _setting(365, "days that a fact about a known customer is kept after they last stated it", low=1)
    turn_lease_s: float = _setting(120.0, "seconds after which an unfinished turn is started again", low=1)
    max_turn_attempts: int = _setting(3, "starts of one turn until a person is asked instead", low=1)
    sweep_interval_s: float = _setting(10.0, "seconds between two looks for unfinished turns (local)", low=0.1)
    workers: int = _setting(8, "turns that run side by side (local)", low=1, high=256)
    table_name: str = _setting("", "DynamoDB table (AWS)")
    state_machine_arn: str = _setting("", "support turn state machine (AWS)")
    websocket_endpoint: str = _setting("", "https address of the socket API's stage, to post to connections (AWS)")
    websocket_url: str = _setting("", "wss address that clients connect to; locally taken from the request")
    knowledge_bucket: str = _setting("", "S3 bucket of articles and FAQs (AWS)")
    attachments_bucket: str = _setting("", "S3 bucket of the files that customers attach (AWS)")
    opensearch_endpoint: str = _setting("", "https address of the OpenSearch domain (AWS)")
    opensearch_index: str = _setting("firstline-knowledge", "name of the knowledge index (AWS)")
    anthropic_secret_arn: str = _setting("", "secret that holds the key of the Anthropic API (AWS)")

    @classmethod
    def variables(cls) -> list[Variable]:
        """Return every variable, in the order of this class."""
        return [Variable(f.name.upper(), _shown(f.default), str(f.metadata["meaning"])) for f in fields(cls)]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises
        ------
        InvalidSettingError
            A value is not of its type or range.
        """
        hints = get_type_hints(cls)
        values = {
            f.name: _parse(f.name.upper(), environ[f.name.upper()], hints[f.name], f.metadata)
            for f in fields(cls)
            if environ.get(f.name.upper(), "") != ""
        }
        return cls(**values)

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences of ``served_audiences``, in small letters."""
        return frozenset(part.strip().casefold() for part in self.served_audiences.split(",")) - {""}

    @property
    def fallback_models(self) -> tuple[str, ...]:
        """The models of ``llm_fallback_models``, in order."""
        return tuple(name.strip() for name in self.llm_fallback_models.split(",") if name.strip())

    @property
    def team_addresses(self) -> tuple[str, ...]:
        """The addresses of ``notify_email``."""
        return tuple(address.strip() for address in self.notify_email.split(",") if address.strip())

    @property
    def mail_sender(self) -> str:
        """Sender of mail to visitors; empty where none can be sent."""
        return self.mail_from or next(iter(self.team_addresses), "")

    def required(self, name: str) -> str:
        """Return a text setting that the infrastructure must supply. Raises ``InvalidSettingError``."""
        value = str(getattr(self, name))
        if not value:
            raise InvalidSettingError(f"{name.upper()} is not set")
        return value


def _shown(default: Any) -> str | None:
    if default is MISSING:
        return None
    return str(default).lower() if isinstance(default, bool) else str(default)


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _parse(name: str, text: str, kind: type, metadata: Mapping[str, Any]) -> Any:
    if kind is bool:
        if text.strip().lower() not in _BOOLEANS:
            raise InvalidSettingError(f"{name} must be true or false, not {text!r}")
        return _BOOLEANS[text.strip().lower()]
    try:
        value = kind(text)
    except ValueError as error:
        raise InvalidSettingError(f"{name} must be of type {kind.__name__}, not {text!r}") from error
    choices, several = metadata.get("choices"), metadata.get("several")
    if choices and not set([part.strip() for part in value.split(",")] if several else [value]) <= set(choices):
        raise InvalidSettingError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    low, high = metadata.get("low"), metadata.get("high")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise InvalidSettingError(f"{name} must be within {low} and {high}, not {text!r}")
    return value
