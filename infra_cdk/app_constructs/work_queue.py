"""A queue with its dead-letter queue."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

TRIES = 5


class DeadLetterQueue(Construct):
    """Where a message goes that could not be worked off; kept for 14 days."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )


class WorkQueue(Construct):
    """Messages are tried five times, then kept in the dead-letter queue, from which they can be sent back.

    Parameters
    ----------
    function_timeout_s : int
        Of the function that works it off; a message stays hidden six times as long.
    """

    def __init__(self, scope: Construct, id: str, *, function_timeout_s: int) -> None:
        super().__init__(scope, id)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters").queue
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(6 * function_timeout_s),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
