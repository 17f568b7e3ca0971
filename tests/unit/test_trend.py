"""Whether a mood gets better or worse."""

import math

import pytest

from firstline.domain.trend import Trend, trend


@pytest.mark.parametrize(
    ("sentiments", "expected"),
    [
        ([], Trend.STABLE),
        ([-0.9], Trend.STABLE),
        ([0.1, -0.6], Trend.DECLINING),
        ([-0.7, 0.5], Trend.IMPROVING),
        ([0.0, -0.2], Trend.STABLE),
        ([0.0, -0.3, -0.6], Trend.DECLINING),
        ([0.0, -0.5, 0.0, -0.5, 0.0], Trend.STABLE),
        ([-0.8, -0.5, -0.2, 0.1, 0.6], Trend.IMPROVING),
        ([0.5, 0.45, 0.4, 0.35], Trend.STABLE),
        ([math.nan, 0.4, -0.6], Trend.DECLINING),
    ],
)
def test_the_trend_is_that_of_most_pairs_of_messages(sentiments, expected):
    assert trend(sentiments) is expected


def test_a_trend_turned_round_in_time_is_the_opposite():
    rising = [-0.9, -0.4, -0.1, 0.3, 0.2, 0.8]
    assert trend(rising) is Trend.IMPROVING
    assert trend(rising[::-1]) is Trend.DECLINING


def test_what_was_long_ago_does_not_count():
    assert trend([0.9, 0.9, 0.9, *[-0.5] * 8]) is Trend.STABLE
