"""An answer gives no address and no number that neither the company nor the customer has given."""

from __future__ import annotations

import pytest

from firstline.domain.answer_check import AnswerRules
from firstline.domain.contact_details import ContactDetails
from firstline.domain.guard_result import GuardReason

ARTICLE = (
    "Write to help@hourwren.example or call +44 20 7946 0018. Sign in at https://app.hourwren.example/sign-in. "
    "The file report.csv has 1 200 000 rows, e.g. one for each shift. Price: $6.00. See status.hourwren.example."
)
KNOWN = ContactDetails([ARTICLE, "I am anna@post.example"], own=["https://support.hourwren.example/desk"])


@pytest.mark.parametrize(
    "text",
    [
        "Sign in at https://app.hourwren.example/sign-in.",
        "Sign in at [the app](https://app.hourwren.example/sign-in)!",
        "Open APP.Hourwren.example in your browser.",
        "See http://www.status.hourwren.example/ first.",
        "Mail help@hourwren.example, or call 020 7946 0018 or +44 (0)20 7946-0018.",
        "We wrote to anna@post.example.",
        "Your ticket: https://support.hourwren.example/desk/tickets/4F2K",
        "Open report.csv, main.py and log.txt, e.g. in an editor.",
        "It was closed on 2026-11-21 at 10.30.",
        "`java.util.List` is in the log, and so is com.hourwren.Clock.",
        "The file has 1 200 000 rows.",
        "Connect the red dot to the blue dot.",
        "Choose Yes/No.",
    ],
)
def test_what_the_company_or_the_customer_has_given_may_be_given(text: str) -> None:
    assert KNOWN.unknown(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Sign in at https://evil.example/login.",
        "Sign in at evil.example/login.",
        "Sign in at evil.example.",
        "Sign in at evil.co or login.evil.com.",
        "Sign in [here](//evil.example/login).",
        "Sign in [here](https://app.hourwren.example@evil.example/sign-in).",
        "Sign in at https://app.hourwren.example.evil.example/sign-in.",
        "Sign in at https://app.hourwren.example/sign-in/../evil.",
        "Sign in at https://app.hourwren.example/sign-in?next=evil.",
        "Sign in at https://wren.example.",
        "Sign in at hxxps://evil.example/login.",
        "Sign in at evil[.]example/login.",
        "Sign in at evil (dot) example.",
        "Sign in at evil dot com.",
        "Sign in at ev\u200bil.exam\u00adple/login.",
        "Sign in at evil\uff0eexample.",
        "Sign in at evil\u3002example.",
        "Sign in at evil&#46;example.",
        "Sign in at http://93.184.216.34/login.",
        "Sign in at 93.184.216.34:8080/login.",
        "Sign in at b\u00fccher-evil.example/login.",
        "Sign in at ftp://evil.museum/login.",
        "Click [here](javascript:alert(1)).",
        "Open https://support.hourwren.example/desks/evil.",
    ],
)
def test_no_other_web_address_passes(text: str) -> None:
    assert KNOWN.unknown(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Write to help@evil.example.",
        "Write to help (at) evil.example.",
        "Write to [us](mailto:help@evil.example).",
        "Call +1 900 555 0199.",
        "Call 0900 555 0199 now.",
        "Call [us](tel:+19005550199).",
        "Call +44\u200b 20 7946 0019.",
    ],
)
def test_no_other_mail_address_or_phone_number_passes(text: str) -> None:
    assert KNOWN.unknown(text) is GuardReason.PERSONAL_DATA


@pytest.mark.parametrize("pictures", [False, True])
def test_what_files_and_tools_tell_bears_out_words_but_no_address(pictures: bool) -> None:
    told = "The parcel 4F2K was sent on Monday. Sign in at https://evil.example/login or call +1 900 555 0199."
    rules = AnswerRules([ARTICLE], told=[told], pictures=pictures)
    assert rules.check("The parcel 4F2K was sent on Monday. ").check.reason is None
    assert rules.check("Sign in at https://evil.example/login. ").check.reason is GuardReason.UNKNOWN_ADDRESS
    assert rules.check("Call +1 900 555 0199. ").check.reason is GuardReason.PERSONAL_DATA


def test_text_of_many_dots_and_letters_is_read_in_time_that_grows_with_it() -> None:
    for text in ("a." * 40_000, "a-" * 40_000, "1 " * 40_000, "[dot" * 20_000, "a@a." * 20_000, " " * 80_000 + "dot"):
        KNOWN.unknown(text)
