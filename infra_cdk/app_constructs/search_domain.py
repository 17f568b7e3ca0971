"""One small OpenSearch node, open to the functions' roles only."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

VERSION = "OpenSearch_2.19"
INSTANCE_TYPE = "t3.small.search"
VOLUME_GB = 10


class SearchDomain(Construct):
    """Encrypted at rest, between nodes and on the way; signed requests of the given roles only.

    Who may do what stands in the domain's own policy and nowhere else: within an account that is enough.

    The domain is named, so that its policy can name it: CDK's own way sets the policy by a function afterwards.
    Fine-grained access control stays off, because its role mapping cannot be deployed.

    Parameters
    ----------
    searchers, indexers : sequence of IRole
        Who may search, and make the index where there is none; who may also delete in it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        searchers: Sequence[iam.IRole],
        indexers: Sequence[iam.IRole],
        key_arn: str | None,
    ) -> None:
        super().__init__(scope, id)
        name = f"firstline-{configuration.stage}"
        arn = Stack.of(self).format_arn(service="es", resource="domain", resource_name=name)
        policy = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    principals=[iam.ArnPrincipal(role.role_arn) for role in roles],
                    actions=[f"es:ESHttp{method}" for method in methods],
                    resources=[f"{arn}/*"],
                )
                for roles, methods in ((searchers, ("Get", "Head", "Post", "Put")), (indexers, ("Delete",)))
            ]
        )
        domain = opensearch.CfnDomain(
            self,
            "Domain",
            domain_name=name,
            engine_version=VERSION,
            cluster_config=opensearch.CfnDomain.ClusterConfigProperty(
                instance_type=INSTANCE_TYPE, instance_count=1, zone_awareness_enabled=False
            ),
            ebs_options=opensearch.CfnDomain.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=VOLUME_GB
            ),
            encryption_at_rest_options=opensearch.CfnDomain.EncryptionAtRestOptionsProperty(
                enabled=True, kms_key_id=key_arn
            ),
            node_to_node_encryption_options=opensearch.CfnDomain.NodeToNodeEncryptionOptionsProperty(enabled=True),
            domain_endpoint_options=opensearch.CfnDomain.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            access_policies=policy,
            off_peak_window_options=opensearch.CfnDomain.OffPeakWindowOptionsProperty(enabled=True),
            software_update_options=opensearch.CfnDomain.SoftwareUpdateOptionsProperty(
                auto_software_update_enabled=True
            ),
        )
        # The index can be built anew from the bucket; in prod it stays, because that takes a while.
        domain.apply_removal_policy(removal_policy(configuration))
        self.endpoint = f"https://{domain.attr_domain_endpoint}"
        acknowledge(
            domain,
            {
                "AwsSolutions-OS1": "A VPC asks for a NAT gateway, which costs more than all else.",
                "AwsSolutions-OS3": "Access is by signed requests of named roles, not by address.",
                "AwsSolutions-OS4": "One node: dedicated master nodes are for clusters.",
                "AwsSolutions-OS7": "One node has no second zone; the index can be built anew from the bucket.",
                "AwsSolutions-OS9[LogExport::SEARCH_SLOW_LOGS]": "Slow logs would hold customers' words.",
                "AwsSolutions-OS9[LogExport::INDEX_SLOW_LOGS]": "Slow logs would hold the articles' words.",
            },
        )
