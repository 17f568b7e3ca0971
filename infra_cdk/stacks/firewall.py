"""A web application firewall for CloudFront; made only where the context asks for it."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra_cdk.configuration import Configuration

REQUESTS_PER_ADDRESS = 2_000
"""In five minutes."""
MANAGED_RULES = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)


class FirewallStack(Stack):
    """A rate limit per address and three rule sets of AWS.

    HTTP and WebSocket APIs cannot have a firewall of their own: it stands in front of CloudFront, and the REST API is
    closed to everybody else only by a domain of its own (context api_domain).
    """

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, **rest: Any) -> None:
        super().__init__(scope, id, **rest)
        rate = waf.CfnWebACL.RuleProperty(
            name="rate",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    limit=REQUESTS_PER_ADDRESS, aggregate_key_type="IP"
                )
            ),
            visibility_config=_visible("rate"),
        )
        managed = [
            waf.CfnWebACL.RuleProperty(
                name=name,
                priority=priority,
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS", name=name
                    )
                ),
                visibility_config=_visible(name),
            )
            for priority, name in enumerate(MANAGED_RULES, start=1)
        ]
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=f"firstline-{configuration.stage}",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[rate, *managed],
            visibility_config=_visible("all"),
        )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    # Samples would hold what visitors sent.
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=f"firstline-{name}", sampled_requests_enabled=False
    )
