"""The key of the language model's service, from Secrets Manager."""

from __future__ import annotations

from firstline.domain.errors import LanguageModelUnavailableError

MAX_AGE_S = 3600


def model_key(arn: str) -> str:
    """Return the key as it is or was within the hour. Raises ``LanguageModelUnavailableError``."""
    from aws_lambda_powertools.utilities import parameters
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

    try:
        return str(parameters.get_secret(arn, max_age=MAX_AGE_S))
    except GetParameterError as error:
        raise LanguageModelUnavailableError("the key of the model cannot be read") from error
