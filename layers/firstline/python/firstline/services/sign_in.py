"""Sign in with name and password, at the issuer of our own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstline.domain.errors import InvalidInputError, NotAuthorizedError
from firstline.domain.identity import Principal
from firstline.domain.identity_ports import IdentityPorts
from firstline.domain.ports import Clock
from firstline.domain.rate_limit import Limit
from firstline.repositories.users import UserRepository
from firstline.services.authenticate_user import USER_AUDIENCE
from firstline.services.limit_rate import LimitRate
from firstline.services.manage_users import LONGEST_PASSWORD, checked_username

ACCESS_TOKEN_LIFE = timedelta(hours=1)
WRONG = "The name or the password is wrong."
SIGN_INS_PER_MINUTE = 5
"""Of one account from one address."""
SIGN_INS_PER_MINUTE_FROM_ANYWHERE = 60
"""Of one account: 86,400 guesses a day at most, against passwords of at least 12 characters. As many as a dozen
addresses can use up, so that no single one locks its owner out; and another is let in after a second."""


@dataclass(frozen=True)
class SignedIn:
    """What somebody who has signed in gets."""

    principal: Principal
    token: str
    expires_at: datetime


class SignIn:
    """Gives access tokens for an hour. A wrong name and a wrong password are one answer, after one and the same time.

    An account can be tried a few times a minute from each address, whether it exists or not.
    """

    def __init__(self, users: UserRepository, identity: IdentityPorts, limits: LimitRate, *, clock: Clock) -> None:
        self._users = users
        self._identity = identity
        self._limits = limits
        self._clock = clock

    def sign_in(self, username: str, password: str, *, address: str = "") -> SignedIn:
        """Return an access token.

        Parameters
        ----------
        address : str
            What the client's attempts are counted by; empty where it comes from this machine itself.

        Raises
        ------
        NotAuthorizedError
            No such account, a wrong password, or an account that is switched off.
        RateLimitedError
            The account was tried too often; the password was not looked at.
        SigningKeyUnavailableError, StoreUnavailableError
        """
        name = username.strip().lower()
        self._limits.require(Limit.SIGN_INS, f"{address} {name}")
        self._limits.require(Limit.ACCOUNT, name)
        try:
            user = self._users.find(checked_username(username))
        except InvalidInputError:
            user = None
        password_hash = user.password_hash if user and not user.disabled else None
        if not self._identity.passwords.matches(password_hash, password[:LONGEST_PASSWORD]) or user is None:
            raise NotAuthorizedError(WRONG)
        now = self._clock.now()
        expires_at = (now + ACCESS_TOKEN_LIFE).replace(microsecond=0)
        claims = {
            "aud": USER_AUDIENCE,
            "sub": user.username,
            "gen": user.generation,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        token = self._identity.tokens.sign(claims)
        return SignedIn(Principal(user.username, user.role, user.name), token, expires_at)
