"""Lets API Gateway write access logs of WebSocket APIs: once for the whole account and region."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge

LOGS_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"  # pragma: allowlist secret


class ApiGatewayAccount(Construct):
    """The role stays when the stack goes, in dev too: other APIs of the account may be writing with it by then."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(LOGS_POLICY)],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        # Waits for the role's policies too.
        account.node.add_dependency(role)
        acknowledge(
            role,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]": "API Gateway asks for just this one, for the whole account."
            },
        )
