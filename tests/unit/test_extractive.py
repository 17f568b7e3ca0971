"""Answers made of the sources' own sentences."""

from __future__ import annotations

import re

import pytest

from firstline.domain.extractive import MAX_WORDS, write_extractive
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.passages import passages, sentences
from firstline.domain.tone import Mood, Tone
from firstline.domain.turn import Strategy

RESET = """You can reset your password yourself at any time. The link in the mail is good for 30 minutes.

To reset it:

1. Open the sign-in page.
2. Choose **Forgot password**.
3. Follow the link in the mail.

Owners with single sign-on reset their password at their identity provider. The colour of the page is blue."""


def ranked(text: str, source: str = "articles/account.md", question: str = "") -> RankedChunk:
    chunk = Chunk(
        chunk_id=f"{source}#a@1",
        source=source,
        title="Account",
        heading_path=("Passwords", "Reset a password"),
        anchor="reset-a-password",
        text=text,
        position=0,
        url="https://help.example/account",
        question=question,
        content_hash="1",
    )
    return RankedChunk(chunk=chunk, score=1.0, distance=0.2)


def test_a_step_list_stays_whole_with_its_introduction() -> None:
    kinds = [(p.kind, p.text.splitlines()[0]) for p in passages(RESET)]
    assert kinds[2] == ("steps", "To reset it:")
    assert passages(RESET)[2].text.endswith("3. Follow the link in the mail.")


def test_tables_and_code_stay_whole() -> None:
    text = "Limits:\n\n| plan | users |\n|---|---|\n| Free | 5 |\n\nRun this.\n\n```sh\na. b. c\n\nx\n```\nAfter it."
    found = passages(text)
    assert [p.kind for p in found] == ["table", "sentence", "code", "sentence"]
    assert "```sh\na. b. c\n\nx\n```" in found[2].text


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert sentences("Use a tool, e.g. Excel. Then save. It costs 3.50 EUR.") == [
        "Use a tool, e.g. Excel.",
        "Then save.",
        "It costs 3.50 EUR.",
    ]


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_strategy_quotes_the_source_and_cites_it(strategy: Strategy) -> None:
    answer = write_extractive("how do I reset my password?", [ranked(RESET)], strategy)
    assert "[1]" in answer.text
    assert answer.citations[0].url == "https://help.example/account#reset-a-password"
    assert answer.citations[0].heading == "Reset a password"
    for passage in passages(RESET):
        if passage.text in answer.text:
            assert passage.text.split("\n")[0] in answer.citations[0].quote


def test_step_by_step_answers_with_the_steps() -> None:
    answer = write_extractive("how do I reset my password?", [ranked(RESET)], Strategy.STEP_BY_STEP)
    assert "1. Open the sign-in page.\n2. Choose **Forgot password**." in answer.text


def test_a_concise_answer_has_at_most_two_passages() -> None:
    answer = write_extractive("how long is the link good for?", [ranked(RESET)], Strategy.CONCISE)
    assert "30 minutes" in answer.text
    assert "colour" not in answer.text
    assert len(sentences(answer.citations[0].quote.split("1.")[0])) <= 3


def test_two_questions_are_answered_from_two_sources() -> None:
    invoices = ranked("Invoices are under Billing. Only owners see them.", "articles/billing.md")
    answer = write_extractive(
        "how do I reset my password and where are my invoices?", [ranked(RESET), invoices], Strategy.DETAILED
    )
    assert [c.source for c in answer.citations] == ["articles/account.md", "articles/billing.md"]
    assert "[2]" in answer.text


def test_a_chunk_is_never_dumped_whole() -> None:
    long = " ".join(f"Sentence number {n} about passwords and other things that go on." for n in range(60))
    answer = write_extractive("passwords", [ranked(long)], Strategy.DETAILED)
    assert len(answer.text.split()) <= MAX_WORDS + 5


def test_a_chunk_without_a_word_in_common_still_gives_its_first_sentence() -> None:
    answer = write_extractive("zzz", [ranked("Only this. And that.")], Strategy.CONCISE)
    assert answer.text.startswith("Only this.")


def test_a_citation_opens_the_section_and_keeps_an_address_that_names_one() -> None:
    faq = ranked("Under Billing.", "faqs/billing.jsonl", "Where are my invoices?")
    with_section = faq.model_copy(
        update={"chunk": faq.chunk.model_copy(update={"url": "https://help.example/billing#invoices"})}
    )
    answer = write_extractive("invoices", [with_section], Strategy.CONCISE)
    assert answer.citations[0].url == "https://help.example/billing#invoices"
    assert answer.citations[0].heading == "Where are my invoices?"


TABLE = """Prices are without tax.

| | Free | Team |
|---|---|---|
| Price per member | $0 | $6 |
| Members | 8 | 250 |
| Locations | 1 | 15 |
| History | 60 days | 3 years |
| Kiosks | none | 15 |

The free plan has no time limit."""

INVOICES = "Invoices are under **Settings > Billing**. Only owners see them. They are mailed on the day of the charge."


def test_scripts_without_capitals_have_sentences_too() -> None:
    assert sentences("Press **Save.** `x_1` is next. It ends.") == ["Press **Save.**", "`x_1` is next.", "It ends."]
    assert sentences("Привет. Как дела?") == ["Привет.", "Как дела?"]
    assert sentences("今天很好。我们走吧。") == ["今天很好。", "我们走吧。"]
    assert sentences("see no. five of the list") == ["see no. five of the list"]


def test_of_a_long_table_only_the_rows_that_matter_are_shown() -> None:
    answer = write_extractive("what is the price per member?", [ranked(TABLE)], Strategy.CONCISE)
    assert "| | Free | Team |\n|---|---|---|\n| Price per member | $0 | $6 |" in answer.text
    assert "Kiosks" not in answer.text
    codes = TABLE.replace("Members", "API-403").replace("Locations", "API-404")
    answer = write_extractive("what is API-403?", [ranked(codes)], Strategy.CONCISE)
    assert "| API-403 | 8 | 250 |" in answer.text
    assert "API-404" not in answer.text
    whole = write_extractive("what do I get for my money?", [ranked(TABLE)], Strategy.DETAILED)
    assert "| Kiosks | none | 15 |" in whole.text


def test_a_sentence_that_leans_on_the_one_before_does_not_stand_alone() -> None:
    text = " ".join(
        [
            "The **Export** button is at the top right of each list and makes a file of all the rows that you see.",
            "It needs the right to read reports, which an admin can give to every person in the workspace settings.",
            "Colours can be changed by each member in the profile, and they apply to the calendar and to the reports.",
            "Fonts follow the system and grow with its size, up to twice the usual one, in all of the views there are.",
        ]
    )
    answer = write_extractive("who has the right to read reports?", [ranked(text)], Strategy.CONCISE)
    assert "It needs the right" in answer.text
    assert answer.text.index("The **Export** button") < answer.text.index("It needs the right")


def test_an_answer_does_not_say_yes_to_a_question_that_was_not_asked() -> None:
    faq = ranked("No. We take cards and bank transfer.", "faqs/billing.jsonl", "Do you take cheques?")
    assert (
        write_extractive("can I pay by card?", [faq], Strategy.CONCISE).text == "We take cards and bank transfer. [1]"
    )


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        ("Can we stop paying in the off season?", "Yes, on a monthly plan"),
        ("Do we have to go on paying all summer?", "On a monthly plan"),
    ],
)
def test_the_yes_of_a_frequent_question_answers_only_that_question(asked: str, begins: str) -> None:
    faq = ranked(
        "Yes, on a monthly plan: a pause costs $15.", "faqs/billing.jsonl", "Can I stop paying during the off season?"
    )
    assert write_extractive(asked, [faq], Strategy.CONCISE).text.startswith(begins)


def test_each_question_of_a_message_is_answered_with_a_word_between_them() -> None:
    asked = "how do I reset my password and where are my invoices?"
    sources = [ranked(RESET), ranked(INVOICES, "articles/billing.md"), ranked("Colours differ.", "articles/looks.md")]
    for strategy in Strategy:
        answer = write_extractive(asked, sources, strategy)
        assert [cited.source for cited in answer.citations] == ["articles/account.md", "articles/billing.md"]
        first, _, second = answer.text.partition("ther question:")
        assert "1. Open the sign-in page.\n2. Choose **Forgot password**.\n3. Follow" in first
        assert "**Settings > Billing**" in second
        assert "Colours" not in answer.text


def test_a_question_of_one_word_more_goes_with_the_one_before() -> None:
    visible = ranked("Members see their own hours.\n\nManagers and the owner see all hours.", "articles/hours.md")
    sources = [visible, ranked("Managers can plan shifts.", "articles/managers.md")]
    answer = write_extractive("can other members see my hours? or my manager?", sources, Strategy.CONCISE)
    assert [cited.source for cited in answer.citations] == ["articles/hours.md"]


def test_a_question_that_leans_on_the_one_before_is_answered_by_the_same_source() -> None:
    error = ranked("`SYNC-413` means that a photo is too large. It blocks the queue.", "articles/sync.md")
    other = ranked("The cloud symbol has a red mark.", "articles/cloud.md")
    answer = write_extractive("what is SYNC-413 and why are my other things stuck?", [error, other], Strategy.CONCISE)
    assert [cited.source for cited in answer.citations] == ["articles/sync.md"]
    assert "It blocks the queue." in answer.text


LONG = """Text messages need credits of a plan with 250 members or more, bought under **Settings > Billing** by whoever
pays, with the card of the company and without any word to us, as often as they are needed and for as many as are there.
**Automatic refill** can be switched on for 20 or 50 of them, so that nobody is cut off in the middle of a shift on a
public holiday, which has happened to 3 of our largest restaurants in the first summer after the opening.

{fact}

At `ZERO` no message is sent, and mails are used instead, which need no credits and are as quick as the others are."""


@pytest.mark.parametrize(
    ("asked", "fact"),
    [
        ("Which nations are served?", "Numbers may be in Canada, the United Kingdom, Spain and Poland."),
        ("How often do you look after the balance?", "The rest is counted every night."),
        ("Where do I find the rest?", "The rest stands in **Reports > Texts**."),
        ("How long do replies stay?", "Answers are kept for 30 days."),
        ("Who reads the replies?", "They are visible to Admins."),
    ],
)
def test_a_passage_of_the_form_that_is_asked_for_is_quoted(asked: str, fact: str) -> None:
    answer = write_extractive(asked, [ranked(LONG.format(fact=fact))], Strategy.CONCISE)
    assert fact in answer.text


def test_a_question_whose_words_nothing_holds_is_answered_by_the_source_that_answers_no_other() -> None:
    asked = "how do I reset my password and where can bookkeeping find everything?"
    answer = write_extractive(asked, [ranked(RESET), ranked(INVOICES, "articles/billing.md")], Strategy.GUIDED)
    assert [cited.source for cited in answer.citations] == ["articles/account.md", "articles/billing.md"]


def test_each_strategy_puts_the_same_facts_in_its_own_words() -> None:
    said = {s: write_extractive("how do I reset my password?", [ranked(RESET)], s).text for s in Strategy}
    assert said[Strategy.EMPATHETIC].startswith("I understand, let us get this sorted.")
    assert said[Strategy.GUIDED].endswith("Does this fit your case? If not, tell me what you see instead.")
    assert said[Strategy.STEP_BY_STEP].endswith("tell me which one and what you see.")
    assert len(set(said.values())) == len(Strategy)
    assert all("3. Follow the link in the mail." in text for text in said.values())


def test_steps_without_words_of_their_own_before_them_are_led_to() -> None:
    steps = ranked("1. Open the sign-in page.\n2. Choose **Forgot password**.")
    answer = write_extractive("how do I reset my password?", [steps], Strategy.STEP_BY_STEP)
    assert answer.text.startswith("These are the 2 steps:\n\n1. Open the sign-in page.")


def test_a_frustrated_customer_is_met_and_offered_a_person() -> None:
    upset = Tone(mood=Mood.VERY_DISPLEASED, greeted=True, offers_person=True, name="Anna")
    answer = write_extractive("how do I reset my password?", [ranked(RESET)], Strategy.EMPATHETIC, tone=upset)
    assert answer.parts[0] == "Hello Anna. I am sorry, I can see why you are fed up with this. Let us get this sorted."
    assert answer.parts[-1] == "If you would rather talk to a person, just say so."


@pytest.mark.parametrize("text", ["", "   ", "# Only a heading"])
def test_a_source_without_a_sentence_gives_way_to_the_next(text: str) -> None:
    answer = write_extractive("password", [ranked(text), ranked(INVOICES, "articles/billing.md")], Strategy.CONCISE)
    assert "[1]" in answer.text
    assert len(answer.citations) == 1


def test_sources_without_any_sentence_are_no_blank_answer() -> None:
    answer = write_extractive("password", [ranked("")], Strategy.GUIDED)
    assert answer.text.startswith("I could not find this in our help articles.")
    assert answer.citations == []


@pytest.mark.parametrize("strategy", list(Strategy))
def test_with_all_that_is_said_around_them_answers_stay_within_the_limit(strategy: Strategy) -> None:
    upset = Tone(mood=Mood.VERY_DISPLEASED, greeted=True, offers_person=True, name="Anna")
    long = " ".join(f"Sentence number {n} about passwords and invoices and other things." for n in range(40))
    sources = [ranked(long), ranked(long.replace("passwords", "photos"), "articles/billing.md"), ranked(long)]
    for asked in ("passwords", "how do I reset passwords, and where are my photos, and what are invoices?"):
        text = re.sub(r"\[\d\]", "", write_extractive(asked, sources, strategy, tone=upset).text)
        assert len(text.split()) <= MAX_WORDS
