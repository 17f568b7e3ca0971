"""The knowledge index, and the roles of the functions that search it."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra_cdk.app_constructs.python_function import function_role
from infra_cdk.app_constructs.search_domain import SearchDomain
from infra_cdk.app_constructs.shared_value import Shared, publish, read
from infra_cdk.configuration import Configuration
from infra_cdk.function_records import SEARCHING, Grant


class SearchStack(Stack):
    """``managed``: one small node; ``existing``: a domain of the company's, whose policy has to name these roles.

    The roles are made here, because the domain's policy may name only roles that exist.
    """

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, **rest: Any) -> None:
        super().__init__(scope, id, **rest)
        key_arn = read(self, configuration, Shared.KEY_ARN) if configuration.encryption == "customer" else None
        self.roles: dict[str, iam.Role] = {}
        for record in SEARCHING:
            self.roles[record.name] = function_role(self, f"{record.logical_name}Role")
            CfnOutput(self, f"{record.logical_name}RoleArn", value=self.roles[record.name].role_arn)
        endpoint = configuration.search_endpoint
        if configuration.search == "managed":
            endpoint = SearchDomain(
                self,
                "Search",
                configuration=configuration,
                searchers=list(self.roles.values()),
                indexers=[self.roles[record.name] for record in SEARCHING if Grant.INDEX in record.grants],
                key_arn=key_arn,
            ).endpoint
            publish(self, configuration, Shared.SEARCH_ENDPOINT, endpoint)
        CfnOutput(self, "SearchEndpoint", value=endpoint)
