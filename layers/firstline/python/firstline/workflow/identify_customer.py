"""State IdentifyCustomer: claims the turn, finds the customer, reads what is still unanswered."""

from __future__ import annotations

from firstline.domain.attachments import MAX_FILES, Attachment
from firstline.domain.conversation import BOT, MOVED_TO, Author, Conversation, Customer, Event
from firstline.domain.errors import (
    ConditionFailedError,
    ConversationTakenOverError,
    InvalidInputError,
    TurnSupersededError,
)
from firstline.domain.memory import FactKind, as_remembered, checked_value
from firstline.domain.ports import Clock, Ids
from firstline.domain.turn import Action, HistoryMessage, IdentifiedCustomer, Turn
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customers import CustomerRepository, identity_of
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast
from firstline.services.end_unanswered import end_unanswered
from firstline.services.name_customer import has_customer
from firstline.services.remember_facts import RememberFacts


def identify_customer(
    turn: Turn,
    *,
    execution_id: str,
    turns: TurnRepository,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    remember_facts: RememberFacts,
    broadcast: Broadcast,
    clock: Clock,
    ids: Ids,
    max_history: int,
) -> IdentifiedCustomer:
    """Claim the turn for this execution and gather who asks and what was said.

    A visitor is one customer per conversation; who is verified is one customer across conversations. Nobody is ever
    recognised by a name that is only stated.

    Raises
    ------
    StaleAttemptError
        Another execution holds the turn.
    TurnAlreadyFinishedError
        There is nothing left to do.
    TurnSupersededError
        A newer customer message was accepted, whose turn answers this message too; or a person has answered.
    ConversationTakenOverError
        A person owns the conversation.
    """
    now = clock.now()
    claimed = turns.claim(turn.conversation_id, turn.turn_id, execution_id=execution_id, now=now)
    conversation = conversations.get(turn.conversation_id)
    kind, value = identity_of(conversation.verified_user_id, turn.conversation_id)
    customer = customers.find_or_create(kind, value, new_id=ids.new(), now=now)
    if conversation.customer_id != customer.customer_id and not has_customer(conversation, customers):
        customer = _bind(conversations, customers, conversation, customer)
    refusal = _why_not(turn, conversation) if claimed.reply is None else None
    if refusal is not None:
        end_unanswered(
            turn.conversation_id,
            turn.turn_id,
            claimed.attempt,
            turns=turns,
            broadcast=broadcast,
            may_have_shown=claimed.attempt > 1,
        )
        raise refusal
    earlier = [
        event
        for event in conversations.latest_events(turn.conversation_id, limit=max_history + 10)
        if _belongs(event, turn)
    ]
    if earlier and all(event.author is Author.CUSTOMER for event in earlier):
        # A burst longer than the history: all of it is still to be answered.
        last_answer = min(conversation.last_reply_seq, earlier[0].seq) - 1
        everything = conversations.events(turn.conversation_id, after_seq=max(0, last_answer))
        earlier = [event for event in everything if _belongs(event, turn)]
    answered_at = max((place for place, event in enumerate(earlier) if event.author is not Author.CUSTOMER), default=-1)
    # What the customer says in their own words comes before what they have put into the form.
    memory = {**_called(conversation), **remember_facts.values(customer.customer_id)}
    return IdentifiedCustomer(
        customer=as_remembered(customer, memory),
        memory=memory,
        language=conversation.language,
        attempt=claimed.attempt,
        conversation_version=conversation.version,
        conversation_status=conversation.status,
        unanswered=[event.text for event in earlier[answered_at + 1 :]] or [turn.message.text],
        attachments=_attachments(earlier[answered_at + 1 :]),
        earlier_attachments=_attachments(earlier[: answered_at + 1])[: -MAX_FILES - 1 : -1],
        history=_history(earlier[: answered_at + 1], max_history, after_seq=conversation.summary_up_to_seq),
        summary=conversation.summary,
        n_customer_messages=conversation.n_customer_messages,
        previous_answer_turn=conversation.last_decision_turn,
        previous_action=_previous_action(earlier[: answered_at + 1]),
        answered=claimed.reply is not None,
        earlier_sentiments=[sentiment / 1000 for sentiment in conversation.sentiments],
    )


def _why_not(turn: Turn, conversation: Conversation) -> TurnSupersededError | ConversationTakenOverError | None:
    if conversation.last_customer_seq > turn.message.seq:
        return TurnSupersededError(f"turn {turn.turn_id}: a newer message was accepted")
    if conversation.owner != BOT:
        return ConversationTakenOverError(f"conversation {turn.conversation_id} is with a person")
    if conversation.last_reply_seq > turn.message.seq:
        return TurnSupersededError(f"turn {turn.turn_id}: a person has answered, and handed back")
    return None


def _bind(
    conversations: ConversationRepository, customers: CustomerRepository, conversation: Conversation, customer: Customer
) -> Customer:
    try:
        conversations.set_customer(conversation, customer.customer_id)
    except ConditionFailedError:
        # Another run was first; or the visitor has proved who they are meanwhile, and it is that customer who asks.
        bound = conversations.get(conversation.conversation_id).customer_id
        return customer if bound == customer.customer_id else customers.get(bound)
    return customer


def _called(conversation: Conversation) -> dict[str, str]:
    """Return the name that the visitor has put into the form, where it can be one."""
    try:
        return {FactKind.NAME.value: checked_value(FactKind.NAME, conversation.contact.name)}
    except InvalidInputError:
        return {}


def _belongs(event: Event, turn: Turn) -> bool:
    """Tell whether an event is of what was said up to the turn's message, and not taken off to another thread."""
    said = event.seq <= turn.message.seq and event.author is not Author.SYSTEM
    return said and MOVED_TO not in event.detail


def _attachments(events: list[Event]) -> list[Attachment]:
    return [Attachment.model_validate(file) for event in events for file in event.detail.get("attachments", [])]


def _history(events: list[Event], limit: int, *, after_seq: int) -> list[HistoryMessage]:
    said = [event for event in events if not event.detail.get("greeting")]
    # What is in the summary is left out: that moves in steps, so that a model's prefix cache holds for some turns.
    first = max(len(said) - limit, sum(event.seq <= after_seq for event in said))
    while first > len(said) - limit and first and first < len(said) and said[first].author is not Author.CUSTOMER:
        # A model's talk begins with the customer.
        first -= 1
    return [HistoryMessage(author=event.author, text=event.text) for event in said[max(0, first) :]] if limit else []


def _previous_action(events: list[Event]) -> Action | None:
    action = next((event.detail.get("action") for event in reversed(events) if event.author is Author.BOT), None)
    return Action(action) if action else None
