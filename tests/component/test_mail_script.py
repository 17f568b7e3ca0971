"""What ``scripts/mail`` does, over real local adapters."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from firstline import bootstrap
from firstline.container import Container
from tests.component.live import build
from tests.component.received import OURS, mail

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = SourceFileLoader("mail_script", str(SCRIPTS / "mail"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    made, engine = build(tmp_path, support_address=OURS, mail_from=OURS)
    made.ingest_knowledge.sync()
    monkeypatch.setattr(bootstrap, "container", lambda: made)
    yield made
    engine.close(5.0)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was printed, without the lines of logs and metrics that a script's settings keep quiet."""
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith(('{"_aws', '{"level'))]


def written(folder: Path, name: str, raw: bytes) -> str:
    path = folder / name
    path.write_bytes(raw)
    return str(path)


def test_mails_of_files_are_answered_and_shown_with_verdict_reason_and_conversation(
    script: ModuleType, container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = written(tmp_path, "question.eml", mail())
    away = written(tmp_path, "away.eml", mail("I am away.", message_id="o@x.example", Auto_Submitted="auto-replied"))
    assert script.take_in([question, away], container, as_json=True) == 0
    asked, left = map(json.loads, printed(capsys))
    assert (asked["verdict"], asked["reason"], asked["outcome"]) == ("answer", "ordinary", "answering")
    assert "reset a forgotten password" in asked["reply"]
    assert container.conversations.get(asked["conversation_id"]).contact.email == "ada@home.example"
    assert (left["verdict"], left["reply"], left["conversation_id"]) == ("auto_reply", "", "")


def test_the_same_mail_again_also_from_standard_input_is_told_to_be_known(
    script: ModuleType,
    container: Container,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script.take_in([written(tmp_path, "a.eml", mail())], container, as_json=False)
    printed(capsys)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mail())))
    # The engine of the first call is closed: nothing may be started for a mail that is known.
    assert script.take_in(["-"], container, as_json=False) == 0
    first, *_ = printed(capsys)
    assert first == "-: answer (ordinary), answering, received before"


def test_mails_that_belong_to_no_conversation_are_listed_by_day(
    script: ModuleType, container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = written(tmp_path, "loop.eml", mail(sender=OURS))
    script.take_in([loop], container, as_json=False)
    printed(capsys)
    today = datetime.now(UTC).date()
    assert script.list_day(today, container, as_json=False) == 0
    (line,) = printed(capsys)
    assert "loop (own_address)  support@shop.example  Password  kept/" in line
    assert script.list_day(date(2020, 1, 1), container, as_json=True) == 0
    assert printed(capsys) == []


def test_a_file_that_is_not_there_is_refused_before_anything_is_done(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        script.parse(["in", "nowhere.eml"])
    assert refused.value.code == 2
    assert "there is no file nowhere.eml" in capsys.readouterr().err
