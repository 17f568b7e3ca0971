"""A whole Firstline in a temporary folder, played by simulated customers on a clock of its own."""

from __future__ import annotations

import heapq
import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from firstline import bootstrap
from firstline.adapters.local.knowledge_index import SQLiteKnowledgeIndex
from firstline.adapters.local.table import SQLiteTable
from firstline.container import Container, assemble
from firstline.domain.conversation import Channel
from firstline.domain.errors import FirstlineError
from firstline.domain.ports import Embedder
from firstline.domain.turn import Action, Strategy, Turn
from firstline.evaluation.simulated_customers import KINDS, Kind, drawn, follow_up, score_of, swapped
from firstline.night import learn_nightly
from firstline.nodes import NodeInput, run_node
from firstline.services.accept_message import turn_document
from firstline.settings import Settings

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
NODES = {
    "IdentifyCustomer": "customer",
    "ClassifyQuery": "classification",
    "RetrieveKnowledge": "knowledge",
    "GenerateResponse": "reply",
    "AnalyzeGraph": "insights",
    "CollectFeedback": "feedback",
}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
_ASKS_MORE = 0.35
_WINDOW_DAYS = 5


@dataclass
class SimulatedClock:
    """Time that the simulation moves."""

    moment: datetime = START

    def now(self) -> datetime:
        """Return the simulated moment."""
        return self.moment


class SimulatedIds:
    """ULIDs of the simulated time, the same in every run."""

    def __init__(self, clock: SimulatedClock, rng: np.random.Generator) -> None:
        self._clock = clock
        self._rng = rng

    def new(self) -> str:
        """Return a ULID."""
        number = int(self._clock.now().timestamp() * 1000) << 80 | int.from_bytes(self._rng.bytes(10), "big")
        return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))

    def short(self) -> str:
        """Return 8 characters."""
        return "".join(self._rng.choice(list(_CROCKFORD), 8))

    def secret(self) -> str:
        """Return what nobody can guess."""
        return secrets.token_urlsafe(32)


class _Seeded:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def generator(self) -> np.random.Generator:
        return self._rng


class _Held:
    """Takes turns and runs none: the simulation runs them itself, one after the other."""

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Take a turn."""


@dataclass(frozen=True)
class Answered:
    """One answer and what was true of it."""

    day: int
    """From 0."""
    kind: str
    arm: Strategy
    group: str
    propensity: float
    is_pleased: bool
    chance: float
    """Probability with which it pleased this kind."""
    best: float
    """That of the strategy that pleases this kind most."""


@dataclass
class Played:
    """What a run came to."""

    answers: list[Answered] = field(default_factory=list)
    conversations: int = 0
    handed_over: int = 0
    not_answered: int = 0
    ratings: int = 0
    failures: list[str] = field(default_factory=list)
    """Names of errors of turns that did not finish."""

    def mean_chance(self, group: str, first: float = 0.0, last: float = 1.0) -> float:
        """Return the true mean chance to please of a group's answers, in a part of the run given by shares of it."""
        part = self.answers[round(first * len(self.answers)) : round(last * len(self.answers))]
        chances = [answer.chance for answer in part if answer.group == group]
        return float(np.mean(chances)) if chances else float("nan")


class Simulation:
    """Customers play against the real workflow; nothing outside the folder is read or written but the documents.

    Parameters
    ----------
    folder : Path
        Where everything is stored; a temporary one, so that nothing is learned for anybody else.
    questions : sequence of str
        What customers ask, at least two that ask different things.
    embedder : Embedder, optional
        In the place of the shipped model.
    settings
        Settings of Firstline that differ from the defaults.
    """

    def __init__(
        self,
        folder: Path,
        questions: Sequence[str],
        *,
        seed: int = 13,
        kinds: tuple[Kind, ...] = KINDS,
        embedder: Embedder | None = None,
        **settings: Any,
    ) -> None:
        self._questions = questions
        self._kinds = kinds
        self._rng, for_ids, for_learner = (np.random.default_rng([seed, stream]) for stream in range(3))
        self.clock = SimulatedClock()
        ids = SimulatedIds(self.clock, for_ids)
        unlimited = dict.fromkeys(
            (
                "max_requests_per_minute",
                "max_requests_per_minute_per_customer",
                "max_messages_per_minute",
                "max_sessions_per_minute",
            ),
            0,
        )
        chosen = Settings(
            **{**unlimited, "data_path": str(folder), "llm_provider": "none", "sites_path": "", **settings}
        )
        ports = bootstrap.local_ports(chosen)
        ports = replace(
            ports,
            table=SQLiteTable(folder / "simulated.db", clock=self.clock),
            clock=self.clock,
            ids=ids,
            random=_Seeded(for_learner),
            workflow_engine=_Held(),
        )
        if embedder is not None:
            index = SQLiteKnowledgeIndex(folder / "simulated-knowledge.db", dimensions=embedder.dimensions)
            ports = replace(ports, embedder=embedder, index=index)
        self.container: Container = assemble(chosen, ports)
        self.container.ingest_knowledge.sync()
        self._later: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def play(
        self,
        conversations: int,
        *,
        per_day: int = 60,
        drift_at: float | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Played:
        """Play so many conversations, with a nightly run after each day, and then until every window has ended.

        Parameters
        ----------
        drift_at : float, optional
            After this share of the conversations, in (0, 1), what pleased customers least pleases them most.
        """
        played, kinds = Played(), self._kinds
        night = START.replace(hour=3) + timedelta(days=1)
        for number in range(conversations):
            if drift_at is not None and number == round(drift_at * conversations):
                kinds = swapped(kinds)
            begins = START + timedelta(days=number / per_day)
            while night <= begins:
                self._until(night)
                learn_nightly(self.container).run()
                night += timedelta(days=1)
            self._until(begins)
            self._converse(drawn(kinds, self._rng), played)
            progress(number + 1)
        for _ in range(_WINDOW_DAYS):
            self._until(night)
            learn_nightly(self.container).run()
            night += timedelta(days=1)
        return played

    def _until(self, moment: datetime) -> None:
        while self._later and self._later[0][0] <= moment:
            at, _, act = heapq.heappop(self._later)
            self.clock.moment = max(self.clock.moment, at)
            act()
        self.clock.moment = max(self.clock.moment, moment)

    def _converse(self, kind: Kind, played: Played) -> None:
        opened = self.container.open_session.open(channel=Channel.CHAT)
        conversation_id = opened.session.conversation_id
        played.conversations += 1
        opening = str(self._rng.choice(kind.openings))
        question = str(self._rng.choice(self._questions))
        turn = self._say(conversation_id, opening.format(question), played)
        for _ in range(2):
            if turn is None or turn.reply is None or not self._judge(turn, kind, question, played):
                return
            if self._rng.random() >= _ASKS_MORE:
                return
            # The same one again would mean that the answer was bad.
            others = [other for other in self._questions if other != question]
            question = str(self._rng.choice(others))
            turn = self._say(conversation_id, question, played)

    def _judge(self, turn: Turn, kind: Kind, question: str, played: Played) -> bool:
        """Have the customer think of an answer what they think, and say and rate it; return whether they go on."""
        reply = turn.reply
        if reply is None or reply.action is not Action.ANSWER or reply.strategy is None:
            played.handed_over += reply is not None and reply.action is Action.HAND_OVER
            played.not_answered += reply is None or reply.action is Action.CLARIFY
            return False
        decision = self.container.learning.decisions.get(turn.conversation_id, turn.turn_id)
        chance = kind.pleased[reply.strategy]
        is_pleased = bool(self._rng.random() < chance)
        played.answers.append(
            Answered(
                day=(self.clock.now() - START).days,
                kind=kind.name,
                arm=reply.strategy,
                group=decision.group.value if decision else "",
                propensity=reply.propensity or 0.0,
                is_pleased=is_pleased,
                chance=chance,
                best=max(kind.pleased.values()),
            )
        )
        if self._rng.random() < kind.rates:
            hours = float(self._rng.exponential(kind.rating_delay_h))
            stars = score_of(kind, is_pleased=is_pleased, rng=self._rng)
            self._in(hours, lambda: self._rate(turn.conversation_id, reply.seq, stars, played))
        if self._rng.random() < kind.speaks:
            said = follow_up(kind, question, is_pleased=is_pleased, rng=self._rng)
            return self._say(turn.conversation_id, said, played) is not None and is_pleased
        return is_pleased

    def _rate(self, conversation_id: str, seq: int, stars: int, played: Played) -> None:
        self.container.client_actions.rate_answer.rate(conversation_id, seq, score=stars)
        played.ratings += 1

    def _in(self, hours: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self.clock.now() + timedelta(hours=hours), next(self._order), act))

    def _say(self, conversation_id: str, text: str, played: Played) -> Turn | None:
        """Have a message answered by the six nodes; None where the turn did not finish."""
        container = self.container
        self.clock.moment += timedelta(seconds=20)
        accepted = container.accept_message.accept(
            conversation_id, container.ports.ids.new(), text, channel="chat", correlation_id="simulation"
        )
        turn = Turn.model_validate(turn_document(container.turns.get(conversation_id, accepted.turn_id)))
        for node, part in NODES.items():
            try:
                made = run_node(NodeInput(node=node, execution_id=accepted.turn_id, turn=turn), container)
            except FirstlineError as error:
                played.failures.append(type(error).__name__)
                return None
            turn = turn.model_copy(update={part: made})
        return turn
