"""Answer the questions of a mail with the articles' own sentences; each answer is checked as any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from firstline.domain.chunking import estimate_tokens
from firstline.domain.context import Passage
from firstline.domain.errors import AnswerRejectedError, FirstlineError
from firstline.domain.knowledge import RankedChunk
from firstline.domain.languages import is_in
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.answer_parts import write_parts
from firstline.domain.reply_language import reply_language
from firstline.domain.tone import Tone, opening
from firstline.domain.turn import Reason, ResolutionMethod, Strategy, Turn
from firstline.services.answer_ports import Check, Checks
from firstline.services.written import Making, Written, guard_result, needs_person


def answer_mail_parts(
    turn: Turn,
    ranked: Sequence[RankedChunk],
    strategy: Strategy,
    checks: Checks,
    making: Making,
    *,
    tone: Tone,
    on_failure: Callable[[FirstlineError], None],
) -> Written:
    """Return the answer to a mail that asks several things; a question that nothing answers is named.

    What names a question is in the customer's own words, and stands outside the check.
    """
    assert turn.knowledge is not None  # noqa: S101 - its parts are what is answered
    language = reply_language(turn) or DEFAULT
    parts, citations = write_parts(turn.knowledge.parts, ranked, strategy, language=language)
    chunks = {entry.chunk.chunk_id: entry for entry in ranked}
    cited = [chunks[one.chunk_id] for one in citations]
    if not cited:
        return needs_person(Reason.NOTHING_FOUND, making)
    is_foreign = not any(is_in(language, entry.chunk.language) for entry in cited)
    check = checks.begin(turn, [_whole(entry) for entry in cited], strategy)
    said = [opening(tone, strategy), *([text("answer_other_language", language)] if is_foreign else [])]
    try:
        shown = [_checked(check, one) for one in said if one]
        shown += [part.shown(_checked(check, part.body), language) for part in parts]
    except AnswerRejectedError as error:
        on_failure(error)
        rejections = (*making.rejections, error.reason)
        held = replace(making, guard=(*making.guard, guard_result(check)), rejections=rejections)
        return needs_person(Reason.UNCHECKED, held)
    made = replace(making, guard=(*making.guard, guard_result(check)))
    return Written("\n\n".join(shown), citations, ResolutionMethod.EXTRACTIVE, made)


def _checked(check: Check, body: str) -> str:
    return (check.push(f"{body}\n\n") + check.finish()).strip() if body else ""


def _whole(entry: RankedChunk) -> Passage:
    return Passage((entry.chunk,), entry, entry.chunk.text, estimate_tokens(entry.chunk.text))
