"""Everything that can go wrong, as one tree.

::

    FirstlineError
    |-- InvalidInputError                what the caller sent does not fit            no retry   400
    |   |-- InvalidMessageError          empty, too long, control characters          no retry   422
    |   |-- InvalidFrameError            a socket frame that is not of the protocol   no retry   400
    |   |-- InvalidCursorError           a paging cursor that we did not make         no retry   400
    |   |-- IdempotencyKeyReusedError    one Idempotency-Key for two requests          no retry   422
    |   `-- InvalidPosteriorError        arm statistics that cannot be                no retry   500
    |-- NotAuthorizedError               no token, a wrong one, an expired one        no retry   401
    |-- NotPermittedError                known, but the role does not allow it        no retry   403
    |-- NotFoundError                    nothing there, or not yours                  no retry   404
    |-- ConflictError                    the state has moved on                       no retry   409
    |   |-- MessageIdConflictError       two texts under one message id               no retry
    |   |-- StaleAttemptError            another attempt owns the turn                no retry
    |   |-- TurnSupersededError          a newer customer message was accepted        no retry
    |   |-- ConversationTakenOverError   a person owns the conversation               no retry
    |   |-- IdentityConflictError        the conversation is another customer's       no retry
    |   |-- UserExistsError              an account has this name already             no retry
    |   |-- RequestInProgressError       the same request is being carried out        retry
    |   |-- ConversationOwnedError       somebody else owns the conversation          no retry
    |   `-- TurnAlreadyFinishedError     the turn was replied to and settled          no retry
    |-- StoreError
    |   |-- ConditionFailedError         a condition of a write did not hold          no retry
    |   |-- TransactionConflictError     another transaction was on the same item     retry      503
    |   |-- StoreUnavailableError        the store did not answer, or throttled       retry      503
    |   |-- ItemTooLargeError            an item over 400 KB                          no retry   413
    |   |-- TransactionTooLargeError     over 100 items or 4 MB                       no retry
    |   |-- DuplicateItemError           a transaction names one item twice           no retry
    |   |-- InvalidItemError             a value or key the store cannot hold         no retry
    |   `-- SchemaVersionError           stored data newer than this code             no retry
    |-- KnowledgeError
    |   |-- KnowledgeIndexUnavailableError   the index did not answer                 retry      503
    |   |-- KnowledgeIndexMismatchError      the index's mapping does not fit         no retry
    |   |-- KnowledgeTooLargeError           more than the index takes at once        no retry
    |   |-- EmbedderUnavailableError         the embedding model cannot be used       retry      503
    |   `-- UnreadableDocumentError          a knowledge file that cannot be read     no retry
    |-- LanguageModelError
    |   |-- LanguageModelUnavailableError    overloaded, timed out, unreachable       retry      503
    |   `-- LanguageModelRefusedError        the request was refused                  no retry
    |-- AnswerRejectedError              an answer did not pass its checks           no retry
    |-- RateLimitedError                 too many requests in a minute                retry      429
    |-- ConnectionGoneError              the socket is closed                         no retry
    |   `-- ConnectionUnreachableError   what carries frames did not answer           no retry
    |-- DeliveryError                    a mail or webhook was not taken              retry
    |   `-- DeliveryUnknownError         it may have been taken (``domain/mailer.py``)   once
    |-- IdentityProviderUnavailableError    keys of an identity provider, not to be had   retry   503
    |-- SigningKeyUnavailableError       the key of our own tokens cannot be had      retry      503
    `-- WorkflowUnavailableError         the workflow engine takes no turn            retry      503

Outside the domain: ``InvalidSettingError`` (settings), ``UnsupportedStateMachineError`` and ``DocumentTooLargeError``
(the local engine), ``DataInUseError`` and ``BackupError`` (the laptop's data folder), ``InvalidArchiveError`` and the
errors of drafts and attachments (beside their rules).

Step Functions sees the class name, so ``statemachines/*.asl.json`` retries and catches by these names.
"""

from __future__ import annotations


class FirstlineError(Exception):
    """Base of all named failures."""


class InvalidInputError(FirstlineError):
    """What the caller sent does not fit."""


class InvalidMessageError(InvalidInputError):
    """A message's text is empty, too long or not text."""


class InvalidFrameError(InvalidInputError):
    """A socket frame is not of the protocol."""


class InvalidCursorError(InvalidInputError):
    """A paging cursor was not made by this store for this query."""


class IdempotencyKeyReusedError(InvalidInputError):
    """One ``Idempotency-Key`` came with two different requests."""


class InvalidPosteriorError(InvalidInputError):
    """Arm statistics are negative, not finite, or differ in shape."""


class NotAuthorizedError(FirstlineError):
    """There is no token, or it is wrong or expired."""


class NotPermittedError(FirstlineError):
    """It is known who asks, but their role does not allow it."""


class NotFoundError(FirstlineError):
    """There is nothing under this id, or it belongs to somebody else."""


class ConflictError(FirstlineError):
    """The state has moved on."""


class MessageIdConflictError(ConflictError):
    """Two different texts came under one message id; the first stays."""


class StaleAttemptError(ConflictError):
    """Another attempt owns the turn; this one must stop."""


class TurnSupersededError(ConflictError):
    """A newer customer message was accepted; a later turn answers both."""


class ConversationTakenOverError(ConflictError):
    """A person owns the conversation; the bot stays silent."""


class IdentityConflictError(ConflictError):
    """The conversation belongs to another verified customer."""


class UserExistsError(ConflictError):
    """An account has this name already."""


class RequestInProgressError(ConflictError):
    """The same request, under one ``Idempotency-Key``, is being carried out."""


class ConversationOwnedError(ConflictError):
    """The conversation is not the caller's to act on, or not at the version that the caller saw.

    Parameters
    ----------
    message : str
    owner : str
        ``bot``, or the id of the person who owns it now.
    name : str
        The person's name, empty where it is not known.
    version : int
        The version that stands.
    """

    def __init__(self, message: str, *, owner: str, name: str, version: int) -> None:
        super().__init__(message)
        self.members = {"owner": owner, "owner_name": name, "version": version}


class TurnAlreadyFinishedError(ConflictError):
    """The turn has been answered and settled; there is nothing left to do."""


class StoreError(FirstlineError):
    """The store refused or failed."""


class ConditionFailedError(StoreError):
    """A condition of a write did not hold; nothing was written.

    Parameters
    ----------
    message : str
        What failed, with the item's key.
    failed : tuple of int
        Positions of the failed operations within the transaction; ``(0,)`` for a single write.
    """

    def __init__(self, message: str, failed: tuple[int, ...] = (0,)) -> None:
        super().__init__(message)
        self.failed = failed


class TransactionConflictError(StoreError):
    """Another transaction was on the same item; may be tried again."""


class StoreUnavailableError(StoreError):
    """The store did not answer in time, or throttled; may be tried again."""


class ItemTooLargeError(StoreError):
    """An item is larger than 400 KB."""


class TransactionTooLargeError(StoreError):
    """A transaction has more than 100 operations or more than 4 MB."""


class DuplicateItemError(StoreError):
    """A transaction names one item twice."""


class InvalidItemError(StoreError):
    """A key or value the store cannot hold."""


class SchemaVersionError(StoreError):
    """Stored data has a schema version that this code does not know."""


class KnowledgeError(FirstlineError):
    """Retrieval or ingestion failed."""


class KnowledgeIndexUnavailableError(KnowledgeError):
    """The knowledge index did not answer; may be tried again."""


class KnowledgeIndexMismatchError(KnowledgeError):
    """The index's mapping does not fit this code."""


class KnowledgeTooLargeError(KnowledgeError):
    """A chunk, or what is asked for, is larger than the index takes at once."""


class EmbedderUnavailableError(KnowledgeError):
    """The embedding model is missing, broken or did not answer."""


class UnreadableDocumentError(KnowledgeError):
    """A knowledge file cannot be read; the reason is the message."""


class LanguageModelError(FirstlineError):
    """The language model failed."""


class LanguageModelUnavailableError(LanguageModelError):
    """The model was overloaded, timed out or could not be reached."""


class LanguageModelRefusedError(LanguageModelError):
    """The model's service refused the request; the same request fails again."""


class AnswerRejectedError(FirstlineError):
    """An answer did not pass its checks; nothing of the sentence that failed may leave.

    Parameters
    ----------
    reason : str
        The first reason, a ``GuardReason``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the answer was held back: {reason}")
        self.reason = reason


class RateLimitedError(FirstlineError):
    """Somebody asks too often.

    Parameters
    ----------
    what : str
        What is limited, such as ``messages``.
    limit : int
        How many a minute are allowed, >= 1.
    retry_after_s : int
        Seconds until the next is, >= 1.
    reset_s : int
        Seconds until all of them are again, >= 1.
    """

    def __init__(self, what: str, limit: int, retry_after_s: int, reset_s: int) -> None:
        super().__init__(f"Too many {what}: {limit} a minute are allowed. Try again in {retry_after_s} s.")
        self.limit = limit
        self.retry_after_s = retry_after_s
        self.reset_s = reset_s


class ConnectionGoneError(FirstlineError):
    """The socket is closed; its connection should be forgotten."""


class ConnectionUnreachableError(ConnectionGoneError):
    """What carries the frames to sockets did not answer."""


class DeliveryError(FirstlineError):
    """A mail or a webhook was not taken; the outbox tries it again."""


class IdentityProviderUnavailableError(FirstlineError):
    """The keys of an identity provider cannot be had now."""


class SigningKeyUnavailableError(FirstlineError):
    """The key that signs our own tokens cannot be had now."""


class WorkflowUnavailableError(FirstlineError):
    """The workflow engine takes no turn now; the sweep starts it later."""
