"""How urgent a message is by what is at stake, without an embedding."""

import pytest

from firstline.domain.urgency import judge_urgency

IDLE = ["Is there a student discount?", "Feature idea: let us pin conversations at the top", "thank you all, solved!"]


@pytest.mark.parametrize(
    "text",
    [
        "Production is down, none of our customers can pay",
        "there is smoke coming out of the charger",
        "someone has hacked my account and money is gone, please help right now",
        "payroll has to be at the bank by 5 today and nobody can log in",
        "my father can't breathe and the alarm pendant does not connect",
    ],
)
def test_stakes_make_a_message_urgent_without_capitals_or_exclamation_marks(text):
    urgency = judge_urgency(text)
    assert urgency.value > max(judge_urgency(idle).value for idle in IDLE) + 0.3
    assert urgency.because


def test_shouting_about_nothing_is_less_urgent_than_calm_words_about_danger():
    shouted = judge_urgency("HELP!!! WHAT COLOUR SHOULD I PICK???")
    assert shouted.value < judge_urgency("the socket behind the fridge is on fire").value


@pytest.mark.parametrize(
    ("urgent", "idle"),
    [
        ("Notfall, es riecht nach Gas", "Haben Sie einen Rabatt?"),
        ("Mon compte a \u00e9t\u00e9 pirat\u00e9, c'est urgent", "Avez-vous une remise ?"),
        ("Me han robado la tarjeta, es urgente", "\u00bfTienen descuentos?"),
        ("Mi hanno hackerato, aiuto! urgente", "Avete degli sconti?"),
        ("A minha conta foi hackeada, \u00e9 urgente", "T\u00eam descontos?"),
        ("Spoed, mijn account is gehackt", "Hebben jullie korting?"),
        ("Pilne, konto zhakowane", "Czy macie zni\u017cki?"),
        ("Akut, mitt konto \u00e4r hackat och jag \u00e4r utel\u00e5st", "Har ni rabatt?"),
        ("Acil, hesab\u0131m hacklendi", "\u0130ndirim var m\u0131?"),
        (
            "\u81f3\u6025\u3001\u4e0d\u6b63\u30a2\u30af\u30bb\u30b9\u3055\u308c\u307e\u3057\u305f",
            "\u5272\u5f15\u306f\u3042\u308a\u307e\u3059\u304b",
        ),
        ("\u7d27\u6025\uff0c\u6211\u7684\u5361\u88ab\u76d7\u5237", "\u6709\u6298\u6263\u5417"),
    ],
)
def test_stakes_are_known_in_every_language(urgent, idle):
    assert judge_urgency(urgent).value > judge_urgency(idle).value + 0.25


def test_a_long_story_does_not_hide_its_point():
    story = "I have used your boards for years and like them. " * 30
    hidden = story + "Tonight smoke came out of the box and my son can't breathe. " + story
    assert judge_urgency(hidden).value > judge_urgency(story).value + 0.2


def test_saying_that_there_is_no_hurry_lowers_urgency():
    assert judge_urgency("acelesi yok ama hesab\u0131m hacklendi").value < judge_urgency("hesab\u0131m hacklendi").value


def test_reasons_name_the_stake_and_its_words():
    reasons = [reason.text for reason in judge_urgency("we are locked out and the deadline is tonight").because]
    assert any(reason.startswith("deadline:") and "tonight" in reason for reason in reasons)
    assert any(reason.startswith("blocked:") and "locked out" in reason for reason in reasons)


@pytest.mark.parametrize("text", ["", "???", "\U0001f600", "\x00", "\ud800"])
def test_nothing_said_is_not_urgent(text):
    assert judge_urgency(text).value == 0.0


@pytest.mark.parametrize("text", ["fire " * 10_000, "a" * 50_000, "in 5 " * 10_000, ". " * 25_000 + "x"])
def test_a_very_long_message_is_judged(text):
    assert 0.0 <= judge_urgency(text).value <= 1.0
