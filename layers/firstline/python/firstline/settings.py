"""Settings: every environment variable that Firstline reads, with its default and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import get_type_hints

from firstline.domain.learning_names import POLICIES, REWARD_PRESETS, TOPICS
from firstline.domain.mail.mode import MailModes
from firstline.setting_fields import InvalidSettingError as InvalidSettingError
from firstline.setting_fields import Variable, choice, parse, setting, shown


@dataclass(frozen=True)
class Settings:
    """All settings; a field ``log_level`` is the variable ``LOG_LEVEL``."""

    app_env: str = setting("development", "name of the stage; in every log line")
    runtime: str = choice("local", "which adapters are used; AWS functions set `aws`", "local", "aws")
    debug: bool = setting(False, "show the cause of internal errors in REST answers; never in production")
    log_level: str = choice("INFO", "least severe log line that is written", "DEBUG", "INFO", "WARNING", "ERROR")
    data_path: str = setting(".data", "folder of everything a laptop stores")
    documents_path: str = setting("knowledge", "folder of the company's articles and FAQs (local)")
    auto_sync_interval: int = setting(30, "minutes between two full comparisons of knowledge and index", low=1)
    chunk_size: int = setting(200, "tokens that a passage of an article aims to stay within", low=32, high=2000)
    overlap_size: int = setting(
        0, "tokens that a passage repeats from the one before it; at most half of CHUNK_SIZE", low=0, high=1000
    )
    served_audiences: str = setting(
        "customers,public,everyone,all", "articles that name an audience are served if they name one of these"
    )
    embedding_model_path: str = setting(".cache/embedding", "folder of the embedding model; on AWS below /opt")
    embedding_threads: int = setting(2, "threads of one embedding", low=1, high=64)
    llm_temperature: float = setting(0.3, "how freely the model writes; sent only to models taking it", low=0, high=1)
    max_tokens: int = setting(2000, "most tokens of one written answer", low=1)
    context_tokens: int = setting(
        1500, "tokens of the passages that the language model answers from, by estimate", low=100, high=100_000
    )
    attachment_tokens: int = setting(
        3000, "tokens of the texts of attached files that the language model is given, by estimate", low=0, high=100_000
    )
    anthropic_api_key: str = setting("", "key of the Anthropic API; without it answers are extractive (local)")
    anthropic_base_url: str = setting("", "another address of the Anthropic API, such as a proxy")
    llm_model: str = setting("claude-sonnet-5-5", "language model that writes the answers")
    llm_provider: str = choice(
        "anthropic",
        "who runs the language model; on Bedrock the credentials are those of the role; `none`: answers are extractive",
        "anthropic",
        "bedrock",
        "none",
    )
    llm_fallback_models: str = setting(
        "",
        "models asked in turn where the one before failed, such as `claude-haiku-5-5, bedrock:claude-sonnet-5-5`",
    )
    bedrock_region: str = setting("", "region of Bedrock; empty: AWS_REGION")
    bedrock_endpoint: str = setting("", "another address of Bedrock, such as a private endpoint")
    llm_timeout_s: float = setting(30.0, "seconds until a silent language model is given up", low=1, high=40)
    guard_foreign: str = choice(
        "cited",
        "sentences in another language than all sources: passed by the source they name, all, or none",
        "cited",
        "pass",
        "hold",
    )
    max_tool_rounds: int = setting(4, "rounds of tool calls that the model has for one answer", low=0, high=20)
    tool_timeout_s: float = setting(8.0, "seconds after which a tool has failed", low=0.1, high=25)
    approval_hours: float = setting(72.0, "hours after which what waits for approval expires", low=0.01, high=8_760)
    custom_tools_path: str = setting("", "YAML or JSON file of the company's own HTTP tools; empty for none")
    tool_secrets_prefix: str = setting(
        "firstline/tools/", "begin of the names of custom tools' secrets (AWS); locally they are TOOL_SECRET_<name>"
    )
    mask_model_input: bool = setting(
        False, "hide personal data from the language model behind placeholders, undone in its answer"
    )
    cache_ttl: int = setting(3600, "seconds that searches and answers are kept for the same question; 0: never", low=0)
    rl_policy: str = choice("thompson", "which policy learns what way of answering works", *POLICIES)
    rl_learning_rate: float = setting(0.1, "step size of Q-learning", low=0, high=1)
    rl_exploration_rate: float = setting(0.1, "share of answers whose strategy is drawn uniformly", low=0, high=1)
    rl_discount_factor: float = setting(
        0.9, "what the next answer counts (Q-learning), or a day beside the next (`discounted-`)", low=0, high=1
    )
    rl_snapshot_s: float = setting(30.0, "seconds that a process uses what it read of the arms", low=0, high=86_400)
    rl_holdout_share: float = setting(0.05, "share of conversations that get the fixed default", low=0, high=1)
    rl_cautious_topics: str = field(
        default="billing_dispute, security, law",
        metadata={"meaning": "topics that get the fixed default: these, `money`, categories"}
        | {"choices": (*TOPICS, ""), "several": True},
    )
    rl_freeze_rating: float = setting(0.4, "mean rating (0..1) that freezes an arm surely below it", low=0, high=1)
    rl_freeze_reopened: float = setting(0.3, "share of reopened answers that freezes an arm above", low=0, high=1)
    reward_weights: str = choice("observed-1", "reward weights; `published-1`: only to compare", *REWARD_PRESETS)
    reward_normalization: bool = setting(True, "divide rewards by the weight observed; else cut them to 0..1")
    frustration_handover: float = setting(0.8, "frustration from which a person is asked", low=0, high=1)
    frustration_keywords: str = setting("", "the company's own words of frustration, separated by commas")
    sentiment_threshold: float = setting(0.3, "sentiment from which, on either side, it counts", low=0, high=1)
    handoff_threshold: float = setting(-0.5, "sentiment below which an upset customer gets a person", low=-1, high=1)
    handover_min_confidence: float = setting(0.75, "confidence below which no answer goes unreviewed", low=0, high=1)
    handover_max_turns: int = setting(8, "customer messages from which a person is offered or asked", low=1)
    classify_with_model: bool = setting(True, "ask the language model, if any, what a message is about when unsure")
    assistant_notice: str = setting(
        "Hello! I am the automated assistant. Ask me anything, and I will bring in a person when I cannot help.",
        "what a visitor is told first: that an assistant answers",
    )
    max_anonymous_session_cost_usd: float = setting(
        0.5, "US dollars that a visitor nobody vouches for may spend on the model; then answers are extractive", low=0
    )
    daily_budget_usd: float = setting(
        0.0, "US dollars a day for the language model; people are told at two thirds; 0: no cap", low=0
    )
    monthly_budget_usd: float = setting(
        0.0, "US dollars a month for it; people are told at 80, 90 and 100 %; over a cap answers are extractive", low=0
    )
    business_hours: str = setting(
        "", "when people are there, such as `Mon-Fri 09:00-17:30; Sat 10:00-14:00`; empty: always"
    )
    business_time_zone: str = setting("UTC", "time zone of the business hours, such as `Europe/Berlin`")
    holidays: str = setting("", "days without people, such as `2026-12-24, 01-01` (every year)")
    offline_message: str = setting("Our team is not there at the moment.", "what is said outside the business hours")
    public_url: str = setting("", "address of this installation, for links in notices")
    notify_email: str = setting("", "addresses that are told of a handover, separated by commas")
    mail_from: str = setting("", "sender of outgoing mail; empty: the first of NOTIFY_EMAIL")
    notify_webhook_url: str = setting("", "https address that is told of a handover")
    notify_webhook_secret: str = setting("", "key that signs those webhooks (header Firstline-Signature)")
    handover_reminder_minutes: int = setting(
        15, "minutes until people are reminded of a handover that nobody took, at most 3 times; 0: never", low=0
    )
    ticket_auto_handle: bool = setting(
        True, "whether the assistant answers tickets that are posted over REST and nothing speaks against it"
    )
    ticket_first_response_hours: str = setting(
        "urgent=1, high=4, normal=8, low=24", "business hours until a ticket's first answer is due, by priority"
    )
    ticket_resolution_hours: str = setting(
        "urgent=8, high=24, normal=40, low=80", "business hours until a ticket's resolution is due, by priority"
    )
    webhook_allowed_networks: str = setting(
        "", "private addresses and networks, with commas, that webhooks made over REST may lead to"
    )
    smtp_host: str = setting("", "server for outgoing mail (local); empty: mail goes to `mail/` in the data folder")
    smtp_port: int = setting(587, "its port; 465 speaks TLS from the start", low=1, high=65535)
    smtp_username: str = setting("", "its user, if it asks for one")
    smtp_password: str = setting("", "its password; sent over TLS only")
    smtp_starttls: bool = setting(True, "whether TLS is asked for on ports other than 465")
    support_address: str = setting(
        "", "addresses that customers write to, with commas; answers come from the first; empty: no mail is answered"
    )
    mail_modes: str = setting(
        "answer",
        "`answer`, `draft` or `ticket` for mail, then by category: `answer, billing_inquiry=draft`",
        check=MailModes.parse,
    )
    mail_signature: str = setting("", "last lines of answers by mail; empty: the site's name")
    mail_min_confidence: float = setting(
        0.75, "an answer by mail less sure than this goes to a person as a draft", low=0, high=1
    )
    mail_replies_per_thread: int = setting(
        4, "most automatic replies in one thread in a day; three days' until a person writes there", low=0, high=100
    )
    mail_replies_per_sender: int = setting(
        12, "most to one address in a day, in all threads; three days' in 30 days until a person writes to it", low=0
    )
    mails_per_sender: int = setting(20, "mails of one sender in an hour that are answered automatically", low=0)
    mail_lists: str = setting(
        "", "List-Id of lists that only pass support mail on, such as a Google group, with commas"
    )
    mail_server_id: str = setting(
        "", "name in the Authentication-Results of the server that takes mail for us; empty: SES on AWS, else none"
    )
    mail_allow_list: str = setting(
        "", "test mode: addresses and `@domains`, with commas, that alone are sent mail; empty: everybody"
    )
    mail_resend_minutes: int = setting(
        15, "minutes after which a mail of unknown fate (AWS) is sent once more", low=5, high=1440
    )
    max_mail_bytes: int = setting(31_457_280, "largest mail that is read; a larger one is refused or kept", low=65_536)
    mail_port: int = setting(2525, "port that takes mail (local), with SUPPORT_ADDRESS; 0: none", low=0, high=65535)
    max_message_characters: int = setting(4000, "longest customer message", low=1, high=8000)
    max_ws_connections_per_user: int = setting(5, "open sockets of one user; over it the oldest is closed", low=1)
    max_conversation_history: int = setting(
        20, "earlier messages that go to the model whole; older ones go as a summary", low=0, high=100
    )
    max_request_bytes: int = setting(262_144, "largest REST body", low=1024)
    max_requests_per_minute: int = setting(
        60, "requests of one client: of a signed-in caller, else of an address; 0 for no limit", low=0
    )
    max_requests_per_minute_per_customer: int = setting(
        100, "requests and messages of one customer, from wherever they come; 0 for no limit", low=0
    )
    max_messages_per_minute: int = setting(30, "messages of one session; 0 for no limit", low=0)
    max_sessions_per_minute: int = setting(5, "new sessions of one address; 0 for no limit", low=0)
    trusted_proxies: str = setting(
        "", "addresses and networks, with commas, whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    sites_path: str = setting("", "YAML file of the sites that carry the widget; empty for none")
    metrics_token: str = setting(
        "", "bearer token of GET /metrics; while it is empty, admins and a laptop's own programs may read it"
    )
    deployed_at: str = setting("", "when this was deployed, such as 2026-06-01T12:00:00Z, for uptime_seconds (AWS)")
    admin_token: str = setting("", "bearer token of the routes below /admin; while it is empty they are off")
    max_import_bytes: int = setting(20_971_520, "largest archive that POST /admin/knowledge/import takes", low=1024)
    session_timeout_hours: int = setting(
        24, "hours without a message after which a conversation is closed; the next message reopens it", low=1
    )
    session_token_minutes: int = setting(60, "minutes that a session's token is good for until it is renewed", low=1)
    session_key_secret_arn: str = setting("", "secret whose text signs our own tokens, at least 32 characters (AWS)")
    identity_secret: str = setting(
        "", "secret with which the company's site signs identity tokens (HS256), at least 32 characters"
    )
    identity_secret_arn: str = setting("", "secret that holds IDENTITY_SECRET (AWS)")
    identity_jwks_url: str = setting("", "address of the site's public keys, where it signs with a private one")
    identity_issuer: str = setting("", "iss that identity tokens must have; empty: any")
    identity_audience: str = setting("firstline", "aud that identity tokens must have")
    identity_max_age_s: int = setting(600, "seconds after iat that an identity token is taken", low=1)
    oidc_issuer: str = setting(
        "", "issuer of agents' and admins' access tokens, such as a Cognito user pool; empty: accounts of scripts/user"
    )
    oidc_audience: str = setting("", "aud or client_id that those tokens must have; needed with OIDC_ISSUER")
    oidc_role_claim: str = setting("cognito:groups", "claim of those tokens that names the roles agent and admin")
    retention_days: int = setting(90, "days that conversations and all that belongs to them are kept", low=1)
    memory_days: int = setting(365, "days that a fact about a known customer is kept after they last stated it", low=1)
    turn_lease_s: float = setting(120.0, "seconds after which an unfinished turn is started again", low=1)
    max_turn_attempts: int = setting(3, "starts of one turn until a person is asked instead", low=1)
    sweep_interval_s: float = setting(10.0, "seconds between two looks for unfinished turns (local)", low=0.1)
    workers: int = setting(8, "turns that run side by side (local)", low=1, high=256)
    table_name: str = setting("", "DynamoDB table (AWS)")
    state_machine_arn: str = setting("", "support turn state machine (AWS)")
    websocket_endpoint: str = setting("", "https address of the socket API's stage, to post to connections (AWS)")
    websocket_url: str = setting("", "wss address that clients connect to; locally taken from the request")
    knowledge_bucket: str = setting("", "S3 bucket of articles and FAQs (AWS)")
    attachments_bucket: str = setting("", "S3 bucket of the files that customers attach (AWS)")
    mail_bucket: str = setting("", "S3 bucket of received mail (AWS)")
    mail_configuration_set: str = setting("", "SES configuration set that mail is sent with (AWS)")
    opensearch_endpoint: str = setting("", "https address of the OpenSearch domain (AWS)")
    opensearch_index: str = setting("firstline-knowledge", "name of the knowledge index (AWS)")
    anthropic_secret_arn: str = setting("", "secret that holds the key of the Anthropic API (AWS)")

    @classmethod
    def variables(cls) -> list[Variable]:
        """Return every variable, in the order of this class."""
        return [Variable(f.name.upper(), shown(f.default), str(f.metadata["meaning"])) for f in fields(cls)]

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
            f.name: parse(f.name.upper(), environ[f.name.upper()], hints[f.name], f.metadata)
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
