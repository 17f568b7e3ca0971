"""Synthesises several contexts into one cloud assembly, under cdk-nag; run by the fixture ``assembly``."""

import json
import sys
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from infra_cdk.app import build
from infra_cdk.configuration import Configuration

# Dev with less than the default, with more, and with a replica, each in a folder of its own.
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "less": {
        "search": "existing",
        "search_endpoint": "https://search.example",
        "health_check": False,
        "saved_queries": False,
        "monthly_budget_usd": 0,
        "edge": False,
        "deployment": "direct",
    },
    "more": {
        "provider": "anthropic",
        "encryption": "customer",
        "api_domain": "api.acme.example",
        "api_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    },
    "replicated": {"replica_region": "eu-west-1"},
    "tools": {"custom_tools": str(Path(__file__).with_name("custom_tools.yaml"))},
    "mail": {
        "mail_domain": "acme.example",
        "mail_rule_set": "company-mail",
        "mail_tls": "Require",
        "settings": {"SUPPORT_ADDRESS": "support@acme.example, billing@help.acme.example", "RETENTION_DAYS": "30"},
    },
    "bedrock": {"provider": "bedrock", "region": "eu-west-1"},
}


def main(out: str, layers: str) -> None:
    contexts = json.load(sys.stdin)
    check_that_nag_looks(Path(out).with_name("nag"))
    app = App(context=contexts[0], outdir=out)
    *deployed, rehearsed = contexts
    for context in deployed:
        build(app, Configuration.from_context(context.get), layers=Path(layers))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    # Its stacks are called like those of dev.
    rehearsal = App(context=rehearsed, outdir=str(Path(out).with_name("rehearsal")))
    build(rehearsal, Configuration.from_context(rehearsed.get), layers=Path(layers))
    rehearsal.synth()
    for name, context in VARIANTS.items():
        variant = App(context=contexts[0] | context, outdir=str(Path(out).with_name("variants") / name))
        build(variant, Configuration.from_context((contexts[0] | context).get), layers=Path(layers))
        variant.synth()
    Path(out).with_name("modules.json").write_text(
        json.dumps(sorted(m for m in sys.modules if m.startswith("firstline")))
    )


def check_that_nag_looks(out: Path) -> None:
    """End with an error if cdk-nag lets a queue without TLS and dead letters pass: then its silence means nothing."""
    app = App(outdir=str(out))
    sqs.Queue(Stack(app, "Careless"), "Queue")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" in str(error):
            return
        raise
    sys.exit("cdk-nag found nothing wrong with a careless queue")


main(*sys.argv[1:])
