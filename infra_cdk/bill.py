"""What a deployment costs per month while nobody talks to it, and per 1,000 conversations, from the price file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra_cdk.app_constructs.usage_alarms import METRICS
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import FUNCTIONS

PRICES = Path(__file__).with_name("prices.json")
MODELS = (
    Path(__file__).resolve().parents[1]
    / "layers" / "firstline" / "python" / "firstline" / "adapters" / "claude_models.json"
)  # fmt: skip
HOURS, MINUTES, SECONDS = 730, 43_800, 2_628_000
"""Of a month."""
CONVERSATIONS, TURNS = 1_000, 4
MILLION = 1_000_000
VOLUME_GB = 10
# Metrics that alarms look at, and such as our functions tell: 10 of each are free for ever; tests count them.
ALARM_METRICS, MODEL_ALARM_METRICS, FREE_ALARM_METRICS = 36, 3, 10
TOLD_METRICS, TOLD_WHILE_IDLE, FREE_TOLD_METRICS = len(METRICS), 8, 10
MAIL_ALARM_METRICS = 5
FREE_TRACES = 100_000
PROBES_PER_MINUTE = 12
INPUT_TOKENS, OUTPUT_TOKENS = 3_000, 300
# Of a month, in an account with little else in it; estimates.
WATCHED_EVENTS, SECURITY_CHECKS, CONFIGURATION_ITEMS = 500_000, 10_000, 1_000


@dataclass(frozen=True)
class Line:
    """One cost and what it assumes."""

    what: str
    usd: float
    assumption: str


@dataclass(frozen=True)
class Bill:
    """Idle cost per month, cost per 1,000 conversations, and what further choices would add."""

    region: str
    as_of: str
    idle: tuple[Line, ...]
    conversations: tuple[Line, ...]
    choices: tuple[Line, ...]

    @property
    def idle_usd(self) -> float:
        """Sum per month."""
        return sum(line.usd for line in self.idle)

    @property
    def conversations_usd(self) -> float:
        """Sum per 1,000 conversations."""
        return sum(line.usd for line in self.conversations)

    @classmethod
    def of(cls, configuration: Configuration) -> Bill:
        """Reckon the bill; a region without prices is reckoned with those of us-east-1, and says so."""
        file = json.loads(PRICES.read_text(encoding="utf-8"))
        known = configuration.region in file["regions"]
        price = file["regions"][configuration.region if known else "us-east-1"]
        region = configuration.region if known else f"{configuration.region} (at the prices of us-east-1)"
        return cls(
            region,
            file["as_of"],
            tuple(_idle(price, configuration)),
            tuple(_per_conversations(price, configuration)),
            tuple(_choices(price)),
        )

    def text(self) -> str:
        """Return the bill for people."""
        rows = [f"Cost in {self.region}, list prices as of {self.as_of}, USD without tax"]
        rows += [f"Idle, per month: {self.idle_usd:.2f}", *map(_row, self.idle)]
        rows += [f"Per {CONVERSATIONS:,} conversations of {TURNS} turns: {self.conversations_usd:.2f}"]
        rows += [*map(_row, self.conversations), "What choices add, per month:", *map(_row, self.choices)]
        return "\n".join(rows)


def _row(line: Line) -> str:
    return f"  {line.usd:8.2f}  {line.what} ({line.assumption})"


def _gb_seconds(name: str, calls: float, seconds: float) -> float:
    memory_mb = next(record.memory_mb for record in FUNCTIONS if record.name == name)
    return calls * seconds * memory_mb / 1024


def _function(price: Mapping[str, float], name: str, calls: float, seconds: float) -> float:
    return (
        _gb_seconds(name, calls, seconds) * price["lambda_gb_second"]
        + calls * price["lambda_request_million"] / MILLION
    )


def _idle(price: Mapping[str, float], configuration: Configuration) -> Iterator[Line]:
    if configuration.search == "managed":
        node = price["opensearch_t3_small_hour"] * HOURS + price["opensearch_gp3_gb_month"] * VOLUME_GB
        yield Line("OpenSearch", node, f"one t3.small.search all month, {VOLUME_GB} GB gp3")
    secrets = 3 if configuration.provider == "anthropic" else 2
    yield Line("Secrets Manager", secrets * price["secret_month"], f"{secrets} secrets")
    watched = ALARM_METRICS + (MODEL_ALARM_METRICS if configuration.provider != "none" else 0)
    watched += MAIL_ALARM_METRICS if configuration.mail_domain else 0
    alarms = (watched - FREE_ALARM_METRICS) * price["alarm_metric_month"]
    yield Line("CloudWatch alarms", alarms, f"{watched} metrics, {FREE_ALARM_METRICS} free for ever")
    idle, busy = (
        max(0, told - FREE_TOLD_METRICS) * price["custom_metric_month"] for told in (TOLD_WHILE_IDLE, TOLD_METRICS)
    )
    assumed = f"{TOLD_WHILE_IDLE} of ours, {FREE_TOLD_METRICS} free for ever; with people all month {TOLD_METRICS}"
    yield Line("CloudWatch metrics", idle, f"{assumed}: {busy:.2f}")
    sweeps = _function(price, "sweep", MINUTES, 0.15) + 10 * MINUTES * price["dynamodb_read_million"] / MILLION
    yield Line("sweep", sweeps, "once a minute, 0.15 s, 10 reads")
    syncs = _function(price, "ingest_knowledge", MINUTES / 30, 3)
    polls = 0.65 * price["queue_request_million"]
    yield Line("knowledge", syncs + polls, "compared every 30 minutes, 3 s; 650,000 empty looks into the queue")
    yield Line("learning", _function(price, "learn", MINUTES / 1_440, 60), "every night, 60 s")
    if configuration.mail_domain:
        yield Line("mail", _idle_mail(price), "650,000 empty looks into the queue")
    if configuration.health_check:
        asked = PROBES_PER_MINUTE * MINUTES
        per_million = (
            price["http_request_million"] + price["dynamodb_write_million"] + 2 * price["dynamodb_read_million"]
        )
        probes = price["health_check_month"] + asked * per_million / MILLION + _function(price, "api", asked, 0.05)
        yield Line("outside probe", probes, f"{PROBES_PER_MINUTE} readiness checks a minute, 0.05 s")
    # What is not traced is called all day: see the records.
    traces = MINUTES / 30
    paid = max(0.0, traces - FREE_TRACES)
    yield Line(
        "X-Ray",
        paid * price["trace_million"] / MILLION,
        f"{traces:,.0f} traces of the comparisons; {FREE_TRACES:,} a month are free for ever",
    )
    logs_gb = 0.3 if configuration.health_check else 0.05
    yield Line("logs", logs_gb * price["log_gb"], f"{logs_gb} GB of the lines above")
    stored = price["dynamodb_storage_gb_month"] + price["dynamodb_recovery_gb_month"] + price["storage_gb_month"]
    yield Line("storage", stored, "1 GB in the table with its backups, 1 GB in the bucket")
    if configuration.encryption == "customer":
        yield _customer_key(price)
    if configuration.waf:
        yield _firewall(price)
    if configuration.threat_detection:
        yield _threat_detection(price)
    if configuration.warm == "provisioned":
        yield _provisioned(price)
    if configuration.warm == "snapstart":
        yield _snapstart(price)


def _per_conversations(price: Mapping[str, float], configuration: Configuration) -> Iterator[Line]:
    turns = CONVERSATIONS * TURNS
    with_model = configuration.provider != "none"
    seconds = 7.0 if with_model else 1.2
    workflow = _function(price, "workflow", 6 * turns, seconds / 6)
    frames = _function(price, "websocket", 2 * turns + 2 * CONVERSATIONS, 0.05)
    yield Line("functions", workflow + frames, f"six states of a turn in {seconds} s, 2 frames a turn of 0.05 s")
    machine = price["state_machine_request_million"] / MILLION + seconds * 0.0625 * price["state_machine_gb_second"]
    yield Line("Step Functions Express", turns * machine, f"64 MB for {seconds} s a turn")
    sent = turns * 20 * price["socket_message_million"] + CONVERSATIONS * 5 * price["connection_minutes_million"]
    yield Line("WebSocket API", sent / MILLION, "20 frames a turn, 5 minutes a conversation")
    items = turns * (80 * price["dynamodb_write_million"] + 80 * price["dynamodb_read_million"]) / MILLION
    yield Line("DynamoDB", items, "80 write and 80 read units a turn, indexes and transactions included")
    observed = turns * (25e-6 * price["log_gb"] + price["trace_million"] / MILLION)
    yield Line("logs and traces", observed, "25 KB and one trace a turn")
    if configuration.support_addresses:
        yield _by_mail(price)
    if with_model:
        yield Line(
            f"model {configuration.model}",
            turns * _model_usd(configuration.model),
            f"{INPUT_TOKENS} tokens in, {OUTPUT_TOKENS} out a turn",
        )


def _idle_mail(price: Mapping[str, float]) -> float:
    return 0.65 * price["queue_request_million"]


def _by_mail(price: Mapping[str, float]) -> Line:
    mails = CONVERSATIONS * TURNS
    # A chunk is 256 KB of a received mail.
    through_ses = price["mail_received_thousand"] + price["mail_sent_thousand"] + 2 * price["mail_chunk_thousand"]
    # Put by SES, put where it is kept, read twice.
    kept = 2 * price["storage_write_thousand"] + 2 * price["storage_read_thousand"]
    # Of the mail, and three events of the answer, each received and deleted; the events published.
    told = 3 * 4 * price["queue_request_million"] / 1_000 + 3 * price["topic_publish_million"] / 1_000
    usd = mails / 1_000 * (through_ses + kept + told) + _function(price, "email_intake", 4 * mails, 0.5)
    return Line(
        "if all came by mail", usd, "received and answered by SES, half a MB each; four calls of the intake, 0.5 s"
    )


def _choices(price: Mapping[str, float]) -> Iterator[Line]:
    yield _provisioned(price)
    yield _snapstart(price)
    yield _firewall(price)
    yield _customer_key(price)
    yield _threat_detection(price)
    alarms = MAIL_ALARM_METRICS * price["alarm_metric_month"]
    yield Line("mail_domain", _idle_mail(price) + alarms, f"a queue that is looked into, {MAIL_ALARM_METRICS} alarms")
    yield Line("replica_region", 0.0, "nothing idle; each written item is paid once more there")


def _waited_for_gb() -> float:
    return sum(record.memory_mb for record in FUNCTIONS if record.visitor_waits) / 1024


def _provisioned(price: Mapping[str, float]) -> Line:
    usd = _waited_for_gb() * SECONDS * price["provisioned_gb_second"]
    return Line("warm=provisioned", usd, "one environment of each function that a visitor waits for")


def _snapstart(price: Mapping[str, float]) -> Line:
    usd = _waited_for_gb() * SECONDS * price["snapstart_cache_gb_second"]
    return Line("warm=snapstart", usd, "one cached snapshot of each such function, restores not counted")


def _firewall(price: Mapping[str, float]) -> Line:
    return Line(
        "waf", price["firewall_month"] + 4 * price["firewall_rule_month"], "one list of 4 rules, requests apart"
    )


def _customer_key(price: Mapping[str, float]) -> Line:
    return Line("encryption=customer", price["customer_key_month"], "one key, requests apart")


def _threat_detection(price: Mapping[str, float]) -> Line:
    usd = (
        WATCHED_EVENTS * price["watched_event_million"] / MILLION
        + SECURITY_CHECKS * price["security_check"]
        + CONFIGURATION_ITEMS * price["configuration_item"]
    )
    return Line(
        "threat_detection",
        usd,
        f"GuardDuty on {WATCHED_EVENTS:,} management events; {SECURITY_CHECKS:,} checks of Security Hub, which needs"
        f" AWS Config: {CONFIGURATION_ITEMS:,} items; the first 30 days are free",
    )


def _model_usd(model: str) -> float:
    price = json.loads(MODELS.read_text(encoding="utf-8"))["models"][model]
    return float(INPUT_TOKENS * price["input"] + OUTPUT_TOKENS * price["output"]) / MILLION
