"""The HTTP API in front of functions/api."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.app_constructs.access_log import AccessLog
from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.configuration import Configuration

REQUESTS_PER_S, BURST = 200, 400
STAGE = "$default"
LOGGED = {
    "requestId": "$context.requestId",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class RestApi(Construct):
    """Made without routes, so that functions can be told its address; ``serve`` sends every path to the function,
    which has its own routes, access rules, limits and CORS."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=f"{configuration.prefix}-rest",
            description="Firstline REST",
            create_default_stage=False,
            # With a domain of its own, the API answers there only.
            disable_execute_api_endpoint=bool(configuration.api_domain),
        )
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name=STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_S, burst_limit=BURST),
            domain_mapping=_domain_mapping(self, configuration),
        )
        access_log = AccessLog(self, "AccessLog", configuration=configuration)
        access_log.attach(self.stage, LOGGED)
        self.access_log = access_log.group
        self.host = configuration.api_domain or f"{self.api.api_id}.execute-api.{configuration.region}.amazonaws.com"
        self.url = f"https://{self.host}"
        if configuration.emulator_endpoint:
            self.url = f"{configuration.emulator_endpoint}/_aws/execute-api/{self.api.api_id}/$default"

    def serve(self, function: lambda_.IFunction) -> None:
        """Send every request to the function."""
        route = apigateway.HttpRoute(
            self,
            "EveryPath",
            http_api=self.api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=integrations.HttpLambdaIntegration("Function", function),
        )
        acknowledge(route, {"AwsSolutions-APIG4": "Every route declares its role in the package; a test lists them."})

    def metric(self, name: str, *, period: Duration, statistic: str = "Sum") -> cloudwatch.Metric:
        """Return one of API Gateway's metrics of this API, such as ``5xx``."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiId": self.api.api_id, "Stage": STAGE},
            period=period,
            statistic=statistic,
        )


def _domain_mapping(scope: Construct, configuration: Configuration) -> apigateway.DomainMappingOptions | None:
    if not configuration.api_domain:
        return None
    certificate = acm.Certificate.from_certificate_arn(scope, "Certificate", configuration.api_certificate_arn)
    domain = apigateway.DomainName(
        scope,
        "Domain",
        domain_name=configuration.api_domain,
        certificate=certificate,
        security_policy=apigateway.SecurityPolicy.TLS_1_2,
    )
    return apigateway.DomainMappingOptions(domain_name=domain)
