"""What a message's words tell of its writer's mood, without an embedding."""

import pytest

from firstline.domain.mood import Mood, asked_again, judge_mood

CALM_QUESTIONS = [
    "How do I reset my password?",
    "what are your opening hours",
    "Wie kann ich mein Passwort \u00e4ndern?",
    "Hallo, wann wird mein Paket geliefert?",
]


@pytest.mark.parametrize(
    "text",
    [
        "great, another outage",
        "thanks for nothing",
        "oh fantastic, it crashed again",
        "I would appreciate it if someone finally looked into this",
        "I've explained this three times now",
        "WHY IS NOBODY ANSWERING ME",
        "sooooo slow",
        "this is bullshit",
        "not happy with this",
        "\U0001f621",
        "Das ist eine Frechheit, ich warte seit drei Wochen!",
        "C'est la troisi\u00e8me fois que j'\u00e9cris, c'est inadmissible",
        "Gracias por nada",
        "Estoy harto, nadie me responde",
        "\u00c8 una vergogna, nessuno risponde",
        "Isto \u00e9 uma vergonha",
        "Bedankt voor niets",
        "Mam do\u015b\u0107, nikt nie odpowiada",
        "Det h\u00e4r \u00e4r oacceptabelt, jag v\u00e4ntar fortfarande",
        "Bu rezalet, ka\u00e7 kere yazd\u0131m",
        "\u3053\u308c\u306f\u6700\u60aa\u3067\u3059\u3002\u4e09\u56de\u76ee\u306e\u9023\u7d61\u3067\u3059",
        "\u592a\u5dee\u4e86\uff0c\u7b49\u4e86\u4e09\u5929\u6ca1\u4eba\u56de\u590d",
    ],
)
def test_displeasure_is_heard_in_twelve_languages_and_behind_polite_or_glad_words(text):
    mood = judge_mood(text)
    assert mood.label() == "negative"
    assert mood.frustration > max(judge_mood(calm).frustration for calm in CALM_QUESTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "thank you, that worked!",
        "not bad at all, I like it",
        "great, now it works!",
        "couldn't be happier",
        "\u2764\ufe0f",
        "Vielen Dank, es funktioniert",
        "Merci beaucoup, parfait",
        "Muchas gracias, perfecto",
        "Grazie mille, tutto risolto",
        "Muito obrigada, excelente",
        "Hartelijk dank, geweldig",
        "Bardzo dzi\u0119kuj\u0119, super",
        "Tack s\u00e5 mycket, det fungerar nu",
        "\u00c7ok te\u015fekk\u00fcrler, harika",
        "\u3042\u308a\u304c\u3068\u3046\u3054\u3056\u3044\u307e\u3059\u3001\u52a9\u304b\u308a\u307e\u3057\u305f",
        "\u8c22\u8c22\uff0c\u89e3\u51b3\u4e86",
    ],
)
def test_pleasure_is_heard_in_twelve_languages(text):
    mood = judge_mood(text)
    assert mood.label() == "positive"
    assert mood.frustration < 0.35


@pytest.mark.parametrize("text", CALM_QUESTIONS)
def test_a_plain_question_is_neutral_and_calm(text):
    mood = judge_mood(text)
    assert mood.label() == "neutral"
    assert mood.frustration < 0.3


def test_negation_turns_praise_round():
    assert judge_mood("I am not happy with it").sentiment < judge_mood("I am happy with it").sentiment - 0.5


def test_asking_the_same_again_frustrates_more_than_asking_once():
    question = "where is my order 55120"
    once = judge_mood(question, earlier=["hello", "I need a new invoice"])
    again = judge_mood(question, earlier=["Where is my order 55120?", "hello"])
    assert again.frustration > once.frustration + 0.2
    assert any(reason.text == "asked before" for reason in again.because)
    assert asked_again(once.frustration, question, ["Where is my order 55120?"]) == pytest.approx(
        again.frustration, abs=0.002
    )


def test_thanks_said_twice_are_no_repeated_question():
    assert judge_mood("thanks", earlier=["thanks"]) == judge_mood("thanks")


def test_a_companys_own_words_of_frustration_count_as_whole_words_in_any_case():
    plain = judge_mood("my box is in limbo")
    assert judge_mood("my box is in limbo", keywords=("LIMBO", "")).frustration > plain.frustration + 0.2
    assert judge_mood("my box is in limbo", keywords=("limb",)) == plain


def test_reasons_name_what_counted():
    mood = judge_mood("thanks for nothing, third time I ask, this is garbage!!!")
    reasons = {reason.text: reason.weight for reason in mood.because}
    assert reasons["sarcasm"] < 0
    assert reasons["garbage"] < 0
    assert reasons["repeated"] < 0


def test_a_fault_told_calmly_is_no_reason_to_fetch_a_person_but_an_insult_is():
    calm, insult = judge_mood("the app closes when I open the camera"), judge_mood("you fucking idiots")
    assert calm.sentiment > -0.6
    assert calm.frustration < 0.4
    assert insult.sentiment < -0.7
    assert insult.frustration >= 0.8


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "\x00\ud800",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
        "\u200d\u200d",
        "1234 5678",
        "\u0430\u0430\u0430 \u05d0\u05d1\u05d2",
        "\ufe0f",
    ],
)
def test_what_is_no_language_is_judged_with_low_confidence(text):
    mood = judge_mood(text)
    assert mood.sentiment_confidence <= 0.5
    assert mood.label() == "neutral"


@pytest.mark.parametrize("text", ["a" * 50_000, "no! " * 12_500, "thank you for " * 3_600, "?!" * 25_000])
def test_a_very_long_message_is_judged_by_its_beginning_and_end(text):
    mood = judge_mood(text, earlier=[text], keywords=("x",))
    assert -1.0 <= mood.sentiment <= 1.0
    assert 0.0 <= mood.frustration <= 1.0


def test_nothing_said_is_neither_good_nor_bad():
    assert judge_mood("") == Mood(0.0, 0.0, 0.0)
