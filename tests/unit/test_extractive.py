"""Answers made of the sources' own sentences."""

from __future__ import annotations

import pytest

from firstline.domain.extractive import MAX_WORDS, write_extractive
from firstline.domain.knowledge import Chunk, RankedChunk
from firstline.domain.passages import passages, sentences
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
