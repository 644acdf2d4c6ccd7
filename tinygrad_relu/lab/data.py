"""Small data sets from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu.nn.init import Seed
from tinygrad_relu.options import flag, generator, real, whole
from tinygrad_relu.options import function as called
from tinygrad_relu.training import Labelled


def two_moons(n: int = 100, noise: float = 0.1, rng: Seed = None) -> Labelled:
    """Two interleaved half circles.

    Parameters
    ----------
    n : int
        Number of points.
    noise : float
        Standard deviation of what is added to each coordinate.
    rng : int or Generator, optional

    Returns
    -------
    X : ndarray, shape (n, 2)
    y : ndarray of int, shape (n,)
        The classes 0 and 1, by turns.

    Examples
    --------
    >>> X, y = two_moons(4, noise=0.0, rng=0)
    >>> X.shape, y
    ((4, 2), array([0, 1, 0, 1]))
    """
    rng = generator("two_moons", rng)
    n, noise = whole("two_moons", "n", n), real("two_moons", "noise", noise)
    y = np.arange(n, dtype=np.int64) % 2
    angle = rng.uniform(0, np.pi, n)
    side = 1 - 2 * y  # the second moon hangs upside down, to the right and lower
    X = np.stack([side * np.cos(angle) + y, side * np.sin(angle) + 0.5 * y], axis=1)
    return X + rng.normal(0, noise, X.shape), y


def circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, rng: Seed = None) -> Labelled:
    """A circle of radius 1, class 0, around one of radius `factor`, class 1; see `two_moons`.

    Examples
    --------
    >>> X, y = circles(4, noise=0.0, rng=0)
    >>> np.hypot(*X.T)
    array([1. , 0.5, 1. , 0.5])
    """
    rng = generator("circles", rng)
    n, noise = whole("circles", "n", n), real("circles", "noise", noise)
    factor = real("circles", "factor", factor)
    y = np.arange(n, dtype=np.int64) % 2
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(y == 0, 1.0, factor)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return X + rng.normal(0, noise, X.shape), y


def spirals(
    n: int = 100, noise: float = 0.02, classes: int = 2, turns: float = 1.0, rng: Seed = None
) -> Labelled:
    """One spiral arm a class, `turns` times around the origin; see `two_moons`.

    Examples
    --------
    >>> X, y = spirals(6, classes=3, rng=0)
    >>> y
    array([0, 1, 2, 0, 1, 2])
    """
    rng = generator("spirals", rng)
    n, noise = whole("spirals", "n", n), real("spirals", "noise", noise)
    classes = whole("spirals", "classes", classes)
    turns = real("spirals", "turns", turns, low=-math.inf)
    y = np.arange(n, dtype=np.int64) % classes
    radius = np.sqrt(rng.uniform(0.01, 1, n))
    angle = 2 * np.pi * (turns * radius + y / classes)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return X + rng.normal(0, noise, X.shape), y


def curve(
    function: Callable[[Any], Any],
    n: int = 100,
    low: float = -1.0,
    high: float = 1.0,
    noise: float = 0.0,
    rng: Seed = None,
) -> Labelled:
    """Points on a function of one variable, at random places in [low, high).

    Returns
    -------
    X, y : ndarray, shape (n, 1)

    Examples
    --------
    >>> X, y = curve(np.abs, 3, rng=0)
    >>> np.array_equal(y, np.abs(X))
    True
    """
    called("curve", "function", function)
    rng = generator("curve", rng)
    n, noise = whole("curve", "n", n), real("curve", "noise", noise)
    low, high = real("curve", "low", low, -math.inf), real("curve", "high", high, -math.inf)
    if not low <= high:
        raise ValueError(f"curve: low is at most high, not {low} and {high}")
    X = rng.uniform(low, high, (n, 1))
    return X, function(X) + rng.normal(0, noise, X.shape)


def digits(test: float = 0.25, images: bool = False, rng: Seed = None) -> tuple[Labelled, Labelled]:
    """Handwritten digits, 8 × 8, that scikit-learn brings along: for training and for testing.

    1797 examples, brightness from 0 to 1. Needs the `lab` extra.

    Parameters
    ----------
    test : float
        Share of the examples, chosen at random, to test on.
    images : bool
        Whether X is (n, 1, 8, 8), for convolutions, or (n, 64).
    rng : int or Generator, optional

    Returns
    -------
    train, test : pair of ndarray
        X, and the classes y as integers.

    Source: Alpaydin and Kaynak (1998), UCI Machine Learning Repository.

    Examples
    --------
    >>> (X, y), (X_test, y_test) = digits(rng=0)
    >>> X.shape, X_test.shape
    ((1348, 64), (449, 64))
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError(
            'digits come with scikit-learn: python -m pip install "tinygrad_relu[lab]"'
        ) from None
    test = real("digits", "test", test, below=1.0)
    X, y = load_digits(return_X_y=True)
    images = flag("digits", "images", images)
    X = (X / 16.0).reshape((-1, 1, 8, 8) if images else (-1, 64))
    order = generator("digits", rng).permutation(len(X))
    cut = round(len(X) * (1 - test))
    return (X[order[:cut]], y[order[:cut]]), (X[order[cut:]], y[order[cut:]])
