"""Firstline against machines that answer its mail, for simulated days: what is sent stays under the stated caps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from benchmarks import mail_correspondents, mail_machines, mail_storms
from benchmarks.mail_storm import CapPassedError, Opponent
from benchmarks.mail_storms import OPPONENTS, measure

from tests.component.world import HashingEmbedder

HOURS = 60
FEWER_HOURS = {
    mail_correspondents.BouncingOddly: 24,
    mail_correspondents.Talkative: 12,
    mail_correspondents.Answered: 12,
    mail_correspondents.HandedBack: 18,
    mail_correspondents.Thankful: 24,
    mail_correspondents.Refused: 24,
}
"""Of those that bring much mail, which is all there is to the rest of the time."""


@pytest.mark.parametrize("opponent", OPPONENTS, ids=lambda opponent: opponent.__name__)
def test_an_opponent_gets_no_more_mail_than_the_cap_says(tmp_path: Path, opponent: type[Opponent]) -> None:
    hours = FEWER_HOURS.get(opponent, HOURS)
    (row,) = measure(tmp_path, [opponent], hours=hours, embedder=HashingEmbedder())
    assert row["received"] > 0
    assert row["sent"] <= row["cap"]
    assert bool(row["sent"]) is bool(row["cap"])


@pytest.mark.parametrize("opponent", [mail_machines.Lawless, mail_machines.TicketSystem])
def test_without_a_limit_for_senders_a_machine_passes_the_cap(
    tmp_path: Path, opponent: type[Opponent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opponent, "most", lambda self, hours: 4)
    limited: dict[str, Any] = {"mail_replies_per_sender": 4}
    unlimited: dict[str, Any] = {"mail_replies_per_sender": 100}
    (row,) = measure(tmp_path / "limited", [opponent], hours=0.2, embedder=HashingEmbedder(), **limited)
    assert row["sent"] == 4
    with pytest.raises(CapPassedError, match=opponent.name):
        measure(tmp_path / "unlimited", [opponent], hours=0.2, embedder=HashingEmbedder(), **unlimited)


def test_a_lost_word_of_a_person_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_correspondents, "_conversations", lambda storm: [])
    with pytest.raises(CapPassedError, match="in the log"):
        measure(tmp_path, [mail_correspondents.Talkative], hours=1, embedder=HashingEmbedder())


def test_the_figures_stand_in_a_table_in_the_order_of_the_opponents(tmp_path: Path) -> None:
    told: list[str] = []
    chosen = [mail_machines.OwnSecondAddress, mail_machines.MailingList]
    rows = measure(
        tmp_path, chosen, hours=2, embedder=HashingEmbedder(), progress=lambda what, done, total: told.append(what)
    )
    lines = mail_storms.table(rows, 2).splitlines()
    assert told == [opponent.name for opponent in chosen]
    assert [line.startswith(name) for line, name in zip(lines[2:], told, strict=True)] == [True, True]
    assert [row["sent"] for row in rows] == [0, 1]
