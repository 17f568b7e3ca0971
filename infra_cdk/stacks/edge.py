"""The pages' files on S3 and the REST API, both behind CloudFront."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from firstline.web.widget_files import LOADER_CACHE, VERSIONED_CACHE, write_published
from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.private_bucket import PrivateBucket
from infra_cdk.configuration import Configuration

STATIC = Path(__file__).resolve().parents[2] / "layers" / "firstline" / "python" / "firstline" / "web" / "static"
PREFIX = "static"
WIDGET_PREFIX = "widget"
LOADER = "widget.js"


class EdgeStack(Stack):
    """Files are read from the bucket, by CloudFront alone; every other path, pages too, is the REST API's own.

    The widget's loader, ``/widget.js``, may be five minutes old. What it loads has its version in the address,
    ``/widget/<version>/``, stays as it is for ever, and is never removed: a page that was open during a deployment
    goes on with the version it began with.

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
        files = origins.S3BucketOrigin.with_origin_access_control(site)
        own, anybodys = (_files(files, policy) for policy in (_headers(self, "Headers"), self._widget_headers()))
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Firstline {configuration.stage}",
            default_behavior=_api(api_host),
            additional_behaviors={
                f"/{PREFIX}/*": own,
                f"/{LOADER}": anybodys,
                f"/{WIDGET_PREFIX}/*": anybodys,
            },
            domain_names=[configuration.site_domain] if configuration.site_domain else None,
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=firewall_arn,
        )
        self._copy_files(site)
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

    def _copy_files(self, site: s3.IBucket) -> None:
        how: dict[str, Any] = {
            "destination_bucket": site,
            "distribution": self.distribution,
            "memory_limit": 256,
            "log_group": logs.LogGroup(
                self, "DeploymentLogs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY
            ),
        }
        deployment.BucketDeployment(
            self,
            "Widget",
            sources=[deployment.Source.asset(str(STATIC))],
            # The pages ask for their files there.
            destination_key_prefix=PREFIX,
            prune=True,
            **how,
        )
        # What they are made of is copied at once, so the folder may go.
        with TemporaryDirectory() as made:
            write_published(Path(made))
            versioned = deployment.BucketDeployment(
                self,
                "WidgetFiles",
                sources=[deployment.Source.asset(str(Path(made) / WIDGET_PREFIX))],
                destination_key_prefix=WIDGET_PREFIX,
                cache_control=[deployment.CacheControl.from_string(VERSIONED_CACHE)],
                # Never asked for before, so nobody has kept an older one.
                distribution_paths=[f"/{WIDGET_PREFIX}/none"],
                prune=False,
                **how,
            )
            loader = deployment.BucketDeployment(
                self,
                "WidgetLoader",
                sources=[deployment.Source.asset(made, exclude=[WIDGET_PREFIX])],
                cache_control=[deployment.CacheControl.from_string(LOADER_CACHE)],
                distribution_paths=[f"/{LOADER}"],
                prune=False,
                **how,
            )
        # It may only name what is there.
        loader.node.add_dependency(versioned)

    def _widget_headers(self) -> cloudfront.ResponseHeadersPolicy:
        """Return headers by which any page may carry the widget, also one that is isolated from other origins."""
        return _headers(
            self,
            "WidgetHeaders",
            cors_behavior=cloudfront.ResponseHeadersCorsBehavior(
                access_control_allow_credentials=False,
                access_control_allow_headers=["*"],
                access_control_allow_methods=["GET", "HEAD"],
                access_control_allow_origins=["*"],
                origin_override=True,
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="Cross-Origin-Resource-Policy", value="cross-origin", override=True
                    )
                ]
            ),
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


def _headers(scope: Construct, id: str, **more: Any) -> cloudfront.ResponseHeadersPolicy:
    return cloudfront.ResponseHeadersPolicy(
        scope,
        id,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=True, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=True
            ),
        ),
        **more,
    )


def _files(origin: cloudfront.IOrigin, headers: cloudfront.ResponseHeadersPolicy) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origin,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        response_headers_policy=headers,
        compress=True,
    )


def _api(host: str) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(host, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2]),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    )
