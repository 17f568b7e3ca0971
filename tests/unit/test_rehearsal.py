"""How a rehearsal runs its steps, waits, and starts and stops its programs."""

import subprocess
import sys
import time

import pytest
from rehearsal.checking import CheckFailedError, eventually
from rehearsal.emulator import credentials, emulator
from rehearsal.programs import Program, ProgramError, free_port
from rehearsal.report import Report, Step


def fails():
    raise CheckFailedError("the answer is 41")


def test_a_report_passes_when_every_step_does_and_tells_each_with_what_it_found(capsys):
    report = Report(lambda since_s: ["never shown"])
    report.run(Step("one", lambda: "5 functions"))
    report.run(Step("two", lambda: None))
    assert report.passed
    assert "2 of 2 steps passed" in report.table()
    assert "5 functions" in report.table()
    assert "never shown" not in capsys.readouterr().out


def test_a_report_without_steps_has_not_passed():
    assert not Report(lambda since_s: []).passed


def test_a_failed_step_shows_its_reason_and_the_log_since_it_began_and_others_go_on(capsys):
    began = time.time()
    moments = []

    def log(since_s):
        moments.append(since_s)
        return ["WorkflowLogs: it broke here"]

    report = Report(log)
    report.run(Step("one", fails))
    report.run(Step("two", lambda: "ran"))
    assert not report.passed
    assert "1 of 2 steps passed" in report.table()
    shown = capsys.readouterr().out
    assert "the answer is 41" in shown
    assert "| WorkflowLogs: it broke here" in shown
    assert began <= moments[0] <= time.time()


def test_after_a_failed_step_that_is_needed_nothing_more_is_tried():
    tried = []
    report = Report(lambda since_s: [])
    report.run(Step("deploy", fails, needed=True))
    report.run(Step("chat", lambda: tried.append("chat")))
    assert tried == []
    assert report.gave_up
    assert "not tried" in report.table()


def test_a_fault_of_the_rehearsal_itself_is_not_taken_for_a_failed_step():
    with pytest.raises(ZeroDivisionError):
        Report(lambda since_s: []).run(Step("one", lambda: 1 / 0))


def test_waiting_ends_with_what_was_seen_once_it_holds_or_with_the_last_thing_seen():
    seen = iter([1, 2, 3])
    assert eventually(lambda: next(seen), lambda number: number == 3, "no 3", within_s=5, every_s=0) == 3
    with pytest.raises(CheckFailedError, match="no 4 within 0 s; seen last: 7"):
        eventually(lambda: 7, lambda number: number == 4, "no 4", within_s=0, every_s=0)


def test_a_program_is_awaited_until_it_answers_and_is_gone_once_stopped(tmp_path):
    port = free_port()
    server = Program(
        "a server",
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        f"http://127.0.0.1:{port}/",
        tmp_path / "server.log",
    )
    server.start()
    assert isinstance(server.process, subprocess.Popen)
    started = server.process
    server.stop()
    assert started.poll() is not None
    server.stop()


def test_a_program_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path):
    broken = Program(
        "a server", [sys.executable, "-c", "raise SystemExit('no port')"], "http://127.0.0.1:9/", tmp_path / "log"
    )
    with pytest.raises(ProgramError, match="a server did not start:\nno port"):
        broken.start()
    assert broken.process is None


def test_the_emulator_listens_on_this_machine_only_and_nothing_leads_to_a_real_account(tmp_path):
    program = emulator(tmp_path, 4999)
    assert program.environ["BIND_HOST"] == "127.0.0.1"
    assert set(program.environ) & {"AWS_PROFILE", "AWS_ACCESS_KEY_ID"} == set()
    environ = credentials("http://127.0.0.1:4999")
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert environ["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
