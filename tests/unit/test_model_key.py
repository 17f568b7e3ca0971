"""The key of the model on AWS: read from its secret, and read anew after an hour."""

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from moto import mock_aws

from firstline.adapters.aws.model_key import model_key
from firstline.domain.errors import LanguageModelUnavailableError


def test_a_key_put_into_the_secret_reaches_a_function_that_is_warm_already(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
    }.items():
        monkeypatch.setenv(name, value)
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    with mock_aws():
        client = boto3.client("secretsmanager")
        with pytest.raises(LanguageModelUnavailableError):
            model_key("firstline/none")
        client.create_secret(Name="firstline/model", SecretString="first")  # pragma: allowlist secret
        assert model_key("firstline/model") == "first"
        client.put_secret_value(SecretId="firstline/model", SecretString="second")  # pragma: allowlist secret
        assert model_key("firstline/model") == "first"
        # As after an hour.
        parameters.clear_caches()  # type: ignore[no-untyped-call]
        assert model_key("firstline/model") == "second"
    parameters.clear_caches()  # type: ignore[no-untyped-call]
