"""The WebSocket API in front of functions/websocket."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.app_constructs.access_log import AccessLog
from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.api_gateway_account import ApiGatewayAccount
from infra_cdk.configuration import Configuration

FRAMES_PER_S, BURST = 200, 400
STAGE = "live"
# The address of $connect carries a token: only what is named here is written.
LOGGED = {
    "requestId": "$context.requestId",
    "connectionId": "$context.connectionId",
    "event": "$context.eventType",
    "status": "$context.status",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class SocketApi(Construct):
    """Made without routes, so that functions can be told its address; ``serve`` adds them."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        self._configuration = configuration
        self.api = apigateway.WebSocketApi(
            self,
            "Api",
            api_name=f"{configuration.prefix}-sockets",
            description="Firstline chat sockets",
            route_selection_expression="$request.body.action",
        )
        self.stage = apigateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=FRAMES_PER_S, burst_limit=BURST),
            domain_mapping=_domain_mapping(self, configuration),
        )
        AccessLog(self, "AccessLog", configuration=configuration).attach(self.stage, LOGGED)
        if not configuration.emulator_endpoint:
            # In an account whose API Gateway was never given a role, a stage with a log cannot be made.
            self.stage.node.add_dependency(ApiGatewayAccount(self, "Account"))

    @property
    def logical_id(self) -> str:
        """Name of the API in the template."""
        resource = self.api.node.default_child
        assert isinstance(resource, apigateway.CfnApi)  # noqa: S101 - narrows the type that CDK hides
        return Stack.of(self).get_logical_id(resource)

    @property
    def endpoint(self) -> str:
        """Address to post to connections."""
        emulator = self._configuration.emulator_endpoint
        if emulator:
            return f"{emulator}/_aws/execute-api/{self.api.api_id}/{STAGE}"
        return f"https://{self._execute_api}/{STAGE}"

    @property
    def url(self) -> str:
        """Address that clients connect to."""
        if self._configuration.emulator_endpoint:
            return self.endpoint.replace("http://", "ws://", 1)
        if self._configuration.websocket_domain:
            return f"wss://{self._configuration.websocket_domain}"
        return f"wss://{self._execute_api}/{STAGE}"

    def serve(self, function: lambda_.IFunction) -> None:
        """Send opening, closing and every frame to the function."""
        for route in ("$connect", "$disconnect", "$default"):
            integration = integrations.WebSocketLambdaIntegration(f"{route[1:].capitalize()}Integration", function)
            added = self.api.add_route(route, integration=integration)
            acknowledge(
                added, {"AwsSolutions-APIG4": "A socket opens with a token, which $connect checks and uses up."}
            )

    def metric(self, name: str, *, period: Duration, statistic: str = "Sum") -> cloudwatch.Metric:
        """Return one of API Gateway's metrics of this API, such as ``MessageCount``."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiId": self.api.api_id, "Stage": STAGE},
            period=period,
            statistic=statistic,
        )

    @property
    def connection_arns(self) -> list[str]:
        """What to be allowed on to post to connections of this stage, and to close them."""
        stack = Stack.of(self)
        return [
            stack.format_arn(
                service="execute-api",
                resource=self.api.api_id,
                resource_name=f"{STAGE}/{method}/@connections/*",
            )
            for method in ("POST", "DELETE")
        ]

    @property
    def _execute_api(self) -> str:
        return f"{self.api.api_id}.execute-api.{self._configuration.region}.amazonaws.com"


def _domain_mapping(scope: Construct, configuration: Configuration) -> apigateway.DomainMappingOptions | None:
    if not configuration.websocket_domain:
        return None
    domain = apigateway.DomainName(
        scope,
        "Domain",
        domain_name=configuration.websocket_domain,
        certificate=acm.Certificate.from_certificate_arn(scope, "Certificate", configuration.websocket_certificate_arn),
        security_policy=apigateway.SecurityPolicy.TLS_1_2,
    )
    return apigateway.DomainMappingOptions(domain_name=domain)
