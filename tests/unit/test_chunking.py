"""Chunks follow a document's structure."""

import pytest

from firstline.domain.chunking import chunk_document, embedded_text, estimate_tokens
from firstline.domain.documents import Block, BlockKind, Document, Section


def document(*sections: Section) -> Document:
    return Document(source="articles/billing.md", title="Billing", sections=sections, category="billing_inquiry")


def section(*blocks: Block, heading: str = "Refunds", question: str = "") -> Section:
    return Section((heading,), heading.lower(), blocks, question=question)


def block(kind: BlockKind, *lines: str) -> Block:
    return Block(kind, "\n".join(lines))


def sentences(count: int) -> str:
    return " ".join(f"Sentence number {at} says a little." for at in range(count))


def test_a_section_that_fits_is_one_chunk_with_its_place_in_the_document() -> None:
    chunks = chunk_document(document(section(block("paragraph", "Five days.")), section(block("paragraph", "Ten."))))
    assert [chunk.position for chunk in chunks] == [0, 1]
    first = chunks[0]
    assert (first.source, first.title, first.heading_path) == ("articles/billing.md", "Billing", ("Refunds",))
    assert (first.anchor, first.category, first.text) == ("refunds", "billing_inquiry", "Five days.")
    assert first.heading == "Billing > Refunds"
    assert first.chunk_id == f"articles/billing.md#refunds@{first.content_hash[:12]}"


def test_paragraphs_are_packed_up_to_the_target_and_never_cut() -> None:
    paragraphs = [block("paragraph", sentences(8)) for _ in range(6)]
    chunks = chunk_document(document(section(*paragraphs)), target_tokens=120)
    assert len(chunks) > 1
    assert "\n\n".join(chunk.text for chunk in chunks) == "\n\n".join(part.text for part in paragraphs)
    assert [chunk.chunk_id.split("@")[0][-2:] for chunk in chunks] == [f"~{at + 1}" for at in range(len(chunks))]
    assert all(estimate_tokens(embedded_text(chunk)) <= 120 * 1.25 + 10 for chunk in chunks)


def test_a_list_a_table_and_code_stay_whole_where_they_fit() -> None:
    bullets = block("list", *(f"- item {at}" for at in range(12)))
    prices = block("table", "| plan | price |", "|---|---|", *(f"| p{at} | {at} |" for at in range(6)))
    code = block("code", "```", *(f"call({at})" for at in range(10)), "```")
    chunks = chunk_document(document(section(bullets, prices, code)), target_tokens=90)
    texts = [chunk.text for chunk in chunks]
    assert all(any(part.text in text for text in texts) for part in (bullets, prices, code))


def test_a_long_list_is_cut_between_items() -> None:
    items = [f"- item {at}: " + sentences(3) for at in range(20)]
    chunks = chunk_document(document(section(block("list", *items))), target_tokens=100)
    assert len(chunks) > 2
    assert [line for chunk in chunks for line in chunk.text.split("\n")] == items


def test_every_part_of_a_long_table_repeats_its_head() -> None:
    rows = [f"| plan {at} | {at} dollars a month for each user |" for at in range(60)]
    chunks = chunk_document(
        document(section(block("table", "| plan | price |", "|---|---|", *rows))), target_tokens=100
    )
    assert len(chunks) > 2
    assert all(chunk.text.startswith("| plan | price |\n|---|---|\n| plan ") for chunk in chunks)
    assert [row for chunk in chunks for row in chunk.text.split("\n")[2:]] == rows


def test_a_question_and_its_answer_are_never_parted() -> None:
    faq = section(block("paragraph", sentences(80)), question="How long do refunds take?")
    chunks = chunk_document(document(faq), target_tokens=64)
    assert len(chunks) == 1
    assert chunks[0].heading == "How long do refunds take?"
    assert embedded_text(chunks[0]).startswith("How long do refunds take?\nSentence number 0")


def test_text_without_any_place_to_cut_still_ends_up_in_chunks_that_fit() -> None:
    endless = "word " * 900 + "x" * 9_000
    chunks = chunk_document(document(section(block("paragraph", endless.strip()))), target_tokens=100)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(endless.split())
    assert all(estimate_tokens(chunk.text) <= 300 for chunk in chunks)


def test_unchanged_sections_keep_their_ids_when_another_section_is_put_before_them() -> None:
    old = chunk_document(document(section(block("paragraph", "Five days."))))
    new = chunk_document(
        document(section(block("paragraph", "Cards."), heading="Cards"), section(block("paragraph", "Five days.")))
    )
    assert new[1].chunk_id == old[0].chunk_id
    assert (old[0].position, new[1].position) == (0, 1)


def test_a_changed_title_changes_what_is_embedded_and_so_the_id() -> None:
    part = section(block("paragraph", "Five days."))
    renamed = Document(source="articles/billing.md", title="Payments", sections=(part,))
    assert chunk_document(renamed)[0].chunk_id != chunk_document(document(part))[0].chunk_id


def test_ids_are_unique_even_for_equal_texts_in_one_section() -> None:
    same = [block("paragraph", sentences(12)) for _ in range(5)]
    chunks = chunk_document(document(section(*same)), target_tokens=110)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks) == 5


def test_a_target_too_small_to_mean_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        chunk_document(document(), target_tokens=10)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_long_heading_and_the_largest_overlap_leave_room_for_text(language: str) -> None:
    long = Section(("word " * 60,), "long", (block("paragraph", sentences(4) + " " + "x" * 600),))
    article = Document(source="a.md", title="Billing", sections=(long,), language=language)
    chunks = chunk_document(article, target_tokens=64, overlap_tokens=32)
    assert 1 < len(chunks) < 30
    assert "".join(chunk.text for chunk in chunks).count("x") >= 600


def test_letters_of_other_scripts_count_once_each_and_accents_not_at_all() -> None:
    assert estimate_tokens("\u9000\u6b3e\u9700\u8981\u4e94\u5929\u3002") == 7
    assert estimate_tokens("VPN\u8bbe\u7f6e") == 3
    assert estimate_tokens("\ud55c") == 3
    assert estimate_tokens("caf\u00e9") == estimate_tokens("cafe\u0301") == estimate_tokens("cafe") == 1


def test_a_chinese_text_is_cut_at_its_full_stops() -> None:
    sentence = "\u5982\u679c\u60a8\u5fd8\u8bb0\u4e86\u5bc6\u7801\u3002"
    chunks = chunk_document(document(section(block("paragraph", sentence * 60))), target_tokens=100)
    assert len(chunks) > 4
    assert all(chunk.text.endswith("\u3002") for chunk in chunks)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == sentence * 60
