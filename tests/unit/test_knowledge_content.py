"""The handbook, the FAQs and the evaluation questions agree with one another."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
ARTICLES = sorted((KNOWLEDGE / "articles").glob("*.md"))
FAQ_FILES = sorted((KNOWLEDGE / "faqs").glob("*.jsonl"))
QUESTIONS = KNOWLEDGE / "evaluation" / "questions.jsonl"

SITE = "https://help.hourwren.example/"
CATEGORIES = {
    "technical_support",
    "billing_inquiry",
    "feature_request",
    "bug_report",
    "account_management",
    "general_inquiry",
}
AUDIENCES = {"customers", "everyone", "members", "managers", "admins", "owners", "developers"}
KINDS = {"plain", "typo", "fragment", "paraphrase", "multi", "rambling", "code", "conversational", "unanswerable"}
ERROR_CODE = re.compile(r"\b(?:AUTH|SYNC|CLOCK|PAY|IMP|EXP|INT|PUB|LIMIT|API)-\d{3}\b", re.IGNORECASE)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def anchor_of(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).strip().replace(" ", "-")


def front_matter(article: Path) -> dict[str, str]:
    _, block, _ = article.read_text(encoding="utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in block.splitlines())


def sections(article: Path) -> list[tuple[str, str]]:
    parts = re.split(r"^#{2,3} (.+)$", article.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def normalised(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


@pytest.fixture(scope="module")
def faqs() -> list[dict[str, Any]]:
    return [row for path in FAQ_FILES for row in rows(path)]


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    return rows(QUESTIONS)


@pytest.fixture(scope="module")
def anchors() -> dict[str, set[str]]:
    """The anchors of every source, by its path below the knowledge folder."""
    of_articles = {f"articles/{path.name}": {anchor_of(heading) for heading, _ in sections(path)} for path in ARTICLES}
    of_faqs = {f"faqs/{path.name}": {f"q{n}" for n in range(1, len(rows(path)) + 1)} for path in FAQ_FILES}
    return of_articles | of_faqs


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_an_article_says_its_title_category_address_language_and_audience(article: Path) -> None:
    matter = front_matter(article)
    assert set(matter) == {"title", "category", "url", "language", "audience"}
    assert matter["title"]
    assert matter["category"] in CATEGORIES
    assert matter["url"] == SITE + article.stem
    assert matter["language"] == "en"
    written_for = matter["audience"].split(", ")
    assert AUDIENCES.issuperset(written_for)
    assert {"customers", "everyone"}.intersection(written_for)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_headings_of_an_article_have_anchors_of_their_own(article: Path) -> None:
    found = [anchor_of(heading) for heading, _ in sections(article)]
    assert found
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_every_section_is_about_as_long_as_one_chunk(article: Path) -> None:
    lengths = {heading: len(body.split()) for heading, body in sections(article)}
    assert {heading: n for heading, n in lengths.items() if not 60 <= n <= 200} == {}


def test_the_handbook_is_large_enough_to_test_retrieval() -> None:
    assert len(ARTICLES) >= 10
    assert sum(len(sections(article)) for article in ARTICLES) >= 150


def test_every_category_has_an_article_and_faqs(faqs: list[dict[str, Any]]) -> None:
    assert {front_matter(article)["category"] for article in ARTICLES} == CATEGORIES
    assert {faq["category"] for faq in faqs} == CATEGORIES


def test_there_are_enough_faqs_and_none_is_asked_twice(faqs: list[dict[str, Any]]) -> None:
    asked = [normalised(faq["question"]) for faq in faqs]
    assert len(asked) >= 40
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("path", FAQ_FILES, ids=lambda path: path.stem)
def test_faqs_stand_in_the_file_of_their_category_and_lead_to_a_section(
    path: Path, anchors: dict[str, set[str]]
) -> None:
    for faq in rows(path):
        assert set(faq) == {"question", "answer", "category", "url"}
        assert faq["category"] == path.stem
        page, anchor = faq["url"].removeprefix(SITE).split("#")
        assert anchor in anchors[f"articles/{page}.md"], faq["url"]


def test_there_are_enough_answerable_and_unanswerable_questions(questions: list[dict[str, Any]]) -> None:
    answerable = [question for question in questions if question["kind"] != "unanswerable"]
    assert len(answerable) >= 120
    assert len(questions) - len(answerable) >= 30
    assert {question["kind"] for question in questions} == KINDS


def test_a_question_has_answers_exactly_when_it_is_answerable(questions: list[dict[str, Any]]) -> None:
    for question in questions:
        assert bool(question["answers"]) == (question["kind"] != "unanswerable"), question["_id"]


def test_a_question_with_two_concerns_names_two_answers(questions: list[dict[str, Any]]) -> None:
    short = [q["_id"] for q in questions if q["kind"] == "multi" and len(q["answers"]) < 2]
    assert short == []


def test_every_answer_of_a_question_exists_and_is_named_once(
    questions: list[dict[str, Any]], anchors: dict[str, set[str]]
) -> None:
    for question in questions:
        named = [(answer["source"], answer["anchor"]) for answer in question["answers"]]
        assert len(named) == len(set(named)), question["_id"]
        assert [pair for pair in named if pair[1] not in anchors.get(pair[0], set())] == [], question["_id"]


def test_questions_have_ids_and_texts_of_their_own(questions: list[dict[str, Any]]) -> None:
    ids = [question["_id"] for question in questions]
    texts = [normalised(question["text"]) for question in questions]
    assert len(ids) == len(set(ids))
    assert len(texts) == len(set(texts))
    assert all(texts)


def test_no_question_repeats_a_heading_or_an_faq(questions: list[dict[str, Any]], faqs: list[dict[str, Any]]) -> None:
    headings = {normalised(heading) for article in ARTICLES for heading, _ in sections(article)}
    known = headings | {normalised(faq["question"]) for faq in faqs}
    assert [question["text"] for question in questions if normalised(question["text"]) in known] == []


def test_error_codes_asked_about_are_explained_by_an_answer(questions: list[dict[str, Any]]) -> None:
    bodies = {
        (f"articles/{article.name}", anchor_of(heading)): f"{heading}\n{body}"
        for article in ARTICLES
        for heading, body in sections(article)
    }
    for question in questions:
        if question["kind"] != "code":
            continue
        text = "\n".join(bodies.get((a["source"], a["anchor"]), "") for a in question["answers"])
        for code in ERROR_CODE.findall(question["text"]):
            assert code.upper() in text, question["_id"]
