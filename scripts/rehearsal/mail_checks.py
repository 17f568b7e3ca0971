"""A customer's mail, put into the bucket as SES does, is answered by mail in its thread, once, until that bounces."""

from __future__ import annotations

import json
import urllib.request
import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import format_datetime, getaddresses
from typing import Any

from rehearsal.checking import CheckFailedError, check, eventually
from rehearsal.deployment import SUPPORT_ADDRESS
from rehearsal.local_stage import LocalStage
from rehearsal.visitor import send

CUSTOMER = "ada@customer.example"
SUBJECT = "Forgotten password"
QUESTION = "Hello,\n\nhow do I reset a forgotten password?\n\nKind regards\nAda Example\n"
# What SES adds to a mail that it found nothing wrong with.
VERDICTS = ("X-SES-Spam-Verdict", "X-SES-Virus-Verdict")
SETUP_NOTIFICATION = "AMAZON_SES_SETUP_NOTIFICATION"
ANSWERED_WITHIN_S = 150.0


class MailChecks:
    """Each check returns what it found, in a few words, or raises ``CheckFailedError``."""

    def __init__(self, stage: LocalStage) -> None:
        self._stage = stage
        self._token = stage.issuer.token("admin")
        deployment = stage.deployment
        self._s3, self._sqs, self._sns = (deployment.client(name) for name in ("s3", "sqs", "sns"))
        self._lambda = deployment.client("lambda")
        self._bucket = deployment.outputs["MailBucketName"]
        self._first = _mail(QUESTION)
        self._key = ""
        self._answer: Message | None = None

    def received(self) -> str:
        """A mail lies where SES puts it, and what SES put there when it took the rule on."""
        self._key = self._put(self._first)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"incoming/{SETUP_NOTIFICATION}",
            Body=b"Subject: Amazon SES Setup Notification\r\n\r\n",
        )
        return f"{len(self._first.as_bytes())} bytes in incoming/"

    def answered(self) -> str:
        """One mail leaves, to the customer, in the customer's thread."""
        (answer,) = self._sent(1)
        self._answer = answer
        asked = self._first["Message-ID"]
        check(_addresses(answer, "To") == [CUSTOMER], f"the answer went to {answer['To']}")
        check(answer["In-Reply-To"] == asked, f"In-Reply-To: {answer['In-Reply-To']}, not {asked}")
        check(asked in str(answer["References"]), f"References: {answer['References']}")
        check(answer["Auto-Submitted"] == "auto-replied", f"Auto-Submitted: {answer['Auto-Submitted']}")
        check(answer["Subject"] == f"Re: {SUBJECT}", f"Subject: {answer['Subject']}")
        (back,) = _addresses(answer, "Reply-To")
        local, _, domain = SUPPORT_ADDRESS.partition("@")
        check(back.startswith(f"{local}+") and back.endswith(f"@{domain}"), f"Reply-To: {back}")
        told = self._told_by_ses()
        check([message["To"] for message in told] == [[CUSTOMER]], f"SES was given the recipients {told}")
        text = _text(answer)
        check("password" in text.lower(), f"the answer says: {text[:400]}")
        return f"{len(text)} characters, Reply-To {back}"

    def answered_once(self) -> str:
        """The same mail under another name, and the same object told of again, make no second answer."""
        self._put(self._first)
        record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}
        place = {"bucket": {"name": self._bucket}, "object": {"key": self._key}}
        self._sqs.send_message(QueueUrl=self._queue(), MessageBody=json.dumps({"Records": [{**record, "s3": place}]}))
        self._settled()
        found = len(self._files())
        check(found == 1, f"{found} mails were sent")
        return "delivered three times, answered once"

    def bounced(self) -> str:
        """The answer bounces; the customer writes again, and nothing is sent to that address any more."""
        if self._answer is None:
            raise CheckFailedError("there is no answer that could bounce")
        (told,) = self._told_by_ses()
        self._sns.publish(
            TopicArn=self._stage.deployment.outputs["MailEventsTopicArn"],
            Message=json.dumps(_bounce(told["MessageId"].partition("@")[0])),
        )
        self._settled()
        _, found, _ = send("GET", f"{self._stage.rest_url}/admin/mail-suppressions", token=self._token)
        reasons = [entry["reason"] for entry in found["suppressions"]]
        check(reasons == ["bounced"], f"suppressed because of {reasons}: {found}")
        # SES has put its own id in the place of ours.
        self._put(_mail("Thank you. And how do I change it?\n", answers=self._answer, known_as=told["MessageId"]))
        self._settled()
        sent = len(self._files())
        check(sent == 1, f"{sent} mails were sent, the last to an address that bounced")
        kept = [found["Key"] for found in self._s3.list_objects_v2(Bucket=self._bucket, Prefix="kept/")["Contents"]]
        check(len(kept) == 2, f"two mails were received, these are kept: {kept}")
        check(len({key.split("/")[2] for key in kept}) == 1, f"of several conversations: {kept}")
        return f"nothing more to {CUSTOMER}"

    def given_up(self) -> str:
        """No message of mail came into the dead letters."""
        name = self._stage.deployment.outputs["MailDeadLettersArn"].rpartition(":")[2]
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        check(not messages, f"given up: {[message['Body'][:300] for message in messages]}")
        return "no dead letter"

    def _put(self, mail: EmailMessage) -> str:
        key = f"incoming/{uuid.uuid4().hex}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=mail.as_bytes())
        return key

    def _sent(self, number: int) -> list[Message]:
        def look() -> list[Message]:
            self._sweep()
            return [message_from_bytes(content, policy=default) for content in self._files()]

        return eventually(
            look, lambda sent: len(sent) >= number, "no mail was sent", within_s=ANSWERED_WITHIN_S, every_s=3.0
        )

    def _settled(self) -> None:
        """Wait until all that arrived was taken in and every turn has ended; then have what waits sent."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def waiting() -> int:
            listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix="incoming/").get("Contents", [])
            lying = [found for found in listed if not found["Key"].endswith(SETUP_NOTIFICATION)]
            found = self._sqs.get_queue_attributes(QueueUrl=self._queue(), AttributeNames=counts)["Attributes"]
            return len(lying) + sum(map(int, found.values()))

        eventually(waiting, lambda left: left == 0, "mail is not taken in", within_s=120)
        states = self._stage.deployment.client("stepfunctions")
        machine = self._stage.deployment.outputs["StateMachineArn"]

        def running() -> int:
            return len(states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"])

        eventually(running, lambda left: left == 0, "a turn has not ended", within_s=120)
        self._sweep()

    def _sweep(self) -> None:
        """Call what the schedule calls every minute."""
        functions = self._lambda.get_paginator("list_functions").paginate()
        names = [
            function["FunctionName"]
            for page in functions
            for function in page["Functions"]
            if "unfinished turns" in str(function.get("Description", ""))
        ]
        for name in names:
            told = self._lambda.invoke(FunctionName=name, Payload=b"{}")
            check("FunctionError" not in told, f"the sweep failed: {told['Payload'].read().decode()[:600]}")

    def _queue(self) -> str:
        dead = self._stage.deployment.outputs["MailDeadLettersArn"]
        for url in self._sqs.list_queues()["QueueUrls"]:
            told = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes", {})
            if dead in told.get("RedrivePolicy", ""):
                return str(url)
        raise AssertionError("there is no queue of mail")

    def _files(self) -> list[bytes]:
        folder = self._stage.sent_mail
        return [path.read_bytes() for path in sorted(folder.glob("*.eml"))] if folder.is_dir() else []

    def _told_by_ses(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self._stage.endpoint}/_ministack/ses/messages", timeout=30) as response:  # noqa: S310
            by_account = json.loads(response.read())["messages"]
        return [message for messages in by_account.values() for message in messages]


def _mail(text: str, *, answers: Message | None = None, known_as: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["Return-Path"] = f"<{CUSTOMER}>"
    for name in VERDICTS:
        mail[name] = "PASS"
    mail["From"] = f"Ada Example <{CUSTOMER}>"
    mail["To"] = SUPPORT_ADDRESS if answers is None else str(answers["Reply-To"])
    mail["Subject"] = SUBJECT if answers is None else str(answers["Subject"])
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{uuid.uuid4().hex}@customer.example>"
    if answers is not None:
        mail["In-Reply-To"] = f"<{known_as}>"
        mail["References"] = f"{answers['References']} <{known_as}>"
    mail.set_content(text)
    return mail


def _bounce(message_id: str) -> dict[str, object]:
    """Return what SES tells of a mail whose address does not exist."""
    at = datetime.now(UTC).isoformat()
    recipients = [
        {"emailAddress": CUSTOMER, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1"}
    ]
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": recipients,
            "timestamp": at,
            "feedbackId": uuid.uuid4().hex,
        },
        "mail": {
            "timestamp": at,
            "messageId": message_id,
            "source": SUPPORT_ADDRESS,
            "destination": [CUSTOMER],
            "tags": {"ses:configuration-set": ["firstline-dev"]},
        },
    }


def _addresses(mail: Message, header: str) -> list[str]:
    return [address for _, address in getaddresses([str(mail[header])])]


def _text(mail: Message) -> str:
    part = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return part.get_content() if part is not None else ""
