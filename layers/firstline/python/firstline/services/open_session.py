"""Open a session: a conversation and the visitor's access to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.conversation import Channel, Conversation, Session
from firstline.domain.locales import spoken, text_unless_own
from firstline.domain.ports import Clock, Ids
from firstline.domain.prechat import PrechatAnswers, contact_of
from firstline.domain.sites import DEFAULT_SITE, Site
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.sessions import SessionRepository
from firstline.services.continue_conversation import ContinueConversation
from firstline.services.session_tokens import SessionTokens

DEFAULT = Site(site_id=DEFAULT_SITE)


@dataclass(frozen=True)
class OpenedSession:
    """What a client needs to talk."""

    session: Session
    token: str
    token_expires_at: datetime
    socket_token: str
    greeting: str
    """The first event of the conversation."""
    continued: bool = False
    """The conversation was there before: another device of the customer's began it."""


class OpenSession:
    """Opens sessions and hands out one-time socket tokens."""

    def __init__(
        self,
        sessions: SessionRepository,
        conversations: ConversationRepository,
        continue_conversation: ContinueConversation,
        tokens: SessionTokens,
        *,
        clock: Clock,
        ids: Ids,
        life: timedelta,
        greeting: str,
    ) -> None:
        self._sessions = sessions
        self._conversations = conversations
        self._continue_conversation = continue_conversation
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._life = life
        self._greeting = greeting

    @property
    def greeting(self) -> str:
        """What a conversation begins with on a site that has no greeting of its own."""
        return self._greeting

    def open(
        self,
        *,
        channel: Channel,
        user_id: str = "",
        verified: bool = False,
        site: Site = DEFAULT,
        join: bool = False,
        prechat: PrechatAnswers | None = None,
        asks_first: bool = False,
        language: str = "",
    ) -> OpenedSession:
        """Start a conversation, or join the one that a verified customer has open.

        Parameters
        ----------
        user_id : str
            The company's name for the customer; empty for a visitor.
        verified : bool
            The company itself vouches for the name. Without that it is a label, and the customer a visitor.
        site : Site
            The site whose page opens it; its greeting comes first.
        join : bool
            Go on in the customer's open conversation, where there is one (see ``ContinueConversation``); the session
            and its tokens are its own in any case.
        prechat : PrechatAnswers, optional
            What the visitor has answered to the site's questions.
        asks_first : bool
            Hold the answers against what the site requires; machines that ask without a form are not asked.
        language : str
            ISO 639-1, in which the visitor reads; kept where Firstline speaks it.

        Raises
        ------
        PrechatRequiredError
            The visitor has not said something that the site requires.
        """
        now = self._clock.now()
        greeting = site.greeting or text_unless_own(self._greeting, "widget.greeting", spoken(language))
        fresh = Conversation(
            conversation_id=self._ids.new(),
            channel=channel,
            site_id=site.site_id,
            user_id=user_id,
            verified=verified and bool(user_id),
            contact=contact_of(site.prechat if asks_first else None, prechat, now=now, vouched=verified),
            language=spoken(language),
            created_at=now,
        )
        conversation = self._continue_conversation.join_or_begin(fresh, greeting, join=join)
        continued = conversation.conversation_id != fresh.conversation_id
        session = Session(
            session_id=self._ids.new(),
            conversation_id=conversation.conversation_id,
            expires_at=now + self._life,
        )
        self._sessions.add(session)
        issued = self._tokens.issue(session)
        return OpenedSession(
            session=session,
            token=issued.token,
            token_expires_at=issued.expires_at,
            socket_token=self.socket_token(session),
            greeting=self._first_words(conversation) if continued else greeting,
            continued=continued,
        )

    def socket_token(self, session: Session) -> str:
        """Return a fresh token that opens one socket within 60 seconds."""
        token = self._ids.secret()
        self._sessions.add_socket_token(session, token, now=self._clock.now())
        return token

    def _first_words(self, conversation: Conversation) -> str:
        first = self._conversations.events(conversation.conversation_id, limit=1)
        return first[0].text if first and first[0].detail.get("greeting") else ""
