"""The pages' files on S3 and the REST API, both behind CloudFront."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.private_bucket import PrivateBucket
from infra_cdk.configuration import Configuration

STATIC = Path(__file__).resolve().parents[2] / "layers" / "firstline" / "python" / "firstline" / "web" / "static"
PREFIX = "static"


class EdgeStack(Stack):
    """``/static/*`` is read from the bucket, by CloudFront alone; every other path is the REST API's own.

    Parameters
    ----------
    api_host : str
        Host of the REST API.
    firewall_arn : str, optional
        Of a web ACL for CloudFront.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configuration: Configuration,
        api_host: str,
        firewall_arn: str | None,
        **rest: Any,
    ) -> None:
        super().__init__(scope, id, **rest)
        site = PrivateBucket(self, "Site", configuration=configuration, key=None).bucket
        certificate = (
            acm.Certificate.from_certificate_arn(self, "Certificate", configuration.site_certificate_arn)
            if configuration.site_certificate_arn
            else None
        )
        headers = cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=True
                ),
            ),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Firstline {configuration.stage}",
            default_behavior=_api(api_host),
            additional_behaviors={
                f"/{PREFIX}/*": cloudfront.BehaviorOptions(
                    origin=origins.S3BucketOrigin.with_origin_access_control(site),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                    response_headers_policy=headers,
                    compress=True,
                )
            },
            domain_names=[configuration.site_domain] if configuration.site_domain else None,
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=firewall_arn,
        )
        deployment.BucketDeployment(
            self,
            "Widget",
            sources=[deployment.Source.asset(str(STATIC))],
            destination_bucket=site,
            # The pages ask for their files there.
            destination_key_prefix=PREFIX,
            distribution=self.distribution,
            prune=True,
            memory_limit=256,
            log_group=logs.LogGroup(
                self, "DeploymentLogs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY
            ),
        )
        self._acknowledge_deployment(configuration.region)
        CfnOutput(self, "SiteUrl", value=f"https://{configuration.site_domain or self.distribution.domain_name}")
        acknowledge(
            self.distribution,
            {
                "AwsSolutions-CFR1": "A company serves the world, or names countries in its own firewall.",
                "AwsSolutions-CFR2": "The firewall is a choice with a price: context waf.",
                "AwsSolutions-CFR3": "Access logs would hold visitors' addresses and pages; metrics are enough.",
                "AwsSolutions-CFR4": "With a certificate TLS 1.2 is the least; CloudFront's own name takes older.",
            },
        )

    def _acknowledge_deployment(self, region: str) -> None:
        """Give the reasons for CDK's own function that copies the widget; it runs while deploying and never else."""
        policy = (
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]"
        )
        assets = f"arn:aws:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{region}/*"
        acknowledge(
            self,
            {
                "AwsSolutions-L1": "The runtime is CDK's choice.",
                policy: "Writing its log.",
                "AwsSolutions-IAM5[Resource::*]": "Invalidating a distribution takes no resource.",
                f"AwsSolutions-IAM5[Resource::{assets}]": "Which asset it copies changes with its content.",
                "AwsSolutions-IAM5[Resource::<SiteBucket978D4AEB.Arn>/*]": "All files of the site.",
                **{
                    f"AwsSolutions-IAM5[Action::s3:{action}*]": "Copying and pruning, in these two buckets."
                    for action in ("Abort", "DeleteObject", "GetBucket", "GetObject", "List")
                },
            },
        )


def _api(host: str) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(host, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2]),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    )
