"""Who called which route with what result: one JSON line per call, no query string, no header, no address."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration


class AccessLog(Construct):
    """A log group for one API's stage."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        self.group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS if configuration.is_prod else logs.RetentionDays.ONE_WEEK,
            removal_policy=removal_policy(configuration),
        )

    def attach(self, stage: apigateway.IStage, fields: Mapping[str, str]) -> None:
        """Have the stage write these fields, name to ``$context`` variable."""
        resource = stage.node.default_child
        assert isinstance(resource, apigateway.CfnStage)  # noqa: S101 - narrows the type that CDK hides
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=self.group.log_group_arn, format=json.dumps(dict(fields))
        )
