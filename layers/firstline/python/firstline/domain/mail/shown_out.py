"""Who takes no part in a thread any more once the merging that let them in is undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from firstline.domain.mail.routes import ThreadRoute
from firstline.domain.mail.thread import MailThread


@dataclass(frozen=True)
class StillMerged:
    """A thread that stays merged into the one that another is taken out of."""

    thread: MailThread
    route: ThreadRoute


@dataclass(frozen=True)
class ShownOut:
    """What undoing a merging makes of the thread that it was merged into."""

    thread: MailThread
    left: frozenset[str]
    """Who takes part in it no more."""
    routes: Mapping[str, ThreadRoute] = field(default_factory=dict)
    """Routes that change, by thread: those still merged that somebody takes part by from now on."""


def shown_out(
    thread: MailThread, joined: Collection[str], copied: Collection[str], others: Mapping[str, StillMerged]
) -> ShownOut:
    """Return a thread without those whom one merging let in, but for those whom another one would have let in.

    Parameters
    ----------
    joined, copied : collection of str
        Addresses that take part, and that get copies, by the merging that is undone.
    others : mapping
        Threads that stay merged into it, in the order of time. The first that somebody takes part in takes on the
        address: undoing that merging shows them out.
    """
    routes = {other: known.route for other, known in others.items()}
    left, uncopied = set[str](), set[str]()
    for address in joined:
        heir = next((other for other, known in others.items() if address in _everybody(known.thread)), "")
        if heir:
            routes[heir] = replace(routes[heir], joined=(*routes[heir].joined, address))
        else:
            left.add(address)
    for address in copied:
        heir = next((other for other, known in others.items() if known.thread.customer.address == address), "")
        if heir:
            routes[heir] = replace(routes[heir], copied=(*routes[heir].copied, address))
        else:
            uncopied.add(address)
    after = replace(
        thread,
        participants=thread.participants - left,
        cc=tuple(address for address in thread.cc if address not in uncopied),
    )
    changed = {other: route for other, route in routes.items() if route != others[other].route}
    return ShownOut(after, frozenset(left), changed)


def _everybody(thread: MailThread) -> frozenset[str]:
    return thread.participants | {thread.customer.address}
