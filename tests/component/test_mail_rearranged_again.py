"""Threads merged and split over REST by requests that come twice, come late, or say what they have seen."""

from __future__ import annotations

import uuid

import pytest
from fastapi.testclient import TestClient

from firstline.domain.errors import StoreUnavailableError
from firstline.domain.identity import Principal, Role
from firstline.services.split_thread import SplitThread
from firstline.web.app import create_app
from tests.component.mail_threads import MailThreads
from tests.component.rest import bearer, problem_of
from tests.component.world import World

PASSWORD = "correct horse battery"  # pragma: allowlist secret
ADA = "ada@customers.example"
ANNA = Principal("anna", Role.AGENT, "Anna")


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world.container), raise_server_exceptions=False)


@pytest.fixture
def anna(world: World) -> dict[str, str]:
    return person(world, "anna")


@pytest.fixture
def mails(world: World) -> MailThreads:
    return MailThreads(world.container)


def person(world: World, name: str) -> dict[str, str]:
    world.container.identity.manage_users.add(name, PASSWORD, Role.AGENT, name=name.title())
    return bearer(world.container.identity.sign_in.sign_in(name, PASSWORD).token)


def path(conversation_id: str, rest: str) -> str:
    return f"/admin/conversations/{conversation_id}{rest}"


def keyed(headers: dict[str, str], key: str = "") -> dict[str, str]:
    return {**headers, "Idempotency-Key": key or str(uuid.uuid4())}


def two_mails(mails: MailThreads, subject: str = "One") -> tuple[str, int]:
    """Return a thread, and the place of its second mail."""
    thread = mails.begin(ADA, subject)
    mails.write(thread, ADA, "Hello")
    return thread, mails.write(thread, ADA, "Something else").seq


def tag(http: TestClient, headers: dict[str, str], conversation_id: str) -> str:
    return http.get(path(conversation_id, ""), headers=headers).headers["etag"]


def test_a_split_sent_again_is_done_once_and_answered_alike(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread, seq = two_mails(mails)
    with_key = keyed(anna)
    first, again = (http.post(path(thread, "/split"), headers=with_key, json={"from_seq": seq}) for _ in range(2))
    unkeyed = http.post(path(thread, "/split"), headers=anna, json={"from_seq": seq})
    assert [answer.status_code for answer in (first, again, unkeyed)] == [201, 201, 201]
    assert first.json() == again.json() == unkeyed.json()
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("etag", "location"):
        assert first.headers[name] == again.headers[name] == unkeyed.headers[name]
    assert len(world.container.mail_people.routes.get(thread).splits) == 1


def test_a_merging_sent_again_after_it_was_undone_is_answered_as_before_and_not_done_again(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    source, target = mails.begin(ADA, "One"), mails.begin(ADA, "Two")
    with_key = keyed(anna)
    first = http.post(path(source, "/merge"), headers=with_key, json={"into": target})
    assert http.delete(path(source, "/merge"), headers=anna).status_code == 200
    again = http.post(path(source, "/merge"), headers=with_key, json={"into": target})
    assert (again.status_code, again.json()) == (200, first.json())
    assert world.container.mail_people.routes.get(source).into == ""
    # A new request, with a key of its own, is carried out.
    assert http.post(path(source, "/merge"), headers=keyed(anna), json={"into": target}).status_code == 200
    assert world.container.mail_people.routes.get(source).into == target


@pytest.mark.parametrize("action", ["merge", "split"])
def test_a_key_is_for_one_request_of_one_person_on_one_thread(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads, action: str
) -> None:
    (thread, seq), (other, other_seq) = two_mails(mails), two_mails(mails, "Other")
    third = mails.write(thread, ADA, "And more").seq
    one, two = mails.begin(ADA, "Target"), mails.begin(ADA, "Another target")
    merging, bodies = action == "merge", ({"into": one}, {"into": two})
    first, changed = bodies if merging else ({"from_seq": third}, {"from_seq": seq})
    elsewhere = {"into": one} if merging else {"from_seq": other_seq}
    with_key = keyed(anna)
    done = http.post(path(thread, f"/{action}"), headers=with_key, json=first)
    assert done.status_code in (200, 201)
    refused = problem_of(http.post(path(thread, f"/{action}"), headers=with_key, json=changed))
    assert (refused["status"], refused["type"]) == (422, "urn:firstline:problem:idempotency_key_reused")
    on_another = http.post(path(other, f"/{action}"), headers=with_key, json=elsewhere)
    assert on_another.status_code == done.status_code
    assert "idempotency-replayed" not in on_another.headers
    ben = http.post(
        path(thread, f"/{action}"), headers=keyed(person(world, "ben"), with_key["Idempotency-Key"]), json=first
    )
    assert "idempotency-replayed" not in ben.headers


def test_a_failed_split_leaves_its_key_free(
    world: World,
    http: TestClient,
    anna: dict[str, str],
    mails: MailThreads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, seq = two_mails(mails)
    with_key, body = keyed(anna), {"from_seq": seq}
    working = SplitThread.split

    def done_and_not_told(self: SplitThread, *args: object, **named: object) -> None:
        working(self, *args, **named)  # type: ignore[arg-type]
        raise StoreUnavailableError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(SplitThread, "split", done_and_not_told)
        assert http.post(path(thread, "/split"), headers=with_key, json=body).status_code == 503
    (new,) = world.container.mail_people.routes.get(thread).splits
    again = http.post(path(thread, "/split"), headers=with_key, json=body)
    assert (again.status_code, again.json()["conversation_id"]) == (201, new)
    assert "idempotency-replayed" not in again.headers


@pytest.mark.parametrize("action", ["merge", "split"])
def test_what_was_not_seen_is_not_rearranged(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads, action: str
) -> None:
    thread, seq = two_mails(mails)
    body = {"into": mails.begin(ADA, "Target")} if action == "merge" else {"from_seq": seq}
    seen = tag(http, anna, thread)
    # Somebody has taken it and given it back meanwhile.
    own = world.container.people.own_conversation
    own.take(thread, ANNA)
    own.hand_back(thread, ANNA)
    with_key = keyed(anna)
    late = http.post(path(thread, f"/{action}"), headers={**with_key, "If-Match": seen}, json=body)
    now = world.container.conversations.get(thread).version
    assert (late.status_code, problem_of(late)["version"]) == (409, now)
    route = world.container.mail_people.routes.get(thread)
    assert (route.into, route.splits) == ("", ())
    # The refusal has left the key free; the tag that is read now, in the header or in the body, is good.
    fresh = {**with_key, "If-Match": tag(http, anna, thread)}
    assert http.post(path(thread, f"/{action}"), headers=fresh, json=body).status_code in (200, 201)


@pytest.mark.parametrize("action", ["merge", "split"])
def test_a_version_may_stand_in_the_body_and_must_not_contradict_the_header(
    world: World, http: TestClient, anna: dict[str, str], mails: MailThreads, action: str
) -> None:
    thread, seq = two_mails(mails)
    body = {"into": mails.begin(ADA, "Target")} if action == "merge" else {"from_seq": seq}
    version = world.container.conversations.get(thread).version
    refused = [
        http.post(path(thread, f"/{action}"), headers={**anna, "If-Match": value}, json={**body, "version": version})
        for value in (f'"{version + 1}"', "nonsense")
    ]
    assert [problem_of(answer)["status"] for answer in refused] == [400, 400]
    stale = http.post(path(thread, f"/{action}"), headers=anna, json={**body, "version": version + 1})
    assert problem_of(stale)["status"] == 409
    weak = {**anna, "If-Match": f'"{version}"'}
    done = http.post(path(thread, f"/{action}"), headers=weak, json={**body, "version": version})
    assert done.status_code in (200, 201)


def test_the_tag_of_a_changed_thread_is_good_for_the_next_change(
    http: TestClient, anna: dict[str, str], mails: MailThreads
) -> None:
    thread, seq = two_mails(mails)
    split = http.post(path(thread, "/split"), headers=anna, json={"from_seq": seq})
    new = split.json()["conversation_id"]
    assert split.headers["etag"] == tag(http, anna, new)
    back = {**anna, "If-Match": split.headers["etag"]}
    merged = http.post(path(new, "/merge"), headers=back, json={"into": thread})
    assert (merged.status_code, merged.json()["conversation_id"]) == (200, thread)
    assert merged.headers["etag"] == tag(http, anna, thread)
