"""The steps of a rehearsal, in order: on this machine, or against a stage that is deployed already."""

from __future__ import annotations

import contextlib
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.chat_checks import ChatChecks
from rehearsal.checking import CheckFailedError, check, eventually
from rehearsal.knowledge_checks import KnowledgeChecks
from rehearsal.leftovers import leftovers, log_lines, unseen
from rehearsal.local_stage import LocalStage
from rehearsal.mail_checks import MailChecks
from rehearsal.receiver import receiver
from rehearsal.recovery_checks import drilled
from rehearsal.report import Report, Step
from rehearsal.staff_checks import StaffChecks
from rehearsal.turn_checks import TurnChecks

CHANGED_HEADER = "x-firstline-rehearsal"
CHANGED_CODE = f'''

_as_before = lambda_handler


def lambda_handler(event, context):
    answer = _as_before(event, context)
    answer["headers"]["{CHANGED_HEADER}"] = "changed"
    return answer
'''


def against(url: str, bucket: str) -> Report:
    """Check a deployed stage through its REST address, and its knowledge bucket if that is given."""
    report = Report(lambda since_s: [])
    chat = ChatChecks(url)
    report.run(Step("Every dependency is ready", chat.is_ready, needed=True))
    _as_visitor(report, chat)
    if bucket:
        # A visitor may open 5 sessions a minute.
        knowledge = KnowledgeChecks(
            url, boto3.client("s3"), bucket, within_s=180, every_s=15, run_id=uuid.uuid4().hex[:8]
        )
        _as_editor(report, knowledge)
    return report


def on_this_machine(folder: Path, *, keep: bool) -> Report:
    """Deploy to an emulator, check everything, update, destroy.

    Parameters
    ----------
    keep : bool
        Wait for ctrl-C before the stage is destroyed.
    """
    stage = LocalStage(folder)
    report = Report(lambda since_s: _told_since(stage, since_s))
    try:
        report.run(Step("Emulator and OpenSearch start", stage.start, needed=True))
        _deployed(report, stage)
        if not report.gave_up:
            _checked(report, stage)
        if keep and not report.gave_up:
            print(f"\nKept until ctrl-C: {stage.rest_url}, logs in {folder}", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
        report.run(Step("cdk destroy --all", stage.deployment.destroy))
        report.run(Step("Nothing is left in the account", lambda: _nothing_left(stage)))
    finally:
        stage.stop()
    return report


def _deployed(report: Report, stage: LocalStage) -> None:
    deployment = stage.deployment
    report.run(Step("Layers built, stacks synthesised", deployment.prepare, needed=True))
    report.run(Step("cdk bootstrap", deployment.bootstrap, needed=True))
    report.run(Step("cdk deploy --all", deployment.deploy, needed=True))
    report.run(Step("Every function starts", lambda: f"{deployment.warm_up()} functions", needed=True))
    report.run(Step("Knowledge uploaded", lambda: f"{stage.upload_knowledge()} files", needed=True))


def _checked(report: Report, stage: LocalStage) -> None:
    deployment = stage.deployment
    chat, turns, mail = ChatChecks(stage.rest_url), TurnChecks(stage), MailChecks(stage)
    knowledge = KnowledgeChecks(
        stage.rest_url,
        deployment.client("s3"),
        deployment.outputs["KnowledgeBucketName"],
        within_s=90,
        every_s=2,
        run_id="local",
    )
    ready = _within(60, chat.is_ready)
    report.run(Step("Every dependency is ready", ready, needed=True))
    report.run(Step("Knowledge served", lambda: _knowledge_served(deployment), needed=True))
    _as_visitor(report, chat)
    _by_mail(report, mail)
    with receiver() as taken:
        staff = StaffChecks(stage.rest_url, stage.issuer.token("admin"), taken)
        report.run(Step("Staff: an admin subscribes to events", staff.webhook_made))
        report.run(Step("Staff: a ticket is opened once, and changed by version", staff.ticket_changed))
        report.run(Step("A turn is killed in its middle", turns.turn_killed))
        _as_editor(report, knowledge)
        report.run(Step("Feedback changes the learner's state", turns.feedback_learned))
        report.run(Step("The night settles, counts and keeps", turns.night_done))
        report.run(Step("Staff: an approval is given once", staff.approval_given))
        report.run(Step("Staff: an answer's receipt", staff.receipt_read))
        report.run(Step("A failure by name takes its Catch", turns.failure_caught))
        report.run(Step("The killed turn is swept and answered", turns.turn_swept))
        report.run(Step("The ticket's events were delivered, signed", staff.webhook_delivered))
    report.run(Step("Restore drill: table, object, index", lambda: drilled(deployment)))
    report.run(Step("cdk deploy --all again changes nothing", lambda: f"{deployment.deploy_again()} stacks"))
    report.run(Step("cdk deploy --all with changed code", lambda: deployment.deploy_changed("api", CHANGED_CODE)))
    report.run(Step("The changed code answers", lambda: chat.is_changed(CHANGED_HEADER)))
    report.run(Step("A session from before the update goes on", chat.earlier_session))
    report.run(Step("What is in the account can be listed", lambda: _all_seen(stage)))


def _as_visitor(report: Report, chat: ChatChecks) -> None:
    report.run(Step("The widget's files are served with their sums", chat.widget_files))
    report.run(Step("REST: session, message, answer", chat.rest_message))
    report.run(Step("WebSocket: message, streamed answer", chat.streamed_message))
    report.run(Step("WebSocket: connection lost, resumed, resent", chat.resumed_answer))


def _by_mail(report: Report, mail: MailChecks) -> None:
    report.run(Step("Mail: a customer's lies in the bucket", mail.received))
    report.run(Step("Mail: an answer leaves, in the thread", mail.answered))
    report.run(Step("Mail: delivered again, not answered again", mail.answered_once))
    report.run(Step("Mail: an answer bounces, nothing follows it", mail.bounced))
    report.run(Step("Mail: nothing was given up", mail.given_up))


def _as_editor(report: Report, knowledge: KnowledgeChecks) -> None:
    try:
        report.run(Step("Knowledge: an uploaded document is cited", knowledge.uploaded))
        report.run(Step("Knowledge: a changed document is followed", knowledge.changed))
        report.run(Step("Knowledge: a deleted document is forgotten", knowledge.deleted))
    finally:
        # Also where ctrl-C came in between. What cannot be removed was told by the step that deletes it.
        with contextlib.suppress(BotoCoreError, ClientError):
            knowledge.remove()


def _knowledge_served(deployment: Any) -> str:
    """Every change of the bucket has been worked off, and none was given up."""
    sqs = deployment.client("sqs")
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def waiting() -> int:
        return sum(
            int(number)
            for url in sqs.list_queues()["QueueUrls"]
            for number in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"].values()
        )

    eventually(waiting, lambda left: left == 0, "the queues did not empty", within_s=240)
    return "no message left in any queue"


def _within(seconds: float, told: Callable[[], str]) -> Callable[[], str]:
    def attempt() -> str:
        try:
            return told()
        except CheckFailedError as failure:
            return f"not yet: {failure}"

    def run() -> str:
        return eventually(attempt, lambda seen: not seen.startswith("not yet"), "not ready", within_s=seconds)

    return run


def _all_seen(stage: LocalStage) -> str:
    found = leftovers(stage.deployment)
    check(not unseen(found), f"nothing is called ours among {unseen(found)}")
    return f"{sum(map(len, found.values()))} things of {len(found)} kinds"


def _nothing_left(stage: LocalStage) -> str:
    found = leftovers(stage.deployment)
    check(not found, f"left: {found}")
    return "only what cdk bootstrap made"


def _told_since(stage: LocalStage, since_s: float) -> list[str]:
    if stage.emulator.process is None:
        return []
    return [*log_lines(stage.deployment, since_s), *stage.emulator.log_end().splitlines()[-15:]]
