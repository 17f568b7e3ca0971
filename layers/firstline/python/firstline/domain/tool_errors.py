"""How tools and approvals fail.

::

    FirstlineError
    |-- InvalidInputError
    |   |-- InvalidToolArgumentsError   the arguments do not fit the tool           no retry   400
    |   `-- InvalidCustomToolsError     the file of custom tools cannot be used     no retry
    |-- ToolFailedError                 a tool broke, or took too long              no retry
    |   `-- ToolUncertainError          nobody knows whether it was carried out     no retry
    `-- ConflictError
        |-- ApprovalChangedError        not at the version that the caller saw      no retry   412
        `-- ApprovalDecidedError        decided already, or too late                no retry   409
"""

from __future__ import annotations

from firstline.domain.errors import ConflictError, FirstlineError, InvalidInputError


class InvalidToolArgumentsError(InvalidInputError):
    """The arguments do not fit the tool; the message says why, without their values."""


class InvalidCustomToolsError(InvalidInputError):
    """The file of custom tools cannot be used; the message names the place."""


class ToolFailedError(FirstlineError):
    """A tool broke, answered with an error or took too long; nothing was done."""


class ToolUncertainError(ToolFailedError):
    """Nobody knows whether the tool has done what it was asked for."""


class ApprovalChangedError(ConflictError):
    """The approval is not at the version that the caller has read."""


class ApprovalDecidedError(ConflictError):
    """Somebody has decided on it already, or it has expired; the message says who and what."""
