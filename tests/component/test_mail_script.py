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
from firstline.adapters.mail_parser import parse_mail
from firstline.adapters.system import SystemClock, SystemIds
from firstline.container import Container
from firstline.domain.contact import MailUnavailableError
from firstline.local.mail_spool import MailSpool
from firstline.services.failed_mails import FailedMails
from functions.email_intake.handler import lambda_handler as email_intake
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


def given_up(container: Container, *raw: bytes) -> FailedMails:
    store = container.ports.received_mail
    assert store is not None
    for number, content in enumerate(raw, start=1):
        store.write(f"incoming/{number}.eml", content)
        at = datetime(2026, 6, number, 12, tzinfo=UTC)
        FailedMails(store).lay_aside(f"{number}.eml", tries=6, why="ValueError at x.py:1", at=at)
    return FailedMails(store)


def test_mails_that_were_given_up_are_listed_with_when_who_what_and_why(
    script: ModuleType, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(container, mail(), mail("Second", sender="bob@x.example", subject="\x1b[2J gone"))
    assert script.list_failed(container, as_json=False) == 0
    first, second = printed(capsys)
    assert first == "1  2026-06-01T12:00:00+00:00  ada@home.example  Password  ValueError at x.py:1, 6 tries"
    assert second.split("  ")[2:4] == ["bob@x.example", "[2J gone"]
    assert script.list_failed(container, as_json=True) == 0
    read = [json.loads(line) for line in printed(capsys)]
    assert [one["mail_id"] for one in read] == ["1", "2"]
    assert set(read[0]) == {"mail_id", "at", "sender", "subject", "why", "tries"}


def test_a_mail_that_is_retried_is_answered_when_the_line_is_looked_at_and_once_however_often_it_is_retried(
    script: ModuleType, container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = given_up(container, mail(), mail("Other", message_id="o@x.example"))
    store = container.ports.received_mail
    assert store is not None
    assert script.retry(["1"], container, every=False, as_json=False) == 0
    assert printed(capsys) == ["1: in line as 1~2"]
    assert failed.ids() == ["2"]
    spool = MailSpool(store, lambda event: email_intake(event, None), clock=SystemClock(), ids=SystemIds())  # type: ignore[arg-type]
    spool.start()
    try:
        # What a retry that was killed leaves behind, while the server runs: the mail is given up and in line.
        given_up(container, mail())
        spool.look()
        spool.wait()
        assert script.retry([], container, every=True, as_json=True) == 0
        assert [json.loads(line)["mail_id"] for line in printed(capsys)] == ["1", "2"]
        spool.look()
        spool.wait()
    finally:
        spool.stop()
    assert not list(store.list("incoming/"))
    assert not list(store.list("failed/"))
    kept = [parse_mail(store.read(key)).text.strip() for key in store.list("kept/")]
    assert sorted(kept) == ["How do I reset my password?", "Other"]


def test_a_wrong_id_is_told_and_nothing_is_put_back_in_line(
    script: ModuleType, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = given_up(container, mail())
    assert script.retry(["1", "7"], container, every=False, as_json=False) == script.NOT_TAKEN
    told = capsys.readouterr()
    assert "scripts/mail: not given up: 7; scripts/mail failed lists those that are" in told.err
    assert failed.ids() == ["1"]
    assert script.retry([], container, every=True, as_json=False) == 0
    assert script.retry([], container, every=True, as_json=False) == 0
    for wrong in (["retry"], ["retry", "1", "--all"]):
        with pytest.raises(SystemExit):
            script.parse(wrong)


def test_where_no_mail_is_taken_none_is_put_back_in_a_line_that_nobody_looks_at(
    script: ModuleType, tmp_path: Path
) -> None:
    made, engine = build(tmp_path)
    engine.close(1.0)
    failed = given_up(made, mail())
    with pytest.raises(MailUnavailableError, match="SUPPORT_ADDRESS is not set"):
        script.retry(["1"], made, every=False, as_json=False)
    assert failed.ids() == ["1"]


def test_a_file_that_is_not_there_is_refused_before_anything_is_done(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        script.parse(["in", "nowhere.eml"])
    assert refused.value.code == 2
    assert "there is no file nowhere.eml" in capsys.readouterr().err
