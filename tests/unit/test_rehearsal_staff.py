"""The company's own systems, as a rehearsal plays them: a receiver of webhooks and an issuer of tokens."""

import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from rehearsal.checking import CheckFailedError
from rehearsal.issuer import AUDIENCE, Issuer
from rehearsal.leftovers import unseen
from rehearsal.receiver import Delivery, receiver
from rehearsal.visitor import send

from firstline.adapters.remote_keys import RemoteKeys, discovered, fetch_json
from firstline.adapters.system import SystemClock
from firstline.adapters.token_verifier import Agreement, JwtVerifier
from firstline.domain.errors import NotAuthorizedError
from firstline.domain.notices import signature


def test_a_delivery_is_known_by_its_secret_and_by_no_other_and_not_without_a_signature():
    body = b'{"event": "ticket.created"}'
    signed = signature("a secret", int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()), body)
    Delivery(body, {"firstline-signature": signed}).check_signature("a secret")
    for secret, delivery in (
        ("another", Delivery(body, {"firstline-signature": signed})),
        ("a secret", Delivery(b"{}", {"firstline-signature": signed})),
        ("a secret", Delivery(body, {})),
    ):
        with pytest.raises(CheckFailedError, match="another secret"):
            delivery.check_signature(secret)


def test_the_receiver_keeps_what_is_posted_to_it_and_is_gone_afterwards():
    with receiver() as taken:
        status, answer, _ = send("POST", taken.url, {"a": 1}, headers={"Firstline-Event": "ticket.created"})
    assert (status, answer) == (204, None)
    (delivery,) = taken.deliveries
    assert (delivery.content, delivery.headers["firstline-event"]) == ({"a": 1}, "ticket.created")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(taken.url, timeout=2)


def test_the_issuers_tokens_are_good_by_its_published_keys_and_those_of_another_issuer_are_not():
    issuer, another = Issuer(), Issuer()
    try:
        keys = RemoteKeys(discovered(issuer.url, fetch_json), fetch=fetch_json, clock=SystemClock())
        verifier = JwtVerifier(keys, Agreement(AUDIENCE, issuer.url, is_access_token=True), clock=SystemClock())
        assert verifier.verify(issuer.token("admin"))["cognito:groups"] == ["admin"]
        with pytest.raises(NotAuthorizedError):
            verifier.verify(another.token("admin"))
    finally:
        issuer.stop()
        another.stop()


def test_an_answer_that_is_no_json_is_a_failed_check_with_the_address():
    with receiver() as taken, pytest.raises(CheckFailedError, match="not ours"):
        # This server answers a GET with a page about its error.
        send("GET", taken.url)


def test_kinds_of_which_nothing_was_found_are_named():
    assert "ssm Parameters" not in unseen({})
    assert "s3 Buckets" in unseen({"lambda Functions": ["Firstline-dev"]})
    assert "lambda Functions" not in unseen({"lambda Functions": ["Firstline-dev"]})
