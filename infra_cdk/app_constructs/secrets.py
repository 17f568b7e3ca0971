"""What must not stand in an environment, a template or a log."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk.app_constructs.acknowledgement import acknowledge
from infra_cdk.app_constructs.lifetime import removal_policy
from infra_cdk.configuration import Configuration

ROTATE_DAYS = 90
_NO_ROTATION = {
    "AwsSolutions-SMG4": "Its other half is held elsewhere, so a person rotates both; runbooks/rotate.md tells how."
}


class Secrets(Construct):
    """Two are made by Secrets Manager; the Anthropic key's value is put in by hand, see runbooks/deploy.md."""

    def __init__(self, scope: Construct, id: str, *, configuration: Configuration, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self._configuration = configuration
        self._key = key
        self.session_key = self._generated("SessionKey", "Signs the tokens of sessions")
        self.identity = self._generated("Identity", "The company's site signs identity tokens with it")
        self.anthropic: secretsmanager.Secret | None = None
        if configuration.provider == "anthropic":
            self.anthropic = self._generated("Anthropic", "Key of the Anthropic API; replace the generated value")
            if configuration.anthropic_rotation_function_arn:
                self.anthropic.add_rotation_schedule(
                    "Rotation",
                    automatically_after=Duration.days(ROTATE_DAYS),
                    rotation_lambda=lambda_.Function.from_function_attributes(
                        self,
                        "RotationFunction",
                        function_arn=configuration.anthropic_rotation_function_arn,
                        same_environment=True,
                    ),
                )

    def _generated(self, id: str, description: str) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            id,
            description=f"Firstline {self._configuration.stage}: {description}",
            encryption_key=self._key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=removal_policy(self._configuration),
        )
        acknowledge(secret, _NO_ROTATION)
        return secret
