"""The shipped judges of category and intent: twelve languages, odd texts, and the card beside the weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from firstline.domain.category import judge_category
from firstline.domain.intent import judge_intent
from firstline.domain.message_model import CARD_FILE, MODEL_FILE, MessageModel, shipped_messages
from firstline.domain.ridge_head import OUT_OF_SCOPE
from firstline.domain.turn import Category, Intent
from firstline.evaluation.errors import InvalidDataError
from firstline.evaluation.messages_training import BACKGROUND_FILE, MESSAGES_FILE, read, variants

LANGUAGES = {"en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "tr", "ja", "zh"}
SOCIAL = {
    Intent.THANKS: "thank you|gracias|merci|danke|grazie|obrigado|bedankt|dziękuję|tack|teşekkürler|ありがとう|谢谢",
    Intent.GOODBYE: "bye|adiós|au revoir|tschüss|arrivederci|tchau|tot ziens|do widzenia|hej då|"
    "görüşürüz|さようなら|再见",
    Intent.GREETING: "hello|hola|bonjour|hallo|buongiorno|olá|hoi|dzień dobry|hej|merhaba|こんにちは|你好",
    Intent.HUMAN_REQUEST: "I want a real person|quiero hablar con una persona real|je veux parler à un humain|"
    "ich will mit einem Menschen sprechen|voglio parlare con un operatore|quero falar com um atendente|"
    "ik wil een medewerker spreken|chcę rozmawiać z konsultantem|jag vill prata med en människa|"
    "bir temsilciyle konuşmak istiyorum|担当者と話したい|我要转人工客服",
    Intent.TICKET_STATUS: "what is the status of my ticket|cuál es el estado de mi ticket|où en est mon ticket svp|"
    "wie ist der Stand von meinem Ticket|a che punto è il mio ticket|qual o status do meu chamado|"
    "wat is de status van mijn ticket|jaki jest status zgłoszenia|vad är status på mitt ärende|"
    "talebimin durumu ne|チケットの状況を知りたい|我的工单状态怎么样",
    Intent.TICKET_REQUEST: "open a ticket please|abra un ticket|ouvrez un ticket|bitte erstellen Sie ein Ticket|"
    "apra un ticket|abra um chamado|maak een ticket aan|proszę utworzyć ticket|skapa ett nytt ärende|"
    "destek talebi oluştur|チケットを作成して|请创建一个工单",
}


@pytest.mark.parametrize("intent", list(SOCIAL))
def test_what_must_be_heard_is_heard_in_twelve_languages_without_a_vector(intent: Intent) -> None:
    wrong = {text: judge_intent(text).label for text in SOCIAL[intent].split("|") if judge_intent(text).label != intent}
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("why was my card charged twice, I want a refund for the invoice", Category.BILLING_INQUIRY),
        ("the app crashes when I press save, looks like a bug", Category.BUG_REPORT),
        ("it would be great if you could add dark mode", Category.FEATURE_REQUEST),
        ("how do I reset my password", Category.ACCOUNT_MANAGEMENT),
        ("cannot connect to the server from our office network", Category.TECHNICAL_SUPPORT),
        ("what are your opening hours", Category.GENERAL_INQUIRY),
        ("ich habe mein Passwort vergessen", Category.ACCOUNT_MANAGEMENT),
        ("quiero que me devuelvan el dinero", Category.BILLING_INQUIRY),
        ("l'application plante quand j'enregistre", Category.BUG_REPORT),
        ("パスワードを忘れました", Category.ACCOUNT_MANAGEMENT),
        ("我要退款", Category.BILLING_INQUIRY),
    ],
)
def test_category_by_words_alone(text: str, category: Category) -> None:
    judged = judge_category(text)
    assert judged.label == category
    assert judged.confidence > 1 / len(Category)
    assert any(one.kind == "example" for one in judged.because)


def test_a_vector_makes_the_judgement_surer() -> None:
    kernel = shipped_messages().kernel
    place = kernel.texts.index("do you refund unused months")
    text = "is money for unused time given back"
    assert judge_category(text, kernel.vectors[place]).label == Category.BILLING_INQUIRY
    assert judge_category(text, kernel.vectors[place]).confidence > judge_category(text).confidence


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hi, my invoice is wrong, what do I do?", Intent.QUESTION),
        ("please send me the invoice for March", Intent.REQUEST),
        ("I do not want to talk to a person, how do I reset it?", Intent.QUESTION),
        ("this is unacceptable, worst service ever", Intent.COMPLAINT),
        ("love the new design, great job", Intent.FEEDBACK),
    ],
)
def test_intent_by_words_alone(text: str, intent: Intent) -> None:
    assert judge_intent(text).label == intent


def test_a_rule_that_decided_is_among_the_reasons() -> None:
    because = judge_intent("let me talk to a human").because
    assert (because[0].kind, because[0].text) == ("rule", "asks for a person")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\U0001f642\U0001f642",
        "?!?!",
        "qwe rty uio",
        "x" * 50_000,
        "aGVsbG8gd29ybGQ=" * 3_000,
        "for (int i = 0; i < n; i++) { sum += a[i]; }",
        "\u0440\u0430\u0443\u0440\u0430\u04cf",
        "\u4e2d\u0639a\u0301 " * 900,
        "\ud800",
    ],
)
def test_odd_texts_are_judged_with_low_confidence(text: str) -> None:
    for judged, labels in ((judge_category(text), set(Category)), (judge_intent(text), set(Intent))):
        assert judged.label in labels
        assert judged.confidence < 0.4
        assert 0.0 <= judged.out_of_scope <= 1.0


def test_idle_talk_is_out_of_scope_and_support_is_not() -> None:
    for text in ("tell me a joke", "who won the world cup in 1998", "erzähl mir einen witz"):
        assert judge_category(text).out_of_scope > 0.5
    for text in ("how do I reset my password", "I was charged twice"):
        assert judge_category(text).out_of_scope < 0.5


def test_our_messages_cover_every_label_in_every_language() -> None:
    messages = [one for one in read() if one.category != OUT_OF_SCOPE]
    assert {one.language for one in messages} == LANGUAGES
    for language in LANGUAGES:
        spoken = [one for one in messages if one.language == language]
        assert {one.category for one in spoken} == set(Category)
        assert {one.intent for one in spoken} == set(Intent)
        for category in Category:
            assert sum(one.category == category for one in spoken) >= (60 if language == "en" else 10)


def test_the_card_names_the_files_that_the_weights_come_from() -> None:
    card = json.loads(CARD_FILE.read_text(encoding="utf-8"))
    for path in (MESSAGES_FILE, BACKGROUND_FILE):
        assert card["sha256"][path.name] == hashlib.sha256(path.read_bytes()).digest().hex(" ", 4)
    assert sum(card["messages"].values()) == len(shipped_messages().kernel.texts) == len(read())
    assert card["metrics"]["category, 4 folds by line"]["by_language"]["en"] > 0.8


def test_the_weights_survive_being_written() -> None:
    assert MessageModel.from_bytes(MODEL_FILE.read_bytes()).as_bytes() == MODEL_FILE.read_bytes()


def test_a_line_stands_for_its_wordings() -> None:
    assert variants("plain") == ["plain"]
    assert variants("[a|b|c|d] and [x|y]") == ["a and x", "b and y", "c and x"]


@pytest.mark.parametrize(
    "row", [{"text": "a", "language": "en", "category": "none", "intent": "question"}, {"text": "", "language": "en"}]
)
def test_a_line_of_another_label_is_refused(tmp_path: Path, row: dict[str, str]) -> None:
    messages = tmp_path / "messages.jsonl"
    messages.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="line 1"):
        read(messages, BACKGROUND_FILE)
