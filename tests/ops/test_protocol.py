"""How a call of NumPy's finds its row, and what is said if there is none."""

import numpy as np
import pytest

from tinygrad_relu import Value

DATA = np.array([[0.1, -0.4, 0.3], [0.7, 0.6, -0.2]])


@pytest.mark.parametrize(
    "call",
    [
        lambda v: np.sum(a=v, axis=0),
        lambda v: np.sum(v, 0, None, None, True),
        lambda v: np.mean(keepdims=True, a=v),
        lambda v: np.std(v, 0, None, None, 1),
        lambda v: np.max(v, 0, None, True),
        lambda v: np.clip(v, a_min=0, a_max=0.5),
        lambda v: np.clip(a=v, min=0, max=None),
        lambda v: np.reshape(v, shape=(3, 2)),
        lambda v: np.ravel(v, order="C"),
        lambda v: np.transpose(a=v, axes=(1, 0)),
        lambda v: np.swapaxes(v, axis2=0, axis1=1),
        lambda v: np.expand_dims(a=v, axis=0),
        lambda v: np.squeeze(a=v),
        lambda v: np.broadcast_to(array=v, shape=(2, 2, 3)),
        lambda v: np.concatenate((v, v), axis=1),
        lambda v: np.stack(arrays=[v, v], axis=1),
        lambda v: np.pad(array=v, pad_width={-1: (0, 2)}, constant_values=2.0),
        lambda v: np.outer(b=v, a=v),
        lambda v: np.dot(b=np.ones((3, 2)), a=v),
        lambda v: np.linalg.norm(x=v, axis=0),
        lambda v: np.where(np.isnan(v), 0.0, v),
        lambda v: np.allclose(DATA, b=v),
        lambda v: np.isclose(a=v, b=DATA, rtol=0),
        lambda v: np.ndim(a=v),
        lambda v: np.argmax(a=v, axis=1),
        lambda v: np.zeros_like(a=v),
        lambda v: np.array_equal(v, a2=v),
    ],
)
def test_numpys_functions_take_a_value_by_place_and_by_name(call):
    x = Value(DATA)
    y = call(x)
    np.testing.assert_allclose(getattr(y, "data", y), call(DATA))
    if isinstance(y, Value):
        y.backward(np.ones(y.shape))
        assert x.grad.shape == DATA.shape


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda v: np.sum(v, out=DATA), "np.sum with out="),
        (lambda v: np.var(v, mean=0.0), "np.var with mean="),
        (lambda v: np.pad(v, 1, "edge"), "np.pad with mode='edge'"),
        (lambda v: np.einsum("ij->", v, dtype=np.float32), "np.einsum with dtype="),
        (lambda v: np.linalg.norm(v, 2), "np.linalg.norm with ord=2"),
        (lambda v: np.unwrap(v), "np.unwrap"),
    ],
)
def test_an_option_without_a_rule_is_named(call, what):
    with pytest.raises(TypeError, match=f"^{what} has no rule"):
        call(Value(DATA))
