"""What customers ask to be done, told apart from what they ask to be told."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.domain.conversation import Author
from firstline.domain.slots import asks_to, read_request
from firstline.domain.ticket_codes import named_code, normalised_code, resolve_code, ticket_codes
from firstline.domain.tool_texts import TICKET_TEXT_MISSING
from firstline.domain.turn import HistoryMessage


def account(action: str, **others: str) -> tuple[str, dict[str, str]]:
    return "update_account", {"action": action, **others}


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("open a ticket: the export fails", "create_ticket", {"description": "the export fails"}),
        ("The export fails daily. Please open a ticket.", "create_ticket", {"description": "The export fails daily."}),
        ("Could you file a bug ticket for me, the import hangs", "create_ticket", {"description": "the import hangs"}),
        ("Bitte erstelle ein Ticket: der Export geht nicht", "create_ticket", {"description": "der Export geht nicht"}),
        ("what about ticket 4F2K?", "get_ticket_status", {}),
        ("Any news on my ticket?", "get_ticket_status", {}),
        ("ticket 4F2K9QRT", "get_ticket_status", {}),
        ("I opened a ticket yesterday. What is the status of ticket #4F2K9QRT", "get_ticket_status", {}),
        ("what are my open tickets?", "get_user_tickets", {}),
        ("show me all my tickets", "get_user_tickets", {}),
        ("close my ticket 4F2K", "update_ticket", {"status": "closed"}),
        ("ticket 4F2K9QRT can be closed now", "update_ticket", {"status": "closed"}),
        ("please re-open ticket 4F2K9QRT", "update_ticket", {"status": "reopened"}),
        ("add to ticket 4F2K9QRT: only on Mondays", "update_ticket", {"comment": "only on Mondays"}),
        ("change my e-mail to anna@shop.example", *account("change", field="email", value="anna@shop.example")),
        ("Change my email from a@b.example to c@d.example!", *account("change", field="email", value="c@d.example")),
        ("my new phone number is +49 30 1234567", *account("change", field="phone", value="+49 30 1234567")),
        ("Can you change my name to Anna Lee please?", *account("change", field="name", value="Anna Lee")),
        ("I want a refund for invoice 12", *account("refund", detail="I want a refund for invoice 12")),
        ("I paid twice, I want my money back", *account("refund", detail="I want my money back")),
        ("Refund me.", *account("refund", detail="Refund me.")),
        ("please delete my account", *account("close_account", detail="please delete my account")),
        ("Delete all my personal data.", *account("delete_data", detail="Delete all my personal data.")),
        ("I want a refund because it can't sync", *account("refund", detail="I want a refund because it can't sync")),
        ("Refund me, the app never worked.", *account("refund", detail="Refund me, the app never worked.")),
        ("Could you give me a refund?", *account("refund", detail="Could you give me a refund?")),
        ("L\u00f6sche mein Konto", *account("close_account", detail="L\u00f6sche mein Konto")),
        ("Lo\u0308sche mein Konto", *account("close_account", detail="L\u00f6sche mein Konto")),
        ("K\u00fcndigen Sie mein Konto", *account("close_account", detail="K\u00fcndigen Sie mein Konto")),
        ("Supprimez mon compte", *account("close_account", detail="Supprimez mon compte")),
        ("L\u00f6schen Sie alle meine Daten", *account("delete_data", detail="L\u00f6schen Sie alle meine Daten")),
        ("Remove me from your database.", *account("delete_data", detail="Remove me from your database.")),
        ("delete my data from your servers", *account("delete_data", detail="delete my data from your servers")),
        ("I don't want a bot but a human", "escalate_to_human", {"reason": "asked"}),
        ("I don't want to wait, I want to talk to a human", "escalate_to_human", {"reason": "asked"}),
        ("what plan am I on?", "lookup_account", {}),
        ("I want to talk to a human", "escalate_to_human", {"reason": "asked"}),
    ],
)  # fmt: skip
def test_a_request_is_read_with_its_arguments(text: str, tool: str, arguments: dict[str, str]) -> None:
    request = read_request(text)
    assert request is not None
    assert (request.tool, dict(request.arguments), request.missing) == (tool, arguments, "")


@pytest.mark.parametrize(
    "text",
    [
        "How do I open a ticket?",
        "how can I close my ticket",
        "Wie \u00f6ffne ich ein Ticket?",
        "How do I delete my account?",
        "Can I get a refund?",
        "What is your refund policy?",
        "Where is my refund? It has not arrived.",
        "I want to close my account but the button is missing",
        "I cannot change my e-mail to anna@shop.example",
        "I want to change my e-mail",
        "change my password to hunter22",
        "I want to buy two tickets",
        "How do I reset a forgotten password?",
        "the export fails every night",
        "Does the ticket system have an API?",
        "delete the account manager",
        "I don't want to talk to a human",
        "I do not need a human agent, just tell me how to export",
        "Remove me from your mailing list",
        "Delete my data export file",
        "Could you give me a refund form?",
        "I want a refund policy explained",
        "I want a refund, but how does that work",
        "L\u00f6sche mein Konto nicht",
        "Wie l\u00f6sche ich mein Konto?",
        "Ne supprimez pas mon compte",
        "",
        "?",
        "a" * 5_000,
    ],
)
def test_a_question_or_a_statement_is_no_request(text: str) -> None:
    assert read_request(text) is None


def said(*texts: str) -> list[HistoryMessage]:
    authors = [Author.CUSTOMER, Author.BOT]
    return [HistoryMessage(author=authors[n % 2], text=text) for n, text in enumerate(texts)]


def test_a_ticket_without_words_is_about_what_was_said_before() -> None:
    request = read_request("open a ticket please", said("The export fails every night", "I found nothing."))
    assert request is not None
    assert request.arguments == {"description": "The export fails every night"}


def test_a_ticket_without_any_words_has_them_asked_for_and_the_answer_is_its_text() -> None:
    request = read_request("open a ticket")
    assert request is not None
    assert (request.tool, request.missing) == ("create_ticket", "description")
    answered = read_request("the export fails on Mondays", said("open a ticket", TICKET_TEXT_MISSING))
    assert answered is not None
    assert answered.arguments == {"description": "the export fails on Mondays"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("what about ticket 4f2k-9qrt?", "4F2K9QRT"),
        ("ticket no. 4F2K 9QRT please", "4F2K9QRT"),
        ("#o1il2345", "01112345"),
        ("is 4F2K9QRT done", "4F2K9QRT"),
        ("ticket ABCDWXYZ", "ABCDWXYZ"),
    ],
)
def test_an_id_is_found_in_running_text_whatever_its_case_and_look_alikes(text: str, code: str) -> None:
    assert code in ticket_codes(text)


@pytest.mark.parametrize("text", ["my ticket please", "ticket regarding the export", "call 030123456", "tickets"])
def test_plain_words_and_numbers_are_no_ids(text: str) -> None:
    assert ticket_codes(text) == []
    assert named_code(text) == ""


OWN = ["4F2K9QRT", "7HMX3A0B"]


@pytest.mark.parametrize(
    ("codes", "near", "found"),
    [
        (["4F2K9QRT"], False, "4F2K9QRT"),
        (["4F2K"], False, "4F2K9QRT"),
        (["9QRT"], False, "4F2K9QRT"),
        (["4F2"], False, ""),
        (["4F2K9QRX"], False, ""),
        (["4F2K9QRX"], True, "4F2K9QRT"),
        (["ZZZZZZZZ"], True, ""),
        (["ZZZZ", "7HMX"], False, "7HMX3A0B"),
        ([], True, ""),
    ],
)
def test_a_code_leads_to_one_of_the_customers_own_tickets_or_to_none(codes: list[str], near: bool, found: str) -> None:
    assert resolve_code(codes, OWN, near=near) == found


def test_a_part_that_two_tickets_share_leads_to_none() -> None:
    assert resolve_code(["4F2K"], ["4F2K9QRT", "4F2K0000"]) == ""


def test_look_alikes_are_the_same_id() -> None:
    assert normalised_code("4f2k-Oil1") == normalised_code("4F2K0111")


def test_the_arguments_that_are_read_fit_the_tools(request: Any) -> None:
    from firstline.domain.tool_catalogue import BY_NAME

    for text in ("open a ticket: x y z", "I want a refund", "change my name to Anna Lee", "delete my account"):
        read = read_request(text)
        assert read is not None
        BY_NAME[read.tool].arguments.model_validate(read.arguments)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Please cancel order 4711.", True),
        ("I'd like to cancel my order 4711 because it doesn't fit", True),
        ("Can you cancel my order 7?", True),
        ("Please read the log. It says to cancel the order.", False),
        ("Please tell me how to cancel an order", False),
        ("Do not cancel my order 7", False),
        ("Please explain the order, why did you cancel it", False),
    ],
)
def test_a_companys_own_tool_is_asked_for_by_its_name(text: str, asks: bool) -> None:
    assert asks_to(text, "cancel_order") is asks
