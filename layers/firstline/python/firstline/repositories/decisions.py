"""The learner's decisions: what was chosen and why, and what was observed of it since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from firstline.domain.decisions import Decision as Decision
from firstline.domain.decisions import Group as Group
from firstline.domain.decisions import Outcome as Outcome
from firstline.domain.ports import Table
from firstline.domain.rewards import Observed, Part, window
from firstline.domain.table import Absent, AllOf, AnyOf, Compare, Condition, Exists, Item, Operation, Put, Update
from firstline.domain.turn import Reply, Strategy
from firstline.repositories import keys, learning_keys
from firstline.repositories.all_items import all_items
from firstline.repositories.due_items import read_due
from firstline.repositories.receipts import day_of
from firstline.repositories.schema import Schema

_PAGE = 200


DECISION = Schema("decision", version=1)
IN_EFFECT = Schema("decision_in_effect", version=1)


class DecisionRepository:
    """Keys: ``CONV#<id>`` / ``DEC#<turn>``; ``by_queue`` lists a day's, ``by_due`` those whose window has not ended."""

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def added(self, decision: Decision, *, due: datetime) -> Operation:
        """Return the operation that records a decision, to be settled at ``due``."""
        made_on = decision.decided_at.astimezone(UTC).date()
        item = {
            "pk": keys.conversation(decision.conversation_id),
            "sk": keys.decision(decision.turn_id),
            "policy": decision.policy,
            "segment": decision.segment,
            "arm": decision.arm.value,
            "propensity": repr(decision.propensity),
            "body": json.dumps(_body(decision)),
            "parts": "[]",
            "revision": 0,
            "expires_at": keys.expiry(decision.decided_at, self._retention_days),
            "by_queue_pk": learning_keys.decisions(made_on, keys.due_shard(decision.turn_id)),
            "by_queue_sk": decision.turn_id,
            "by_due_pk": learning_keys.decision_due(decision.turn_id),
            "by_due_sk": keys.due_at(due, decision.turn_id),
        }
        return Put(DECISION.stamp(item), if_absent=True)

    def answered(self, decision: Decision, reply: Reply, *, now: datetime) -> Operation:
        """Return the operation that records a decision with the reply that was given by it."""
        answer_s = round(reply.processing_time_ms / 1000, 3)
        return self.added(replace(decision, decided_at=now, answer_s=answer_s), due=now + window())

    def get(self, conversation_id: str, turn_id: str) -> Decision | None:
        """Return what was decided in a turn, read consistently; None where nothing was."""
        item = self._table.get(keys.conversation(conversation_id), keys.decision(turn_id))
        return None if item is None else _loaded(item)

    def of_conversation(self, conversation_id: str) -> list[Decision]:
        """Return the decisions of a conversation, oldest first."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix=keys.decision(""))
        return sorted((_loaded(item) for item in page.items), key=lambda found: (found.decided_at, found.turn_id))

    def of_day(self, day: date) -> Iterator[Decision]:
        """Yield the decisions of a day, UTC, in no stated order."""
        for shard in range(keys.N_DUE_SHARDS):
            for item in self._all(learning_keys.decisions(day, shard)):
                yield _loaded(item)

    def of_days(self, last: date, days: int) -> Iterator[Decision]:
        """Yield the decisions of so many days up to ``last``, day by day, the oldest day first."""
        for age in range(days - 1, -1, -1):
            yield from self.of_day(last - timedelta(days=age))

    def due(self, now: datetime, *, limit: int = 1_000) -> tuple[list[Decision], list[str]]:
        """Return about so many decisions per shard whose window has ended, and the keys of unreadable ones."""
        return read_due(self._table, f"{learning_keys.DECISIONS_DUE}DUE#", _loaded, now=now, limit=limit)

    def revised(
        self, decision: Decision, *, parts: Mapping[Part, Observed], reward: int | None, now: datetime
    ) -> tuple[Decision, Operation]:
        """Return the decision with other evidence, and the operation that stores it if nobody else has meanwhile."""
        after = replace(
            decision,
            parts=parts,
            reward=reward,
            rewarded_at=decision.rewarded_at or (now if reward is not None else None),
            revision=decision.revision + 1,
        )
        return after, self._stored(decision, after)

    def closed(self, decision: Decision, *, seen: Decision, now: datetime) -> tuple[Decision, Operation]:
        """Return the decision with its window ended, and the operation that stores it if ``seen`` is still stored."""
        after = replace(decision, closed_at=now, revision=seen.revision + 1)
        return after, self._stored(seen, after, remove=("by_due_pk", "by_due_sk"))

    def first_in_effect(self, decision: Decision) -> list[Operation]:
        """Return the operation by which a decision's reward stands for its conversation; none where another's does."""
        pk = keys.conversation(decision.conversation_id)
        sk = learning_keys.in_effect(decision.policy, decision.group.value)
        if decision.reward is None or self._table.get(pk, sk) is not None:
            return []
        expires_at = keys.expiry(decision.decided_at, self._retention_days)
        item = {"pk": pk, "sk": sk, "turn_id": decision.turn_id, "expires_at": expires_at}
        return [Put(IN_EFFECT.stamp(item), if_absent=True)]

    def commit(self, operations: list[Operation]) -> None:
        """Carry out a change of a decision with all that follows from it, the decision's own operation first.

        Raises
        ------
        ConditionFailedError
            The first failed: the decision is not as it was read.
        """
        self._table.transact(operations)

    def _stored(self, before: Decision, after: Decision, *, remove: tuple[str, ...] = ()) -> Operation:
        parts = [[seen.part.value, seen.value, seen.at.isoformat(), seen.evidence] for seen in after.parts.values()]
        return Update(
            keys.conversation(before.conversation_id),
            keys.decision(before.turn_id),
            set=DECISION.stamp(
                {
                    "body": json.dumps(_body(after)),
                    "parts": json.dumps(sorted(parts)),
                    "revision": after.revision,
                    **({} if after.reward is None else {"reward": after.reward}),
                }
            ),
            remove=remove,
            condition=_unchanged(before),
        )

    def _all(self, partition: str) -> Iterator[Item]:
        return all_items(self._table, partition, index="by_queue", limit=_PAGE)


def _unchanged(before: Decision) -> Condition:
    same = Compare("revision", "=", before.revision)
    # Those of before carry no revision.
    return AllOf((Exists(), AnyOf((same, Absent("revision"))) if before.revision == 0 else same))


_IN_BODY = (
    *("policy_name", "features_version", "snapshot_age_s", "category", "customer_id", "because", "answer_s"),
    *("question_vector", "weights"),
)


def _body(decision: Decision) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in _IN_BODY} | {
        "decided_at": decision.decided_at.isoformat(),
        "context": list(decision.context),
        "probabilities": [round(share, 9) for share in decision.probabilities],
        "question_mood": list(decision.question_mood),
        "group": decision.group.value,
        "variants": dict(decision.variants),
        "rewarded_at": decision.rewarded_at.isoformat() if decision.rewarded_at else None,
        "closed_at": decision.closed_at.isoformat() if decision.closed_at else None,
    }


def _loaded(item: Item) -> Decision:
    item = DECISION.load(item)
    body = json.loads(item.get("body", "{}"))
    parts = (
        Observed(Part(name), float(value), datetime.fromisoformat(at), evidence)
        for name, value, at, evidence in json.loads(item.get("parts", "[]"))
    )
    turn_id = str(item["sk"]).removeprefix(keys.decision(""))
    mood = body.get("question_mood", (0.0, 0.0))
    return Decision(
        conversation_id=str(item["pk"]).removeprefix(keys.conversation("")),
        turn_id=turn_id,
        policy=str(item["policy"]),
        segment=str(item["segment"]),
        arm=Strategy(item["arm"]),
        propensity=float(item["propensity"]),
        decided_at=_moment(body.get("decided_at")) or _made_on(turn_id),
        context=tuple(body.get("context", ())),
        probabilities=tuple(body.get("probabilities", ())),
        # What was decided before there were groups has arms of its own, to which nothing is added any more.
        group=Group(body.get("group", Group.CAUTIOUS)),
        variants=body.get("variants", {}),
        question_mood=(float(mood[0]), float(mood[1])),
        rewarded_at=_moment(body.get("rewarded_at")),
        closed_at=_moment(body.get("closed_at")),
        parts={observed.part: observed for observed in parts},
        reward=int(item["reward"]) if "reward" in item else None,
        revision=int(item.get("revision", 0)),
        **{name: body[name] for name in _IN_BODY if name in body},
    )


def _made_on(turn_id: str) -> datetime:
    return datetime.combine(day_of(turn_id) or date(2026, 1, 1), time(), tzinfo=UTC)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
