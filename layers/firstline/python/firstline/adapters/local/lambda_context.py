"""The context object that Lambda gives a handler beside its event, for handlers called on a laptop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LocalLambdaContext:
    """What a handler may ask about its invocation; attributes and the method are named as Lambda names them.

    Parameters
    ----------
    function_name : str
    aws_request_id : str
        Unique to this invocation.
    deadline : float
        When the function's time is over, by ``monotonic``, in seconds.
    memory_limit_in_mb : int
    monotonic : callable, optional
        Seconds of a clock that never goes back.
    """

    function_name: str
    aws_request_id: str
    deadline: float
    memory_limit_in_mb: int = 1024
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)

    @property
    def invoked_function_arn(self) -> str:
        """An ARN of no real account."""
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The log group that the function would have."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """One stream, as there is one process."""
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Return the function's remaining time in milliseconds, >= 0."""
        return max(0, int((self.deadline - self.monotonic()) * 1000))
