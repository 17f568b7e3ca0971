"""Personal data and secrets leave a text; what only looks like them stays."""

import time

import pytest

from firstline.domain.masking import is_card_number, is_iban, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to anna.berger+shop@mail.example, please.", "Write to [email], please."),
        ("Call +49 30 1234567 today", "Call [phone] today"),
        ("My number: (555) 010-4477 x12", "My number: [phone]"),
        ("tel 0301234567", "tel [phone]"),
        ("card 4111 1111 1111 1111 exp 12/27", "card [card] exp 12/27"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [iban] please"),
        ("from 192.168.1.20 and 2001:db8::1", "from [ip] and [ip]"),
        ("password: hunter2, thanks", "password: [secret], thanks"),
        ('api_key="s p a c e"', "api_key=[secret]"),  # pragma: allowlist secret
        ("The PIN is 4711", "The PIN is [secret]"),
        ("use AKIAIOSFODNN7EXAMPLE for it", "use [secret] for it"),  # pragma: allowlist secret
        ("My name is Anna Berger and it fails", "My name is [name] and it fails"),
        ("my name is tom and I cannot log in", "my name is [name] and I cannot log in"),
        ("It fails.\nKind regards,\nTom O'Brien", "It fails.\nKind regards,\n[name]"),
        ("Hi Sandra,\nit fails", "Hi [name],\nit fails"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text, masked):
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "my password is wrong and the password reset link expired",
        "reset password: the link does nothing",
        "SYNC-409 since 2026-11-21 10:30, order 123456789",
        "I pay for 250 members at $1,200.00",
        "invoice 2026-000123 of 10.11.2026",
        "at 12:30:45 version 5.2.1 stopped",
        "Hello Team, this is urgent",
        "thanks, bye",
        "card 4111 1111 1111 1112",
        "",
    ],
)
def test_what_is_no_personal_data_stays(text):
    assert mask(text) == text


def test_the_checksums_decide_what_is_a_card_or_an_iban():
    assert is_card_number("4111-1111-1111-1111")
    assert not is_card_number("4111-1111-1111-1112")
    assert not is_card_number("0000 0000 0000 0000")
    assert is_iban("de89370400440532013000")
    assert not is_iban("DE89370400440532013001")  # pragma: allowlist secret


@pytest.mark.parametrize(
    "piece", ["a", "1 ", "(1", "a.b@", "1:", "A B", "my name is ", "\n\n", "password ", "+", "1-", "AB12 ", "hi "]
)
def test_the_time_grows_with_the_length_whatever_is_written(piece):
    def taken(n_characters: int) -> float:
        text = piece * (n_characters // len(piece))
        started = time.process_time()
        mask(text)
        return time.process_time() - started

    mask(piece)
    # Eight times as long takes eight times the time; in proportion to the square it would be 64 times.
    assert taken(24_000) < 24 * max(taken(3_000), 0.002)
