"""Answer with the articles' own sentences, without a model; checked as the model's words are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firstline.domain.chunking import estimate_tokens
from firstline.domain.context import Passage
from firstline.domain.conversation import Channel
from firstline.domain.errors import AnswerRejectedError, FirstlineError
from firstline.domain.extractive import write_extractive
from firstline.domain.knowledge import RankedChunk
from firstline.domain.languages import is_in
from firstline.domain.locales import DEFAULT, text
from firstline.domain.reply_language import reply_language
from firstline.domain.tone import tone_of
from firstline.domain.turn import Reason, ResolutionMethod, Strategy, Turn
from firstline.services.answer_mail_parts import answer_mail_parts
from firstline.services.answer_ports import Checks, Stream
from firstline.services.written import Making, Written, guard_result, needs_person

_OFTEN = 3


class AnswerFromArticles:
    """Writes with ``write_extractive``; what does not pass its check asks for a person."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def write(
        self,
        turn: Turn,
        ranked: list[RankedChunk],
        strategy: Strategy,
        stream: Stream,
        making: Making,
        *,
        on_failure: Callable[[FirstlineError], None],
    ) -> Written:
        """Write and stream the answer.

        Parameters
        ----------
        ranked : list of RankedChunk
            Best first, at least one.
        making : Making
            What was tried before.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            The answer may not be given.
        """
        # Completed from what was said before, and with its spelling mended, where it was searched for.
        asked = turn.knowledge.query if turn.knowledge else turn.question
        customer = turn.identified.customer
        language = reply_language(turn) or DEFAULT
        name = turn.identified.memory.get("name", "")
        tone = tone_of(turn.classified, customer, turn.question, name=name, language=language)
        is_mail = turn.channel is Channel.EMAIL
        if is_mail:
            # What is around a mail greets, closes and says how a person is reached; nothing is asked back.
            tone = replace(tone, by_mail=True)
        if is_mail and turn.knowledge is not None and turn.knowledge.parts:
            written = answer_mail_parts(turn, ranked, strategy, self._checks, making, tone=tone, on_failure=on_failure)
            stream.push(written.text)
            stream.flush()
            return written
        answer = write_extractive(asked, ranked, strategy, tone=tone)
        chunks = {entry.chunk.chunk_id: entry for entry in ranked}
        cited = [chunks[one.chunk_id] for one in sorted(answer.citations, key=lambda one: one.number)]
        is_foreign = bool(cited) and not any(is_in(language, entry.chunk.language) for entry in cited)
        parts = [text("answer_other_language", language)] if is_foreign else []
        parts += [
            *answer.parts,
            *([text("person_offer", language)] if not is_mail and _keeps_coming_back(turn) else []),
        ]
        check = self._checks.begin(turn, [_whole(entry) for entry in cited], strategy)
        shown: list[str] = []
        try:
            for place, part in enumerate(parts):
                shown.append(check.push(f"\n\n{part}" if place else part))
                stream.push(shown[-1])
            shown.append(check.finish())
            stream.push(shown[-1])
        except AnswerRejectedError as error:
            on_failure(error)
            stream.withdraw()
            rejections = (*making.rejections, error.reason)
            return needs_person(
                Reason.UNCHECKED, replace(making, guard=(*making.guard, guard_result(check)), rejections=rejections)
            )
        stream.flush()
        made = replace(making, guard=(*making.guard, guard_result(check)))
        return Written("".join(shown).strip(), answer.citations, ResolutionMethod.EXTRACTIVE, made)


def _whole(entry: RankedChunk) -> Passage:
    return Passage((entry.chunk,), entry, entry.chunk.text, estimate_tokens(entry.chunk.text))


def _keeps_coming_back(turn: Turn) -> bool:
    """Tell whether the graph has seen this customer with this topic, the one asked about most, three times or more."""
    insights = turn.identified.customer.insights
    return insights.topics[:1] == [turn.classified.category.value] and insights.contacts_on_topic >= _OFTEN
