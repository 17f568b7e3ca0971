"""The identity side of a running Firstline: whose token it is, who signs in, whom a site vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from firstline.domain.identity_ports import IdentityPorts
from firstline.domain.ports import Clock, Connections, Ids, Table
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.customer_joins import CustomerJoins
from firstline.repositories.customers import CustomerRepository
from firstline.repositories.sessions import SessionRepository
from firstline.repositories.users import UserRepository
from firstline.services.authenticate_user import AuthenticateUser
from firstline.services.broadcast import Broadcast
from firstline.services.continue_conversation import ContinueConversation
from firstline.services.end_session import EndSession
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_users import ManageUsers
from firstline.services.session_tokens import SessionTokens
from firstline.services.sign_in import SignIn
from firstline.services.verify_identity import VerifyIdentity
from firstline.settings import Settings


@dataclass(frozen=True)
class Identity:
    """Services of the identity side."""

    session_tokens: SessionTokens
    end_session: EndSession
    verify_identity: VerifyIdentity
    authenticate_user: AuthenticateUser
    sign_in: SignIn
    manage_users: ManageUsers


def assemble_identity(
    settings: Settings,
    ports: IdentityPorts,
    *,
    table: Table,
    sessions: SessionRepository,
    conversations: ConversationRepository,
    customers: CustomerRepository,
    continue_conversation: ContinueConversation,
    broadcast: Broadcast,
    connections: Connections,
    limits: LimitRate,
    clock: Clock,
    ids: Ids,
) -> Identity:
    """Build the identity side."""
    users = UserRepository(table)
    joins = CustomerJoins(table, retention_days=settings.retention_days, memory_days=settings.memory_days)
    return Identity(
        session_tokens=SessionTokens(
            sessions,
            ports.tokens,
            clock=clock,
            life=timedelta(minutes=settings.session_token_minutes),
            session_life=timedelta(days=settings.retention_days),
        ),
        end_session=EndSession(sessions, conversations, broadcast, connections),
        verify_identity=VerifyIdentity(
            ports.customers,
            ports.site_customers,
            conversations,
            customers,
            joins,
            continue_conversation,
            clock=clock,
            ids=ids,
        ),
        authenticate_user=AuthenticateUser(
            users, ports, clock=clock, admin_token=settings.admin_token, role_claim=settings.oidc_role_claim
        ),
        sign_in=SignIn(users, ports, limits, clock=clock),
        manage_users=ManageUsers(users, ports.passwords, clock=clock, ids=ids),
    )
