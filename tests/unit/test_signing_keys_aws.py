"""The session key of a deployment: read once, both versions accepted, changed within a minute of a rotation."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from firstline.adapters.aws.signing_keys import SecretsManagerSigningKeys
from firstline.adapters.signed_tokens import SignedTokens
from firstline.domain.errors import NotAuthorizedError, SigningKeyUnavailableError
from tests.unit.identity_doubles import MovableClock

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:session-key-AbCdEf"  # pragma: allowlist secret
FIRST, SECOND, THIRD = (f"{word} secret of at least 32 characters" for word in ("first", "second", "third"))
CLAIMS = {"aud": "session", "sub": "s", "iat": 1, "exp": 2}


class Secret:
    """The secret as Secrets Manager answers for it; each answer is used up."""

    def __init__(self) -> None:
        self.client = boto3.client("secretsmanager", region_name="us-east-1")
        self.stub = Stubber(self.client)
        self.stub.activate()

    def answers(self, current: str, previous: str = "") -> None:
        self._expect("AWSCURRENT", current)
        if previous:
            self._expect("AWSPREVIOUS", previous)
        else:
            self.stub.add_client_error("get_secret_value", "ResourceNotFoundException")

    def fails(self, code: str) -> None:
        self.stub.add_client_error("get_secret_value", code)

    def _expect(self, stage: str, text: str) -> None:
        expected = {"SecretId": ARN, "VersionStage": stage}
        self.stub.add_response("get_secret_value", {"SecretString": text, "ARN": ARN}, expected)

    def used_up(self) -> bool:
        self.stub.assert_no_pending_responses()
        return True


@pytest.fixture
def secret() -> Secret:
    return Secret()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def keys_of(secret: Secret, clock: MovableClock) -> SecretsManagerSigningKeys:
    return SecretsManagerSigningKeys(lambda: secret.client, ARN, clock=clock)


def test_the_secret_is_read_with_the_first_token_and_then_kept_for_an_hour(secret: Secret, clock: MovableClock) -> None:
    tokens = SignedTokens(keys_of(secret, clock))
    secret.answers(FIRST)
    token = tokens.sign(CLAIMS)
    clock.forward(3599)
    assert tokens.read(token, audience="session")["sub"] == "s"
    assert secret.used_up()


def test_a_process_that_has_not_heard_of_a_rotation_reads_the_new_key_when_it_meets_it(
    secret: Secret, clock: MovableClock
) -> None:
    old, other = SignedTokens(keys_of(secret, clock)), Secret()
    secret.answers(FIRST)
    before = old.sign(CLAIMS)
    other.answers(SECOND, FIRST)
    new = SignedTokens(keys_of(other, clock))
    assert new.read(before, audience="session")["sub"] == "s"
    after = new.sign(CLAIMS)
    clock.forward(60)
    secret.answers(SECOND, FIRST)
    assert old.read(after, audience="session")["sub"] == "s"
    assert old.read(before, audience="session")["sub"] == "s"
    assert secret.used_up()


def test_two_rotations_later_a_token_is_worth_nothing(secret: Secret, clock: MovableClock) -> None:
    tokens = SignedTokens(keys_of(secret, clock))
    secret.answers(FIRST)
    token = tokens.sign(CLAIMS)
    clock.forward(3600)
    secret.answers(THIRD, SECOND)
    with pytest.raises(NotAuthorizedError):
        tokens.read(token, audience="session")


def test_made_up_key_ids_do_not_have_the_secret_read_again_and_again(secret: Secret, clock: MovableClock) -> None:
    keys = keys_of(secret, clock)
    secret.answers(FIRST)
    for _ in range(5):
        clock.forward(10)
        assert len(keys.keys(refresh=True)) == 1
    assert secret.used_up()


def test_while_the_source_is_down_the_known_keys_stay_in_use(secret: Secret, clock: MovableClock) -> None:
    keys = keys_of(secret, clock)
    secret.answers(FIRST)
    known = keys.keys()
    clock.forward(3600)
    secret.fails("InternalServiceError")
    assert keys.keys() == known


@pytest.mark.parametrize("code", ["InternalServiceError", "ThrottlingException"])
def test_a_source_that_is_down_is_named_and_asked_again(secret: Secret, clock: MovableClock, code: str) -> None:
    keys = keys_of(secret, clock)
    secret.fails(code)
    with pytest.raises(SigningKeyUnavailableError):
        keys.keys()
    secret.answers(FIRST)
    assert len(keys.keys()) == 1


def test_a_missing_right_is_no_outage(secret: Secret, clock: MovableClock) -> None:
    secret.fails("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        keys_of(secret, clock).keys()


def test_a_key_that_is_too_short_signs_nothing(secret: Secret, clock: MovableClock) -> None:
    secret.answers("short")
    with pytest.raises(SigningKeyUnavailableError, match="32 characters"):
        SignedTokens(keys_of(secret, clock)).sign(CLAIMS)


def test_a_network_that_is_down_is_named(clock: MovableClock) -> None:
    class Unreachable:
        def get_secret_value(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://secrets.test")

    with pytest.raises(SigningKeyUnavailableError):
        SecretsManagerSigningKeys(Unreachable, ARN, clock=clock).keys()
