"""Mails received: the record of each, and the claim by which each is taken once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from firstline.domain.errors import ConditionFailedError, NotFoundError
from firstline.domain.mail.correspondent import correspondent
from firstline.domain.mail.received_mail import MailClaim, MailContent, ReceivedMail
from firstline.domain.mail.threading import Trust
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.ports import Table
from firstline.domain.table import AllOf, Check, Compare, Item, NotExists, Operation, Put, Update
from firstline.repositories import keys, mail_keys
from firstline.repositories.schema import Schema

RECEIVED_MAIL = Schema("received_mail", version=1)
MAIL_CLAIM = Schema("mail_claim", version=1)
MAIL_MARK = Schema("mail_mark", version=1)

CLAIM_DAYS = 30
"""So long a mail is recognised; queues and their dead letters keep what they deliver again for half of that."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MOST_COUNTED = 100


class ReceivedMailRepository:
    """Keys: ``CONV#<id>`` / ``INMAIL#<mail id>`` or ``MAILDAY#<day>`` / ``<mail id>``; claims ``MAILCLAIM#<digest>``.

    Beside a claim, ``MAILOBJECT#<digest>`` leads to it from the stored object, ``MAILCOPY#<digest>`` to that on a
    list's copy from the mail itself, ``MAILFROM#<digest>`` / ``<time>`` counts its sender's mails for an hour, and
    ``MAILSAID#<digest>`` keeps for a day what was said.
    """

    def __init__(self, table: Table, *, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    def of_conversation(self, conversation_id: str) -> list[ReceivedMail]:
        """Return a conversation's mails, oldest first, read consistently."""
        page = self._table.query(keys.conversation(conversation_id), sk_prefix=mail_keys.RECEIVED, consistent=True)
        return sorted(map(_mail, page.items), key=lambda mail: (mail.received_at, mail.mail_id))

    def keys_of(self, conversation_id: str) -> list[str]:
        """Return the keys in the store under which a conversation's raw mails lie."""
        return [mail.object_key for mail in self.of_conversation(conversation_id)]

    def get(self, conversation_id: str, mail_id: str) -> ReceivedMail:
        """Return a mail of a conversation. Raises ``NotFoundError``."""
        item = self._table.get(keys.conversation(conversation_id), mail_keys.received(mail_id))
        if item is None:
            raise NotFoundError(f"no mail {mail_id} in this conversation")
        return _mail(item)

    def of_day(self, day: date, *, limit: int, cursor: str | None = None) -> tuple[list[ReceivedMail], str | None]:
        """Return mails of a day that belong to no conversation, the newest first, and the cursor of the next page."""
        page = self._table.query(mail_keys.unanswered(day), limit=limit, cursor=cursor, reverse=True, consistent=True)
        return [_mail(item) for item in page.items], page.cursor

    def get_of_day(self, day: date, mail_id: str) -> ReceivedMail:
        """Return a mail of a day that belongs to no conversation. Raises ``NotFoundError``."""
        item = self._table.get(mail_keys.unanswered(day), mail_id)
        if item is None:
            raise NotFoundError(f"no mail {mail_id} of that day")
        return _mail(item)

    def recorded(self, mail: ReceivedMail) -> Operation:
        """Return the operation that keeps the record of a mail."""
        belongs = bool(mail.conversation_id)
        item = {
            "pk": keys.conversation(mail.conversation_id) if belongs else mail_keys.unanswered(mail.received_at.date()),
            "sk": mail_keys.received(mail.mail_id) if belongs else mail.mail_id,
            **vars(mail),
            "verdict": mail.verdict.value,
            "reason": mail.reason.value,
            "received_at": mail.received_at.isoformat(),
            **{name: list(getattr(mail, name)) for name in ("to", "cc", "file_ids", "problems")},
            "expires_at": keys.expiry(mail.received_at, self._retention_days),
        }
        return Put(RECEIVED_MAIL.stamp(item))

    def claim_of(self, content: str) -> MailClaim | None:
        """Return the claim on a mail, or None where it was never seen."""
        item = self._table.get(mail_keys.claim(content), keys.META)
        return _claim(item) if item is not None else None

    def claim_like(self, content: MailContent) -> MailClaim | None:
        """Return the claim on a mail or on a copy of it that came through a list, or None where it was never seen."""
        known = next(filter(None, map(self.claim_of, (content.own, *content.without_list))), None)
        copy = None if known else self._table.get(mail_keys.claimed_copy(content.own), keys.META)
        return known if copy is None else self.claim_of(str(MAIL_MARK.load(copy)["content"]))

    def claim_of_object(self, object_key: str) -> MailClaim | None:
        """Return the claim that a stored object led to, or None where it was never read."""
        item = self._table.get(mail_keys.claimed_object(object_key), keys.META)
        return self.claim_of(str(MAIL_MARK.load(item)["content"])) if item is not None else None

    def lead(self, object_key: str, claim: MailClaim, *, at: datetime) -> None:
        """Have a stored object lead to a claim, as that which was claimed first does."""
        mark = self._mark(mail_keys.claimed_object(object_key), at, CLAIM_DAYS, content=claim.content)
        self._table.put(mark.item)

    def claim(
        self,
        claim: MailClaim,
        object_key: str,
        *,
        sender: str,
        words: Sequence[str] = (),
        without_list: Sequence[str] = (),
        also: Sequence[Operation] = (),
    ) -> bool:
        """Claim a mail; False where somebody was quicker, or the same words have come meanwhile.

        Parameters
        ----------
        sender : str
            Whose mails are counted; empty for nobody's.
        words : sequence of str
            From ``words_of``; without those that may come again.
        without_list : sequence of str
            From ``content_of``.
        also : sequence of Operation
            What stands or falls with it.
        """
        at = claim.received_at
        item = {
            "pk": mail_keys.claim(claim.content),
            "sk": keys.META,
            **vars(claim),
            "trust": claim.trust.value,
            "verdict": claim.verdict.value,
            "reason": claim.reason.value,
            "received_at": at.isoformat(),
            "expires_at": keys.expiry(at, CLAIM_DAYS),
        }
        operations: list[Operation] = [Put(MAIL_CLAIM.stamp(item), if_absent=True)]
        operations.append(self._mark(mail_keys.claimed_object(object_key), at, CLAIM_DAYS, content=claim.content))
        if sender:
            place = f"{mail_keys.moment(at)}#{claim.mail_id}"
            operations.append(self._mark(mail_keys.sender(correspondent(sender)), at, 2 * HOUR / DAY, sk=place))
        for one in words:
            said = self._mark(mail_keys.said(one), at, 1, content=claim.content, conversation=claim.conversation_id)
            operations.append(Put(said.item, if_absent=True))
        # Of a mail and its copy by a list, whichever is second finds the first.
        operations.append(Check(mail_keys.claimed_copy(claim.content), keys.META, NotExists()))
        for one in without_list:
            operations.append(Check(mail_keys.claim(one), keys.META, NotExists()))
            operations.append(self._mark(mail_keys.claimed_copy(one), at, CLAIM_DAYS, content=claim.content))
        try:
            self._table.transact([*operations, *also])
        except ConditionFailedError:
            return False
        return True

    def done(self, claim: MailClaim) -> Operation:
        """Return the operation that settles a claim; it fails where that has been done, or it goes elsewhere now."""
        going = Compare("conversation_id", "=", claim.conversation_id)
        return Update(
            mail_keys.claim(claim.content),
            keys.META,
            set={"done": True},
            condition=AllOf((Compare("done", "=", False), going)),
        )

    def noted(self, claim: MailClaim) -> Operation:
        """Return the operation that marks a claim's note as written; it fails where it was."""
        return Update(
            mail_keys.claim(claim.content),
            keys.META,
            set={"noted": True},
            condition=AllOf((Compare("done", "=", False), Compare("noted", "=", False))),
        )

    def redirect(self, claim: MailClaim, conversation_id: str, *, is_new: bool) -> MailClaim:
        """Send a claimed mail elsewhere: its conversation is gone, or people have moved it.

        Returns
        -------
        MailClaim
            As it is then; another process may have been quicker.
        """
        try:
            item = self._table.update(
                mail_keys.claim(claim.content),
                keys.META,
                set={"conversation_id": conversation_id, "is_new": is_new},
                condition=AllOf(
                    (Compare("done", "=", False), Compare("conversation_id", "=", claim.conversation_id)),
                ),
            )
        except ConditionFailedError:
            return self.claim_of(claim.content) or claim
        return _claim(item)

    def sent_by(self, sender: str, *, now: datetime, at_most: int) -> int:
        """Return how many mails this sender's have been claimed within an hour, counted up to ``at_most``."""
        page = self._table.query(
            mail_keys.sender(correspondent(sender)),
            sk_from=mail_keys.moment(now - HOUR),
            sk_to="~",
            limit=max(1, at_most),
            consistent=True,
        )
        return len(page.items)

    def said_in(self, words: str) -> str | None:
        """Return the conversation in which the same sender has said the same within a day; None where nowhere."""
        item = self._table.get(mail_keys.said(words), keys.META)
        return str(MAIL_MARK.load(item)["conversation"]) if item is not None else None

    def admitted(self, conversation_id: str, *, since: datetime) -> int:
        """Return how many of the newest mails of a conversation, from then on, were given to be answered."""
        page = self._table.query(
            keys.conversation(conversation_id),
            sk_from=mail_keys.RECEIVED,
            sk_to=f"{mail_keys.RECEIVED}~",
            limit=_MOST_COUNTED,
            reverse=True,
            consistent=True,
        )
        return sum(mail.verdict is Verdict.ANSWER and mail.received_at >= since for mail in map(_mail, page.items))

    def _mark(self, pk: str, at: datetime, days: float, *, sk: str = keys.META, **attributes: str) -> Put:
        return Put(MAIL_MARK.stamp({"pk": pk, "sk": sk, **attributes, "expires_at": keys.expiry(at, days)}))


def _mail(item: Item) -> ReceivedMail:
    item = RECEIVED_MAIL.load(item)
    return ReceivedMail(
        mail_id=str(item["mail_id"]),
        received_at=datetime.fromisoformat(item["received_at"]),
        verdict=Verdict(item["verdict"]),
        reason=GateReason(item["reason"]),
        conversation_id=str(item["conversation_id"]),
        seq=int(item["seq"]),
        message_id=str(item["message_id"]),
        sender=str(item["sender"]),
        sender_name=str(item["sender_name"]),
        to=_texts(item["to"]),
        cc=_texts(item["cc"]),
        subject=str(item["subject"]),
        object_key=str(item["object_key"]),
        file_ids=_texts(item["file_ids"]),
        problems=_texts(item["problems"]),
        authenticated=bool(item.get("authenticated", False)),
    )


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(map(str, values))


def _claim(item: Item) -> MailClaim:
    item = MAIL_CLAIM.load(item)
    return MailClaim(
        content=str(item["content"]),
        mail_id=str(item["mail_id"]),
        conversation_id=str(item["conversation_id"]),
        verdict=Verdict(item["verdict"]),
        reason=GateReason(item["reason"]),
        received_at=datetime.fromisoformat(item["received_at"]),
        is_new=bool(item["is_new"]),
        new_participant=bool(item["new_participant"]),
        trust=Trust(item.get("trust", Trust.NOBODY_NEW)),
        linked=str(item["linked"]),
        done=bool(item["done"]),
        noted=bool(item["noted"]),
    )
