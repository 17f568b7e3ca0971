"""A rule of cdk-nag that does not apply here, with the reason, beside the resource it is about."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Record why these rules are not followed by the construct and what is in it.

    Parameters
    ----------
    reasons : dict
        Rule, such as ``AwsSolutions-S1``, to the reason.
    """
    for rule, reason in reasons.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
