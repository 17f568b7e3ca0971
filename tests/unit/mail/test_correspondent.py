"""By what a correspondent is counted."""

from __future__ import annotations

import pytest

from firstline.domain.mail.correspondent import correspondent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Desk+17@Robot.example", "desk+18@robot.EXAMPLE"),
        ("case-4711@desk.example", "CASE-4712@desk.example"),
        ("case_4711_2026@desk.example", "case@desk.example"),
        ("ticket.4711.reply@desk.example", "ticket.9.reply@desk.example"),
        ("bounce=4711-22@desk.example", "bounce=4712-1@desk.example"),
    ],
)
def test_what_a_machine_changes_in_its_address_makes_it_nobody_else(one: str, other: str) -> None:
    assert correspondent(one) == correspondent(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zoe1985@mail.example", "zoe1986@mail.example"),
        ("4711@mail.example", "4712@mail.example"),
        ("ada.byron@mail.example", "ada.lovelace@mail.example"),
        ("anna-b@mail.example", "anna-c@mail.example"),
        ("desk@one.example", "desk@other.example"),
        ("-1@mail.example", "+1@mail.example"),
    ],
)
def test_two_people_stay_two(one: str, other: str) -> None:
    assert correspondent(one) != correspondent(other)


@pytest.mark.parametrize("address", ["", "@", "-4711@", "no address", "a@b@c", "-1@x.example"])
def test_what_is_no_address_is_counted_too(address: str) -> None:
    assert correspondent(correspondent(address)) == correspondent(address)
