"""Which function serves which state of the state machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict

from firstline.container import Container
from firstline.domain.errors import LanguageModelError
from firstline.domain.frames import status
from firstline.domain.policy import HandoverLimits
from firstline.domain.turn import Turn
from firstline.observability import logger
from firstline.workflow.analyze_graph import analyze_graph
from firstline.workflow.classify_query import classify_query
from firstline.workflow.collect_feedback import collect_feedback
from firstline.workflow.generate_response import generate_response
from firstline.workflow.hand_over_to_person import hand_over_to_person
from firstline.workflow.identify_customer import identify_customer
from firstline.workflow.retrieve_knowledge import retrieve_knowledge


class NodeInput(BaseModel):
    """What a state passes to the workflow function."""

    model_config = ConfigDict(frozen=True)

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
        clock=c.ports.clock,
        ids=c.ports.ids,
        max_history=c.settings.max_conversation_history,
    )


def _classify_query(given: NodeInput, c: Container) -> BaseModel:
    return classify_query(given.turn)


def _retrieve_knowledge(given: NodeInput, c: Container) -> BaseModel:
    return retrieve_knowledge(given.turn, search=c.search_knowledge)


def _generate_response(given: NodeInput, c: Container) -> BaseModel:
    def on_model_failure(error: LanguageModelError) -> None:
        logger.warning("language model failed", extra={"turn_id": given.turn.turn_id, "error": type(error).__name__})

    return generate_response(
        given.turn,
        turns=c.turns,
        conversations=c.conversations,
        arms=c.arms,
        receipts=c.receipts,
        choose_strategy=c.choose_strategy,
        write_answer=c.write_answer,
        hand_over=c.hand_over,
        broadcast=c.broadcast,
        clock=c.ports.clock,
        limits=HandoverLimits(
            frustration=c.settings.frustration_handover,
            sentiment=c.settings.handoff_threshold,
            bot_turns=c.settings.max_bot_turns,
        ),
        on_model_failure=on_model_failure,
    )


def _analyze_graph(given: NodeInput, c: Container) -> BaseModel:
    insights = analyze_graph(given.turn, graph=c.graph, customers=c.customers, clock=c.ports.clock)
    c.record_gap.of_turn(given.turn)
    return insights


def _collect_feedback(given: NodeInput, c: Container) -> BaseModel:
    return collect_feedback(
        given.turn, turns=c.turns, arms=c.arms, customers=c.customers, normalise=c.settings.reward_normalization
    )


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
    return node(given, c)
