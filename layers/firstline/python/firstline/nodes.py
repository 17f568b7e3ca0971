"""Which function serves which state of the state machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pydantic import BaseModel, ConfigDict

from firstline.container import Container
from firstline.domain.errors import FirstlineError
from firstline.domain.frames import status
from firstline.domain.mail.decision import MailLimits
from firstline.domain.mail.mode import MailModes
from firstline.domain.policy import HandoverLimits
from firstline.domain.turn import Reply, Turn
from firstline.observability import log_uncounted, logger
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.services.count_turn import counts_of_failure, counts_of_turn
from firstline.services.receipt import Receipts
from firstline.services.replay_answers import ReplayAnswers
from firstline.workflow.analyze_graph import analyze_graph
from firstline.workflow.classify_query import classify_query
from firstline.workflow.collect_feedback import FeedbackParts, collect_feedback
from firstline.workflow.generate_response import ResponseParts, generate_response
from firstline.workflow.hand_over_to_person import hand_over_to_person
from firstline.workflow.identify_customer import identify_customer
from firstline.workflow.retrieve_knowledge import retrieve_knowledge


class NodeInput(BaseModel):
    """What a state passes to the workflow function."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    node: str
    execution_id: str
    turn: Turn


Node = Callable[[NodeInput, Container], BaseModel]


def _identify_customer(given: NodeInput, c: Container) -> BaseModel:
    return identify_customer(
        given.turn,
        execution_id=given.execution_id,
        turns=c.turns,
        conversations=c.conversations,
        customers=c.customers,
        remember_facts=c.memory.remember_facts,
        broadcast=c.broadcast,
        clock=c.ports.clock,
        ids=c.ports.ids,
        max_history=c.settings.max_conversation_history,
    )


def _classify_query(given: NodeInput, c: Container) -> BaseModel:
    return classify_query(given.turn, c.understanding, on_failure=_log_failure(given, "classified with less"))


def _retrieve_knowledge(given: NodeInput, c: Container) -> BaseModel:
    treatment = c.learning.experiments.treatment(given.turn.identified.customer.customer_id)
    return retrieve_knowledge(
        given.turn,
        search=c.search_knowledge,
        languages=c.knowledge_languages,
        treatment=treatment,
        translate=c.answers.translate_query,
        on_failure=_log_failure(given, "searched without a translation"),
    )


def _generate_response(given: NodeInput, c: Container) -> BaseModel:
    def on_model_failure(error: FirstlineError) -> None:
        logger.warning("answered with less", extra={"turn_id": given.turn.turn_id, "error": type(error).__name__})
        c.counters.add_if_possible(counts_of_failure(given.turn, error), on_failure=log_uncounted)

    return generate_response(
        given.turn,
        ResponseParts(
            turns=c.turns,
            conversations=c.conversations,
            decisions=c.learning.decisions,
            receipts=Receipts(c.receipts),
            choose_strategy=c.answers.choose_strategy,
            write_answer=c.answers.write,
            can_act=c.tooling.act_without_model.can_act,
            hand_over=c.hand_over,
            broadcast=c.broadcast,
            drafts=c.reply_drafts,
            clock=c.ports.clock,
            mail=MailLimits(MailModes.parse(c.settings.mail_modes), c.settings.mail_min_confidence),
            copies_of=partial(_copies_of, c),
        ),
        limits=handover_limits(c, bot_paused=c.people.pause_bot.state().paused),
        on_model_failure=on_model_failure,
    )


def _copies_of(c: Container, conversation_id: str) -> int:
    # Not from ``c.mailing``, which reads mail: the workflow function has no layer for that on AWS.
    thread = MailThreadRepository(c.ports.table, retention_days=c.settings.retention_days).find(conversation_id)
    return len(thread.cc) if thread else 0


def handover_limits(c: Container, *, bot_paused: bool = False) -> HandoverLimits:
    """Return when a person is asked, by the settings."""
    return HandoverLimits(
        frustration=c.settings.frustration_handover,
        sentiment=c.settings.handoff_threshold,
        bot_turns=c.settings.handover_max_turns,
        min_confidence=c.settings.handover_min_confidence,
        bot_paused=bot_paused,
        has_model=c.ports.language_model is not None,
    )


def replay_answers(c: Container) -> ReplayAnswers:
    """Return what runs past answers again, as the states do."""
    return ReplayAnswers(
        c.receipts,
        c.turns,
        c.conversations,
        c.customers,
        c.answers.write,
        handover_limits(c),
        classify=partial(classify_query, parts=replace(c.understanding, settle_unsure=None)),
        retrieve=partial(retrieve_knowledge, search=c.search_knowledge, languages=c.knowledge_languages),
        max_history=c.settings.max_conversation_history,
    )


def _analyze_graph(given: NodeInput, c: Container) -> BaseModel:
    insights = analyze_graph(given.turn, graph=c.graph, customers=c.customers, clock=c.ports.clock)
    c.record_gap.of_turn(given.turn)
    if given.turn.reply is not None:
        c.memory.remember_facts.of_turn(given.turn)
    if given.turn.reply is not None:
        c.answers.summarise.summarise(
            given.turn.conversation_id,
            last_seq=given.turn.reply.seq,
            on_model_failure=_log_failure(given, "summarised without the model"),
        )
    return insights


def _log_failure(given: NodeInput, what: str) -> Callable[[FirstlineError], None]:
    def log(error: FirstlineError) -> None:
        logger.warning(what, extra={"turn_id": given.turn.turn_id, "error": type(error).__name__})

    return log


def _collect_feedback(given: NodeInput, c: Container) -> BaseModel:
    learning = c.learning
    return collect_feedback(given.turn, FeedbackParts(c.turns, learning.decisions, learning.settle, learning.asked))


def _hand_over_to_person(given: NodeInput, c: Container) -> BaseModel:
    return hand_over_to_person(
        given.turn,
        execution_id=given.execution_id,
        turns=c.turns,
        hand_over=c.hand_over,
        broadcast=c.broadcast,
        clock=c.ports.clock,
    )


NODES: Mapping[str, Node] = {
    "IdentifyCustomer": _identify_customer,
    "ClassifyQuery": _classify_query,
    "RetrieveKnowledge": _retrieve_knowledge,
    "GenerateResponse": _generate_response,
    "AnalyzeGraph": _analyze_graph,
    "CollectFeedback": _collect_feedback,
    "HandOverToPerson": _hand_over_to_person,
}

_SEEN_BY_CUSTOMER = ("IdentifyCustomer", "ClassifyQuery", "RetrieveKnowledge", "GenerateResponse")


def run_node(given: NodeInput, c: Container) -> BaseModel:
    """Run one state and return its part of the turn; tells the customer which node is at work.

    Raises
    ------
    KeyError
        There is no such node.
    FirstlineError
        By its class name the state machine retries or catches.
    """
    node = NODES[given.node]
    if given.node in _SEEN_BY_CUSTOMER:
        c.broadcast.to_conversation(given.turn.conversation_id, status(given.turn.turn_id, given.node))
    began = c.ports.clock.now()
    try:
        part = node(given, c)
    except FirstlineError as error:
        counts = counts_of_failure(given.turn, error)
        if counts:
            c.counters.add_if_possible(counts, on_failure=log_uncounted)
        raise
    if "elapsed_ms" in type(part).model_fields:
        elapsed_ms = (c.ports.clock.now() - began).total_seconds() * 1000
        part = part.model_copy(update={"elapsed_ms": max(0.0, elapsed_ms)})
    # Either is the last that a turn does; what it adds is one more write.
    reply = part if given.node == "HandOverToPerson" else given.turn.reply
    if given.node in ("CollectFeedback", "HandOverToPerson") and isinstance(reply, Reply):
        c.counters.add_if_possible(
            counts_of_turn(given.turn, reply),
            on_failure=log_uncounted,
            conversation_id=given.turn.conversation_id,
        )
    return part
