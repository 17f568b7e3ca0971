"""Write an answer: by the language model where there is one, else from the sources' own sentences; checked always."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from firstline.domain.context import Passage, build_passages
from firstline.domain.errors import (
    AnswerRejectedError,
    FirstlineError,
    KnowledgeIndexUnavailableError,
    LanguageModelError,
)
from firstline.domain.extractive import citation
from firstline.domain.knowledge import RankedChunk
from firstline.domain.locales import DEFAULT, text
from firstline.domain.mail.answer_parts import open_parts
from firstline.domain.model_spend import WithoutModel
from firstline.domain.ports import KnowledgeIndex
from firstline.domain.reply_language import reply_language
from firstline.domain.tools import ToolStatus
from firstline.domain.turn import Action, Reason, ResolutionMethod, Strategy, Turn
from firstline.services.answer_cache import AnswerCache
from firstline.services.answer_from_articles import AnswerFromArticles
from firstline.services.answer_ports import Stream, ToolsWithoutModel
from firstline.services.answer_with_model import MARK, AnswerWithModel
from firstline.services.build_context import build_context
from firstline.services.cache import CacheUse
from firstline.services.files_for_model import FilesForModel
from firstline.services.model_messages import conversation_messages
from firstline.services.personal_data import PersonalData
from firstline.services.prompts import prompt_of
from firstline.services.writing import Writing
from firstline.services.written import Making, Written, making_of, needs_person, of_outcome


class WriteAnswer:
    """A ladder: the model, the model told what was wrong, what its tools said, the articles' own sentences, a person.

    A failing model never leaves the customer without an answer, and nothing leaves that was not checked.

    Parameters
    ----------
    with_model : AnswerWithModel or None
        None: answers are extractive.
    without_model : ToolsWithoutModel or None
        Does what is asked for where no model can.
    index : KnowledgeIndex
        Completes what was found by the rest of its sections, for the model.
    files : FilesForModel
        Gives what attached files say and show, for the model.
    is_safe : callable
        Tells whether a chunk may be given to a model, or carries orders to it.
    personal_data : callable
        Makes what hides personal data from the model in one turn.
    injection_threshold : float
        Risk of a message, in [0, 1], from which on the model gets no tools: what a customer has quoted may hold orders.
    context_tokens : int
        Estimated tokens of all sources that the model is given, >= 1.
    """

    def __init__(
        self,
        with_model: AnswerWithModel | None,
        without_model: ToolsWithoutModel | None,
        from_articles: AnswerFromArticles,
        cache: AnswerCache,
        index: KnowledgeIndex,
        files: FilesForModel,
        *,
        is_safe: Callable[[str], bool],
        personal_data: Callable[[], PersonalData],
        injection_threshold: float,
        context_tokens: int,
    ) -> None:
        self._with_model = with_model
        self._without_model = without_model
        self._from_articles = from_articles
        self._cache = cache
        self._index = index
        self._files = files
        self._is_safe = is_safe
        self._personal_data = personal_data
        self._injection_threshold = injection_threshold
        self._context_tokens = context_tokens

    def write(
        self,
        turn: Turn,
        action: Action,
        ranked: list[RankedChunk],
        strategy: Strategy,
        stream: Stream,
        *,
        check_fence: Callable[[], None],
        on_model_failure: Callable[[FirstlineError], None],
        may_act: bool = True,
    ) -> Written:
        """Write and stream the answer, or do what is asked for and tell of it.

        Parameters
        ----------
        action : Action
            ``ANSWER`` or ``USE_TOOL``.
        ranked : list of RankedChunk
            Best first; none where only files, or a tool, can answer.
        check_fence : callable
            Raises where the answer may not be given any more; called before anything is done.
        on_model_failure : callable
            Told of a failure that is not raised: of the model or a check, after which the next step of the ladder
            follows, or of the index, after which the model gets what was found without what stands beside it.
        may_act : bool
            Whether the model gets tools.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            The answer may not be given.
        """
        making = Making(without_model=WithoutModel.NO_MODEL)
        with_tools = may_act and turn.classified.injection_risk < self._injection_threshold
        if self._with_model is not None and (with_tools or action is not Action.USE_TOOL):
            written = self._by_model(turn, action, ranked, strategy, stream, check_fence, on_model_failure, with_tools)
            if isinstance(written, Written):
                return written
            stream.withdraw()
            making = written
        if action is Action.USE_TOOL:
            check_fence()
            outcome = self._without_model.act(turn) if self._without_model is not None else None
            if outcome is not None:
                return self._told(of_outcome(outcome, making), stream)
        if turn.identified.attachments:
            # Nobody but a model could have answered from the files.
            return needs_person(Reason.ATTACHMENT, making)
        if not ranked:
            return _nothing_found(turn, making)
        return self._from_articles.write(turn, ranked, strategy, stream, making, on_failure=on_model_failure)

    def _by_model(
        self,
        turn: Turn,
        action: Action,
        ranked: list[RankedChunk],
        strategy: Strategy,
        stream: Stream,
        check_fence: Callable[[], None],
        on_failure: Callable[[FirstlineError], None],
        with_tools: bool,
    ) -> Written | Making:
        """Return the answer; where there is none, how far it came."""
        assert self._with_model is not None  # noqa: S101 - the caller has looked
        sources = self._sources(ranked, on_failure)
        safe = [passage for passage in sources if all(self._is_safe(chunk.text) for chunk in passage.chunks)]
        left_out = tuple(chunk.chunk_id for passage in sources if passage not in safe for chunk in passage.chunks)
        if action is Action.ANSWER and sources[:1] != safe[:1]:
            # Without what answers best the model could only say that it does not know; the article's own words can.
            return Making(without_model=WithoutModel.UNSAFE_SOURCE, left_out=left_out)
        key = self._cache.key(turn, safe, strategy)
        if key is not None and (kept := self._cache.get(key)) is not None:
            stream.push(kept.text)
            stream.flush()
            return kept
        prompt, hidden = prompt_of(turn), self._personal_data()
        hidden.remember(turn.identified.memory)
        files, images = self._files.of_turn(turn, hide=hidden.hide)
        told = [hidden.restored(files)] if files else []
        writing = Writing(safe, told, failures_allowed=0 if action is Action.USE_TOOL else 1)
        messages = conversation_messages(turn, safe, strategy, files=files, images=images, hide=hidden.hide)
        made = partial(
            making_of,
            writing,
            prompt_sha256=prompt.sha256,
            prompt_version=prompt.version,
            left_out=left_out,
            masked=hidden.is_on,
            cache=CacheUse.OFF if key is None else CacheUse.MISS,
        )
        without = WithoutModel.MODEL_FAILED
        try:
            self._with_model.write(
                turn,
                messages,
                writing,
                strategy,
                stream,
                hidden=hidden,
                check_fence=check_fence,
                with_tools=with_tools,
                on_rejection=on_failure,
            )
        except AnswerRejectedError as error:
            on_failure(error)
            without = WithoutModel.UNCHECKED
        except LanguageModelError as error:
            if writing.without is None:
                on_failure(error)
            without = writing.without or without
        else:
            given = tuple(chunk.chunk_id for passage in writing.sources for chunk in passage.chunks)
            making = made(context=given)
            if writing.ended_by is not None:
                ended = of_outcome(writing.ended_by, making, before=writing.text)
                if ended.text:
                    stream.push(ended.text.removeprefix(writing.text.strip()))
                    stream.flush()
                return ended
            answer = _answered(turn, writing, making)
            if key is not None:
                self._cache.put(key, answer, writing)
            return answer
        making = made(without_model=without)
        done = [o for o in writing.outcomes if o.status is ToolStatus.DONE and o.text and not o.found]
        if done:
            # What was done must be told, whatever became of the model's words for it.
            stream.withdraw()
            text = "\n\n".join(dict.fromkeys(outcome.text for outcome in done))
            also = tuple(operation for outcome in done for operation in outcome.also)
            told_of = Written(text, [], ResolutionMethod.TOOL, making, Action.USE_TOOL, Reason.ACTION_REQUESTED, also)
            return self._told(told_of, stream)
        return making

    def _sources(self, ranked: list[RankedChunk], on_failure: Callable[[FirstlineError], None]) -> list[Passage]:
        if not ranked:
            return []
        try:
            return build_context(ranked, self._index, budget=self._context_tokens)
        except KnowledgeIndexUnavailableError as error:
            on_failure(error)
            return build_passages(ranked, budget=self._context_tokens)

    def _told(self, written: Written, stream: Stream) -> Written:
        if written.text:
            stream.push(written.text)
            stream.flush()
        return written


def _answered(turn: Turn, writing: Writing, making: Making) -> Written:
    best = [passage.best for passage in writing.sources]
    numbers = dict.fromkeys(int(mark) for mark in MARK.findall(writing.text))
    cited = [citation(n, best[n - 1], best[n - 1].chunk.text) for n in numbers if 1 <= n <= len(best)]
    also = tuple(operation for outcome in writing.outcomes for operation in outcome.also)
    # A mail's questions that nothing was found for are named by code: the model was not asked them.
    asked = turn.knowledge.parts if turn.knowledge else ()
    left = open_parts(asked, reply_language(turn) or DEFAULT)
    told = "\n\n".join([writing.text.strip(), *left])
    return Written(told, cited, ResolutionMethod.MODEL, making, also=also)


def _nothing_found(turn: Turn, making: Making) -> Written:
    if turn.identified.previous_action is Action.CLARIFY:
        return needs_person(Reason.STILL_NOTHING_FOUND, making)
    told = text("nothing_found", reply_language(turn))
    return Written(told, [], ResolutionMethod.DIRECT, making, Action.CLARIFY, Reason.NOTHING_FOUND)
