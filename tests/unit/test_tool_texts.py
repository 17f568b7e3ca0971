"""What a customer and a colleague read of a request that waits for approval."""

import pytest

from firstline.domain.slots import read_request
from firstline.domain.tool_texts import what_is_asked


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("Please close my account and delete all of my data.", "close your account and delete your data"),
        ("Delete my personal data and then please close my account.", "delete your data and close your account"),
        ("Please close my account.", "close your account"),
        ("Please delete all my data.", "delete your data"),
        ("Delete my account.", "close your account"),
    ],
)
def test_all_that_was_asked_for_in_one_breath_is_named_and_nothing_else(said, what):
    request = read_request(said)
    assert request is not None
    assert what_is_asked(request.tool, request.arguments) == what


@pytest.mark.parametrize(
    "detail",
    [
        "Please close my account and do not delete my data.",
        "Please close my account and tell me what happens to my data.",
        "Close my account. I have never asked you to delete my data.",
    ],
)
def test_what_a_customer_only_speaks_of_is_not_named(detail):
    assert what_is_asked("update_account", {"action": "close_account", "detail": detail}) == "close your account"
