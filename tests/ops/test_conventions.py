"""Same call, same number as HIPS autograd, MyGrad and JAX: or the difference, and its reason.

What they say was seen with autograd 1.9, MyGrad 2.5 and JAX 0.10, and is asked again where they are
installed.
"""

import math

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu.trees import leaves

nan = math.nan
NOTHING = ((nan, nan),)
TWICE = np.array([0, 0, 1], np.int64)

#: Name → a function of an `np` and operands; what the sum of its output gives as gradients; and
#: where others give another number, what.
KINKS = {
    # On a kink each takes a slope between the two beside it; ours are PyTorch's.
    "abs": (lambda np, x: np.abs(x), [[0.0, -2.0]], [[0, -1]], {"jax": [[1, -1]]}),
    "clip": (
        lambda np, x: np.clip(x, -1.0, 1.0),
        [[-1.0, 1.0]],
        [[1, 1]],
        {"jax": [[0.5, 0.5]], "autograd": [[0, 0]], "mygrad": [[0, 0]]},
    ),
    # A tie is shared and sums to 1; MyGrad gives it to nobody, or to the first.
    "maximum": (
        lambda np, a, b: np.maximum(a, b),
        [[1.0], [1.0]],
        [[0.5]] * 2,
        {"mygrad": [[0]] * 2},
    ),
    "minimum": (
        lambda np, a, b: np.minimum(a, b),
        [[1.0], [1.0]],
        [[0.5]] * 2,
        {"mygrad": [[0]] * 2},
    ),
    "max": (lambda np, x: np.max(x), [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0]], {"mygrad": [[1, 0, 0]]}),
    "min": (lambda np, x: np.min(x), [[0.0, 0.0, 1.0]], [[0.5, 0.5, 0]], {"mygrad": [[1, 0, 0]]}),
    # MyGrad has no sign that is differentiated.
    "sign": (lambda np, x: np.sign(x), [[0.0, 2.0]], [[0, 0]], {"mygrad": None}),
    # The smallest subgradient at the tip of a cone, and not 0/0.
    "norm": (
        lambda np, x: np.linalg.norm(x),
        [[0.0, 0.0]],
        [[0, 0]],
        dict.fromkeys(("jax", "autograd", "mygrad"), NOTHING),
    ),
    "std": (
        lambda np, x: np.std(x),
        [[1.0, 1.0]],
        [[0, 0]],
        dict.fromkeys(("jax", "autograd", "mygrad"), NOTHING),
    ),
}
EDGES = {
    # a⁰ is 1 everywhere, and its slope 0 everywhere.
    "a⁰": (lambda np, a: a**0.0, [[0.0]], [[0]], {"jax": [[nan]]}),
    "0⁰": (lambda np, a, b: np.power(a, b), [[0.0], [0.0]], [[0], [0]], {"jax": [[nan], [0]]}),
    "0²": (lambda np, a, b: np.power(a, b), [[0.0], [2.0]], [[0], [0]], {}),
    "a¹": (lambda np, a: a**1.0, [[0.0]], [[1]], {}),
    "sqrt": (lambda np, x: np.sqrt(x), [[0.0]], [[math.inf]], {}),
    # The product of the others, and never y/x.
    "prod": (lambda np, x: np.prod(x), [[0.0, 2.0, 3.0]], [[6, 0, 0]], {"autograd": [[nan, 0, 0]]}),
    "prod of two 0": (
        lambda np, x: np.prod(x),
        [[0.0, 0.0, 3.0]],
        [[0, 0, 0]],
        {"autograd": [[nan, nan, 0]]},
    ),
    # 1 − y² of a rounded y; autograd has 1/cosh² here, which MyGrad, JAX and PyTorch do not.
    "tanh": (lambda np, x: np.tanh(x), [[20.0]], [[0]], {"autograd": [[1.6993417021166355e-17]]}),
    # The branch that was not chosen is computed, and 0 · inf is NaN: everywhere.
    "log": (lambda np, x: np.where(x > 0, np.log(x), 0.0), [[0.0, 1.0]], [[nan, 1]], {}),
    "where": (lambda np, x: np.where(x > 0, x, 2 * x), [[0.0, 1.0]], [[2, 1]], {}),
    "index": (lambda np, x: x[TWICE], [[1.0, 2.0]], [[2, 1]], {}),
    "var": (lambda np, x: np.var(x, ddof=1), [[1.0, 3.0]], [[-2, 2]], {}),
}
TABLE = KINKS | EDGES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def by_us(f, operands):
    places = tuple(range(len(operands)))
    return tg.grad(lambda *xs: tg.sum(f(np, *xs)), places)(*operands)


def by_autograd(f, operands):
    autograd, numpy = pytest.importorskip("autograd"), pytest.importorskip("autograd.numpy")
    places = tuple(range(len(operands)))
    return autograd.grad(lambda *xs: numpy.sum(f(numpy, *xs)), places)(*operands)


def by_mygrad(f, operands):
    mygrad = pytest.importorskip("mygrad")
    inputs = [mygrad.tensor(a) for a in operands]
    try:
        f(mygrad, *inputs).sum().backward()
    except ValueError:
        return None
    return [a.grad for a in inputs]


def with_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def by_jax(f, operands):
    jax = with_jax()
    places = tuple(range(len(operands)))
    return jax.grad(lambda *xs: jax.numpy.sum(f(jax.numpy, *xs)), places)(*operands)


PEERS = {"autograd": by_autograd, "mygrad": by_mygrad, "jax": by_jax}


@pytest.mark.parametrize("name", TABLE)
def test_our_number(name):
    f, operands, ours, _ = TABLE[name]
    np.testing.assert_array_equal(by_us(f, [np.array(a) for a in operands]), ours)


@pytest.mark.filterwarnings("ignore:Output seems independent")
@pytest.mark.parametrize("peer", PEERS)
def test_their_number_is_ours_or_the_one_that_is_stated(peer):
    for name, (f, operands, ours, others) in TABLE.items():
        theirs = PEERS[peer](f, [np.array(a) for a in operands])
        due = others.get(peer, ours)
        assert (theirs is None) == (due is None), name
        if due is not None:
            np.testing.assert_allclose(np.array(theirs), due, rtol=1e-12, err_msg=name)


# --- the calls of JAX ------------------------------------------------------------------------


def quadratic(p, x=1.0):
    return (p["b"] * x + p["a"][0] * x * x) ** 2


P = {"b": 2.0, "a": [3.0]}
X, V = np.array([1.0, 2.0]), np.array([1.0, 10.0])

#: A call with JAX's module or ours → what both return, and JAX where it returns something else.
CALLS = {
    "argnums as a number": (lambda m: m.grad(lambda x, y: x * y, argnums=1)(2.0, 3.0), 2.0),
    "argnums as a tuple": (lambda m: m.grad(lambda x, y: x * y, (0, 1))(2.0, 3.0), (3.0, 2.0)),
    "argnums of one": (lambda m: m.grad(lambda x, y: x * y, (0,))(2.0, 3.0), (3.0,)),
    "from the end": (lambda m: m.grad(lambda x, y: x * y, -1)(2.0, 3.0), 2.0),
    "a tree": (lambda m: m.grad(quadratic)(P), {"a": [10.0], "b": 10.0}),
    "a keyword": (lambda m: m.grad(quadratic)(P, x=2.0), {"a": [128.0], "b": 64.0}),
    "None in a tree": (lambda m: m.grad(lambda p: p[0] * 2)((1.0, None)), (2.0, None)),
    "aux": (lambda m: m.grad(lambda x: (x * x, "aux"), has_aux=True)(3.0), (6.0, "aux")),
    "value": (lambda m: m.value_and_grad(lambda x: x * x)(3.0), (9.0, 6.0)),
    "value, aux": (
        lambda m: m.value_and_grad(lambda x: (x * x, 7), has_aux=True)(3.0),
        ((9.0, 7), 6.0),
    ),
    "vjp": (lambda m: m.vjp(lambda x, y: (x * y, x), 2.0, 3.0)[1]((10.0, 1.0)), (31.0, 20.0)),
    "vjp, aux": (lambda m: m.vjp(lambda x: (x, 5), 2.0, has_aux=True)[2], 5),
    "jvp": (lambda m: m.jvp(lambda x: x**2, (X,), (V,)), ([1.0, 4.0], [2.0, 40.0])),
    "jvp, aux": (lambda m: m.jvp(lambda x: (x, 5), (2.0,), (1.0,), has_aux=True), (2.0, 1.0, 5)),
    "jacobian": (lambda m: m.jacobian(lambda x: x**2)(X), [[2.0, 0.0], [0.0, 4.0]]),
    "jacobian of a tree": (
        lambda m: m.jacobian(lambda x, y: {"s": x + y, "p": x * y}, (0, 1))(2.0, 3.0),
        {"s": (1.0, 1.0), "p": (3.0, 2.0)},
    ),
    "hessian": (lambda m: m.hessian(lambda x: x[0] * x[1] ** 2)(X), [[0.0, 4.0], [4.0, 2.0]]),
    "hessian of a tree": (
        lambda m: m.hessian(lambda p: p["a"] * p["b"])({"b": 1.0, "a": 2.0}),
        {"a": {"a": 0.0, "b": 1.0}, "b": {"a": 1.0, "b": 0.0}},
    ),
    "a constant": (lambda m: m.grad(lambda x: 3.0)(1.0), 0.0),
    "an array for a scalar": (lambda m: m.grad(lambda x: x)(X), None),
    "a missing argument": (lambda m: m.grad(lambda x: x, 1)(1.0), None),
    "another form": (lambda m: m.vjp(lambda x: x, 1.0)[1]((1.0,)), None),
    "primals without a tuple": (lambda m: m.jvp(lambda x: x, X, V), None),
    # An integer is a float here, as everywhere in this package; JAX refuses it.
    "an integer": (lambda m: m.grad(lambda x: x * x)(3), 6.0, None),
    # A cotangent is cast to the output's dtype, as every contribution is; JAX refuses it.
    "another dtype": (
        lambda m: m.vjp(lambda x: x, X)[1](V.astype(np.float32)),
        ([1.0, 10.0],),
        None,
    ),
}


def told(call, module):
    """What a call returns, in plain numbers; None if it is refused."""
    try:
        return [
            (at, leaf if isinstance(leaf, str) else np.asarray(leaf).tolist())
            for at, leaf in leaves(call(module))
        ]
    except (TypeError, ValueError):
        return None


@pytest.mark.parametrize("name", CALLS)
def test_a_call_returns_what_it_returns_in_jax(name):
    call, due, *_ = CALLS[name]
    assert told(call, tg) == (None if due is None else told(lambda m: _arrays(due), tg))


def test_jax_returns_it_too():
    for name, (call, *dues) in CALLS.items():
        due = dues[-1]
        due = None if due is None else told(lambda m, due=due: _arrays(due), tg)
        assert told(call, with_jax()) == due, name


def _arrays(due):
    """Lists of numbers stand for arrays, but for the one in `P`."""
    if isinstance(due, list) and len(due) > 1:
        return np.array(due)
    if isinstance(due, tuple):
        return tuple(map(_arrays, due))
    return due
