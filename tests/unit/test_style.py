"""How a customer writes, and how their profile follows."""

from __future__ import annotations

import pytest

from firstline.domain.style import CommunicationStyle, WritingProfile, judge_style

FORMAL = (
    "Dear team, I would appreciate it if you could kindly confirm the renewal of our contract. Kind regards, A. Lee"
)
TECHNICAL = (
    "POST /v2/shifts gives a 422, the JSON payload has a null in start_at. Is the webhook retried after a timeout?"
)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (FORMAL, CommunicationStyle.FORMAL),
        ("Sehr geehrte Damen und Herren, k\u00f6nnten Sie mir bitte die Rechnung zusenden?", CommunicationStyle.FORMAL),
        ("hey guys, any idea how to do this? thx lol", CommunicationStyle.CASUAL),
        (
            "oye, me ayudas porfa? no encuentro el bot\u00f3n de exportar por ning\u00fan lado",
            CommunicationStyle.CASUAL,
        ),
        (TECHNICAL, CommunicationStyle.TECHNICAL),
        ("export csv?", CommunicationStyle.BRIEF),
        ("wrong invoice", CommunicationStyle.BRIEF),
        (
            "I am so frustrated!!! I can't believe it, please please help me with this today",
            CommunicationStyle.EMOTIONAL,
        ),
        ("How do I change the address that is printed on the invoices of our workspace?", CommunicationStyle.NEUTRAL),
        ("", CommunicationStyle.NEUTRAL),
    ],
)
def test_the_style_of_a_message(text: str, style: CommunicationStyle) -> None:
    assert judge_style(text).style is style


def test_expertise_goes_up_with_the_words_of_experts_and_down_with_those_of_beginners() -> None:
    plain = judge_style("How do I change the address on our invoices?").expertise
    assert plain == 0.5
    assert judge_style(TECHNICAL).expertise > 0.75
    assert judge_style("I am not very technical, where do I click? I have no idea how this works").expertise < 0.25
    assert judge_style("Je ne comprends pas, je d\u00e9bute.").expertise < 0.4


def test_strong_feeling_by_another_judgement_makes_a_message_emotional() -> None:
    said = "This has happened to our whole team again today and nobody has told us why it did."
    assert judge_style(said).style is CommunicationStyle.NEUTRAL
    assert judge_style(said, arousal=0.9).style is CommunicationStyle.EMOTIONAL


def test_a_profile_names_no_style_before_three_messages_and_one_odd_message_does_not_turn_it() -> None:
    profile = WritingProfile()
    seen = []
    for _ in range(3):
        profile = profile.after(judge_style(FORMAL))
        seen.append(profile.style)
    assert seen == [CommunicationStyle.NEUTRAL, CommunicationStyle.NEUTRAL, CommunicationStyle.FORMAL]
    assert profile.after(judge_style("lol hey thx")).style is CommunicationStyle.FORMAL


def test_a_profile_follows_a_customer_who_changes() -> None:
    profile = WritingProfile()
    for text in [FORMAL] * 30 + [TECHNICAL] * 12:
        profile = profile.after(judge_style(text))
    assert profile.style is CommunicationStyle.TECHNICAL
    assert profile.expertise > 0.72
    assert profile.messages == 42


def test_a_profile_survives_its_storage() -> None:
    profile = WritingProfile().after(judge_style(TECHNICAL))
    assert WritingProfile.model_validate_json(profile.model_dump_json()) == profile


@pytest.mark.parametrize(
    "text", ["\U0001f600" * 400, "a" * 50_000, "{" * 9_000, "\ud800", "A" * 9_000, "!" * 9_000, "\u3042" * 9_000]
)
def test_odd_text_has_a_style_within_the_ranges(text: str) -> None:
    reading = judge_style(text)
    assert 0 <= reading.expertise <= 1
    assert all(0 <= score <= 1 for score in reading.scores.values())
