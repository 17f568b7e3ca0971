"""A company's own intents: by file and REST, trained, refused where they collide, judged in every process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.errors import NotFoundError, StoreUnavailableError
from firstline.domain.own_labels import (
    IntentsRefusedError,
    IntentsTrainedError,
    InvalidExamplesError,
    LabelKind,
    LabelOfFileError,
    OwnLabel,
)
from firstline.repositories.own_labels import ExampleFiles, OwnModels
from firstline.services.own_intents import OwnIntents
from firstline.web.app import create_app
from tests.component.rest import bearer, problem_of
from tests.component.world import World

ADMIN = "an-admin-token-of-the-test"  # pragma: allowlist secret
WARRANTY = [
    f"warranty {rest}" for rest in ("claim", "expired", "for the blender", "how long", "card lost", "covers what")
]
RECIPE = [f"recipe {rest}" for rest in ("for soup", "with rice", "for bread", "book", "ideas tonight", "without oil")]
OVEN = [f"oven {rest}" for rest in ("too hot", "will not start", "door loose", "light broken", "makes noise", "smells")]
INSIDE, OUTSIDE = "is the warranty expired", "sing a song of sixpence"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, admin_token=ADMIN)


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.container), headers=bearer(ADMIN)) as client:
        yield client


@pytest.fixture
def own(world: World) -> OwnIntents:
    return world.container.own_intents


def put(own: OwnIntents, **labels: list[str]) -> None:
    for name, examples in labels.items():
        own.put(OwnLabel(name=name, examples=tuple(examples)))


def another_process(world: World) -> OwnIntents:
    ports = world.ports
    return OwnIntents(ExampleFiles(ports.objects), OwnModels(ports.table), ports.embedder, clock=ports.clock)


def judged(own: OwnIntents, text: str = INSIDE) -> Any:
    return own.judge(text)


def test_intents_are_added_trained_and_judged_over_rest(http: TestClient, own: OwnIntents) -> None:
    assert http.get("/admin/intents").json() == {"labels": [], "trained": None}
    for name, examples in (("warranty", WARRANTY), ("recipe", RECIPE)):
        assert http.put(f"/admin/intents/{name}", json={"examples": examples}).status_code == 200
    assert judged(own) is None
    report = http.post("/admin/intents/training").json()
    assert (report["version"], report["examples"], report["labels"]) == (
        1,
        12,
        {"recipe": "intent", "warranty": "intent"},
    )
    assert report["accuracy"]["intent"] > 0.9
    listed = http.get("/admin/intents").json()
    assert [label["name"] for label in listed["labels"]] == ["recipe", "warranty"]
    assert listed["trained"]["version"] == 1
    assert own.judge(INSIDE).label == "warranty"  # type: ignore[union-attr]
    assert http.delete("/admin/intents/recipe").status_code == 204
    assert http.delete("/admin/intents/recipe").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("few", {"examples": WARRANTY[:4]}, 422),
        ("same", {"examples": ["a claim"] * 6}, 422),
        ("many", {"examples": [f"claim {n}" for n in range(51)]}, 422),
        ("blank", {"examples": [*WARRANTY[:5], "  "]}, 422),
        ("signs", {"examples": [*WARRANTY[:5], "?!"]}, 422),
        ("..%2Fup", {"examples": WARRANTY}, 404),
        ("spa ce", {"examples": WARRANTY}, 422),
        ("kind", {"examples": WARRANTY, "kind": "mood"}, 422),
        ("copy", {"examples": RECIPE}, 422),
    ],
)
def test_examples_that_cannot_be_learnt_are_refused(http: TestClient, name: str, body: Any, status: int) -> None:
    http.put("/admin/intents/recipe", json={"examples": RECIPE})
    assert http.put(f"/admin/intents/{name}", json=body).status_code == status
    assert [label["name"] for label in http.get("/admin/intents").json()["labels"]] == ["recipe"]


def test_one_label_alone_cannot_be_trained(http: TestClient) -> None:
    http.put("/admin/intents/recipe", json={"examples": RECIPE})
    refused = http.post("/admin/intents/training")
    assert (refused.status_code, "two at least" in problem_of(refused)["detail"]) == (422, True)


def test_only_administrators_may(world: World) -> None:
    with TestClient(create_app(world.container)) as http:
        assert http.get("/admin/intents").status_code == 401
        assert http.put("/admin/intents/recipe", json={"examples": RECIPE}).status_code == 401


def test_a_file_of_the_companys_is_learnt_and_not_changed_over_rest(world: World, own: OwnIntents) -> None:
    rows = [{"text": text, "label": "oven"} for text in OVEN]
    rows += [{"text": text, "label": "cooking", "kind": "category"} for text in RECIPE]
    rows += [{"text": text, "label": "repair", "kind": "category"} for text in OVEN]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    world.ports.objects.write("training/intents/kitchen.jsonl", content)
    put(own, recipe=RECIPE)
    report = own.train()
    assert report.labels == {
        "cooking": LabelKind.CATEGORY,
        "oven": LabelKind.INTENT,
        "recipe": LabelKind.INTENT,
        "repair": LabelKind.CATEGORY,
    }
    assert own.judge("the oven light").label == "oven"  # type: ignore[union-attr]
    assert own.judge_category("the oven light").label == "repair"  # type: ignore[union-attr]
    with pytest.raises(LabelOfFileError, match=r"kitchen\.jsonl"):
        put(own, oven=WARRANTY)
    with pytest.raises(LabelOfFileError):
        own.delete("oven")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"text": "x"', "line 2: not JSON"),
        ("[1]", "line 2: not a JSON object"),
        ('{"text": "", "label": "a"}', "line 2: needs"),
        ('{"text": "x", "label": "a b"}', "line 2: needs"),
        ('{"text": "x", "label": "a", "kind": "mood"}', "line 2: needs"),
        ('{"text": 3, "label": "a"}', "line 2: needs"),
        ('{"text": "x", "label": "ok", "kind": "category"}', "line 2: ok is of kind intent elsewhere"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(world: World, own: OwnIntents, line: str, told: str) -> None:
    world.ports.objects.write("training/intents/a.jsonl", f'{{"text": "y", "label": "ok"}}\n{line}\n'.encode())
    with pytest.raises(InvalidExamplesError, match=told):
        own.train()


def test_a_set_that_makes_what_was_learnt_worse_is_refused_and_names_what_collides(own: OwnIntents) -> None:
    put(own, warranty=WARRANTY, recipe=RECIPE, oven=OVEN)
    own.train()
    put(own, guarantee=[f"{text} please" for text in WARRANTY])
    with pytest.raises(IntentsRefusedError, match=r"warranty with guarantee|guarantee with warranty"):
        own.train()
    assert own.report().version == 1  # type: ignore[union-attr]
    assert own.judge(INSIDE).label == "warranty"  # type: ignore[union-attr]
    own.delete("guarantee")
    assert own.train().version == 2


def test_what_is_beside_the_point_is_out_of_scope(world: World, own: OwnIntents) -> None:
    put(own, warranty=WARRANTY, recipe=RECIPE, oven=OVEN)
    own.train()
    vectors = world.ports.embedder.embed([INSIDE, OUTSIDE])
    inside, outside = own.judge(INSIDE, vectors[0]), own.judge(OUTSIDE, vectors[1])
    assert inside is not None
    assert outside is not None
    assert inside.out_of_scope < 0.5 < outside.out_of_scope


def test_another_process_judges_by_a_new_training_within_a_minute(world: World, own: OwnIntents) -> None:
    other = another_process(world)
    put(own, warranty=WARRANTY, recipe=RECIPE)
    assert judged(other) is None
    own.train()
    assert judged(other) is None
    world.clock.forward(61)
    assert judged(other).label == "warranty"
    put(own, guarantee=OVEN)
    own.delete("warranty")
    own.train()
    world.clock.forward(61)
    assert set(judged(other).scores) == {"guarantee", "recipe"}


def test_while_the_store_is_away_what_was_known_judges(world: World, own: OwnIntents, monkeypatch: Any) -> None:
    put(own, warranty=WARRANTY, recipe=RECIPE)
    own.train()
    assert judged(own).label == "warranty"

    def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(world.ports.table, "get", away)
    world.clock.forward(61)
    assert judged(own).label == "warranty"
    assert judged(another_process(world)) is None


def test_a_model_of_many_parts_is_whole_or_not_there(world: World) -> None:
    models = OwnModels(world.ports.table)
    report = world.container.own_intents.train()
    content = bytes(range(256)) * 4_000
    models.put(report.model_copy(update={"version": 7}), content, replaces=1)
    assert models.read(7) == content
    with pytest.raises(NotFoundError):
        models.read(1)
    parts = world.ports.table.query("INTENTS", sk_prefix="MODEL#").items
    assert len(parts) == 4
    world.ports.table.delete("INTENTS", parts[1]["sk"])
    with pytest.raises(NotFoundError):
        models.read(7)


def test_two_trainings_at_once_leave_one_whole_model(world: World, own: OwnIntents) -> None:
    put(own, warranty=WARRANTY, recipe=RECIPE)
    began = threading.Barrier(2)

    def together(name: str) -> None:
        if name == "storing":
            began.wait(30)

    def train(service: OwnIntents) -> str:
        try:
            return f"version {service.train(step=together).version}"
        except IntentsTrainedError:
            return "conflict"

    with ThreadPoolExecutor(2) as threads:
        done = sorted(threads.map(train, [another_process(world), another_process(world)]))
    assert done == ["conflict", "version 1"]
    assert judged(another_process(world)).label == "warranty"


def test_files_outlive_the_service(tmp_path: Path) -> None:
    files = ExampleFiles(FolderObjectStore(tmp_path))
    files.put(OwnLabel(name="oven", examples=("f\u00fcr Br\u00f6tchen", "\u713c\u304f", "a", "b", "c")))
    (kept,) = ExampleFiles(FolderObjectStore(tmp_path)).all()
    assert (kept.name, kept.examples[:2]) == ("oven", ("f\u00fcr Br\u00f6tchen", "\u713c\u304f"))
