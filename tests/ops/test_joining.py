"""Arrays joined, and taken apart."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import gradcheck

X, V = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0])


@pytest.mark.parametrize(
    "join",
    [
        lambda x, v: np.vstack([x[:, :2], v]),
        lambda x, v: np.hstack((x, v[:, None])),
        lambda x, v: np.hstack([v, v[:1], x[0, 0]]),
        lambda x, v: np.column_stack((x, v, v)),
        lambda x, v: np.dstack([x, x * 2]),
        lambda x, v: np.append(x, v),
        lambda x, v: np.append(x, v[:, None], axis=1),
        lambda x, v: np.append(x, x, axis=-2),
        lambda x, v: np.concatenate([x, v], axis=None),
        lambda x, v: np.atleast_3d(x * v[0])[0],
        lambda x, v: np.concatenate([np.atleast_1d(v[0]), *np.atleast_2d(v, x[0])[1]]),
    ],
)
def test_numpys_functions_join(join):
    np.testing.assert_array_equal(join(Value(X), Value(V)).data, join(X, V))
    gradcheck(join, X, V)


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: np.split(x, 3, axis=1),
        lambda x: np.split(x, [1, 1, 5], axis=-1),
        lambda x: np.array_split(x, 2, axis=1),
        lambda x: np.array_split(x, 4),
        lambda x: np.vsplit(x, 2),
        lambda x: np.hsplit(x, [2]),
        lambda x: np.hsplit(x[0], 3),
        lambda x: np.dsplit(x[None], 3),
    ],
)
def test_numpys_functions_cut(cut):
    pieces = cut(Value(X))
    assert len(pieces) == len(cut(X))
    for piece, due in zip(pieces, cut(X), strict=True):
        np.testing.assert_array_equal(piece.data, due)
    gradcheck(lambda x: tg.concatenate([tg.ravel(p) * i for i, p in enumerate(cut(x), 1)]), X)


def test_what_cannot_be_cut_or_joined_is_told():
    with pytest.raises(ValueError, match="3 elements make no 2 pieces"):
        np.split(Value(X), 2, axis=1)
    with pytest.raises(ValueError, match="vstack of nothing"):
        tg.vstack([])
