import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from firstline.domain.policies.policy import Choice
from firstline.domain.policies.registry import STORED_POLICIES, make_policy
from firstline.evaluation.bandit import OURS, evaluate
from firstline.evaluation.bandit_logs import compare_logs, read_log
from firstline.evaluation.bandit_runs import calibrate, order_of_rows, play_set, recovered_share
from firstline.evaluation.bandit_sets import ClassificationSet, read_set
from firstline.evaluation.errors import InvalidDataError

BASE_POLICIES = tuple(name for name in STORED_POLICIES if not name.startswith(("discounted", "sliding")))


class NoEmbedder:
    dimensions = 384

    def embed(self, texts: object) -> np.ndarray:
        raise AssertionError("bandits need no vectors")


def clusters(n: int = 400, *, seed: int = 5) -> ClassificationSet:
    rng = np.random.default_rng(seed)
    classes = rng.integers(3, size=n)
    centres = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    return ClassificationSet("clusters", centres[classes] + rng.normal(scale=0.5, size=(n, 2)), classes, 3)


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def policy_of(name: str, *, n_arms: int = 4, exploration_rate: float = 0.1) -> object:
    if name == "q-learning":
        levels = (2, 2, 2, 2, 2)
        return make_policy(name, n_arms=n_arms, levels=levels, exploration_rate=exploration_rate)
    return make_policy(name, n_arms=n_arms, n_features=5, exploration_rate=exploration_rate, bucket=500.0)


@pytest.mark.parametrize("name", [*BASE_POLICIES, "discounted-linucb", "sliding-thompson"])
def test_logged_propensities_are_the_rates_at_which_arms_are_drawn(name: str) -> None:
    found = calibrate(policy_of(name), 2_500, 21, learn_every=4)  # type: ignore[arg-type]
    # 4 arms and a dozen policies: 4 standard errors are passed by chance once in some 300 runs, and seeds are fixed.
    assert np.abs(found.z_scores).max() < 4.0
    assert found.inverse_mean == pytest.approx(4.0, abs=1.0)
    assert found.least >= 0.1 / 4


def test_a_policy_that_logs_wrong_propensities_is_found_out() -> None:
    class Boastful:
        n_arms, n_features = 4, 5

        def choose(self, context: np.ndarray, rng: np.random.Generator) -> Choice:
            arm = int(rng.choice(4, p=[0.4, 0.2, 0.2, 0.2]))
            return Choice(arm, 0.36 if arm == 0 else 0.2)

        def update(self, arm: int, context: np.ndarray, reward: float) -> None: ...

    assert calibrate(Boastful(), 6_000, 3).z_scores[0] > 5  # type: ignore[arg-type]


def test_a_sampling_policy_never_logs_a_probability_of_zero() -> None:
    for name in ("thompson", "lints"):
        assert calibrate(policy_of(name, exploration_rate=0.0), 500, 4).least >= 1 / (4 * 101)  # type: ignore[arg-type]


def test_a_logged_policy_s_value_of_another_is_found_from_its_propensities() -> None:
    # Uniform's value, from what a learning policy logged: the mean of r / (n_arms p).
    policy, rng, data = policy_of("lints"), np.random.default_rng(9), np.random.default_rng(10)
    tastes, terms, known = data.normal(scale=0.4, size=(4, 5)), [], []
    for context in data.random((1_500, 5)):
        success = np.clip(0.5 + tastes @ (context - 0.5), 0, 1)
        choice = policy.choose(context, rng)  # type: ignore[attr-defined]
        reward = float(data.random() < success[choice.arm])
        policy.update(choice.arm, context, reward)  # type: ignore[attr-defined]
        terms.append(reward / (4 * choice.propensity))
        known.append(success.mean())
    assert abs(np.mean(terms) - np.mean(known)) < 4 * np.std(terms) / np.sqrt(len(terms))


@pytest.mark.parametrize("name", ["linucb", "lints", "fourier-linucb"])
def test_contextual_policies_learn_to_tell_classes_apart_and_others_cannot(name: str) -> None:
    def earned(policy: str) -> float:
        rewards = play_set(
            lambda n_arms, n_features: make_policy(policy, n_arms=n_arms, n_features=n_features),
            clusters(),
            rounds=600,
            seed=1,
        )
        return float(rewards[300:].mean())

    assert earned(name) > 0.9
    assert earned("thompson") < 0.5


def test_a_forgetting_policy_regains_most_of_what_a_swap_of_arms_costs() -> None:
    def made(n_arms: int, n_features: int) -> object:
        return make_policy("discounted-linucb", n_arms=n_arms, n_features=n_features, bucket=100.0, discount_factor=0.8)

    assert recovered_share(made, rounds=2_400, seed=2) >= 0.8  # type: ignore[arg-type]


def test_rows_come_once_each_before_any_comes_again() -> None:
    order = order_of_rows(10, 25, 3)
    assert sorted(order[:10]) == sorted(order[10:20]) == list(range(10))
    assert (order == order_of_rows(10, 25, 3)).all()
    assert not (order == order_of_rows(10, 25, 4)).all()


def test_an_arff_file_is_read_with_its_nominal_columns_quotes_and_gaps(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "a.arff",
        "% says what it is\n@RELATION a\n@attribute 'size of it' real\n@attribute colour {red,'dark blue',green}\n"
        "@attribute same real\n@attribute class {yes,no}\n@data\n"
        "1, red, 5, yes\n2,'dark blue',5,no\n?,green,5,'yes'\n3,?,5,no\n% between\n4,red,5,?\n",
    )
    data = read_set(file)
    assert (data.n_classes, data.classes.tolist()) == (2, [1, 0, 1, 0])
    assert data.contexts.shape == (4, 4)
    assert data.contexts.mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert data.contexts.std(axis=0) == pytest.approx(1.0)
    assert data.contexts[2, 0] == pytest.approx(0.0), "a missing number is the mean"


def test_a_sparse_arff_file_is_read(tmp_path: Path) -> None:
    text = "@relation s\n@attribute a real\n@attribute b real\n@attribute c {x,y}\n@data\n{0 1, 2 x}\n{1 2.5, 2 y}\n"
    data = read_set(written(tmp_path, "s.arff", text))
    assert data.classes.tolist() == [0, 1]
    assert data.contexts.tolist() == [[1.0, -1.0], [-1.0, 1.0]]


@pytest.mark.parametrize(
    ("text", "n_rows"),
    [
        ("width,kind\n1,a\n2,b\n3,a\n", 3),
        ("1,a\n2,b\n3,a\n", 3),
        ("width;kind\r\n1;a\r\n2;b\r\n", 2),
        ("colour,kind\nred,a\nblue,b\nred,b\n", 3),
        ("red,a\nblue,b\nred,b\n", 3),
        ("\ufeffid,kind\n1.5e3,7\n-2,8\n", 2),
    ],
)
def test_a_csv_file_is_read_with_or_without_a_header(tmp_path: Path, text: str, n_rows: int) -> None:
    data = read_set(written(tmp_path, "a.csv", text))
    assert (len(data.classes), data.n_classes) == (n_rows, 2)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 0, "no rows"),
        ("1,a\n2\n", 2, "1 columns, not 2"),
        ("1,a\n2,a\n", 0, "1 classes"),
        ("\n".join(f"{n},{n}" for n in range(300)), 0, "300 classes"),
        ("5,a\n5,b\n", 0, "tells rows apart"),
    ],
)
def test_a_set_that_does_not_fit_is_refused_by_file_and_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    with pytest.raises(InvalidDataError, match=why) as caught:
        read_set(written(tmp_path, "a.csv", text))
    assert caught.value.line == line


def write_log(folder: Path, policy: str, shares: list[float], *, n: int = 4_000, seed: int) -> Path:
    rng, clicks = np.random.default_rng(seed), (0.1, 0.3, 0.6)
    file = folder / f"obd_{policy}_toys.csv.gz"
    with gzip.open(file, "wt", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["item_id", "position", "click", "propensity_score", "user_feature_0"])
        for _ in range(n):
            arm = int(rng.choice(3, p=shares))
            writer.writerow([arm, 1, int(rng.random() < clicks[arm]), shares[arm], rng.choice(["a", "b"])])
    return file


def test_each_log_tells_what_the_other_policy_earned(tmp_path: Path) -> None:
    files = [
        write_log(tmp_path, "random", [1 / 3, 1 / 3, 1 / 3], seed=1),
        write_log(tmp_path, "bts", [0.1, 0.2, 0.7], seed=2),
    ]
    compared = {one.name: one for one in compare_logs([read_log(file) for file in files], seed=3)}
    assert set(compared) == {"toys: bts from random", "toys: random from bts"}
    one = compared["toys: bts from random"]
    assert one.known == pytest.approx(0.49, abs=0.03)
    assert set(one.estimates) == {"ips", "snips", "dm", "dr", "switch_dr"}
    assert max(one.relative_errors.values()) < 0.12


@pytest.mark.parametrize(
    "text", ["", "item_id,position,click\n1,1,0\n", "item_id,position,click,propensity_score\n1,1,x,1\n"]
)
def test_a_log_that_does_not_fit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidDataError):
        read_log(written(tmp_path, "obd_random_toys.csv", text))
    broken = tmp_path / "obd_bts_toys.csv.gz"
    broken.write_bytes(b"not compressed")
    with pytest.raises(InvalidDataError, match="cannot be read"):
        read_log(broken)


def test_evaluate_scores_every_set_and_log_of_a_folder(tmp_path: Path) -> None:
    data = clusters(120)
    rows = (f"{x:.3f},{y:.3f},{'abc'[label]}" for (x, y), label in zip(data.contexts, data.classes, strict=True))
    written(tmp_path, "clusters.csv", "\n".join(rows))
    written(tmp_path, "item_context_toys.csv", "item_id,item_feature_0\n1,a\n")
    write_log(tmp_path, "random", [1 / 3, 1 / 3, 1 / 3], n=900, seed=1)
    write_log(tmp_path, "bts", [0.2, 0.2, 0.6], n=900, seed=2)
    seen: list[tuple[int, int]] = []
    result = evaluate(
        tmp_path,
        NoEmbedder(),  # type: ignore[arg-type]
        limit=100,
        seed=13,
        progress=lambda _, done, total: seen.append((done, total)),
        rounds=150,
        seeds=2,
        peer_seeds=1,
        processes=1,
    )
    assert result["n"] == 100 + 1_800
    ours = result["ours"]
    assert set(ours["clusters"]) == {"default", *OURS}
    assert ours["reward"] == ours["clusters"]["default"]["reward"] > 0.6 > ours["clusters"]["uniform"]["reward"]
    assert "standard_error" in ours["clusters"]["linucb"]
    assert set(ours["ope_error"]) == {"ips", "snips", "dm", "dr", "switch_dr"}
    assert seen[-1][0] == seen[-1][1] >= 2 * len(OURS)


def test_a_folder_without_sets_and_a_run_without_rounds_are_refused(tmp_path: Path) -> None:
    options = {"limit": None, "seed": 1, "progress": lambda *_: None}
    with pytest.raises(InvalidDataError, match=r"no \*.arff"):
        evaluate(tmp_path, NoEmbedder(), **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError, match="at least 1"):
        evaluate(tmp_path, NoEmbedder(), rounds=-1, **options)  # type: ignore[arg-type]
