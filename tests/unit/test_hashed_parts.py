"""The parts of a text weighed at once, as one by one."""

import numpy as np
import pytest

from firstline.domain.hashed_ngrams import BUCKETS, hashed_ngrams, plain_text, weighed_parts

WEIGHTS = np.random.default_rng(3).integers(-127, 128, BUCKETS).astype(np.int8)
PARTS = [
    "we are locked out.",
    "!",
    "a",
    "the deadline is tonight, the deadline!",
    "\u65e5\u672c\u8a9e\u3002",
    "x\ud800",
]


def test_parts_weigh_together_what_each_weighs_alone():
    alone = [WEIGHTS[buckets].astype(float) @ values for buckets, values in map(hashed_ngrams, PARTS)]
    assert weighed_parts(PARTS, WEIGHTS) == pytest.approx(alone)


def test_one_part_weighs_the_same_whatever_stands_beside_it():
    assert weighed_parts(PARTS[:1], WEIGHTS)[0] == pytest.approx(weighed_parts([*PARTS[::-1]], WEIGHTS)[-1])


def test_what_judges_share_cannot_be_changed_by_one_of_them():
    buckets, values = hashed_ngrams(plain_text("one message, many judges"))
    for shared in (buckets, values):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0
