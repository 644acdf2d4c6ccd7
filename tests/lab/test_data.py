"""Data: shapes, classes, seeds, and that each set is what its name says."""

import numpy as np
import pytest

from tinygrad_relu import lab, nn

SETS = [lab.two_moons, lab.circles, lab.spirals]


@pytest.mark.parametrize("make", SETS)
def test_points_and_classes(make):
    X, y = make(51, rng=0)
    assert X.shape == (51, 2)
    assert y.tolist() == [i % 2 for i in range(51)]


@pytest.mark.parametrize("make", [*SETS, lambda n, rng: lab.curve(np.sin, n, noise=0.1, rng=rng)])
def test_a_seed_repeats(make):
    assert np.array_equal(make(20, rng=0)[0], make(20, rng=0)[0])
    assert not np.array_equal(make(20, rng=0)[0], make(20, rng=1)[0])


def test_moons_are_half_circles():
    X, y = lab.two_moons(200, noise=0.0, rng=0)
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_noise_is_what_it_says():
    X, y = lab.circles(20_000, noise=0.03, factor=0.4, rng=0)
    radius = np.hypot(*X.T)
    assert radius[y == 0].mean() == pytest.approx(1, abs=0.01)
    assert radius[y == 1].std() == pytest.approx(0.03, rel=0.05)


def test_spirals_are_told_apart_by_their_angle():
    X, y = lab.spirals(300, noise=0.0, classes=3, turns=0.75, rng=0)
    angle = np.arctan2(X[:, 1], X[:, 0]) / (2 * np.pi)
    np.testing.assert_allclose(np.round(3 * (angle - 0.75 * np.hypot(*X.T))) % 3, y, atol=1e-9)


def test_a_curve():
    X, y = lab.curve(np.square, 1000, low=-2, high=3, rng=0)
    np.testing.assert_array_equal(y, X**2)
    assert -2 <= X.min() < -1.9
    assert 2.9 < X.max() < 3


def test_digits():
    pytest.importorskip("sklearn")
    (X, y), (X_test, y_test) = lab.digits(test=0.2, images=True, rng=0)
    assert X.shape[1:] == (1, 8, 8)
    assert len(X) + len(X_test) == 1797
    assert len(X_test) == 359
    assert X.min() == 0
    assert X.max() == 1
    assert set(y) == set(y_test) == set(range(10))
    assert len(np.unique(np.concatenate([X, X_test]).reshape(1797, -1), axis=0)) > 1790
    flat = lab.digits(test=0.2, rng=0)[0][0]
    np.testing.assert_array_equal(flat, X.reshape(-1, 64))
    with pytest.raises(ValueError, match="test is at least 0 and below 1, not 25"):
        lab.digits(test=25)


def test_batches_hold_every_example_once_and_keep_pairs():
    X = np.arange(23, dtype=np.int64)
    parts = list(lab.batches((X, 10 * X), 5, rng=0))
    assert [len(x) for x, _ in parts] == [5, 5, 5, 5, 3]
    joined = np.concatenate([x for x, _ in parts])
    assert sorted(joined) == X.tolist()
    assert joined.tolist() != X.tolist()
    for x, y in parts:
        np.testing.assert_array_equal(y, 10 * x)
    again = np.concatenate([x for x, _ in lab.batches((X, X), 5, rng=0)])
    np.testing.assert_array_equal(again, joined)


def test_batches_of_nothing_that_fits():
    with pytest.raises(ValueError, match=r"have \[3, 4\] examples"):
        next(lab.batches((np.zeros(3), np.zeros(4)), 2))
    with pytest.raises(ValueError, match="size is a whole number of at least 1"):
        next(lab.batches((np.zeros(3),), 0))


def test_accuracy_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5))
    X = np.ones((4, 2))
    right = int(np.argmax(model[0](X[:1]).data))
    assert lab.accuracy(model, X, np.array([right, right, right, 1 - right])) == 0.75
    assert model.training
    assert model[1].training


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lab.two_moons("x"), "two_moons: n is a whole number of at least 1, not 'x'"),
        (lambda: lab.circles(noise=-1), "circles: noise is at least 0, not -1"),
        (lambda: lab.spirals(classes=None), "spirals: classes is a whole number"),
        (lambda: lab.spirals(turns=1j), "spirals: turns is a finite number"),
        (lambda: lab.curve(3), "curve: function is a function, not 3"),
        (lambda: lab.curve(np.abs, low=[]), "curve: low is a finite number"),
        (lambda: lab.two_moons(rng="x"), "two_moons: rng is a seed"),
        (
            lambda: nn.MLP(2, 3),
            r"MLP: sizes is a list of the units of each layer, as \[16, 1\], not 3",
        ),
    ],
)
def test_a_wrong_argument_is_told_what_was_wanted(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()
