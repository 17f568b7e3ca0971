"""Average linkage: exact, without a number given, the same in every order of equal input."""

import numpy as np
import pytest

from firstline.domain import clustering
from firstline.domain.clustering import average_linkage, combined_vectors, most_central


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def directions(*degrees):
    angles = np.radians(degrees)
    return unit(np.column_stack([np.cos(angles), np.sin(angles)]))


def merged_one_by_one(vectors, threshold):
    """The textbook's way: merge the most similar pair of clusters until none is similar enough."""
    groups = [[row] for row in range(len(vectors))]
    while len(groups) > 1:
        best, pair = -np.inf, (0, 0)
        for left in range(len(groups)):
            for right in range(left + 1, len(groups)):
                mean = float((vectors[groups[left]] @ vectors[groups[right]].T).mean())
                if mean > best:
                    best, pair = mean, (left, right)
        if best < threshold:
            break
        groups[pair[0]] += groups.pop(pair[1])
    return {frozenset(group) for group in groups}


def partition(labels):
    return {frozenset(np.flatnonzero(labels == number).tolist()) for number in range(labels.max() + 1)}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_the_chains_find_what_merging_one_by_one_finds(seed, threshold):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(6, 8))
    vectors = unit(centres[random.integers(0, 6, 24)] + 0.5 * random.normal(size=(24, 8)))
    assert partition(average_linkage(vectors, threshold)) == merged_one_by_one(vectors, threshold)


def test_clusters_are_numbered_in_the_order_of_their_first_members():
    assert average_linkage(directions(0, 90, 1, 91, 180), 0.9).tolist() == [0, 1, 0, 1, 2]


def test_average_linkage_does_not_follow_a_chain_of_neighbours():
    labels = average_linkage(directions(*range(0, 181, 20)), 0.9)
    assert labels.max() >= 2


def test_nothing_and_one_are_clustered_too():
    assert average_linkage(np.empty((0, 3), np.float32), 0.5).tolist() == []
    assert average_linkage(directions(10), 0.5).tolist() == [0]


def test_equal_vectors_are_one_cluster_even_where_there_are_more_than_one_component_may_hold(monkeypatch):
    monkeypatch.setattr(clustering, "_LARGEST_COMPONENT", 10)
    vectors = np.tile(directions(30), (50, 1))
    assert average_linkage(vectors, 0.5).tolist() == [0] * 50


def test_a_component_that_is_too_large_is_cut_apart_at_a_higher_threshold(monkeypatch):
    vectors = directions(*np.linspace(0, 10, 20), *np.linspace(40, 50, 20))
    whole = partition(average_linkage(vectors, 0.6))
    assert len(whole) == 1
    monkeypatch.setattr(clustering, "_LARGEST_COMPONENT", 25)
    assert partition(average_linkage(vectors, 0.6)) == {frozenset(range(20)), frozenset(range(20, 40))}


def test_a_different_error_code_keeps_two_questions_apart_that_are_otherwise_alike():
    same = np.tile(directions(0), (3, 1))
    texts = ["sync stops with SYNC-409", "sync stops with SYNC-413", "sync stops with SYNC-409 again"]
    similarity = (v := combined_vectors(texts, same)) @ v.T
    assert similarity[0, 2] > similarity[0, 1]
    assert np.allclose(np.linalg.norm(v, axis=1), 1.0, atol=1e-5)


def test_a_text_without_words_keeps_its_embedding():
    vectors = combined_vectors(["???", "!!!"], directions(0, 0))
    assert vectors[0] @ vectors[1] == pytest.approx(0.85)


def test_the_most_central_row_is_the_one_in_the_middle():
    assert most_central(directions(0, 30, 60)) == 1
    assert most_central(np.tile(directions(5), (3, 1))) == 0
