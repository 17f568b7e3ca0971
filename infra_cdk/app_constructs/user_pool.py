"""People who work in the console: agents and admins."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

ROLES = ("admin", "agent")


class UserPool(Construct):
    """Accounts are made by an admin, never by oneself; a group per role."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            deletion_protection=configuration.is_prod,
            removal_policy=removal_policy(configuration),
        )
        self.client = self.pool.add_client(
            "Console",
            auth_flows=cognito.AuthFlow(user_srp=True),
            generate_secret=False,
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
        )
        for role in ROLES:
            cognito.CfnUserPoolGroup(
                self, f"{role.capitalize()}Group", group_name=role, user_pool_id=self.pool.user_pool_id
            )
        acknowledge(
            self.pool,
            {
                "AwsSolutions-COG2": "A second factor is offered; a company makes it a must in the console's settings.",
                "AwsSolutions-COG3": "Threat protection is a paid tier; a runbook tells how to switch it on.",
                "AwsSolutions-COG8": "The paid tier is the company's choice.",
            },
        )
