"""A visitor's token: signed, bound to its session, short-lived, renewed, and void once the session is gone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from firstline.adapters.local.signing_keys import FileSigningKeys
from firstline.adapters.signed_tokens import SignedTokens
from firstline.domain.conversation import Channel
from firstline.domain.errors import NotAuthorizedError, SigningKeyUnavailableError
from firstline.services.open_session import OpenedSession
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World

HOUR, DAY = 3600, 24 * 3600


def opened(world: World) -> OpenedSession:
    return world.container.open_session.open(channel=Channel.CHAT)


def opens(world: World, session_id: str, token: str, *, renewing: bool = False) -> bool:
    try:
        session = world.container.identity.session_tokens.authorize(session_id, token, renewing=renewing)
    except NotAuthorizedError:
        return False
    return session.session_id == session_id


def test_a_token_opens_its_own_session_and_no_other(world: World) -> None:
    mine, other = opened(world), opened(world)
    assert opens(world, mine.session.session_id, mine.token)
    assert not opens(world, other.session.session_id, mine.token)


def test_a_token_is_good_for_an_hour_and_renewed_as_long_as_what_was_said_is_kept(world: World) -> None:
    kept = world.container.settings.retention_days * DAY
    mine = opened(world)
    session_id = mine.session.session_id
    world.clock.forward(HOUR - 1)
    assert opens(world, session_id, mine.token)
    world.clock.forward(1)
    assert not opens(world, session_id, mine.token)
    session = world.container.identity.session_tokens.authorize(session_id, mine.token, renewing=True)
    renewed = world.container.identity.session_tokens.renew(session)
    assert renewed.expires_at == world.clock.now() + timedelta(hours=1)
    world.clock.forward(kept - 1)
    assert opens(world, session_id, renewed.token, renewing=True)
    world.clock.forward(1)
    assert not opens(world, session_id, renewed.token, renewing=True)


def test_renewing_keeps_the_session_beyond_its_first_day(world: World) -> None:
    mine = opened(world)
    token = mine.token
    for _ in range(4):
        world.clock.forward(DAY / 2)
        session = world.container.identity.session_tokens.authorize(mine.session.session_id, token, renewing=True)
        token = world.container.identity.session_tokens.renew(session).token
    assert opens(world, mine.session.session_id, token)


def test_a_session_that_ended_is_opened_by_none_of_its_tokens_and_its_sockets_are_closed(world: World) -> None:
    mine = opened(world)
    session = mine.session
    world.container.connect_socket.connect("open", session.session_id, mine.socket_token)
    waiting = world.container.open_session.socket_token(session)
    other = world.container.identity.session_tokens.renew(session).token
    world.container.identity.end_session.end(session)
    world.container.identity.end_session.end(session)
    assert not opens(world, session.session_id, mine.token, renewing=True)
    assert not opens(world, session.session_id, other)
    with pytest.raises(NotAuthorizedError):
        world.container.identity.session_tokens.renew(session)
    with pytest.raises(NotAuthorizedError):
        world.container.connect_socket.connect("late", session.session_id, waiting)
    assert world.sockets.closed == ["open"]
    assert world.sockets.of_type("open", "closing")[-1]["reason"] == "session_ended"


def test_ending_a_session_leaves_other_sockets_of_the_conversation_open(world: World) -> None:
    first = opened(world)
    second = first.session.model_copy(update={"session_id": "SECOND"})
    world.container.sessions.add(second)
    world.container.connect_socket.connect("first", first.session.session_id, first.socket_token)
    world.container.connect_socket.connect("second", "SECOND", world.container.open_session.socket_token(second))
    world.container.identity.end_session.end(first.session)
    assert world.sockets.closed == ["first"]
    assert world.container.conversations.connections(first.session.conversation_id) == ["second"]


def forged(token: str) -> list[str]:
    """Tokens that somebody without the key can make of a good one."""
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    none_head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    nested = base64.urlsafe_b64encode(b"[" * 100_000).rstrip(b"=").decode()
    kid = jwt.get_unverified_header(token)["kid"]
    return [
        "",
        "x",
        "a.b.c",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{none_head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        f"{nested}.{body}.{signature}",
        f"{head}.{nested}.{signature}",
        "\u00e9.\u00e9.\u00e9",
        jwt.encode(claims, "a secret of somebody else's making", algorithm="HS256", headers={"kid": kid}),
        jwt.encode(claims, "a secret of somebody else's making", algorithm="HS256", headers={"kid": "unknown"}),
        jwt.encode(claims, "a secret of somebody else's making", algorithm="HS256"),
    ]


def test_a_token_without_our_signature_opens_nothing(world: World) -> None:
    mine = opened(world)
    for token in forged(mine.token):
        assert not opens(world, mine.session.session_id, token, renewing=True), token


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "user"},
        {"aud": None},
        {"iss": "another"},
        {"sub": None},
        {"exp": None},
        {"thread": "another conversation"},
    ],
)
def test_a_token_of_ours_for_something_else_opens_no_session(
    world: World, tmp_path: Path, change: dict[str, Any]
) -> None:
    mine = opened(world)
    claims = {**jwt.decode(mine.token, options={"verify_signature": False}), **change}
    key = FileSigningKeys(tmp_path / "signing-keys.json").keys()[0]
    token = jwt.encode(
        {name: value for name, value in claims.items() if value is not None},
        key.secret,
        algorithm="HS256",
        headers={"kid": key.key_id},
    )
    assert not opens(world, mine.session.session_id, token)


def test_rotated_keys_leave_the_last_tokens_good_and_the_ones_before_void(world: World, tmp_path: Path) -> None:
    keys = FileSigningKeys(tmp_path / "signing-keys.json")
    first = opened(world)
    keys.rotate()
    assert opens(world, first.session.session_id, first.token)
    second = opened(world)
    keys.rotate()
    assert not opens(world, first.session.session_id, first.token)
    assert opens(world, second.session.session_id, second.token)


def test_the_signing_key_is_made_once_for_this_user_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    token = SignedTokens(FileSigningKeys(path)).sign({"aud": "a", "sub": "s", "iat": 1, "exp": 2})
    assert path.stat().st_mode & 0o777 == 0o600
    assert SignedTokens(FileSigningKeys(path)).read(token, audience="a")["sub"] == "s"
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', json.dumps({"keys": [{"id": "a", "secret": "00"}]})])
def test_a_broken_key_file_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(SigningKeyUnavailableError, match="cannot be read"):
        FileSigningKeys(path).keys()
    assert path.read_text() == content


def test_rest_renews_an_expired_token_and_a_new_socket_brings_the_next(world: World) -> None:
    http = TestClient(create_app(world.container))
    session = http.post("/chat/sessions").json()
    place, old = f"/chat/sessions/{session['session_id']}", bearer(session["token"])
    assert session["expires_at"] == "2026-06-01T13:00:00Z"
    world.clock.forward(2 * HOUR)
    assert problem_of(http.get(f"{place}/history", headers=old))["status"] == 401
    renewed = http.post(f"{place}/renew", headers=old).json()
    assert http.get(f"{place}/history", headers=bearer(renewed["token"])).status_code == 200
    assert renewed["expires_at"] == "2026-06-01T15:00:00Z"
    socket = http.post(f"{place}/socket", headers=old).json()
    assert http.get(f"{place}/history", headers=bearer(socket["token"])).status_code == 200
    assert http.delete(place, headers=bearer(socket["token"])).status_code == 204
    assert http.post(f"{place}/renew", headers=bearer(socket["token"])).status_code == 401


def test_our_tokens_are_those_of_the_standard(tmp_path: Path) -> None:
    keys = FileSigningKeys(tmp_path / "keys.json")
    claims = {"aud": "session", "sub": "s\u00e9", "iat": 1, "exp": 99_999_999_999}
    key = keys.keys()[0]
    token = SignedTokens(keys).sign(claims)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": key.key_id, "typ": "JWT"}
    read = jwt.decode(token, key.secret, algorithms=["HS256"], audience="session", issuer="firstline")
    assert read == {**claims, "iss": "firstline"}
    theirs = jwt.encode(read, key.secret, algorithm="HS256")
    assert SignedTokens(keys).read(theirs, audience="session") == read


def test_to_read_a_token_of_ours_loads_no_cryptographic_library(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from firstline.adapters.local.signing_keys import FileSigningKeys
from firstline.adapters.signed_tokens import SignedTokens
tokens = SignedTokens(FileSigningKeys(Path(sys.argv[1])))
print(tokens.read(tokens.sign({"aud": "a", "sub": "s", "exp": 1}), audience="a")["sub"])
print({"jwt", "cryptography", "argon2"} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program, tmp_path / "keys"], capture_output=True, text=True)
    assert ran.stdout == "s\nset()\n", ran.stderr
