"""How long something stays that holds data: in prod beyond its stack, in dev as long as its stack."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

from infra_cdk.configuration import Configuration


def removal_policy(configuration: Configuration) -> RemovalPolicy:
    """Return what happens when the stack lets go of it.

    What a first deployment made before it failed goes with it even in prod: it holds nothing yet, and its name would
    be taken when the deployment is tried again.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if configuration.is_prod else RemovalPolicy.DESTROY
