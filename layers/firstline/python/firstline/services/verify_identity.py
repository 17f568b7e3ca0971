"""A visitor becomes a known customer, on proof from the company's site."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from firstline.domain.conversation import Conversation
from firstline.domain.errors import (
    ConditionFailedError,
    IdentityConflictError,
    InvalidInputError,
    NotAuthorizedError,
)
from firstline.domain.identity_ports import TokenVerifier
from firstline.domain.ports import Clock, Ids
from firstline.domain.sites import Site, SiteIdentity
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_joins import CustomerJoins
from firstline.repositories.customers import VERIFIED, CustomerRepository
from firstline.services.continue_conversation import ContinueConversation

_TRIES = 10
_VERIFIERS = 100
_LONGEST_ID = 128


class VerifyIdentity:
    """Proof is a token that the site has signed. A name, an e-mail address or a ``user_id`` alone proves nothing.

    Parameters
    ----------
    verifier : TokenVerifier, optional
        Of sites that have no identity of their own; None where these do not vouch.
    verifier_of : callable
        Makes the one of a site that has.
    """

    def __init__(
        self,
        verifier: TokenVerifier | None,
        verifier_of: Callable[[SiteIdentity], TokenVerifier],
        conversations: ConversationRepository,
        customers: CustomerRepository,
        joins: CustomerJoins,
        continue_conversation: ContinueConversation,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._verifier = verifier
        # Kept, because a verifier keeps the keys that it has fetched.
        self._verifier_of = lru_cache(maxsize=_VERIFIERS)(verifier_of)
        self._conversations = conversations
        self._customers = customers
        self._joins = joins
        self._continue_conversation = continue_conversation
        self._clock = clock
        self._ids = ids

    def vouched(self, identity_token: str, site: Site | None) -> str:
        """Return the company's id of the customer, by a token of the site that they are on.

        A site with an identity of its own is held to that alone; ids of one that has an ``id_prefix`` begin with it.

        Raises
        ------
        InvalidInputError
            The site does not vouch: it has no identity, and neither IDENTITY_SECRET nor IDENTITY_JWKS_URL is set.
        NotAuthorizedError, IdentityProviderUnavailableError
        """
        if site is not None and site.identity is not None:
            verifier, prefix = self._verifier_of(site.identity), site.identity.id_prefix
            return _user_id(prefix, str(verifier.verify(identity_token)["sub"]))
        if self._verifier is None:
            raise InvalidInputError("identity tokens are not set up: set IDENTITY_SECRET or IDENTITY_JWKS_URL")
        return str(self._verifier.verify(identity_token)["sub"])

    def bind(self, conversation_id: str, user_id: str) -> Conversation:
        """Give a conversation to the customer of this name, with all that its visitor has left so far.

        What was said in it is not mixed with what they say elsewhere; their next session joins it.

        Safe to repeat: what a broken-off call has left undone, the next one does.

        Raises
        ------
        IdentityConflictError
            It is another customer's.
        NotFoundError
            There is no such conversation.
        """
        customer = self._customers.find_or_create(VERIFIED, user_id, new_id=self._ids.new(), now=self._clock.now())
        for _ in range(_TRIES):
            conversation = self._conversations.get(conversation_id)
            if conversation.verified:
                break
            try:
                self._joins.bind(conversation, customer, now=self._clock.now())
            except ConditionFailedError:
                # A turn has identified the visitor, or counted an answer, meanwhile.
                continue
        conversation = self._conversations.get(conversation_id)
        if not conversation.verified or conversation.user_id != user_id:
            raise IdentityConflictError("this conversation belongs to another customer; open a session of your own")
        if conversation.joined_from:
            self._joins.move(conversation.joined_from, customer.customer_id, conversation.ticket_id)
        self._continue_conversation.note(conversation)
        return conversation


def _user_id(prefix: str, subject: str) -> str:
    user_id = f"{prefix}{subject}"
    if len(user_id) > _LONGEST_ID:
        raise NotAuthorizedError(f"sub is longer than {_LONGEST_ID} characters, with the site's prefix")
    return user_id
