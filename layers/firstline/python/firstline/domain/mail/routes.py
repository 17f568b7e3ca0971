"""Threads that people have put together or taken apart, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.domain.errors import ConflictError
from firstline.domain.mail.thread import MailThread

MAX_MERGED = 50
"""Threads that are put together into one."""
MAX_SPLITS = 50
"""Threads that are taken off one."""


class ThreadMergedError(ConflictError):
    """The thread has been merged into another, which is the one to work on."""


class DifferentCustomersError(ConflictError):
    """The threads are of different customers, and nobody has confirmed that they may read each other's answers."""


class ThreadMovedError(ConflictError):
    """Where a mail belongs has changed since it was looked up; look again."""


@dataclass(frozen=True)
class ClosedTicket:
    """A ticket that a merging has closed, as it was before."""

    ticket_id: str
    status: str
    waiting_since: str = ""
    """In ISO 8601; empty where it did not wait for the customer."""
    resolution_due_at: str = ""
    """In ISO 8601; empty where it is never due."""
    seq: int = 0
    """Of the entry of its log that says it was closed."""


@dataclass(frozen=True)
class PutInQueue:
    """A thread that waits for people only because one that needed somebody was merged into it."""

    seq: int
    """Place in its log of the merging."""
    status: str
    """Its status before."""


@dataclass(frozen=True)
class ThreadRoute:
    """Where the mails of a thread go."""

    into: str = ""
    """The thread that this one was merged into; empty where it stands for itself."""
    merged: tuple[str, ...] = ()
    """Threads that were merged into this one, in the order of time."""
    splits: tuple[str, ...] = ()
    """Threads that were taken off this one, in the order of time."""
    origin: str = ""
    """The thread that this one was taken off; empty where there is none."""
    from_seq: int = 0
    """Place in the origin's log of the first mail that was taken off."""
    up_to_seq: int = 0
    """Place in the origin's log of the last entry that was taken off."""
    joined: tuple[str, ...] = ()
    """Addresses that the merging let into the other thread; undoing it shows them out again."""
    copied: tuple[str, ...] = ()
    """Addresses that get copies there since the merging; undoing it takes them off."""
    closed: ClosedTicket | None = None
    """The ticket that the merging closed; undoing it opens it again."""
    told_in: str = ""
    """Where the customer heard of the source's ticket before the merging made it the other's too."""
    wanted: bool = False
    """The thread needed somebody when it was merged; undoing it leaves it with people."""
    queued: PutInQueue | None = None
    """The other thread's wait for people that the merging began; undoing it ends that."""
    version: int = 0
    """Of the stored route; 0 as long as it is not stored."""


@dataclass(frozen=True)
class Joining:
    """What merging one thread into another makes of the other."""

    thread: MailThread
    joined: tuple[str, ...]
    """Who takes part there for the first time."""
    copied: tuple[str, ...]
    """Who gets copies there for the first time."""


def same_customer(source: MailThread, target: MailThread) -> bool:
    """Tell whether the customer of one thread takes part in the other already; only addresses count, never names."""
    known = {target.customer.address, *target.participants}
    return bool(source.customer.address) and source.customer.address in known


def joining(source: MailThread, target: MailThread, *, customers_join: bool) -> Joining:
    """Return what becomes of a thread that another one is merged into.

    Parameters
    ----------
    customers_join : bool
        A person has confirmed that the threads' customers may read what the other is answered.

    Returns
    -------
    Joining
        Everybody who took part in the one takes part in the other; another customer gets a copy of the next answers,
        until a newer mail says by its own Cc who does. Answers are silent where one of them was.

    Raises
    ------
    DifferentCustomersError
        The customers differ and nobody has confirmed it.
    """
    same = same_customer(source, target)
    if not same and not customers_join:
        raise DifferentCustomersError(
            "these threads are of different customers: with customers_join they take part in one another's"
        )
    everybody = {source.customer.address, *source.participants} - {""}
    joined = tuple(sorted(everybody - target.participants - {target.customer.address}))
    wanted = () if same or not source.customer.address else (source.customer.address,)
    copied = tuple(address for address in wanted if address not in target.cc)
    thread = MailThread(
        **{
            **vars(target),
            "participants": target.participants | everybody,
            "cc": (*target.cc, *copied),
            "silent": target.silent or source.silent,
        }
    )
    return Joining(thread, joined, copied)
