"""Rules of mail that need nothing but themselves: modes, what is asked, how sure, what is said of a handover."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.domain.classified import Category, Classification, Intent, Level
from firstline.domain.conversation import Channel, ConversationStatus, Customer
from firstline.domain.knowledge import AskedPart, Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.locales import languages, text, texts
from firstline.domain.mail.asked import asked_in, named, only_manners
from firstline.domain.mail.confidence import mail_confidence
from firstline.domain.mail.decision import MailLimits, decide_mail
from firstline.domain.mail.handover_words import mail_handover_text
from firstline.domain.mail.mode import InvalidMailModesError, MailMode, MailModes
from firstline.domain.policy import HandoverLimits
from firstline.domain.turn import Action, IdentifiedCustomer, Reason, Turn, TurnMessage
from firstline.settings import InvalidSettingError, Settings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITS = HandoverLimits(frustration=0.8, sentiment=-0.7, bot_turns=8)


def questions(mail: str) -> list[str]:
    return [asked.question for asked in asked_in(mail)]


def turn(
    asked: str = "How do I export timesheets?",
    *,
    confidence: float = 0.95,
    parts: tuple[AskedPart, ...] = (),
    language: str = "en",
    status: ConversationStatus = ConversationStatus.OPEN,
    **said: Any,
) -> Turn:
    """A mail as the fourth node gets it; ``confidence`` 0 is that nothing was found."""
    judged: dict[str, Any] = {
        "category": Category.TECHNICAL_SUPPORT,
        "category_confidence": 0.9,
        "intent": Intent.QUESTION,
        "intent_confidence": 0.9,
        "urgency": 0.1,
        "urgency_level": Level.LOW,
        "sentiment": 0.0,
        "sentiment_confidence": 0.5,
        "frustration": 0.0,
        "language": "en",
        "language_confidence": 0.9,
    }
    chunk = Chunk(
        chunk_id="c1", source="a.md", title="Exports", text="As CSV.", position=0, language=language, content_hash="0"
    )
    found = RetrievedKnowledge(
        query=asked,
        ranked=[RankedChunk(chunk=chunk, score=1.0, distance=0.1)],
        confidence=confidence,
        abstained=not confidence,
        parts=parts,
    )
    return Turn(
        turn_id="t1",
        conversation_id="c1",
        correlation_id="x",
        channel=Channel.EMAIL,
        message=TurnMessage(message_id="m1", seq=1, text=asked, sent_at=NOW),
        customer=IdentifiedCustomer(
            customer=Customer(customer_id="k1", created_at=NOW),
            attempt=1,
            conversation_version=1,
            conversation_status=status,
            unanswered=[asked],
            n_customer_messages=1,
        ),
        classification=Classification.model_validate({**judged, **said}),
        knowledge=found,
    )


def part(question: str, confidence: float) -> AskedPart:
    return AskedPart(question=question, searched=question, confidence=confidence, found=confidence > 0)


def test_a_setting_names_a_mode_for_all_and_others_by_category() -> None:
    modes = MailModes.parse(" draft, billing_inquiry = ticket ,bug_report=answer")
    assert modes.of(Category.GENERAL_INQUIRY) is MailMode.DRAFT
    assert modes.of(Category.BILLING_INQUIRY) is MailMode.TICKET
    assert modes.of(Category.BUG_REPORT) is MailMode.ANSWER
    assert MailModes.parse("") == MailModes()
    assert MailModes.parse("bug_report=ticket").of(Category.FEATURE_REQUEST) is MailMode.ANSWER


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("reply", "reply"),
        ("answer, refunds=draft", "refunds"),
        ("billing_inquiry=maybe", "maybe"),
        ("billing_inquiry=", "''"),
        ("answer, draft", "draft"),
        ("bug_report=draft, bug_report=ticket", "bug_report"),
    ],
)
def test_a_word_that_is_no_mode_or_category_is_refused_by_name_at_start(value: str, word: str) -> None:
    with pytest.raises(InvalidMailModesError, match="MAIL_MODES") as refused:
        MailModes.parse(value)
    assert word in str(refused.value)
    with pytest.raises(InvalidSettingError, match="MAIL_MODES"):
        Settings.from_env({"MAIL_MODES": value})


@pytest.mark.parametrize(
    ("mail", "asked"),
    [
        (
            "Dear team,\n\nI have been with you since 2019. How do I reset my password? And how long is\n"
            "the link good for? Also, I would like to know whether managers\ncan export timesheets.\n\nThanks a lot",
            [
                "How do I reset my password?",
                "How long is the link good for?",
                "I would like to know whether managers can export timesheets.",
            ],
        ),
        (
            "Guten Tag,\n\nich habe drei Fragen:\n1. Wie kann ich mein Passwort ändern\n2) Wann werden meine Daten "
            "gelöscht\n- Ich wüsste gern, ob es die Rechnung als PDF gibt.\n\nVielen Dank",
            [
                "Wie kann ich mein Passwort ändern",
                "Wann werden meine Daten gelöscht",
                "Ich wüsste gern, ob es die Rechnung als PDF gibt.",
            ],
        ),
        (
            "Bonjour, je voudrais savoir comment exporter mes factures. Peut-on changer l'adresse ? Merci",
            ["Je voudrais savoir comment exporter mes factures.", "Peut-on changer l'adresse ?"],
        ),
        (
            "¡Hola! Tengo dos preguntas: ¿cómo cambio mi contraseña? ¿Dónde veo mis facturas? Gracias.",
            ["¿cómo cambio mi contraseña?", "¿Dónde veo mis facturas?"],
        ),
        (
            "Buongiorno, vorrei sapere come si cambia la password. È possibile scaricare le fatture? Grazie",
            ["Vorrei sapere come si cambia la password.", "È possibile scaricare le fatture?"],
        ),
        (
            "Olá, gostaria de saber como trocar a senha. Onde posso baixar a fatura? Obrigado",
            ["Gostaria de saber como trocar a senha.", "Onde posso baixar a fatura?"],
        ),
        (
            "Hoe kan ik mijn wachtwoord wijzigen? En kan ik mijn factuur downloaden? Groeten",
            ["Hoe kan ik mijn wachtwoord wijzigen?", "Kan ik mijn factuur downloaden?"],
        ),
        (
            "Hej! Hur ändrar jag lösenordet? Var hittar jag fakturan? Tack",
            ["Hur ändrar jag lösenordet?", "Var hittar jag fakturan?"],
        ),
        (
            "Dzień dobry. Jak zmienić hasło? Czy mogę pobrać fakturę? Nie wiem, gdzie usunąć konto.",
            ["Jak zmienić hasło?", "Czy mogę pobrać fakturę?", "Nie wiem, gdzie usunąć konto."],
        ),
        (
            "Merhaba, şifremi nas\u0131l değiştirebilirim? Faturalar\u0131m\u0131 nereden indirebilirim? Teşekkürler",
            ["Şifremi nas\u0131l değiştirebilirim?", "Faturalar\u0131m\u0131 nereden indirebilirim?"],
        ),
        (
            "パスワードを忘れました。どうすればリセットできますか。請求書はどこで見られますか\uff1f",
            ["どうすればリセットできますか。", "請求書はどこで見られますか\uff1f"],
        ),
        ("请问如何重置密码\uff1f发票在哪里下载\uff1f谢谢", ["请问如何重置密码\uff1f", "发票在哪里下载\uff1f"]),
    ],
)
def test_every_question_of_a_mail_is_found_in_its_order_with_and_without_a_mark(mail: str, asked: list[str]) -> None:
    assert questions(mail) == asked


def test_a_mail_that_only_tells_asks_nothing_in_a_sentence_of_its_own() -> None:
    assert questions("I cannot log in since yesterday. When I click the link, nothing happens. It has expired.") == []
    assert questions("Thank you so much, that worked!") == []
    assert questions("It works now. Have a nice weekend! What a great service!") == []
    assert questions("If I cancel, do I get my money back?") == ["If I cancel, do I get my money back?"]


def test_what_announces_questions_is_none_of_them_and_what_follows_is() -> None:
    mail = "I have two questions:\n1. Do you ship on Sundays?\n2. I would also like to know how gift cards work"
    assert questions(mail) == ["Do you ship on Sundays?", "I would also like to know how gift cards work"]


def test_a_question_that_leans_is_searched_for_with_what_it_leans_on() -> None:
    mail = "My export fails with error 12. Can you help me? And how long does that take?"
    assert [asked.searched for asked in asked_in(mail)] == [
        "My export fails with error 12.\nCan you help me?",
        "Can you help me?\nAnd how long does that take?",
    ]


def test_the_subject_is_a_question_only_where_it_is_one_and_is_not_asked_again() -> None:
    assert questions("Subject: How do I reset my password?\n\nSee above. Regards") == ["How do I reset my password?"]
    assert questions("Subject: Password\n\nHow do I reset it?") == ["How do I reset it?"]
    assert questions("Subject: How do I reset my password?\n\nHow do I reset my password? Thanks") == [
        "How do I reset my password?"
    ]
    assert asked_in("Subject: Password\n\nHow do I reset it?")[0].searched == "Password\nHow do I reset it?"


def test_the_same_question_twice_is_asked_once_and_two_in_one_sentence_are_two() -> None:
    assert questions("How do I reset my password?\n\nHow do I reset my password?") == ["How do I reset my password?"]
    assert questions("How do I reset my password and can I change the address of my account?") == [
        "How do I reset my password",
        "can I change the address of my account?",
    ]


def test_nothing_that_leads_anywhere_is_passed_on_by_naming_a_question() -> None:
    said = (
        "Is it true? See https://evil.example/x?y or evil.example/pay, mail me@evil.example <b>now</b>\u202e"
        + "x" * 300
    )
    shown = named(said)
    assert "evil" not in shown
    assert not set("<>[]\u202e\n") & set(shown)
    assert len(shown) <= 141


@pytest.mark.parametrize(
    ("mail", "intent", "polite"),
    [
        ("Thank you so much, that worked!", Intent.THANKS, True),
        ("Thanks! One more thing: how do I export timesheets?", Intent.THANKS, False),
        ("Thanks. " + "It is still not what I had hoped for. " * 8, Intent.THANKS, False),
        ("How do I export timesheets?", Intent.QUESTION, False),
    ],
)
def test_thanks_are_only_manners_where_nothing_else_is_said(mail: str, intent: Intent, polite: bool) -> None:
    assert only_manners(mail, intent, 0.9) is polite


def test_confidence_is_the_sum_of_its_stated_factors_and_never_leaves_its_range() -> None:
    sure = mail_confidence(turn())
    assert [name for name, _ in sure.factors] == ["retrieval"]
    worst = mail_confidence(
        turn(
            "word " * 400,
            confidence=0.3,
            language="de",
            parts=(part("a", 0.3), part("b", 0.0)),
            stakes="money",
            frustration=0.9,
            intent_confidence=0.1,
            category_confidence=0.1,
            injection_risk=1.0,
            out_of_scope=0.9,
        ),
        copies=2,
        several_topics=True,
    )
    assert len(worst.factors) == 12
    assert worst.value == max(0.0, round(sum(points for _, points in worst.factors), 4))
    assert all(points < 0 for name, points in worst.factors if name != "retrieval")


@pytest.mark.parametrize(
    "worse",
    [
        {"parts": (part("a", 0.95), part("b", 0.0))},
        {"language": "de"},
        {"stakes": "money"},
        {"frustration": 0.6},
        {"intent_confidence": 0.2},
        {"category_confidence": 0.2},
        {"injection_risk": 1.0},
        {"out_of_scope": 0.8},
        {"confidence": 0.5},
    ],
)
def test_each_factor_lowers_the_confidence(worse: dict[str, Any]) -> None:
    assert mail_confidence(turn(**worse)).value < mail_confidence(turn()).value


def decided(mail: Turn, modes: str = "answer", **limits: Any) -> tuple[Action, Reason, bool]:
    chosen = decide_mail(mail, LIMITS, MailLimits(MailModes.parse(modes), **limits))
    return chosen.policy.action, chosen.policy.reason, chosen.policy.has_draft


def test_an_answer_below_the_limit_is_a_draft_and_nobody_is_asked_back() -> None:
    assert decided(turn()) == (Action.ANSWER, Reason.KNOWLEDGE_FOUND, False)
    assert decided(turn(confidence=0.3)) == (Action.HAND_OVER, Reason.LOW_CONFIDENCE, True)
    assert decided(turn(confidence=0.3), min_confidence=0.5) == (Action.ANSWER, Reason.KNOWLEDGE_FOUND, False)
    assert decided(turn(confidence=0.0)) == (Action.HAND_OVER, Reason.NOTHING_FOUND, False)
    lost = turn().model_copy(update={"knowledge": None})
    assert decided(lost) == (Action.HAND_OVER, Reason.KNOWLEDGE_UNAVAILABLE, False)


def test_the_mode_of_the_category_comes_before_the_answer_and_after_danger() -> None:
    assert decided(turn(), "answer, technical_support=draft") == (Action.HAND_OVER, Reason.MAIL_MODE, True)
    assert decided(turn(), "answer, technical_support=ticket") == (Action.HAND_OVER, Reason.MAIL_MODE, False)
    assert decided(turn(), "answer, bug_report=ticket") == (Action.ANSWER, Reason.KNOWLEDGE_FOUND, False)
    assert decided(turn(safety=True), "ticket") == (Action.HAND_OVER, Reason.SAFETY, False)


def test_thanks_get_no_mail_in_any_mode_and_a_question_beside_them_an_answer() -> None:
    thanks = turn("Thank you, that worked!", confidence=0.0, intent=Intent.THANKS)
    for mode in ("answer", "draft", "ticket"):
        chosen = decide_mail(thanks, LIMITS, MailLimits(MailModes.parse(mode)))
        assert (chosen.policy.reason, chosen.unsent) == (Reason.NO_REPLY_NEEDED, True)
    asking = turn("Thanks! And how do I export timesheets?", intent=Intent.THANKS)
    assert decided(asking) == (Action.ANSWER, Reason.KNOWLEDGE_FOUND, False)


def test_a_thread_that_people_have_is_theirs_and_gets_nothing_automatic() -> None:
    waiting = turn(status=ConversationStatus.WAITING_FOR_PERSON)
    chosen = decide_mail(waiting, LIMITS, MailLimits())
    assert (chosen.policy.reason, chosen.policy.has_draft, chosen.unsent) == (Reason.WAITS_FOR_PERSON, True, True)


@pytest.mark.parametrize("language", languages())
def test_an_acknowledgement_speaks_of_mail_in_each_language_and_has_no_chat_in_it(language: str) -> None:
    own = {key for key in texts("en") if key.startswith("mail.")}
    assert own <= texts(language).keys()
    for reason in Reason:
        said = mail_handover_text(reason, already_open=False, language=language)
        assert text("mail.handover_answer", language, when="") in said
        assert text("handover_joins", language, ticket="").strip() not in said
        assert "{" not in said
    away = mail_handover_text(Reason.LEGAL, already_open=False, away="Away.", back_at="Monday 9:00", language=language)
    assert "Away." in away
    assert "Monday 9:00" in away
    still = mail_handover_text(Reason.NOTHING_FOUND, already_open=False, answered=True, language=language)
    assert still == text("mail.handover_rest", language, when="")
