"""Bring what is observed of an answer to its decision, once, whenever and in whatever order it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firstline.domain.errors import ConditionFailedError, TransactionConflictError
from firstline.domain.learning_context import parent_of, vector_of
from firstline.domain.policies.policy import AdditivePolicy, Policy
from firstline.domain.ports import Clock
from firstline.domain.rewards import REWARD_SCALE, Observed, Part, merged, preset, reward_of
from firstline.domain.table import Operation
from firstline.domain.turn import Strategy
from firstline.repositories.arms import ArmRepository
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.decisions import Decision, DecisionRepository
from firstline.repositories.effects import EffectRepository
from firstline.repositories.ratings import Rating
from firstline.services.learning_policies import LearningPolicies
from firstline.services.read_evidence import observed_rating

_TRIES = 30


@dataclass(frozen=True)
class Settled:
    """What one delivery of evidence came to."""

    decision: Decision
    changed: bool
    """This call counted it; False where it was known."""


@dataclass(frozen=True)
class Closed:
    """What one pass over the windows that have ended came to."""

    observed: int = 0
    assumed: int = 0
    unreadable: list[str] = field(default_factory=list)


class SettleRewards:
    """A decision's reward is a function of the set of its evidence, and the arms are the sum over all decisions.

    New evidence adds to the arms the difference between what the decision gives now and what it gave before, in the
    transaction that stores the evidence under the revision that was read. So evidence may come late, twice, out of
    order, from several writers at once and after the policy has changed, and leaves the same sums.
    """

    def __init__(
        self,
        decisions: DecisionRepository,
        arms: ArmRepository,
        effects: EffectRepository,
        customers: CustomerRepository,
        read_evidence: Callable[[Decision], list[Observed]],
        policies: LearningPolicies,
        *,
        clock: Clock,
        normalise: bool,
    ) -> None:
        self._decisions = decisions
        self._arms = arms
        self._effects = effects
        self._customers = customers
        self._read_evidence = read_evidence
        self._policies = policies
        self._clock = clock
        self._normalise = normalise

    def observe(self, conversation_id: str, turn_id: str, seen: Sequence[Observed]) -> Settled | None:
        """Bring evidence to the decision of a turn; None where nothing was decided in it.

        Raises
        ------
        StoreUnavailableError
        TransactionConflictError
            Too many writers at once; tell it again.
        """
        for _ in range(_TRIES):
            decision = self._decisions.get(conversation_id, turn_id)
            if decision is None:
                return None
            after, stored = self._with(decision, seen)
            if after is decision:
                return Settled(decision, changed=False)
            more: list[Operation] = []
            if decision.closed_at is not None:
                more = self._policies.corrected(decision, after, self._following(after))
            if self._commit(decision, after, [stored, *more]):
                return Settled(after, changed=True)
        raise TransactionConflictError(f"decision {turn_id}: too many writers at once")

    def of_rating(self, conversation_id: str, rating: Rating) -> Settled | None:
        """Bring a customer's score to the answer it is about; of the conversation, to the last answer before it."""
        turn_id = rating.turn_id
        if not turn_id:
            decided = [] if rating.seq else self._decisions.of_conversation(conversation_id)
            last = [decision for decision in decided if decision.decided_at <= rating.at]
            if not last:
                return None
            turn_id = last[-1].turn_id
        return self.observe(conversation_id, turn_id, [observed_rating(rating)])

    def of_conversation(self, conversation_id: str, part: Part, value: float, *, evidence: str) -> Settled | None:
        """Bring evidence to the last answer of a conversation, if its window has not ended."""
        last = self._decisions.of_conversation(conversation_id)
        if not last or last[-1].closed_at is not None:
            return None
        seen = Observed(part, value, self._clock.now(), evidence)
        return self.observe(conversation_id, last[-1].turn_id, [seen])

    def close_due(self, *, limit: int = 1_000) -> Closed:
        """Settle the answers whose window has ended; run again, it goes on where it stopped.

        What the logs say is read first, so that evidence whose delivery was lost still counts. An answer of which
        nothing was observed is marked assumed: it has no reward and teaches nothing.
        """
        observed = assumed = 0
        unreadable: list[str] = []
        while True:
            due, unreadable = self._decisions.due(self._clock.now(), limit=limit)
            # Oldest first, so that what looks back (Q-learning) comes to the same in every run.
            n_closed = 0
            for decision in sorted(due, key=lambda found: (found.decided_at, found.turn_id)):
                closed = self._close(decision)
                n_closed += closed is not None
                observed += closed is not None and bool(closed.parts)
                assumed += closed is not None and not closed.parts
            if not n_closed:
                return Closed(observed, assumed, unreadable)

    def _close(self, due: Decision) -> Decision | None:
        for _ in range(_TRIES):
            # The index may be stale; what the item says holds.
            decision = self._decisions.get(due.conversation_id, due.turn_id)
            if decision is None or decision.closed_at is not None:
                return None
            now = self._clock.now()
            told, _ = self._with(decision, self._read_evidence(decision))
            after, stored = self._decisions.closed(told, now=now, seen=decision)
            more = self._policies.replaced(after, self._following(after))
            first = self._decisions.first_in_effect(after)
            counted = self._effects.added(after, now=now, is_first=bool(first))
            if self._commit(decision, after, [stored, counted, *first, *more]):
                return after
        raise TransactionConflictError(f"decision {due.turn_id}: too many writers at once")

    def _following(self, decision: Decision) -> Decision | None:
        later = [
            found
            for found in self._decisions.of_conversation(decision.conversation_id)
            if (found.decided_at, found.turn_id) > (decision.decided_at, decision.turn_id)
        ]
        return later[0] if later else None

    def _with(self, decision: Decision, seen: Sequence[Observed]) -> tuple[Decision, Operation | None]:
        parts = merged(decision.parts, seen)
        if parts == dict(decision.parts):
            return decision, None
        reward = reward_of(
            {part: observed.value for part, observed in parts.items()},
            answer_s=decision.answer_s,
            weights=preset(decision.weights),
            normalise=self._normalise,
        )
        scaled = None if reward is None else round(reward * REWARD_SCALE)
        return self._decisions.revised(decision, parts=parts, reward=scaled, now=self._clock.now())

    def _commit(self, before: Decision, after: Decision, operations: list[Operation | None]) -> bool:
        """Store a change with what it adds elsewhere; False where the decision has changed since it was read."""
        first = [operation for operation in operations if operation is not None]
        first += self._to_arms(before, after)
        customer = self._to_customer(before, after)
        while True:
            try:
                self._decisions.commit([*first, *customer])
            except ConditionFailedError as error:
                if not customer or error.failed != (len(first),):
                    # The decision, or what a policy made of it, is not as it was read.
                    return False
                # The customer is forgotten.
                customer = []
            else:
                return True

    def _to_arms(self, before: Decision, after: Decision) -> list[Operation]:
        if not after.learns or self._is_rolled_back(before):
            return []
        was, now = (contribution(decision, self._policies.of(decision)) for decision in (before, after))
        change = {name: now.get(name, 0) - was.get(name, 0) for name in {*was, *now}}
        places = [segment for segment in (after.segment, parent_of(after.segment)) if segment]
        return [
            operation
            for segment in places
            for operation in self._arms.added(after.policy, segment, after.arm, change, by=after.turn_id)
        ]

    def _is_rolled_back(self, before: Decision) -> bool:
        if before.rewarded_at is None:
            # Nothing of its reward was in the arms that could have been taken back.
            return False
        at = self._arms.rolled_back_at(before.policy)
        return at is not None and before.rewarded_at <= at

    def _to_customer(self, before: Decision, after: Decision) -> list[Operation]:
        if not after.customer_id or after.reward is None or after.reward == before.reward:
            return []
        return [
            self._customers.change_reward(
                after.customer_id, rewards=int(before.reward is None), amount=after.reward - (before.reward or 0)
            )
        ]


def contribution(decision: Decision, policy: Policy) -> dict[str, int]:
    """Return all that a decision, as it stands, adds to its arm: the learner's statistics and the guard's counts."""
    counts: dict[str, int] = {}
    if decision.reward is not None and isinstance(policy, AdditivePolicy):
        counts |= policy.increments(
            tuple(Strategy).index(decision.arm),
            vector_of(decision.context),
            decision.reward / REWARD_SCALE,
            now=decision.decided_at.timestamp(),
        )
    rating = decision.parts.get(Part.RATING)
    if rating is not None:
        counts |= {
            "guard_rated": 1,
            "guard_rating_sum": round(rating.value * REWARD_SCALE),
            "guard_rating_squares": round(rating.value**2 * REWARD_SCALE),
        }
    if decision.closed_at is not None:
        reopened = Part.REOPENED in decision.parts or Part.TICKET_REOPENED in decision.parts
        counts |= {"guard_closed": 1, "guard_reopened": int(reopened)}
    return counts
