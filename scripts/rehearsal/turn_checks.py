"""What only shows from inside an account: the learner's items, executions that fail, turns that are killed."""

from __future__ import annotations

import json
import signal
import time
import uuid
from typing import Any

from rehearsal.checking import check, eventually
from rehearsal.local_stage import LocalStage
from rehearsal.visitor import Frame, Visitor

QUESTION = "Where do I find my invoices?"
# The lease of rehearsal.deployment.SETTINGS, the schedule's minute, and the answer.
SWEPT_WITHIN_S = 150.0
_SUMS = ("n", "r", "guard_rated")
_WHOLE = 1_000_000
_LEARN = "every night"


class TurnChecks:
    """Each check returns what it found, in a few words, or raises ``CheckFailedError``."""

    def __init__(self, stage: LocalStage) -> None:
        self._stage = stage
        self._states = stage.deployment.client("stepfunctions")
        self._killed: tuple[Visitor, str] | None = None

    def feedback_learned(self) -> str:
        """Praise and five stars add one good reward to one arm in DynamoDB, in its segment and that one's parent."""
        with Visitor(self._stage.rest_url).socket() as socket:
            socket.say(QUESTION)
            reply = socket.answer()[-1]
            before = self._items("ARM#")
            socket.send("rate", seq=reply["seq"], score=5)
            rated = socket.until(lambda frame: frame["type"] == "rated")[-1]
            check((rated["seq"], rated["score"]) == (reply["seq"], 5), f"rated: {rated}")
            socket.say("Thank you, that solved it.")
            socket.answer()
        after = eventually(lambda: self._items("ARM#"), lambda arms: arms != before, "no arm changed", within_s=30)
        changed = sorted(key for key, item in after.items() if item != before.get(key))
        check(len(changed) == 2, f"one answer was praised, and what changed is {changed}")
        for key in changed:
            gained = {name: _number(after[key], name) - _number(before.get(key, {}), name) for name in _SUMS}
            right = gained["n"] == _WHOLE and gained["r"] > 0.9 * _WHOLE and gained["guard_rated"] == 1
            check(right, f"{key} gained {gained}")
        return f"{changed[-1]}: {gained}"

    def night_done(self) -> str:
        """The nightly function does every step, and once more changes no arm."""
        client = self._stage.deployment.client("lambda")
        pages = client.get_paginator("list_functions").paginate()
        functions = [function for page in pages for function in page["Functions"]]
        (name,) = [f["FunctionName"] for f in functions if str(f.get("Description", "")).endswith(_LEARN)]
        before = self._items("ARM#")
        told = json.loads(client.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())
        failed = {step: result for step, result in told.items() if isinstance(result, dict) and "error" in result}
        check(not failed and told.get("kept_arms", 0) > 0, f"the night: {told}")
        check(self._items("ARM#") == before, "the night changed arms though no window has ended")
        return f"{told['kept_arms']} arms kept, {told['hours']} hourly figures"

    def failure_caught(self) -> str:
        """With the search node gone the retrieval fails by name, is retried and caught, and the visitor is answered."""
        self._stage.node.stop()
        try:
            with Visitor(self._stage.rest_url).socket() as socket:
                socket.say(_never_asked())
                frames = socket.answer()
        finally:
            self._stage.node.start()
        events = self._history(_turn(frames))
        failed = [_error(event) for event in events if event["type"].endswith("Failed")]
        entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        check(failed.count("KnowledgeIndexUnavailableError") > 1, f"failed and tried again, by name: {failed}")
        check(entered[2:4] == ["RetrieveKnowledge", "GenerateResponse"], f"states entered: {entered}")
        check(entered[-1] == "Finished", f"states entered: {entered}")
        check(not frames[-1]["citations"], f"cited although nothing was found: {frames[-1]}")
        return f"{failed.count('KnowledgeIndexUnavailableError')} x KnowledgeIndexUnavailableError, then answered"

    def turn_killed(self) -> str:
        """An execution is aborted in the middle of its turn, which nothing has answered yet."""
        visitor = Visitor(self._stage.rest_url)
        with visitor.socket() as socket:
            # The search does not answer, so the turn is in the middle until it is let go.
            self._stage.node.send_signal(signal.SIGSTOP)
            try:
                socket.say(_never_asked())
                frames = socket.until(lambda f: f["type"] == "status" and f["node"] == "RetrieveKnowledge")
                self._states.stop_execution(executionArn=self._execution(_turn(frames)))
                answered = self._answers(visitor, _turn(frames))
                check(not answered, f"answered although nothing could be found: {answered}")
            finally:
                self._stage.node.send_signal(signal.SIGCONT)
        arn = self._execution(_turn(frames))
        status = self._states.describe_execution(executionArn=arn)["status"]
        check(status == "ABORTED", f"{arn} is {status}")
        self._killed = (visitor, _turn(frames))
        return f"execution {_turn(frames)}-1 aborted"

    def turn_swept(self) -> str:
        """The sweep has started the killed turn again, under the next attempt, and its answer is there once."""
        check(self._killed is not None, "no turn was killed")
        assert self._killed  # noqa: S101 - narrows the type
        visitor, turn_id = self._killed
        started = time.monotonic()
        answers = eventually(
            lambda: self._answers(visitor, turn_id),
            bool,
            "the killed turn was not answered",
            within_s=SWEPT_WITHIN_S,
            every_s=2.0,
        )
        check(len(answers) == 1, f"answered {len(answers)} times: {answers}")
        self._history(turn_id, attempt=2)
        return f"answered by attempt 2 after another {time.monotonic() - started:.0f} s"

    def _answers(self, visitor: Visitor, turn_id: str) -> list[dict[str, Any]]:
        return [event for event in visitor.history() if event["author"] == "bot" and event["turn_id"] == turn_id]

    def _items(self, prefix: str) -> dict[str, Any]:
        pages = self._stage.deployment.client("dynamodb").get_paginator("scan")
        items = [
            item
            for page in pages.paginate(TableName=self._stage.deployment.outputs["TableName"], ConsistentRead=True)
            for item in page["Items"]
        ]
        return {f"{i['pk']['S']} {i['sk']['S']}": i for i in items if i["pk"]["S"].startswith(prefix)}

    def _execution(self, turn_id: str, attempt: int = 1) -> str:
        machine = self._stage.deployment.outputs["StateMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{turn_id}-{attempt}"

    def _history(self, turn_id: str, attempt: int = 1) -> list[dict[str, Any]]:
        """Return the events of an execution that has come to its end."""
        arn = self._execution(turn_id, attempt)
        eventually(
            lambda: self._states.describe_execution(executionArn=arn)["status"],
            lambda status: status != "RUNNING",
            f"{arn} did not end",
            within_s=60,
        )
        events: list[dict[str, Any]] = self._states.get_execution_history(executionArn=arn)["events"]
        return events


def _number(item: dict[str, Any], name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def _never_asked() -> str:
    """Return a question whose answer nothing has kept, so that it has to be searched for."""
    return f"{QUESTION} I mean the one of order {uuid.uuid4().hex[:12]}."


def _turn(frames: list[Frame]) -> str:
    return str(next(frame["turn_id"] for frame in frames if frame["type"] == "accepted"))


def _error(event: dict[str, Any]) -> str:
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    return str(details.get("error", ""))
