"""When people are there: across weekends, midnights, holidays and the changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from firstline.domain.business_hours import BusinessHours, InvalidBusinessHoursError, in_words

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = BusinessHours.parse("Mon-Fri 09:00-12:30, 13:30-17:00; Sat 10:00-14:00", "Europe/Berlin")


def berlin(*moment: int, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        (berlin(2026, 11, 23, 9, 0), True),
        (berlin(2026, 11, 23, 8, 59), False),
        (berlin(2026, 11, 23, 12, 30), False),
        (berlin(2026, 11, 23, 13, 30), True),
        (berlin(2026, 11, 23, 17, 0), False),
        (berlin(2026, 11, 28, 13, 59), True),
        (berlin(2026, 11, 29, 11, 0), False),
    ],
)
def test_openings_include_their_start_and_not_their_end(now: datetime, open_: bool) -> None:
    assert WEEK.is_open(now) is open_


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        (berlin(2026, 11, 23, 7, 0), berlin(2026, 11, 23, 9, 0)),
        (berlin(2026, 11, 23, 10, 0), berlin(2026, 11, 23, 10, 0)),
        (berlin(2026, 11, 23, 12, 31), berlin(2026, 11, 23, 13, 30)),
        (berlin(2026, 11, 27, 17, 0), berlin(2026, 11, 28, 10, 0)),
        (berlin(2026, 11, 28, 15, 0), berlin(2026, 11, 30, 9, 0)),
    ],
)
def test_the_next_opening_is_found_across_days(now: datetime, opening: datetime) -> None:
    assert WEEK.next_opening(now) == opening


def test_without_openings_people_are_always_there() -> None:
    now = datetime(2026, 12, 25, 3, tzinfo=UTC)
    assert BusinessHours.parse("").is_open(now)
    assert BusinessHours.parse(" ", holidays="12-25").next_opening(now) == now


def test_a_night_shift_lasts_past_midnight_and_past_the_end_of_the_week() -> None:
    nights = BusinessHours.parse("Sun 22:00-06:00; Mon 20:00-24:00")
    assert nights.is_open(datetime(2026, 11, 30, 5, 59, tzinfo=UTC))
    assert not nights.is_open(datetime(2026, 11, 30, 6, 0, tzinfo=UTC))
    assert nights.is_open(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert not nights.is_open(datetime(2026, 12, 1, 0, 0, tzinfo=UTC))


def test_days_may_wrap_around_the_weekend_and_stand_in_lists() -> None:
    hours = BusinessHours.parse("Sat-Mon, Wed 10:00-11:00")
    assert sorted(opening.weekday for opening in hours.openings) == [0, 2, 5, 6]


def test_holidays_of_one_year_and_of_every_year_are_skipped() -> None:
    hours = BusinessHours.parse("Mon-Sun 09:00-17:00", holidays="2026-12-24, 12-25 12-26")
    assert hours.next_opening(datetime(2026, 12, 23, 18, tzinfo=UTC)) == datetime(2026, 12, 27, 9, tzinfo=UTC)
    assert hours.next_opening(datetime(2027, 12, 23, 18, tzinfo=UTC)) == datetime(2027, 12, 24, 9, tzinfo=UTC)


def test_where_nothing_ever_opens_there_is_no_next_opening() -> None:
    every_day = " ".join(f"{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 29))
    assert BusinessHours.parse("Mon 09:00-10:00", holidays=every_day).next_opening(
        datetime(2026, 1, 31, tzinfo=UTC)
    ) == datetime(2026, 3, 30, 9, tzinfo=UTC)
    whole = (
        every_day
        + " 01-29 01-30 01-31 02-29 "
        + " ".join(f"{month:02d}-{day}" for month in range(3, 13) for day in (29, 30))
    )
    thirty_firsts = " ".join(f"{month:02d}-31" for month in (3, 5, 7, 8, 10, 12))
    never = BusinessHours.parse("Mon 09:00-10:00", holidays=f"{whole} {thirty_firsts}")
    assert never.next_opening(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_opening_time_follows_the_clocks_when_summer_begins_and_ends() -> None:
    hours = BusinessHours.parse("Mon-Sun 09:00-17:00", "Europe/Berlin")
    assert hours.next_opening(berlin(2026, 3, 28, 18)) == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert hours.next_opening(berlin(2026, 10, 24, 18)) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_an_opening_inside_the_hour_that_the_clocks_skip_begins_as_long_after_it() -> None:
    hours = BusinessHours.parse("Sun 02:30-05:00", "Europe/Berlin")
    opening = hours.next_opening(berlin(2026, 3, 29, 0))
    assert opening == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert (opening.hour, opening.minute) == (3, 30)
    assert hours.is_open(datetime(2026, 3, 29, 2, 59, tzinfo=UTC))


def test_an_opening_inside_the_hour_that_the_clocks_repeat_begins_the_first_time() -> None:
    hours = BusinessHours.parse("Sun 02:30-04:00", "Europe/Berlin")
    first, repeated = berlin(2026, 10, 25, 2, 30), berlin(2026, 10, 25, 2, 10, fold=1)
    assert not hours.is_open(first - timedelta(seconds=1))
    assert hours.is_open(first)
    assert hours.is_open(repeated)
    found = hours.next_opening(repeated)
    # Python calls times of a repeated hour unequal across zones, whatever they are.
    assert found is not None
    assert found.astimezone(UTC) == repeated


def test_every_opening_found_is_open_and_the_second_before_it_is_not() -> None:
    now = berlin(2026, 1, 1)
    for _ in range(700):
        opening = WEEK.next_opening(now)
        assert opening is not None
        assert WEEK.is_open(opening)
        assert opening == now or not WEEK.is_open(opening - timedelta(seconds=1))
        now += timedelta(hours=13, minutes=7)


@pytest.mark.parametrize(
    ("text", "zone", "holidays", "quoted"),
    [
        ("Mon-Fri", "UTC", "", "Mon-Fri"),
        ("Mo-Fr 09:00-17:00", "UTC", "", "Mo"),
        ("Mon 9-17", "UTC", "", "9-17"),
        ("Mon 09:60-17:00", "UTC", "", "09:60"),
        ("Mon 25:00-26:00", "UTC", "", "25:00"),
        ("Mon 24:00-02:00", "UTC", "", "24:00"),
        ("Mon 09:00-17:00", "Middle/Earth", "", "Middle/Earth"),
        ("Mon 09:00-17:00", "", "", "''"),
        ("Mon 09:00-17:00", "../etc/passwd", "", "passwd"),
        ("Mon 09:00-17:00", "UTC", "2026-02-30", "2026-02-30"),
        ("Mon 09:00-17:00", "UTC", "tomorrow", "tomorrow"),
    ],
)
def test_what_cannot_be_read_is_quoted(text: str, zone: str, holidays: str, quoted: str) -> None:
    with pytest.raises(InvalidBusinessHoursError, match=quoted.replace(".", r"\.")):
        BusinessHours.parse(text, zone, holidays)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ((2026, 11, 27, 10, 0), "today at 10:00 (Europe/Berlin)"),
        ((2026, 11, 28, 10, 0), "tomorrow, Saturday, 28 November at 10:00 (Europe/Berlin)"),
        ((2026, 11, 30, 9, 0), "Monday, 30 November at 09:00 (Europe/Berlin)"),
        ((2027, 1, 4, 9, 0), "Monday, 4 January 2027 at 09:00 (Europe/Berlin)"),
    ],
)
def test_a_moment_is_told_in_words_with_its_time_zone(moment: tuple[int, ...], words: str) -> None:
    assert in_words(berlin(*moment).astimezone(BERLIN), berlin(2026, 11, 27, 0, 30)) == words
